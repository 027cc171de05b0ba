//! The rules. Each is a function that returns the lines that break it.

use crate::circles::{circles, edges_of};
use crate::edges::{Edges, between_modules, file_edges, module_edges, modules};
use crate::floors::{ALLOWED_IMPORTS, FLOORS, MAX_LINES, WITH_UNSAFE, WITHOUT_SERVER, floor, runs_upwards};
use crate::tree::{File, Tree};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    pub file: String,
    pub line: usize,
    pub message: String,
    /// The other lines that have a part in it.
    pub others: Vec<(String, usize, String)>,
}

impl Complaint {
    fn new(file: &str, line: usize, message: String) -> Self {
        Complaint { file: file.to_owned(), line, message, others: Vec::new() }
    }
}

/// Returns the lines that break a rule, by file and line.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = unknown_modules(tree);
    complaints.extend(imports_upwards(tree));
    complaints.extend(server_imports(tree));
    complaints.extend(circles_between_modules(tree));
    complaints.extend(circles_between_files(tree));
    complaints.extend(unsafe_outside_pg(tree));
    complaints.extend(long_files(tree));
    complaints.sort();
    // One line may import several items of one module.
    complaints.dedup();
    complaints
}

fn unknown_modules(tree: &Tree) -> Vec<Complaint> {
    let unknown = modules(tree).into_iter().filter(|(module, _)| floor(FLOORS, module).is_none());
    unknown
        .map(|(module, file)| {
            let message = format!(
                "module {module} has no floor: a top-level module has to be in the table of \
                 tools/lint-modules/src/floors.rs"
            );
            Complaint::new(file, 1, message)
        })
        .collect()
}

fn imports_upwards(tree: &Tree) -> Vec<Complaint> {
    let upwards = between_modules(tree).filter(|(from, to, _)| runs_upwards(FLOORS, from, to));
    upwards
        .map(|(from, to, place)| {
            let message = format!("{from} imports {to}: {}", may_import(from));
            Complaint::new(place.file, place.line, message)
        })
        .collect()
}

fn may_import(module: &str) -> String {
    let lower = FLOORS.iter().take(floor(FLOORS, module).unwrap_or(0)).flat_map(|floor| floor.iter().copied());
    let allowed = ALLOWED_IMPORTS.iter().filter(|(from, _)| *from == module).map(|(_, to)| *to);
    let names: Vec<&str> = lower.chain(allowed).collect();
    if names.is_empty() {
        format!("{module} may not import any other module")
    } else {
        format!("{module} may import only {}", names.join(", "))
    }
}

/// Returns the imports of the server by files that may not have any: those of a module in
/// WITHOUT_SERVER, and those that say "Pure." or whose folder's root file says so.
fn server_imports(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let module = file.top().filter(|top| WITHOUT_SERVER.contains(top));
        let pure = pure_root(tree, file);
        let rule = match (module, pure) {
            (Some(module), _) => format!("{module} may not import anything of the server"),
            (None, Some(root)) => format!("{root} says \"Pure.\", so it may not import anything of the server"),
            (None, None) => continue,
        };
        for import in &file.imports {
            if import.path.starts_with("pgrx") || (pure.is_some() && import.top.as_deref() == Some("pg")) {
                let message = format!("imports {}: {rule}", import.path);
                complaints.push(Complaint::new(&file.path, import.line, message));
            }
        }
    }
    complaints
}

/// Returns the file that says "Pure." of `file`: itself, or the root file of a folder that it is
/// in.
fn pure_root<'a>(tree: &'a Tree, file: &File) -> Option<&'a str> {
    let mut pure = tree.files.iter().filter(|root| root.source.says_pure && !root.module.is_empty());
    pure.find(|root| file.module.starts_with(&root.module)).map(|root| root.path.as_str())
}

fn circles_between_modules(tree: &Tree) -> Vec<Complaint> {
    circle_complaints(&module_edges(tree), "modules may not import one another in a circle")
}

fn circles_between_files(tree: &Tree) -> Vec<Complaint> {
    circle_complaints(&file_edges(tree), "the files of a module may not import one another in a circle")
}

fn circle_complaints(edges: &Edges<'_>, rule: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for circle in circles(edges) {
        let mut lines = edges_of(&circle).into_iter().filter_map(|(from, to)| {
            let place = edges.get(&(from, to))?;
            Some((place.file.to_owned(), place.line, format!("imports {to}")))
        });
        if let Some((file, line, imports)) = lines.next() {
            let message = format!("{imports}, in a circle of {}: {rule}", circle.join(", "));
            complaints.push(Complaint { file, line, message, others: lines.collect() });
        }
    }
    complaints
}

fn unsafe_outside_pg(tree: &Tree) -> Vec<Complaint> {
    let outside = tree.files.iter().filter(|file| file.top() != Some(WITH_UNSAFE));
    outside
        .flat_map(|file| {
            file.source.unsafe_lines.iter().map(|line| {
                let message = format!("unsafe outside {WITH_UNSAFE}: only {WITH_UNSAFE} may have or allow unsafe code");
                Complaint::new(&file.path, *line, message)
            })
        })
        .collect()
}

fn long_files(tree: &Tree) -> Vec<Complaint> {
    let long = tree.files.iter().filter(|file| !file.is_test && file.source.lines > MAX_LINES);
    long.map(|file| {
        let message = format!("{} lines: a file may have at most {MAX_LINES}", file.source.lines);
        Complaint::new(&file.path, MAX_LINES + 1, message)
    })
    .collect()
}
