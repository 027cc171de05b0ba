//! A document that is not a snapshot is rejected, with the path to the error. It is never taken for
//! the snapshot of a database that has lost something.

use crate::difference::{check_equal, compare, parse, snapshot, try_compare};
use crate::json_path::{JsonPath, all_paths, removed, replaced};
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use serde_json::{Value, json};

/// Creates one of each kind of object that a snapshot may contain.
const SETUP: &str = "
    CREATE SCHEMA \"a.b\";
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE \"a.b\".\"T\"\"x\" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text COLLATE \"C\" NOT NULL DEFAULT 'x', twice int GENERATED ALWAYS AS (1 + 1) STORED, CHECK (note <> ''));
    CREATE INDEX i ON \"a.b\".\"T\"\"x\" (note); INSERT INTO \"a.b\".\"T\"\"x\" SELECT FROM generate_series(1, 10);
    CREATE POLICY p ON \"a.b\".\"T\"\"x\"; CREATE RULE r AS ON DELETE TO \"a.b\".\"T\"\"x\" DO INSTEAD NOTHING; COMMENT ON FUNCTION f() IS 'f';
    GRANT SELECT ON \"a.b\".\"T\"\"x\" TO pg_monitor; ALTER DATABASE input SET work_mem = '7MB';
    CREATE TRIGGER t BEFORE INSERT ON \"a.b\".\"T\"\"x\" FOR EACH ROW EXECUTE FUNCTION f();
    CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";

/// Fields of tables, columns and sequences that may be missing, since they may be null.
const OPTIONAL: [&str; 27] = [
    "arguments",
    "attributes",
    "body",
    "bytes",
    "comments",
    "inherited",
    "labels",
    "owned_by_column",
    "policies",
    "privileges",
    "properties",
    "rules",
    "uses",
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
    "position",
];

fn is_optional(path: &JsonPath) -> bool {
    // Some kinds of objects have no owner.
    path.is_deep() && (OPTIONAL.contains(&path.field()) || path.field() == "owner" && path.is_within("objects"))
}

/// Whether a message names a field, quoted or not.
fn mentions(message: &str, field: &str) -> bool {
    let bare = |text: &str| text.replace(['"', '\\'], "");
    bare(message).contains(&bare(field))
}

fn set_up(server: &Server) -> Result<(Client, Value)> {
    let mut client = server.database("input")?;
    client.batch_execute(SETUP)?;
    let taken = snapshot(&mut client, "checksum => true")?;
    Ok((client, parse(&taken)?))
}

/// Returns SQLSTATE, and message with DETAIL, of the error that the text raises as either argument
/// of `db_compare`.
fn rejection(client: &mut Client, text: &str, good: &str) -> Result<(String, String)> {
    let errors =
        [try_compare(client, text, Some(good)), try_compare(client, good, Some(text)), try_compare(client, text, None)];
    let mut rejections = Vec::new();
    for (error, argument) in errors.into_iter().zip(["source", "target", "source"]) {
        let Err(error) = error else { anyhow::bail!("the comparison succeeded: {}", &text[..text.len().min(300)]) };
        let error = error.as_db_error().context("not an error of the server")?.clone();
        ensure!(error.hint().is_some(), "{error:?}");
        ensure!(error.message().contains(argument), "no {argument:?} in {error:?}");
        let text = format!("{}\n{}", error.message(), error.detail().unwrap_or_default());
        rejections.push((error.code().code().to_owned(), text));
    }
    ensure!(rejections[0].0 == rejections[1].0 && rejections[0] == rejections[2], "{rejections:?}");
    Ok(rejections.swap_remove(0))
}

#[test]
fn compare_rejects_what_is_not_a_snapshot() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = set_up(&server)?;
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
        let (state, message) = rejection(&mut client, text, &good).with_context(|| text.to_owned())?;
        ensure!(state == "22023" || text.contains("99999"), "{text}: {state} {message}");
    }
    for (version, state) in [(2, "0A000"), (1000, "0A000"), (4_294_967_295_u64, "0A000")] {
        let mut newer = parse(&good)?;
        newer["format_version"] = version.into();
        newer["schemas"] = json!("of another shape");
        let (seen, message) = rejection(&mut client, &newer.to_string(), &good)?;
        ensure!(seen == state && message.contains(&version.to_string()), "{version}: {seen} {message}");
    }
    // Up to the depth that jsonb allows.
    for depth in [100, 1000, 5000] {
        for (text, path) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", text.repeat(depth), path.repeat(depth));
            let mut with = parse(&good)?;
            with["identity"] = json!("DEEP");
            let with = with.to_string().replace("\"DEEP\"", &deep);
            rejection(&mut client, &with, &good).with_context(|| format!("{depth} × {text}"))?;
        }
    }
    assert_eq!(client.query_one("SELECT 1", &[])?.get::<_, i32>(0), 1);
    Ok(())
}

#[test]
fn compare_names_missing_field() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = set_up(&server)?;
    let text = good.to_string();
    let (mut named, mut optional) = (0, 0);
    for path in all_paths(&good) {
        let without = removed(&good, &path).to_string();
        let field = path.field();
        if path.is_named_by_user() || is_optional(&path) {
            // A field or an object that may be missing contradicts the counts in `contents`.
            let (state, message) =
                rejection(&mut client, &without, &text).with_context(|| format!("without {path}"))?;
            assert!(state == "22023" && message.contains("contents."), "without {path}: {state} {message}");
            optional += 1;
        } else {
            let (state, message) =
                rejection(&mut client, &without, &text).with_context(|| format!("without {path}"))?;
            assert!(state == "22023" && mentions(&message, field), "without {path}: {state} {message}");
            named += 1;
        }
    }
    assert!(named > 60 && optional > 5, "{named} {optional}");
    report!("{named} missing fields are named, {optional} are counted");
    Ok(())
}

#[test]
fn compare_names_value_of_wrong_type() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = set_up(&server)?;
    let text = good.to_string();
    let others = [json!("text"), json!(-7), json!(1.5), json!(true), json!([]), json!({}), json!([1]), Value::Null];
    let mut rejected = 0;
    for path in all_paths(&good) {
        let value = path.value_in(&good);
        for other in others.iter().filter(|other| is_other_type(value, other)) {
            if other.is_null() && is_optional(&path) {
                continue;
            }
            let wrong = replaced(&good, &path, other).to_string();
            let (state, message) =
                rejection(&mut client, &wrong, &text).with_context(|| format!("{path} is {other}"))?;
            assert_eq!(state, "22023", "{path} is {other}: {message}");
            assert!(mentions(&message, path.field()), "{path} is {other}: {message}");
            // Object names may be quoted in the path.
            assert!(path.is_top_level() || message.contains(path.top_level()), "{path} is {other}: {message}");
            rejected += 1;
        }
    }
    assert!(rejected > 400, "{rejected}");
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
        let (state, message) = rejection(&mut client, &wrong, &text)?;
        assert!(state == "22023" && message.contains(path), "{path} {number}: {state} {message}");
    }
    report!("{rejected} values of a wrong type: 22023, with their path");
    Ok(())
}

fn is_other_type(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Number(_), Value::Number(other)) => other.is_f64(),
        _ => std::mem::discriminant(value) != std::mem::discriminant(other),
    }
}

/// A snapshot that has lost a part would look like a database that has lost it.
#[test]
fn compare_rejects_incomplete_snapshot() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = set_up(&server)?;
    let text = good.to_string();
    for (what, path) in [
        ("tables", vec!["schemas", "a.b", "tables", "T\"x"]),
        ("tables", vec!["schemas", "public", "tables", "p1"]),
        ("schemas", vec!["schemas", "a.b"]),
        ("columns", vec!["schemas", "a.b", "tables", "T\"x", "columns", "note"]),
        ("sequences", vec!["schemas", "a.b", "sequences", "T\"x_id_seq"]),
    ] {
        let lost = removed(&good, &JsonPath::of(&path)).to_string();
        let (state, message) = rejection(&mut client, &lost, &text)?;
        assert!(
            state == "22023" && message.contains("incomplete") && message.contains(what),
            "{path:?}: {state} {message}"
        );
    }
    Ok(())
}

#[test]
fn compare_ignores_unknown_fields() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut client, good) = set_up(&server)?;
    let mut more = good.clone();
    for path in all_paths(&good).into_iter().filter(|path| path.value_in(&good).is_object() && path.has_fields()) {
        path.value_in_mut(&mut more)["added_later"] = json!({"any": ["thing", 1e300, null]});
    }
    more["added_later"] = json!([[]]);
    check_equal(&compare(&mut client, &more.to_string(), Some(&good.to_string()))?, true)?;
    check_equal(&compare(&mut client, &more.to_string(), None)?, true)
}
