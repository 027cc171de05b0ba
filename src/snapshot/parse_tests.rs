use super::*;
use crate::snapshot::model::RelationName;

const EMPTY: &str = r#"{
    "format_version": 1, "taken_at": "2026-11-22T10:00:00Z",
    "identity": {"system_identifier": "7", "database": "shop", "database_oid": 5, "server_version": "15.4", "encoding": "UTF8",
                 "in_recovery": false, "timeline": 1},
    "scope": {"schema": null, "exact": true, "checksum": false},
    "contents": {"schemas": 1, "tables": 1, "columns": 1, "sequences": 0}, "extensions": {},
    "schemas": {"my.schema": {"owner": "app", "sequences": {}, "tables": {"say \"hi\"": {
        "kind": "table", "owner": "app", "unlogged": false, "row_security": false, "force_row_security": false, "inherits": [],
        "partition_of": null,
        "columns": {"Größe": {"type": "text", "collation": null, "not_null": false, "default": null, "generated": null,
                              "identity": null}},
        "primary_key": [], "rows": {"count": 12, "exact": true}, "key_range": null, "checksum": null, "unread": null,
        "constraints": {}, "indexes": {}, "triggers": {}}}}}
}"#;

/// The one above with a change; the text to change must be there.
fn with(from: &str, to: &str) -> String {
    assert!(EMPTY.contains(from), "{from}");
    EMPTY.replacen(from, to, 1)
}

fn refusal(text: &str) -> (PgSqlErrorCode, String) {
    let error = parse(text, "source").expect_err(text);
    assert!(error.hint.is_some(), "{error:?}");
    (error.sqlstate, error.message)
}

fn invalid(text: &str) -> String {
    let (sqlstate, message) = refusal(text);
    assert_eq!(sqlstate, PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE);
    message
}

#[test]
fn what_it_says() {
    let snapshot = parse(EMPTY, "source").expect("a snapshot");
    assert_eq!(
        snapshot.schemas["my.schema"].tables["say \"hi\""].columns.get("Größe").expect("a column").data_type,
        "text"
    );
    assert_eq!(
        parse(&with("\"kind\": \"table\"", "\"kind\": \"table\", \"new\": [{}]"), "source").expect("one"),
        snapshot
    );
    let null = with("\"partition_of\": null,", "");
    assert_eq!(parse(&null, "source").expect("null or not there is the same"), snapshot);
}

#[test]
fn the_path_of_a_field_that_does_not_fit() {
    let table = r#"invalid field in argument "source": schemas."my.schema".tables."say \"hi\"""#;
    let cases = [
        ("\"count\": 12", "\"count\": \"12\"", ".rows.count"),
        ("\"count\": 12", "\"count\": 1.5", ".rows.count"),
        ("\"count\": 12", "\"count\": 1e400", ".rows.count"),
        ("\"count\": 12", "\"count\": 9223372036854775808", ".rows.count"),
        ("\"count\": 12", "\"count\": -1", ".rows.count"),
        ("\"count\": 12, ", "", ".rows"),
        ("\"type\": \"text\", ", "", ".columns.Größe"),
        ("\"type\": \"text\"", "\"type\": {}", ".columns.Größe.type"),
        ("\"kind\": \"table\"", "\"kind\": \"heap\"", ".kind"),
        ("\"kind\": \"table\"", "\"kind\": null", ".kind"),
        ("\"primary_key\": []", "\"primary_key\": [\"a\", 1]", ".primary_key.1"),
        ("\"indexes\": {}", "\"indexes\": []", ".indexes"),
        (
            "\"triggers\": {}",
            "\"triggers\": {\"a.b\": {\"firing\": \"never\", \"definition\": \"\"}}",
            ".triggers.\"a.b\".firing",
        ),
    ];
    for (from, to, path) in cases {
        assert_eq!(invalid(&with(from, to)), format!("{table}{path}"));
    }
    assert_eq!(
        invalid(&with("\"exact\": true, \"checksum\"", "\"checksum\"")),
        "invalid field in argument \"source\": scope"
    );
    assert_eq!(invalid(&with("\"schemas\": {\"my", "\"schemes\": {\"my")), "argument \"source\" cannot be read");
}

#[test]
fn reasons_are_for_people() {
    let reason = |from, to| parse(&with(from, to), "source").expect_err("an error").detail.expect("a detail");
    assert_eq!(reason("\"count\": 12", "\"count\": \"12\""), "It is: invalid type: string \"12\", expected i64.");
    assert_eq!(
        reason("\"rows\": {\"count\": 12, \"exact\": true}", "\"rows\": 12"),
        "It is: invalid type: integer `12`, expected an object."
    );
    assert_eq!(reason("\"count\": 12, ", ""), "It is: missing field `count`.");
}

#[test]
fn no_snapshot_at_all() {
    let missing = "argument \"source\" is not a snapshot: it has no format_version";
    for text in [
        "{}",
        "[]",
        "[1]",
        "null",
        "1",
        "\"format_version\"",
        "",
        "{\"format_version\": null}",
        "{\"format_version\": 0}",
    ] {
        assert_eq!(invalid(text), missing, "{text}");
    }
    let version = "invalid field in argument \"source\": format_version";
    for text in ["-1", "\"1\"", "{}", "1.5", "1e400", "99999999999"] {
        assert_eq!(invalid(&format!("{{\"format_version\": {text}}}")), version, "{text}");
    }
    let missing = parse("{\"format_version\": 1}", "source").expect_err("no fields");
    assert_eq!(missing.detail.as_deref(), Some("It is: missing field `taken_at`."));
    assert_eq!(invalid(&format!("{EMPTY} {{}}")), "argument \"source\" cannot be read");
    assert_eq!(invalid(&EMPTY[..EMPTY.len() - 1]), "argument \"source\" cannot be read");
}

#[test]
fn any_depth() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    invalid(&deep);
    invalid(&with("\"kind\": \"table\"", &format!("\"kind\": {deep}")));
    // Fields that are not read do no harm.
    parse(&with("\"kind\": \"table\"", &format!("\"kind\": \"table\", \"new\": {deep}")), "source")
        .expect("a snapshot");
}

#[test]
fn a_newer_version_is_told_before_what_it_has() {
    let (sqlstate, message) = refusal("{\"format_version\": 2, \"schemas\": 1}");
    assert_eq!(sqlstate, PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED);
    assert_eq!(message, "the snapshot in argument \"source\" has format version 2, and this database reads up to 1");
}

#[test]
fn a_part_that_was_lost() {
    let lost = |what: &str| format!("a part of the snapshot in argument \"source\" is lost: contents.{what}");
    assert_eq!(invalid(&with("\"tables\": 1", "\"tables\": 2")), lost("tables is 2"));
    assert_eq!(invalid(&with("\"columns\": 1", "\"columns\": 0")), lost("columns is 0"));
    assert_eq!(invalid(&with("\"schemas\": 1,", "\"schemas\": 3,")), lost("schemas is 3"));
    assert_eq!(invalid(&with("\"sequences\": 0", "\"sequences\": 1")), lost("sequences is 1"));
}

#[test]
fn other_types_than_snapshots() {
    let name: RelationName = from_json(r#"{"schema": "a", "name": "b"}"#, "expected").expect("a name");
    assert_eq!((name.schema.as_str(), name.name.as_str()), ("a", "b"));
    let error = from_json::<Vec<RelationName>>(r#"[{"schema": "a", "name": "b"}, {"schema": "a"}]"#, "expected")
        .expect_err("an error");
    assert_eq!(error.message, "invalid field in argument \"expected\": 1");
    assert_eq!(error.detail.as_deref(), Some("It is: missing field `name`."));
}
