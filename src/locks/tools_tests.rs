use super::super::examples::{check_constants, examples, no_server, parsed};
use super::super::formula::{Formula, Inputs};
use super::super::key::LockKey;
use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// The constants that several tools use are all known.
#[test]
fn shared_constants() {
    let mut users: BTreeMap<LockKey, BTreeSet<&str>> = BTreeMap::new();
    for entry in parsed().entries() {
        for key in &entry.lock.keys {
            if let Key::Constant(constant) = key {
                assert!(users.entry(constant.key).or_default().insert(entry.name()), "{} twice", constant.key);
            }
        }
    }
    let shared: Vec<String> = users
        .iter()
        .filter(|(_, tools)| tools.len() > 1)
        .map(|(key, tools)| format!("{key} {}", tools.iter().copied().collect::<Vec<_>>().join("/")))
        .collect();
    let known = [
        "-8525285245963000605 Supabase Storage/postgres-migrations",
        "1 Airflow/Coder/SpiceDB/graph-node",
        "2 Airflow/Coder/SpiceDB/graph-node",
        "5 Coder/Concourse",
        "6 Coder/Concourse",
        "7 Coder/Concourse",
        "1001 Bytebase/n8n",
        "1002 Bytebase/n8n",
        "1003 Bytebase/n8n",
    ];
    assert_eq!(shared, known);
}

#[test]
fn constants_equal_their_formulas() {
    // Constants with hashtext are checked by pgrx-tests/locks.
    let is_pure = |from: &Formula| !from.describe(&Inputs::default()).starts_with("hashtext");
    assert_eq!(check_constants(no_server, is_pure), 5);
}

#[test]
fn names_of_relations_are_valid() {
    let names = parsed().marker_names();
    assert!(names.is_sorted() && names.contains(&"flyway_schema_history".to_owned()));
    for name in &names {
        assert!(!name.is_empty() && name.len() < 64 && name.is_ascii() && !name.contains(['.', ' ', '"']), "{name}");
    }
    for tool in &parsed().tools {
        assert!(tool.markers.iter().all(|group| !group.is_empty()), "{}", tool.name);
    }
}

/// A pair does not combine a half that cannot be computed with one that must be.
#[test]
fn pairs_are_patterns_or_formulas() {
    for key in parsed().entries().flat_map(|entry| &entry.lock.keys) {
        if let Key::Pair(pair) = key {
            assert!(!pair.is_pattern() || pair.pair.iter().all(|part| part.formula().is_none()), "{pair:?}");
        }
    }
}

#[test]
fn worked_keys() {
    let (mut computed, all) = (0, examples());
    for example in &all {
        assert_eq!(example.key.to_pg_locks(), example.pg_locks, "{example:?}");
        let (classid, objid, objsubid) = example.pg_locks;
        assert_eq!(LockKey::from_pg_locks(classid, objid, objsubid), example.key);
        if !example.needs_server() {
            assert_eq!(example.computed(no_server), Some(example.key), "{example:?}");
            computed += 1;
        }
    }
    assert_eq!((computed, all.len()), (80, 93));
}

#[test]
fn a_broken_catalogue_is_an_error() {
    assert!(Catalogue::parse("[{}]").is_err());
    assert!(Catalogue::parse(r#"[{"name": "x", "locks": [], "other": 1}]"#).is_err());
    let lock =
        |key: &str| format!(r#"[{{"name": "x", "locks": [{{"lock": "l", "purpose": "jobs", "keys": [{key}]}}]}}]"#);
    assert!(Catalogue::parse(&lock(r#"{"key": "1"}"#)).is_ok());
    for key in [
        r#"{"key": "x"}"#,
        r#"{"key": "1", "else": 1}"#,
        r#"{"key": "1", "from": {"hash": "crc32", "of": ""}}"#,
        r#"{"formula": {"hash": "crc33", "of": ""}}"#,
        r#"{}"#,
    ] {
        assert!(Catalogue::parse(&lock(key)).is_err(), "{key}");
    }
}
