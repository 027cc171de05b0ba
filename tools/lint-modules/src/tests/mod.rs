//! Small source trees, each of which breaks one rule.

mod floors;

use crate::rules::check;
use crate::tree::Tree;
use std::collections::BTreeMap;

/// Returns one line per complaint. A folder without a root file gets an empty one.
fn complaints(files: &[(&str, &str)]) -> Vec<String> {
    let mut files: BTreeMap<String, String> =
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    let folders: Vec<String> =
        files.keys().flat_map(|path| path.match_indices('/').map(|(end, _)| path[..end].to_owned())).collect();
    for folder in folders {
        if !files.contains_key(&format!("{folder}.rs")) {
            files.entry(format!("{folder}/mod.rs")).or_default();
        }
    }
    let files = files.into_iter().collect();
    let complaints = check(&Tree::new(files).unwrap());
    complaints
        .into_iter()
        .map(|complaint| {
            let mut line = format!("{}:{}: {}", complaint.file, complaint.line, complaint.message);
            for (file, at, message) in complaint.others {
                line += &format!("; {file}:{at}: {message}");
            }
            line
        })
        .collect()
}

/// Checks that one line of one file, and no other, is complained about in these words.
#[track_caller]
fn complains(files: &[(&str, &str)], expected: &str) {
    assert_eq!(complaints(files), [expected]);
}

#[track_caller]
fn passes(files: &[(&str, &str)]) {
    assert_eq!(complaints(files), [""; 0]);
}

const NO_SERVER: &str = "so it may not import anything of the server";
const FILE_CIRCLE: &str = "the files of a module may not import one another in a circle";

/// A tree in which everything that is allowed occurs.
const CLEAN: &[(&str, &str)] = &[
    ("lib.rs", "#![deny(unsafe_code)]\nmod checks;\nfn init() { crate::guard::install(); checks::run(); }"),
    ("error.rs", "use pgrx::PgSqlErrorCode;\npub struct Error;"),
    ("ids/mod.rs", "//! Pure.\nmod position;\npub use position::Position;"),
    ("ids/position.rs", "pub struct Position;"),
    ("row_hash/mod.rs", "pub fn hash() {}"),
    ("pg/mod.rs", "#![allow(unsafe_code)]\npub mod catalog;\npub mod spi;\npub use catalog::names;"),
    ("pg/catalog/mod.rs", "pub mod names;"),
    ("pg/catalog/names.rs", "use crate::error::Error;\nuse crate::ids::Position;\nfn f() { unsafe { g() } }"),
    ("pg/spi.rs", "use super::names;\nuse crate::row_hash;\nunsafe fn f() { names::g(); row_hash::hash() }"),
    ("settings.rs", "use crate::pg::spi;\nuse crate::error::Error;"),
    ("report/mod.rs", "use crate::pg::names;\nuse crate::settings;\npub struct Row;"),
    ("sequences/mod.rs", "pub mod repair;\nuse crate::{ids, pg::{names, spi}, report::Row};\nuse repair::repair;"),
    ("sequences/repair.rs", "use super::helper;\nuse super::Row;\npub fn repair() { super::helper() }"),
    ("guard/mod.rs", "use crate::sequences::repair::repair;\npub fn install() {}"),
    ("locks/work.rs", "//! Whether a session is at work. Pure.\nuse crate::ids::Position;\nuse std::fmt;"),
    ("snapshot/compare/sides.rs", "use super::rows::Row;"),
    ("snapshot/compare/rows.rs", "use super::sides::Side;"),
    ("checks/mod.rs", "use crate::{guard, locks, sequences, snapshot};\npub fn run() {}"),
];

#[test]
fn rules_clean_tree_passes() {
    passes(CLEAN);
}

#[test]
fn server_imported_by_ids_or_row_hash_fails() {
    complains(
        &[("ids/mod.rs", "use pgrx::pg_sys::Oid;")],
        "ids/mod.rs:1: imports pgrx::pg_sys::Oid: ids may not import anything of the server",
    );
    complains(
        &[("row_hash/mod.rs", "fn f() { pgrx::notice!(\"hashed\") }")],
        "row_hash/mod.rs:1: imports pgrx::notice: row_hash may not import anything of the server",
    );
}

#[test]
fn server_imported_by_pure_file_fails() {
    complains(
        &[("locks/work.rs", "//! Whether a session is at work. Pure.\n\nuse pgrx::prelude::*;")],
        &format!("locks/work.rs:3: imports pgrx::prelude: locks/work.rs says \"Pure.\", {NO_SERVER}"),
    );
    complains(
        &[("pg/names.rs", ""), ("locks/work.rs", "//! Pure.\nuse crate::pg::names;")],
        &format!("locks/work.rs:2: imports crate::pg::names: locks/work.rs says \"Pure.\", {NO_SERVER}"),
    );
}

#[test]
fn server_imported_below_pure_folder_fails() {
    complains(
        &[("locks/key/mod.rs", "//! Pure."), ("locks/key/part.rs", "use pgrx::Spi;"), ("locks/a.rs", "use pgrx::Spi;")],
        &format!("locks/key/part.rs:1: imports pgrx::Spi: locks/key/mod.rs says \"Pure.\", {NO_SERVER}"),
    );
}

#[test]
fn server_imported_by_file_that_says_impure_passes() {
    passes(&[("locks/work.rs", "//! Pure. is a word of its own: Impure.x is not, nor is Pure\nuse std::fmt;")]);
    passes(&[("locks/work.rs", "//! Purely a wrapper.\nuse pgrx::Spi;")]);
}

#[test]
fn circle_between_modules_fails() {
    let said =
        complaints(&[("guard/mod.rs", "\nuse crate::sequences::a;"), ("sequences/mod.rs", "use crate::guard::b;")]);
    let circle = "guard/mod.rs:2: imports sequences, in a circle of guard, sequences: modules may not import one another \
                  in a circle; sequences/mod.rs:1: imports guard";
    assert!(said.iter().any(|line| line == circle), "{said:#?}");
}

#[test]
fn circle_between_files_fails() {
    complains(
        &[
            ("sequences/a.rs", "use super::b::B;"),
            ("sequences/b.rs", "\nuse super::c::C;"),
            ("sequences/c.rs", "\n\nuse crate::sequences::a::A;"),
            ("sequences/d.rs", "use super::a::A;"),
        ],
        &format!(
            "sequences/a.rs:1: imports sequences/b.rs, in a circle of sequences/a.rs, sequences/b.rs, sequences/c.rs: \
             {FILE_CIRCLE}; sequences/b.rs:2: imports sequences/c.rs; sequences/c.rs:3: imports sequences/a.rs"
        ),
    );
}

#[test]
fn circle_through_reexport_fails() {
    for root in ["mod a;\nmod b;\npub use a::A;", "mod a;\nmod b;\npub use a::*;", "mod a;\nmod b;\nuse a::Z as A;"] {
        complains(
            &[
                ("locks/mod.rs", root),
                ("locks/a.rs", "use super::b::f;\npub struct A;\npub struct Z;"),
                ("locks/b.rs", "use super::A;"),
            ],
            &format!(
                "locks/a.rs:1: imports locks/b.rs, in a circle of locks/a.rs, locks/b.rs: {FILE_CIRCLE}; \
                 locks/b.rs:1: imports locks/a.rs"
            ),
        );
    }
}

#[test]
fn circle_between_folder_and_its_root_passes() {
    passes(&[
        ("locks/mod.rs", "mod a;\nuse a::f;\npub struct Lock;\nfn g() { a::f() }"),
        ("locks/a.rs", "use super::Lock;\nuse crate::locks::g;"),
    ]);
}

#[test]
fn circle_within_compare_passes_but_not_out_of_it() {
    passes(&[("snapshot/compare/a.rs", "use super::b::B;"), ("snapshot/compare/b.rs", "use super::a::A;")]);
    complains(
        &[("snapshot/compare/a.rs", "use super::super::rows::B;"), ("snapshot/rows.rs", "use super::compare::a::A;")],
        &format!(
            "snapshot/compare/a.rs:1: imports snapshot/rows.rs, in a circle of snapshot/compare/a.rs, snapshot/rows.rs: \
             {FILE_CIRCLE}; snapshot/rows.rs:1: imports snapshot/compare/a.rs"
        ),
    );
}

#[test]
fn unsafe_outside_pg_fails() {
    for code in [
        "fn f() { unsafe { g() } }",
        "unsafe fn f() {}",
        "unsafe impl Send for A {}",
        "unsafe extern \"C\" {}",
        "fn f() { assert!(unsafe { g() }) }",
        "#[unsafe(no_mangle)] fn f() {}",
        "#![allow(unsafe_code)]",
        "#[allow(dead_code, unsafe_code)] fn f() {}",
        "#[expect(unsafe_code)] fn f() {}",
        "#[cfg(test)] mod tests { fn f() { unsafe { g() } } }",
    ] {
        complains(
            &[("locks/hash.rs", code), ("pg/hash.rs", code)],
            "locks/hash.rs:1: unsafe outside pg: only pg may have or allow unsafe code",
        );
    }
}

#[test]
fn unsafe_in_words_or_denied_passes() {
    passes(&[("locks/a.rs", "#![deny(unsafe_code)]\n// unsafe\nfn f() -> &'static str { \"unsafe\" }")]);
}

#[test]
fn length_over_limit_fails() {
    let (longest, longer) = ("\n".repeat(350), "\n".repeat(351));
    passes(&[("locks/a.rs", &longest), ("locks/a_tests.rs", &longer)]);
    complains(&[("locks/a.rs", &longer)], "locks/a.rs:351: 351 lines: a file may have at most 350");
}

#[test]
fn tree_file_with_syntax_error_is_named() {
    let error = Tree::new(vec![("locks/a.rs".to_owned(), "\nfn f( {}".to_owned())]).err().unwrap();
    assert!(error.to_string().starts_with("locks/a.rs:2: could not parse"), "{error}");
}
