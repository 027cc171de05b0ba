use super::*;
use crate::snapshot::model::RelationName;

const EMPTY: &str = r#"{
    "format_version": 1, "taken_at": "2026-11-22T10:00:00Z",
    "identity": {"system_identifier": "7", "database": "shop", "database_oid": 5, "server_version": "15.4", "encoding": "UTF8",
                 "in_recovery": false, "timeline": 1},
    "scope": {"schema": null, "exact": true, "checksum": false},
    "contents": {"schemas": 1, "tables": 1, "columns": 1, "sequences": 0, "objects": 0,
        "constraints": 0, "indexes": 0, "triggers": 0, "policies": 0, "rules": 0, "fields": 0}, "extensions": {},
    "database": {"objects": {}, "large_objects": {"count": 0}},
    "schemas": {"my.schema": {"owner": "app", "objects": {}, "sequences": {}, "tables": {"say \"hi\"": {
        "kind": "table", "owner": "app", "unlogged": false, "row_security": false, "force_row_security": false, "inherits": [],
        "partition_of": null,
        "columns": {"Größe": {"type": "text", "collation": null, "not_null": false, "default": null, "generated": null,
                              "identity": null}},
        "primary_key": [], "rows": {"count": 12, "exact": true}, "key_range": null, "checksum": null, "unread": null,
        "constraints": {}, "indexes": {}, "triggers": {}}}}}
}"#;

/// Returns `EMPTY` with a change; the text to replace must occur in it.
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
fn parse_ignores_unknown_fields() {
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
fn parse_error_names_the_path() {
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
    assert_eq!(invalid(&with("\"schemas\": {\"my", "\"schemes\": {\"my")), "could not parse argument \"source\"");
}

#[test]
fn parse_error_detail_is_readable() {
    let reason =
        |from: &str, to: &str| parse(&with(from, to), "source").expect_err("an error").detail.expect("a detail");
    let number = "expected a whole number in the range of bigint.";
    for (value, what) in [
        ("\"12\"", "invalid type: string \"12\""),
        ("1.5", "invalid type: floating point `1.5`"),
        ("9223372036854775808", "invalid value: integer `9223372036854775808`"),
    ] {
        let detail = reason("\"count\": 12", &format!("\"count\": {value}"));
        assert_eq!(detail, format!("Reason: {what}, {number}"));
    }
    assert_eq!(
        reason("\"timeline\": 1", "\"timeline\": -1"),
        "Reason: invalid value: integer `-1`, expected a whole number from 0 to 4294967295."
    );
    assert_eq!(
        reason("\"kind\": \"table\"", "\"kind\": \"heap\""),
        "Reason: invalid value: string \"heap\", expected one of table, partitioned_table, materialized_view, view, foreign_table."
    );
    assert_eq!(
        reason("\"primary_key\": []", "\"primary_key\": true"),
        "Reason: invalid type: boolean `true`, expected an array."
    );
    for field in ["\"indexes\": ", "\"sequences\": ", "\"objects\": "] {
        assert_eq!(
            reason(&format!("{field}{{}}"), &format!("{field}1")),
            "Reason: invalid type: integer `1`, expected an object."
        );
    }
    assert_eq!(
        reason("\"rows\": {\"count\": 12, \"exact\": true}", "\"rows\": 12"),
        "Reason: invalid type: integer `12`, expected an object."
    );
    assert_eq!(reason("\"count\": 12, ", ""), "Reason: missing field `count`.");
}

#[test]
fn parse_rejects_what_is_not_a_snapshot() {
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
    assert_eq!(missing.detail.as_deref(), Some("Reason: missing field `taken_at`."));
    assert_eq!(invalid(&format!("{EMPTY} {{}}")), "could not parse argument \"source\"");
    assert_eq!(invalid(&EMPTY[..EMPTY.len() - 1]), "could not parse argument \"source\"");
}

#[test]
fn parse_accepts_any_depth() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    invalid(&deep);
    invalid(&with("\"kind\": \"table\"", &format!("\"kind\": {deep}")));
    // In an unknown field it is ignored.
    parse(&with("\"kind\": \"table\"", &format!("\"kind\": \"table\", \"new\": {deep}")), "source")
        .expect("a snapshot");
}

#[test]
fn parse_checks_the_version_first() {
    let error = parse("{\"format_version\": 2, \"schemas\": 1}", "source").expect_err("a newer version");
    assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED);
    assert_eq!(error.message, "snapshot format version 2 in argument \"source\" is not supported");
    assert_eq!(error.detail.as_deref(), Some("This version of pg_flightcheck supports up to version 1."));
    assert!(error.hint.is_some(), "{error:?}");
}

#[test]
fn parse_rejects_an_incomplete_snapshot() {
    let incomplete = |what: &str| format!("the snapshot in argument \"source\" is incomplete: contents.{what}");
    assert_eq!(invalid(&with("\"tables\": 1", "\"tables\": 2")), incomplete("tables is 2"));
    let error = parse(&with("\"tables\": 1", "\"tables\": 2"), "source").expect_err("an incomplete snapshot");
    assert_eq!(error.detail.as_deref(), Some("It contains 1 table."));
    assert_eq!(invalid(&with("\"columns\": 1", "\"columns\": 0")), incomplete("columns is 0"));
    assert_eq!(invalid(&with("\"schemas\": 1,", "\"schemas\": 3,")), incomplete("schemas is 3"));
    assert_eq!(invalid(&with("\"sequences\": 0", "\"sequences\": 1")), incomplete("sequences is 1"));
    for what in ["constraints", "indexes", "triggers", "policies", "rules"] {
        let more = with(&format!("\"{what}\": 0"), &format!("\"{what}\": 1"));
        assert_eq!(invalid(&more), incomplete(&format!("{what} is 1")));
    }
    assert_eq!(invalid(&with("\"fields\": 0", "\"fields\": 1000")), incomplete("fields is 1000"));
}

#[test]
fn parse_reads_other_types() {
    let name: RelationName = from_json(r#"{"schema": "a", "name": "b"}"#, "expected").expect("a name");
    assert_eq!((name.schema.as_str(), name.name.as_str()), ("a", "b"));
    let error = from_json::<Vec<RelationName>>(r#"[{"schema": "a", "name": "b"}, {"schema": "a"}]"#, "expected")
        .expect_err("an error");
    assert_eq!(error.message, "invalid field in argument \"expected\": 1");
    assert_eq!(error.detail.as_deref(), Some("Reason: missing field `name`."));
}
