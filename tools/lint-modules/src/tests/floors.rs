//! The rules on imports between modules, and the spellings of an import.

use super::{complains, passes};

const BELOW_FEATURES: &str = "error, ids, row_hash, pg, script, settings, report";

#[test]
fn floors_pg_importing_feature_fails() {
    complains(
        &[("pg/calls.rs", "use std::fmt;\nuse crate::guard::watch;"), ("guard/watch.rs", "")],
        "pg/calls.rs:2: pg imports guard: pg may import only error, ids, row_hash",
    );
}

#[test]
fn floors_pg_importing_settings_fails() {
    complains(
        &[("pg/calls.rs", "use crate::settings;"), ("settings.rs", "")],
        "pg/calls.rs:1: pg imports settings: pg may import only error, ids, row_hash",
    );
}

#[test]
fn floors_lowest_modules_importing_each_other_fails() {
    complains(
        &[("ids/mod.rs", "use crate::row_hash::hash;"), ("row_hash/mod.rs", "")],
        "ids/mod.rs:1: ids imports row_hash: ids may not import any other module",
    );
    complains(
        &[("ids/mod.rs", ""), ("row_hash/mod.rs", "use crate::ids::Position;")],
        "row_hash/mod.rs:1: row_hash imports ids: row_hash may not import any other module",
    );
    complains(
        &[("ids/mod.rs", "use crate::error::Error;"), ("error.rs", "")],
        "ids/mod.rs:1: ids imports error: ids may not import any other module",
    );
}

#[test]
fn floors_report_importing_feature_fails() {
    complains(
        &[("report/scope.rs", "use crate::sequences::Scope;"), ("sequences/mod.rs", "")],
        "report/scope.rs:1: report imports sequences: report may import only error, ids, row_hash, pg, script, settings",
    );
}

#[test]
fn floors_settings_importing_feature_fails() {
    complains(
        &[("settings.rs", "use crate::guard::Scope;"), ("guard/mod.rs", "")],
        "settings.rs:1: settings imports guard: settings may import only error, ids, row_hash, pg",
    );
}

#[test]
fn floors_feature_importing_feature_fails() {
    for (from, to) in [("foreign_keys", "sequences"), ("locks", "guard"), ("snapshot", "locks")] {
        complains(
            &[(&format!("{from}/mod.rs"), &format!("use crate::{to}::X;")), (&format!("{to}/mod.rs"), "")],
            &format!("{from}/mod.rs:1: {from} imports {to}: {from} may import only {BELOW_FEATURES}"),
        );
    }
}

#[test]
fn floors_feature_importing_checks_fails() {
    complains(
        &[("snapshot/mod.rs", "use crate::checks::Severity;"), ("checks/mod.rs", "")],
        &format!("snapshot/mod.rs:1: snapshot imports checks: snapshot may import only {BELOW_FEATURES}"),
    );
}

#[test]
fn floors_guard_importing_locks_fails() {
    complains(
        &[("guard/mod.rs", "use crate::locks::X;"), ("locks/mod.rs", "")],
        &format!("guard/mod.rs:1: guard imports locks: guard may import only {BELOW_FEATURES}, sequences"),
    );
}

#[test]
fn floors_unknown_module_fails() {
    complains(
        &[("lib.rs", "mod one_line;"), ("one_line.rs", "")],
        "one_line.rs:1: module one_line has no floor: a top-level module has to be in the table of \
         tools/lint-modules/src/floors.rs",
    );
}

#[test]
fn floors_each_spelling_of_a_path_is_seen() {
    for spelling in [
        "use crate::guard;",
        "use crate::{error, guard::{a, b}};",
        "pub use crate::guard::a as b;",
        "use crate::guard::*;",
        "use super::guard::a;",
        "mod inner { use super::super::guard::a; }",
        "fn f() { crate::guard::f() }",
        "fn f(a: Vec<crate::guard::A>) {}",
        "fn f() { <u8 as crate::guard::Trait>::f() }",
        "fn f() { use super::guard; }",
        "fn f() { format!(\"{}\", crate::guard::NAME) }",
        "fn f() { json!({ \"a\": [super::guard::f(1)] }) }",
        "impl crate::guard::Trait for u8 {}",
        "#[derive(crate::guard::Derive)] struct A;",
    ] {
        complains(
            &[("error.rs", ""), ("guard/mod.rs", ""), ("locks.rs", spelling)],
            &format!("locks.rs:1: locks imports guard: locks may import only {BELOW_FEATURES}"),
        );
    }
}

#[test]
fn floors_name_that_use_brought_is_reported_once() {
    complains(
        &[("guard/mod.rs", ""), ("locks.rs", "use crate::guard::Kind;\n\nfn f() { Kind::A; Kind::B; }")],
        &format!("locks.rs:1: locks imports guard: locks may import only {BELOW_FEATURES}"),
    );
}

#[test]
fn floors_imports_of_tests_pass() {
    passes(&[
        ("guard/mod.rs", ""),
        ("lib.rs", "#[cfg(all(feature = \"pg_test\", not(test)))]\nmod in_server;"),
        ("in_server/mod.rs", "use crate::guard::a;"),
        ("locks/mod.rs", "#[cfg(any(test, feature = \"pg_test\"))]\nmod examples;\n#[cfg(test)]\nmod sizes;"),
        ("locks/examples.rs", "use crate::guard::a;"),
        ("locks/sizes/mod.rs", "mod inner;"),
        ("locks/sizes/inner.rs", "use crate::guard::a;"),
        ("locks/key_tests.rs", "use crate::guard::a;"),
        ("locks/tests/random.rs", "use crate::guard::a;"),
        ("locks/key.rs", "#[cfg(test)]\nmod tests { use crate::guard::a; }\n#[test]\nfn f() { crate::guard::f() }"),
        ("ids/mod.rs", "#[cfg(test)]\n#[path = \"chance.rs\"]\nmod tests;"),
        ("ids/chance.rs", "use pgrx::Spi;"),
    ]);
}

#[test]
fn floors_imports_of_code_that_tests_lack_fails() {
    complains(
        &[("guard/mod.rs", ""), ("locks.rs", "#[cfg(not(test))]\nmod real { use crate::guard::a; }")],
        &format!("locks.rs:2: locks imports guard: locks may import only {BELOW_FEATURES}"),
    );
}
