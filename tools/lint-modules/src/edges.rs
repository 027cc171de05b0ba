//! The imports between top-level modules, and between the files of one.

use crate::floors::ALLOWED_CIRCLES;
use crate::tree::{File, Import, Tree};
use std::collections::BTreeMap;

/// Where the first of the imports is that make one edge.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub file: &'a str,
    pub line: usize,
}

pub type Edges<'a> = BTreeMap<(&'a str, &'a str), Place<'a>>;

/// Returns the top-level modules, without those of tests, each with its first file.
pub fn modules(tree: &Tree) -> BTreeMap<&str, &str> {
    let mut modules = BTreeMap::new();
    for file in tree.files.iter().filter(|file| !file.is_test) {
        if let Some(top) = file.top() {
            modules.entry(top).or_insert(file.path.as_str());
        }
    }
    modules
}

/// Returns the imports that lead from one top-level module to another: the importing module and the
/// imported one.
pub fn between_modules(tree: &Tree) -> impl Iterator<Item = (&str, &str, Place<'_>)> {
    tree.files.iter().flat_map(|file| {
        file.imports.iter().filter_map(move |import| {
            let (from, to) = (file.top()?, import.top.as_deref()?);
            (from != to).then_some((from, to, place(file, import)))
        })
    })
}

pub fn module_edges(tree: &Tree) -> Edges<'_> {
    let mut edges = Edges::new();
    for (from, to, place) in between_modules(tree) {
        edges.entry((from, to)).or_insert(place);
    }
    edges
}

/// Returns the imports between the files of one top-level module, except those within a folder of
/// ALLOWED_CIRCLES, and those of what the root file of an enclosing folder defines: `super::Item`.
pub fn file_edges(tree: &Tree) -> Edges<'_> {
    let mut edges = Edges::new();
    for file in &tree.files {
        for import in &file.imports {
            let Some(to) = import.file.and_then(|number| tree.files.get(number)) else { continue };
            let encloses = file.module.starts_with(&to.module);
            let allowed = ALLOWED_CIRCLES.iter().any(|folder| is_in(file, folder) && is_in(to, folder));
            if to.top() == file.top() && !encloses && !allowed {
                edges.entry((&file.path, &to.path)).or_insert(place(file, import));
            }
        }
    }
    edges
}

fn is_in(file: &File, folder: &str) -> bool {
    file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn place<'a>(file: &'a File, import: &Import) -> Place<'a> {
    Place { file: &file.path, line: import.line }
}
