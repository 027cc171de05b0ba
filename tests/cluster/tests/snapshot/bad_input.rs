//! What is no snapshot is refused, with the place in it that is wrong; never is it taken for a database that has lost something.

use crate::difference::{compare, must_be_alike, parsed, snapshot, try_compare};
use crate::fields::{Place, every_place, removed, replaced};
use anyhow::{Context, Result, ensure};
use cluster::{Server, report, state_of};
use postgres::Client;
use serde_json::{Value, json};

/// One of everything that a snapshot may have.
const SCENE: &str = "
    CREATE SCHEMA \"a.b\";
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE \"a.b\".\"T\"\"x\" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text COLLATE \"C\" NOT NULL DEFAULT 'x', twice int GENERATED ALWAYS AS (1 + 1) STORED, CHECK (note <> ''));
    CREATE INDEX i ON \"a.b\".\"T\"\"x\" (note); INSERT INTO \"a.b\".\"T\"\"x\" SELECT FROM generate_series(1, 10);
    CREATE TRIGGER t BEFORE INSERT ON \"a.b\".\"T\"\"x\" FOR EACH ROW EXECUTE FUNCTION f();
    CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";

/// Fields of tables, columns and sequences that may be missing: those that may be null.
const OPTIONAL: [&str; 13] = [
    "partition_of",
    "partition_bound",
    "undescribed",
    "rows",
    "key_range",
    "checksum",
    "unread",
    "collation",
    "default",
    "generated",
    "identity",
    "next_value",
    "owned_by",
];

fn is_optional(place: &Place) -> bool {
    place.is_deep() && OPTIONAL.contains(&place.field())
}

/// Whether a message names a field, whose name may have to be quoted there.
fn names(message: &str, field: &str) -> bool {
    let bare = |text: &str| text.replace(['"', '\\'], "");
    bare(message).contains(&bare(field))
}

fn scene(server: &Server) -> Result<(Client, Value)> {
    let mut client = server.database("input")?;
    client.batch_execute(SCENE)?;
    let taken = snapshot(&mut client, "checksum => true")?;
    Ok((client, parsed(&taken)?))
}

/// SQLSTATE and message of a comparison that is refused, with the text as either argument.
fn refusal(client: &mut Client, text: &str, good: &str) -> Result<(String, String)> {
    let errors =
        [try_compare(client, text, Some(good)), try_compare(client, good, Some(text)), try_compare(client, text, None)];
    let mut said = Vec::new();
    for (error, argument) in errors.into_iter().zip(["source", "target", "source"]) {
        let Err(error) = error else { anyhow::bail!("it was compared: {}", &text[..text.len().min(300)]) };
        let error = error.as_db_error().context("not the server's error")?.clone();
        ensure!(error.hint().is_some(), "{error:?}");
        ensure!(error.message().contains(argument), "no {argument:?} in {error:?}");
        said.push((error.code().code().to_owned(), error.message().to_owned()));
    }
    ensure!(said[0].0 == said[1].0 && said[0] == said[2], "{said:?}");
    Ok(said.swap_remove(0))
}

#[test]
fn what_is_no_snapshot_is_refused() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = scene(&server)?;
    let good = good.to_string();
    let not_snapshots = [
        "[]",
        "{}",
        "null",
        "0",
        "true",
        "\"snapshot\"",
        "[1, 2]",
        "[{}]",
        "{\"format_version\": null}",
        "{\"format_version\": \"1\"}",
        "{\"format_version\": 1.5}",
        "{\"format_version\": -1}",
        "{\"format_version\": 0}",
        "{\"format_version\": 1e400}",
        "{\"format_version\": true}",
        "{\"format_version\": {}}",
        "{\"format_version\": 1}",
        "{\"a\": {\"format_version\": 1}}",
        "{\"format_version\": 1, \"schemas\": {}}",
        "{\"schemas\": {}, \"identity\": {}, \"contents\": {}}",
        "{\"format_version\": 99999999999999999999999}",
    ];
    for text in not_snapshots {
        let (state, message) = refusal(&mut client, text, &good).with_context(|| text.to_owned())?;
        ensure!(state == "22023" || text.contains("99999"), "{text}: {state} {message}");
    }
    for (version, state) in [(2, "0A000"), (1000, "0A000"), (4_294_967_295_u64, "0A000")] {
        let mut newer = parsed(&good)?;
        newer["format_version"] = version.into();
        newer["schemas"] = json!("of another shape");
        let (seen, message) = refusal(&mut client, &newer.to_string(), &good)?;
        ensure!(seen == state && message.contains(&version.to_string()), "{version}: {seen} {message}");
    }
    // As deep as jsonb goes.
    for depth in [100, 1000, 5000] {
        for (text, path) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", text.repeat(depth), path.repeat(depth));
            let mut with = parsed(&good)?;
            with["identity"] = json!("DEEP");
            let with = with.to_string().replace("\"DEEP\"", &deep);
            refusal(&mut client, &with, &good).with_context(|| format!("{depth} × {text}"))?;
        }
    }
    assert_eq!(client.query_one("SELECT 1", &[])?.get::<_, i32>(0), 1);
    Ok(())
}

#[test]
fn a_field_that_is_missing_is_named() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = scene(&server)?;
    let text = good.to_string();
    let (mut named, mut optional) = (0, 0);
    for place in every_place(&good) {
        let without = removed(&good, &place).to_string();
        let field = place.field();
        if place.is_named_by_user() {
            // Of what there are many, one is missing: the count in `contents` says so, or it is a difference.
            if let Err(error) = try_compare(&mut client, &without, Some(&text)) {
                assert_eq!(state_of::<()>(Err(error)).code(), "22023", "{place}");
            } else {
                assert!(!compare(&mut client, &text, Some(&without))?.is_empty(), "{place} is not missed");
            }
        } else if is_optional(&place) {
            try_compare(&mut client, &without, Some(&text)).with_context(|| format!("without {place}"))?;
            optional += 1;
        } else {
            let (state, message) = refusal(&mut client, &without, &text).with_context(|| format!("without {place}"))?;
            assert!(state == "22023" && names(&message, field), "without {place}: {state} {message}");
            named += 1;
        }
    }
    assert!(named > 60 && optional > 5, "{named} {optional}");
    report!("{named} fields are missed by name, {optional} may be missing");
    Ok(())
}

#[test]
fn a_value_of_another_type_is_named() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = scene(&server)?;
    let text = good.to_string();
    let others = [json!("text"), json!(-7), json!(1.5), json!(true), json!([]), json!({}), json!([1]), Value::Null];
    let mut refused = 0;
    for place in every_place(&good) {
        let value = place.value_in(&good);
        for other in others.iter().filter(|other| is_other_type(value, other)) {
            if other.is_null() && is_optional(&place) {
                continue;
            }
            let wrong = replaced(&good, &place, other).to_string();
            let (state, message) =
                refusal(&mut client, &wrong, &text).with_context(|| format!("{place} is {other}"))?;
            assert_eq!(state, "22023", "{place} is {other}: {message}");
            assert!(names(&message, place.field()), "{place} is {other}: {message}");
            // What users named may need quotes in the path.
            assert!(place.is_top_level() || message.contains(place.top_level()), "{place} is {other}: {message}");
            refused += 1;
        }
    }
    assert!(refused > 400, "{refused}");
    for (path, number) in [
        ("count", "1e400"),
        ("count", "9223372036854775808"),
        ("count", "-1"),
        ("count", "0.5"),
        ("increment", "1e400"),
        ("timeline", "-1"),
    ] {
        let pattern = good.to_string();
        let start = pattern.find(&format!("\"{path}\":")).context("no such field")? + path.len() + 3;
        let end = start + pattern[start..].find([',', '}']).context("no end")?;
        let wrong = format!("{}{number}{}", &pattern[..start], &pattern[end..]);
        let (state, message) = refusal(&mut client, &wrong, &text)?;
        assert!(state == "22023" && message.contains(path), "{path} {number}: {state} {message}");
    }
    report!("{refused} values of other types: 22023, with their place");
    Ok(())
}

fn is_other_type(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Number(_), Value::Number(other)) => other.is_f64(),
        _ => std::mem::discriminant(value) != std::mem::discriminant(other),
    }
}

/// A snapshot that lost something on its way would look like a database that did.
#[test]
fn a_part_that_was_lost_is_noticed() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = scene(&server)?;
    let text = good.to_string();
    for (what, place) in [
        ("tables", vec!["schemas", "a.b", "tables", "T\"x"]),
        ("tables", vec!["schemas", "public", "tables", "p1"]),
        ("schemas", vec!["schemas", "a.b"]),
        ("columns", vec!["schemas", "a.b", "tables", "T\"x", "columns", "note"]),
        ("sequences", vec!["schemas", "a.b", "sequences", "T\"x_id_seq"]),
    ] {
        let lost = removed(&good, &Place::of(&place)).to_string();
        let (state, message) = refusal(&mut client, &lost, &text)?;
        assert!(state == "22023" && message.contains("lost") && message.contains(what), "{place:?}: {state} {message}");
    }
    Ok(())
}

#[test]
fn what_a_newer_minor_version_adds_is_ignored() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = scene(&server)?;
    let mut more = good.clone();
    for place in every_place(&good).into_iter().filter(|place| place.value_in(&good).is_object() && place.has_fields())
    {
        place.value_in_mut(&mut more)["added_later"] = json!({"any": ["thing", 1e300, null]});
    }
    more["added_later"] = json!([[]]);
    must_be_alike(&compare(&mut client, &more.to_string(), Some(&good.to_string()))?, true)?;
    must_be_alike(&compare(&mut client, &more.to_string(), None)?, true)
}
