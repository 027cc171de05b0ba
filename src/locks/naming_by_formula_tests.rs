//! Tests keys that are computed from the database's names.

use super::super::database_context::HistoryTable;
use super::super::examples::{no_server, parsed};
use super::tests::{Known, elsewhere, here, name};
use super::*;

fn java_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

fn sqlx(database: &str) -> i64 {
    i64::from(crc32fast::hash(database.as_bytes())) * 1_026_731_422
}

fn wants_history_tables(database_context: &DatabaseContext, key: &str) -> bool {
    let naming = Naming::new(parsed(), database_context, &Known, no_server);
    naming.wants_history_tables(key.parse().expect("a key"))
}

#[test]
fn evidence_shows_the_computation() {
    let shop = here("shop", &["public", "app"], &[]);
    let sqlx = sqlx("shop");
    let [tool, evidence] = name(&shop, &sqlx.to_string());
    assert_eq!(tool, "sqlx");
    assert_eq!(evidence, "sqlx's key for database \"shop\": 1026731422 * crc32('shop')");
    let [tool, evidence] = name(&shop, "77431436970681");
    assert_eq!(tool, "Flyway");
    let expected = "Flyway's key for \"app\".\"flyway_schema_history\": \
                    77431708279161 + hashCode('\"app\".\"flyway_schema_history\"')";
    assert_eq!(evidence, expected);
}

#[test]
fn hostile_names_stay_quoted() {
    let hostile = here("shop", &["a\"b\n; c"], &[("a\"b\n; c", "authentik_core_user")]);
    let [_, evidence] = name(&hostile, "1000");
    let expected = "1000 is a key of authentik; its \"authentik_core_user\" is in schema U&\"a\"\"b\\000A; c\"";
    assert_eq!(evidence, expected);
    let [_, evidence] = name(&here("o'x", &["public"], &[]), &sqlx("o'x").to_string());
    assert_eq!(evidence, "sqlx's key for database \"o'x\": 1026731422 * crc32('o''x')");
}

#[test]
fn key_of_another_databases_name_is_not_named() {
    let sqlx = sqlx("shop").to_string();
    assert_eq!(name(&here("other", &["public"], &[]), &sqlx), ["", ""]);
    assert_eq!(name(&elsewhere("shop"), &sqlx)[0], "sqlx");
}

#[test]
fn elixir_modules_are_derived_from_the_database() {
    for database in ["my_app", "my_app_dev", "my_app_prod", "my-app_test"] {
        assert_eq!(name(&here(database, &["public"], &[]), "41811489")[0], "Ecto", "{database}");
    }
    let [_, evidence] = name(&here("my_app_dev", &["tenant_a"], &[]), "17122987");
    let expected = "Ecto's key for MyApp.Repo with prefix \"tenant_a\": phash2({ecto,\"tenant_a\",MyApp.Repo})";
    assert_eq!(evidence, expected);
}

/// A key of an unlikely name is not evidence if so many names are tried that an arbitrary number
/// would match.
#[test]
fn only_likely_names_match_if_there_are_many_schemas() {
    let many: Vec<String> = (0..10_000).map(|number| format!("tenant_{number}")).collect();
    let mut schemas: Vec<&str> = many.iter().map(String::as_str).collect();
    schemas.push("tenant_a");
    let [tool, evidence] = name(&here("my_app_dev", &schemas, &[]), "17122987");
    assert_eq!(tool, "");
    assert!(
        evidence.starts_with("could be Ecto (migrations, with migration_lock: :pg_advisory_lock): none"),
        "{evidence}"
    );
    let with_table = here("my_app_dev", &schemas, &[("tenant_a", "schema_migrations")]);
    assert_eq!(name(&with_table, "17122987")[0], "Ecto");
    // A hash of 64 bits is sufficient for any number of schemas.
    assert_eq!(name(&here("x", &["app"], &[]), "77431436970681")[0], "Flyway");
}

#[test]
fn history_tables_that_were_found() {
    let mut custom = here("shop", &["app"], &[]);
    let key = (77_431_708_279_161 + i64::from(java_hash_code("\"app\".\"versions\""))).to_string();
    let [tool, evidence] = name(&custom, &key);
    assert_eq!(tool, "Flyway");
    assert!(
        evidence.ends_with("is a number that Flyway uses for a history table that is not among those found"),
        "{evidence}"
    );
    assert!(wants_history_tables(&custom, &key));
    custom.history_tables.push(HistoryTable { tool: "Flyway".into(), schema: "app".into(), table: "versions".into() });
    assert!(name(&custom, &key)[1].starts_with("Flyway's key for \"app\".\"versions\": "));
    assert!(!wants_history_tables(&custom, &key));
}

/// Java's hash of "Aa" equals that of "BB".
#[test]
fn likelier_name_wins_on_a_hash_collision() {
    for (with_table, other) in [("Aa", "BB"), ("BB", "Aa")] {
        let shop = here("shop", &[other, with_table], &[(with_table, "flyway_schema_history")]);
        let key = 77_431_708_279_161 + i64::from(java_hash_code("\"Aa\".\"flyway_schema_history\""));
        let [_, evidence] = name(&shop, &key.to_string());
        assert!(evidence.starts_with(&format!("Flyway's key for \"{with_table}\".")), "{evidence}");
    }
}

#[test]
fn history_table_is_evidence() {
    let mut shop = here("shop", &["app"], &[]);
    assert_eq!(name(&shop, "12345")[0], "");
    shop.history_tables.push(HistoryTable { tool: "Evolve".into(), schema: "app".into(), table: "changelog".into() });
    let [tool, evidence] = name(&shop, "12345");
    assert_eq!(tool, "Evolve");
    assert_eq!(evidence, "12345 is a key of Evolve; its \"changelog\" is in schema \"app\"");
    assert!(!wants_history_tables(&shop, "12345"));
}

#[test]
fn wants_history_tables_for_keys_they_may_explain() {
    let shop = here("shop", &["public"], &[]);
    // golang-migrate and other tools have keys of 32 bits.
    assert!(wants_history_tables(&shop, "3000000001"));
    assert!(!wants_history_tables(&elsewhere("shop"), "3000000001"));
    assert!(!wants_history_tables(&shop, "999999"));
    // liquibase-sessionlock locks pairs of hashes.
    assert!(wants_history_tables(&shop, "755096828,-977423767"));
    assert!(!wants_history_tables(&shop, "755096828,3"));
    // Evolve's constant, which many other tools use.
    assert!(wants_history_tables(&shop, "12345"));
    assert!(!wants_history_tables(&shop, "12346"));
    // A tool that is known from other evidence is kept.
    assert!(!wants_history_tables(&shop, "72707369"));
    assert!(!wants_history_tables(&shop, "9000000000000000001"));
    assert!(!wants_history_tables(&shop, "1000:0:29749"));
}
