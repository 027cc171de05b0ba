//! Roles that may insert but cannot use the sequence.

use crate::finding::{Finding, flightcheck};
use crate::fixtures::Scene;
use anyhow::Result;
use cluster::state_of;
use postgres::error::SqlState;

const FORBIDDEN: &str = "sequence_forbidden";

impl Scene {
    /// Inserts as the role, and returns the error, if any.
    fn insert_as(&mut self, role: &str, sql: &str) -> Result<Option<SqlState>> {
        let mut client = self.another_session()?;
        client.batch_execute(&format!("SET ROLE \"{role}\""))?;
        Ok(client.batch_execute(sql).err().and_then(|error| error.code().cloned()))
    }
}

fn object(finding: &Finding) -> (&str, &str) {
    (&finding.severity, &finding.object)
}

#[test]
fn sequence_forbidden_to_role_is_granted() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_app; CREATE TABLE orders (id serial PRIMARY KEY, n text); GRANT SELECT ON orders TO case_app",
    )?;
    scene.assert_no_findings()?;
    scene.run("GRANT INSERT ON orders TO case_app")?;
    let insert = "INSERT INTO orders (n) VALUES ('x')";
    assert_eq!(scene.insert_as("case_app", insert)?, Some(SqlState::INSUFFICIENT_PRIVILEGE));
    let row = scene.only()?;
    assert_eq!(row.check, FORBIDDEN);
    assert_eq!(object(&row), ("warning", "sequence public.orders_id_seq feeding public.orders.id"));
    assert!(row.says("case_app") && row.says("42501"), "{row:?}");
    assert_eq!(row.fix()?, "GRANT USAGE ON SEQUENCE public.orders_id_seq TO case_app;");
    scene.paste(&row)?;
    assert_eq!(scene.insert_as("case_app", insert)?, None);
    scene.assert_no_findings()
}

/// Privileges on columns, PUBLIC, several tables and roles, and quoted names: one row for each
/// sequence.
#[test]
fn sequence_forbidden_to_many_roles_is_one_row() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE \"app's\" LOGIN; CREATE ROLE \"public's\" LOGIN; CREATE SCHEMA \"S'\"; GRANT USAGE ON SCHEMA \"S'\" TO PUBLIC;
         CREATE SEQUENCE \"S'\".\"Q q\";
         CREATE TABLE \"S'\".one (id int PRIMARY KEY DEFAULT nextval('\"S''\".\"Q q\"'), n text);
         CREATE TABLE \"S'\".two (id int PRIMARY KEY DEFAULT nextval('\"S''\".\"Q q\"'), n text);
         GRANT INSERT (n) ON \"S'\".one TO \"app's\"; GRANT INSERT ON \"S'\".two TO \"public's\"",
    )?;
    let row = scene.only()?;
    assert_eq!(object(&row), ("warning", "sequence \"S'\".\"Q q\" feeding \"S'\".one.id"));
    assert_eq!(row.fix()?, "GRANT USAGE ON SEQUENCE \"S'\".\"Q q\" TO \"app's\", \"public's\";");
    assert!(row.says("and 1 more table"), "{row:?}");
    assert_eq!(
        scene.insert_as("app's", "INSERT INTO \"S'\".one (n) VALUES ('x')")?,
        Some(SqlState::INSUFFICIENT_PRIVILEGE)
    );
    // No findings of another schema.
    assert_eq!(flightcheck(&mut scene.client, "'public'")?.len(), 0);
    scene.run("GRANT INSERT ON \"S'\".one TO PUBLIC")?;
    let row = scene.only()?;
    assert_eq!(row.fix()?, "GRANT USAGE ON SEQUENCE \"S'\".\"Q q\" TO PUBLIC;");
    assert!(row.says("PUBLIC, \"app's\", \"public's\" may insert"), "{row:?}");
    scene.paste(&row)?;
    for (role, table) in [("app's", "one"), ("public's", "two")] {
        assert_eq!(scene.insert_as(role, &format!("INSERT INTO \"S'\".{table} (n) VALUES ('x')"))?, None);
    }
    scene.assert_no_findings()
}

#[test]
fn sequence_forbidden_with_domains_and_partitions() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE app LOGIN; CREATE SEQUENCE ids; CREATE DOMAIN key AS int DEFAULT nextval('ids');
         CREATE TABLE by_domain (id key PRIMARY KEY, n text);
         CREATE TABLE events (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
         CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM (10) TO (20);",
    )?;
    scene.assert_no_findings()?;
    scene.break_and_fix(
        "GRANT INSERT ON by_domain TO app",
        "warning",
        FORBIDDEN,
        "sequence public.ids feeding public.by_domain.id",
    )?;
    let events = "sequence public.events_id_seq feeding public.events.id";
    scene.break_and_fix("GRANT INSERT ON events, events_0 TO app", "warning", FORBIDDEN, events)?;
    Ok(())
}

/// A role may use the sequence by its own privilege, by an inherited one, as the owner, as a
/// superuser, or as a member of pg_write_all_data.
#[test]
fn sequence_forbidden_is_not_reported_with_privilege() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE owner LOGIN; CREATE ROLE drawers; CREATE ROLE writers; CREATE ROLE chief SUPERUSER;
         CREATE ROLE app LOGIN IN ROLE drawers, writers; CREATE ROLE direct LOGIN IN ROLE drawers; CREATE ROLE updates LOGIN;
         CREATE ROLE anything LOGIN IN ROLE pg_write_all_data; CREATE ROLE numbered LOGIN;
         CREATE TABLE orders (id serial PRIMARY KEY, n text); ALTER TABLE orders OWNER TO owner;
         CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n text);
         GRANT USAGE ON SEQUENCE orders_id_seq TO drawers; GRANT UPDATE ON SEQUENCE orders_id_seq TO updates;
         GRANT INSERT ON orders TO writers, direct, chief, updates, anything; GRANT SELECT ON orders TO numbered;
         GRANT INSERT ON lines TO numbered, PUBLIC;",
    )?;
    let insert = "INSERT INTO orders (n) VALUES ('x')";
    for role in ["owner", "app", "direct", "chief", "updates", "anything"] {
        assert_eq!(scene.insert_as(role, insert)?, None, "{role}");
    }
    assert_eq!(scene.insert_as("numbered", "INSERT INTO lines (n) VALUES ('x')")?, None);
    assert_eq!(scene.findings(FORBIDDEN)?.len(), 0, "{:?}", scene.summary()?);
    // A member that cannot use the sequence, and one that must become the role to insert.
    for member in ["CREATE ROLE late LOGIN IN ROLE writers", "CREATE ROLE late LOGIN NOINHERIT IN ROLE writers"] {
        scene.run(member)?;
        let inserts = format!("SET ROLE writers; {insert}");
        assert_eq!(scene.insert_as("late", &inserts)?, Some(SqlState::INSUFFICIENT_PRIVILEGE));
        let rows = scene.findings(FORBIDDEN)?;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].fix()?, "GRANT USAGE ON SEQUENCE public.orders_id_seq TO writers;");
        scene.run("DROP ROLE late")?;
    }
    assert_eq!(scene.findings(FORBIDDEN)?.len(), 0);
    // An owner that has revoked its own privilege.
    scene.run("REVOKE ALL ON SEQUENCE orders_id_seq FROM owner")?;
    assert_eq!(
        state_of(scene.another_session()?.batch_execute(&format!("SET ROLE owner; {insert}"))),
        SqlState::INSUFFICIENT_PRIVILEGE
    );
    let rows = scene.findings(FORBIDDEN)?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].fix()?, "GRANT USAGE ON SEQUENCE public.orders_id_seq TO owner;");
    Ok(())
}
