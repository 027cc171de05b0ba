//! Figures about the code.

use crate::circles::circles;
use crate::edges::{file_edges, module_edges, modules};
use crate::floors::runs_upwards;
use crate::tree::{File, Tree};
use std::fmt::Write;

/// Returns the figures, one per line. A module that is not in `floors` is counted, but none of its
/// imports as upwards.
pub fn figures(tree: &Tree, floors: &[&[&str]]) -> String {
    let edges = module_edges(tree);
    let between = circles(&edges);
    let upwards: Vec<String> = edges
        .keys()
        .filter(|(from, to)| runs_upwards(floors, from, to))
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    let within = circles(&file_edges(tree));

    let mut out = String::new();
    add(&mut out, "top-level modules", modules(tree).len(), "");
    add(&mut out, "imports between them", edges.len(), "");
    add(&mut out, "circles between them", between.len(), &shown(&between));
    add(&mut out, "imports upwards", upwards.len(), &upwards.join(", "));
    add(&mut out, "circles between files of one", within.len(), &shown(&within));
    sizes(tree, &mut out);
    out
}

fn shown(circles: &[Vec<&str>]) -> String {
    circles.iter().map(|circle| circle.join(" -> ")).collect::<Vec<_>>().join(", ")
}

fn sizes(tree: &Tree, out: &mut String) {
    let (tests, code): (Vec<_>, Vec<_>) = tree.files.iter().partition(|file| file.is_test);
    let lines = |files: &[&File]| -> usize { files.iter().map(|file| file.source.lines).sum() };
    add(out, "files", tree.files.len(), &format!("{} of tests", tests.len()));
    add(out, "lines of src", lines(&tests) + lines(&code), &format!("{} in files of tests", lines(&tests)));

    let mut files: Vec<(usize, String)> = code.iter().map(|file| (file.source.lines, file.path.clone())).collect();
    files.sort();
    let mut functions = Vec::new();
    for file in &code {
        for function in &file.source.functions {
            functions.push((function.lines, format!("{} {}:{}", function.name, file.path, function.line)));
        }
    }
    functions.sort();
    median_and_longest("file", &files, out);
    add(out, "functions", functions.len(), "");
    median_and_longest("function", &functions, out);
}

fn median_and_longest(what: &str, sorted: &[(usize, String)], out: &mut String) {
    if let (Some((median, _)), Some((longest, name))) = (sorted.get(sorted.len() / 2), sorted.last()) {
        add(out, &format!("median {what}, lines"), *median, "");
        add(out, &format!("longest {what}, lines"), *longest, name);
    }
}

fn add(out: &mut String, what: &str, figure: usize, names: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", format!("{what:<30} {figure:>6}  {names}").trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_small_tree_counts_each() {
        let files = [
            ("lib.rs", "mod pg;\nmod locks;\nmod guard;"),
            ("pg/mod.rs", "use crate::guard::watch;\nfn one() {}\nfn two() {\n}"),
            (
                "guard/mod.rs",
                "use crate::pg::one;\nmod a;\nmod b;\n#[cfg(test)]\nmod tests {\n    fn not_counted() {}\n}",
            ),
            ("guard/a.rs", "use super::b::B;\nimpl A {\n    /// Not counted.\n    fn three(\n    ) {\n    }\n}"),
            ("guard/b.rs", "use super::a::A;"),
            ("locks/mod.rs", "use crate::pg::two;"),
            ("locks/tests.rs", "use crate::guard::watch;\n"),
            ("other.rs", "use crate::pg::two;"),
        ];
        let tree = Tree::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()).unwrap();
        let expected = "\
top-level modules                   4
imports between them                4
circles between them                1  guard -> pg
imports upwards                     1  pg -> guard
circles between files of one        1  guard/a.rs -> guard/b.rs
files                               8  1 of tests
lines of src                       25  1 in files of tests
median file, lines                  3
longest file, lines                 7  guard/mod.rs
functions                           3
median function, lines              2
longest function, lines             3  three guard/a.rs:4
";
        assert_eq!(figures(&tree, crate::floors::FLOORS), expected);
    }
}
