use super::super::examples::SOURCE;
use super::*;
use std::collections::BTreeSet;

fn source() -> Vec<Tool> {
    serde_json::from_str(SOURCE).expect("the catalogue's source")
}

#[test]
fn every_lock_has_a_source() {
    for (tool, lock) in locks(&source()) {
        assert!(!lock.sources.is_empty(), "{} ({})", tool.name, lock.lock);
        assert!(lock.sources.iter().all(|source| !source.trim().is_empty()));
        assert!(!lock.lock.is_empty());
    }
}

#[test]
fn tables_and_application_names_have_a_source() {
    let said = |tool: &Tool, what: &str| tool.sources.iter().any(|source| source.starts_with(what));
    let from_locks = |tool: &Tool, name: &str| {
        tool.locks.iter().any(|lock| {
            let texts = [&lock.note, &lock.instead, &lock.release, &lock.error, &lock.function];
            texts
                .into_iter()
                .flatten()
                .chain(&lock.sources)
                .chain(lock.keys.iter().filter_map(|key| range_of(&key.key)))
                .any(|text| text.to_lowercase().contains(&name.to_lowercase()))
        })
    };
    for tool in &source() {
        let names = tool.markers.iter().flatten().map(Relation::name);
        let unsaid = names.filter(|name| !said(tool, "markers") && !from_locks(tool, name));
        assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", tool.name);
        let applications = tool.application_names.iter().map(|name| name.trim_end_matches('*'));
        let unsaid = applications.filter(|name| !said(tool, "application_name") && !from_locks(tool, name));
        assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", tool.name);
    }
}

fn range_of(key: &Key) -> Option<&String> {
    if let Key::Range(range) = key { Some(&range.of) } else { None }
}

#[test]
fn tools_and_locks_are_unique() {
    let source = source();
    let tools: BTreeSet<&str> = source.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools.len(), source.len());
    let all: BTreeSet<(&str, &str)> =
        locks(&source).map(|(tool, lock)| (tool.name.as_str(), lock.lock.as_str())).collect();
    assert_eq!(all.len(), locks(&source).count());
}

#[test]
fn embedded_tools_exist() {
    let source = source();
    for (_, lock) in locks(&source) {
        let embedded = lock.embeds.as_ref();
        assert!(embedded.is_none_or(|name| source.iter().any(|tool| tool.name == *name)));
    }
}

#[test]
fn names_of_relations_are_valid() {
    for tool in &source() {
        assert!(tool.markers.iter().all(|group| !group.is_empty()), "{}", tool.name);
        for name in tool.markers.iter().flatten().map(Relation::name) {
            let is_plain = name.is_ascii() && !name.contains(['.', ' ', '"']);
            assert!(!name.is_empty() && name.len() < 64 && is_plain, "{name}");
        }
    }
}

#[test]
fn catalogue_has_only_the_fields_that_the_library_reads() {
    let source = r#"[
        {"name": "documented", "locks": [{"lock": "l", "purpose": "jobs", "keys": [], "sources": ["s"]}]},
        {"name": "used", "sources": ["s"], "locks": [
            {"lock": "l", "purpose": "jobs", "sources": ["s"], "note": "n",
             "keys": [{"key": "1", "from": {"hash": "crc32", "of": ""}}, {"from": 1, "to": 2, "of": "o"}]},
            {"lock": "m", "purpose": "jobs", "sources": ["s"], "instead": "i", "keys": []},
            {"lock": "n", "purpose": "jobs", "sources": ["s"], "embeds": "used", "keys": []}]}]"#;
    let expected = concat!(
        "[\n",
        r#"{"locks":[{"keys":[{"key":"1"},{"from":1,"of":"o","to":2}],"lock":"l","purpose":"jobs"},"#,
        r#"{"embeds":"used","keys":[],"lock":"n","purpose":"jobs"}],"name":"used"}"#,
        "\n]\n"
    );
    assert_eq!(catalogue(source).expect("a catalogue"), expected);
}
