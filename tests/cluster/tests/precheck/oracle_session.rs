//! Random statements about roles, transactions, settings and maintenance.

use crate::oracle_values::Draw;
use crate::oracle_writer::Writer;

pub fn grant(writer: &mut Writer) -> String {
    let table = writer.table();
    let role = role(writer);
    match writer.random.u8(..8) {
        0 | 1 => format!("GRANT SELECT ON {table} TO {role}"),
        2 => format!("GRANT ALL ON {table} TO PUBLIC"),
        3 => format!("GRANT SELECT ({}) ON {table} TO {role}", writer.column(&table)),
        4 => format!("REVOKE INSERT ON {table} FROM {role}"),
        5 => format!("REVOKE ALL ON {table} FROM {role} CASCADE"),
        6 => format!("GRANT USAGE ON SCHEMA public TO {role}"),
        _ => format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role}"),
    }
}

fn role(writer: &mut Writer) -> String {
    match writer.random.u8(..10) {
        0 => "nobody_there".to_owned(),
        1..=5 => writer.roles.own.clone(),
        _ => writer.roles.other.clone(),
    }
}

pub fn roles(writer: &mut Writer) -> String {
    let role = role(writer);
    let least = if writer.is_superuser { 0 } else { 3 };
    match writer.random.u8(least..6) {
        0 => format!("SET ROLE {role}"),
        1 => "RESET ROLE".to_owned(),
        2 => format!("SET SESSION AUTHORIZATION {role}"),
        3 => format!("GRANT {} TO {role}", writer.roles.other),
        4 => format!("CREATE ROLE {}_new", writer.roles.own),
        _ => format!("DROP ROLE {role}"),
    }
}

pub fn savepoint(writer: &mut Writer) -> String {
    let name = if writer.random.percent(80) { "a" } else { "b" };
    match writer.random.u8(..6) {
        0..=2 => format!("SAVEPOINT {name}"),
        3 | 4 => format!("ROLLBACK TO {name}"),
        _ => format!("RELEASE {name}"),
    }
}

pub fn settings(writer: &mut Writer) -> String {
    match writer.random.u8(..12) {
        0..=2 => "SET CONSTRAINTS ALL IMMEDIATE".to_owned(),
        3 => "SET CONSTRAINTS ALL DEFERRED".to_owned(),
        4 if writer.is_wrapped => {
            let (_, name) = writer.known_constraint();
            format!("SET CONSTRAINTS {name} {}", writer.one(&["IMMEDIATE", "DEFERRED"]))
        }
        5 => "SET search_path = public".to_owned(),
        6 => "SET search_path = nowhere".to_owned(),
        7 => "SET LOCAL lock_timeout = '1s'".to_owned(),
        8 => "SET nosuch = 1".to_owned(),
        9 => "SET TimeZone = 'Nowhere/None'".to_owned(),
        10 => "RESET lock_timeout".to_owned(),
        _ => "SHOW search_path".to_owned(),
    }
}

pub fn maintenance(writer: &mut Writer) -> String {
    let table = writer.table();
    match writer.random.u8(..9) {
        0 => format!("LOCK TABLE {table}"),
        1 => format!("LOCK TABLE {table} IN SHARE MODE"),
        2 => format!("CREATE INDEX CONCURRENTLY zz ON {table} (id)"),
        3 => format!("CREATE UNIQUE INDEX CONCURRENTLY zz ON {table} ({})", writer.column(&table)),
        4 => format!("DROP INDEX CONCURRENTLY {table}_ix"),
        5 => format!("ANALYZE {table}"),
        6 => format!("REINDEX TABLE {table}"),
        7 => format!("CLUSTER {table} USING {table}_pkey"),
        _ => writer.one(&["VACUUM", "EXPLAIN SELECT 1", "CREATE DATABASE elsewhere"]).to_owned(),
    }
}

pub fn comment(writer: &mut Writer) -> String {
    let table = writer.table();
    match writer.random.u8(..3) {
        0 => format!("COMMENT ON TABLE {table} IS 'x'"),
        1 => format!("COMMENT ON COLUMN {table}.{} IS 'x'", writer.column(&table)),
        _ => format!("COMMENT ON CONSTRAINT {table}_pkey ON {table} IS 'x'"),
    }
}
