//! The exact contents of a snapshot, on which other programs that read it rely.

use crate::difference::{compare, parse, snapshot};
use anyhow::{Result, anyhow};
use cluster::{Server, create_extensions, explain, report};
use serde_json::Value;

const SETUP: &str = include_str!("contents.sql");
/// The snapshot without the fields that depend on the server and the time.
const EXPECTED: &str = include_str!("contents.json");

fn without_identity(mut snapshot: Value) -> Value {
    if let Some(fields) = snapshot.as_object_mut() {
        fields.remove("identity");
        fields.remove("taken_at");
    }
    // Major versions print queries in different ways.
    for view in ["adults", "ages"] {
        if let Some(query) = snapshot.pointer_mut(&format!("/schemas/app/tables/{view}/properties/query")) {
            *query = query.as_str().is_some_and(|query| query.contains("FROM app.people")).into();
        }
    }
    snapshot
}

/// Describes the first difference between two values.
fn difference(path: &str, one: &Value, other: &Value) -> Option<String> {
    match (one.as_object(), other.as_object()) {
        (Some(fields), Some(others)) => {
            let missing =
                others.keys().find(|key| !fields.contains_key(*key)).map(|key| format!("{path}.{key} is missing"));
            let null = Value::Null;
            let differs = |(key, value): (&String, &Value)| {
                difference(&format!("{path}.{key}"), value, others.get(key).unwrap_or(&null))
            };
            missing.or_else(|| fields.iter().find_map(differs))
        }
        _ => (one != other).then(|| format!("{path} is {one} instead of {other}")),
    }
}

#[test]
fn snapshot_contents_match_documented_json() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("contents")?;
    client.batch_execute(SETUP).map_err(|error| anyhow!(explain(&error)))?;
    let taken = parse(&snapshot(&mut client, "checksum => true")?)?;
    let identity = &taken["identity"];
    assert_eq!(identity["database"], "contents");
    assert_eq!(identity["encoding"], "UTF8");
    let version: String = client.query_one("SELECT split_part(current_setting('server_version'), ' ', 1)", &[])?.get(0);
    assert_eq!(identity["server_version"], version.as_str());
    let system: String = client.query_one("SELECT system_identifier::text FROM pg_control_system()", &[])?.get(0);
    assert_eq!(identity["system_identifier"], system.as_str());
    let at = taken["taken_at"].as_str().unwrap_or_default();
    let age = "SELECT $1::text::timestamptz BETWEEN now() - interval '1 minute' AND now()";
    assert!(at.ends_with('Z') && client.query_one(age, &[&at])?.get::<_, bool>(0), "{at}");
    let (found, expected) = (without_identity(taken), without_identity(parse(EXPECTED)?));
    assert_eq!(difference("", &found, &expected), None, "{found:#}");
    Ok(())
}

#[test]
fn snapshot_omits_members_of_extensions() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("extended")?;
    client.batch_execute("CREATE SCHEMA tools; CREATE TABLE public.own (id int)")?;
    let before = parse(&snapshot(&mut client, "")?)?;
    let installed = create_extensions(&mut client)?;
    let after = snapshot(&mut client, "")?;
    assert!(compare(&mut client, &after, None)?.is_empty());
    let after = parse(&after)?;
    assert_eq!(before["schemas"], after["schemas"]);
    assert_eq!(after["extensions"].as_object().map(|extensions| extensions.len() as i64), Some(installed));
    report!("{installed} extensions");
    Ok(())
}

/// Also those of other sessions.
#[test]
fn snapshot_omits_temporary_tables() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("temporary")?;
    let mut other = server.connect("temporary")?;
    let before = snapshot(&mut client, "")?;
    for session in [&mut client, &mut other] {
        session.batch_execute(
            "CREATE TEMP TABLE t (id serial PRIMARY KEY); CREATE TEMP VIEW v AS SELECT 1; INSERT INTO t DEFAULT VALUES",
        )?;
    }
    assert!(compare(&mut client, &before, None)?.is_empty());
    assert!(!snapshot(&mut client, "checksum => true")?.contains("pg_temp"));
    Ok(())
}
