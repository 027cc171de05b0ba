//! Roles that may insert and cannot draw.

use crate::finding::{Finding, flightcheck};
use crate::scene::Scene;
use anyhow::Result;
use cluster::state_of;
use postgres::error::SqlState;

const FORBIDDEN: &str = "sequence_forbidden";

impl Scene {
    /// Inserts as the role, and tells how that ended.
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
fn forbidden_role_with_insert_gets_the_grant() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_app; CREATE TABLE orders (id serial PRIMARY KEY, n text); GRANT SELECT ON orders TO case_app",
    )?;
    scene.expect_nothing()?;
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
    scene.expect_nothing()
}

/// Columns' privileges, PUBLIC, several tables and roles, names that need quotes: one row for each sequence.
#[test]
fn forbidden_roles_of_a_sequence_share_one_row() -> Result<()> {
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
    // Of another schema, nothing.
    assert_eq!(flightcheck(&mut scene.client, "'public'")?.len(), 0);
    scene.run("GRANT INSERT ON \"S'\".one TO PUBLIC")?;
    let row = scene.only()?;
    assert_eq!(row.fix()?, "GRANT USAGE ON SEQUENCE \"S'\".\"Q q\" TO PUBLIC;");
    assert!(row.says("PUBLIC, \"app's\", \"public's\" may insert"), "{row:?}");
    scene.paste(&row)?;
    for (role, table) in [("app's", "one"), ("public's", "two")] {
        assert_eq!(scene.insert_as(role, &format!("INSERT INTO \"S'\".{table} (n) VALUES ('x')"))?, None);
    }
    scene.expect_nothing()
}

#[test]
fn forbidden_domains_and_partitions_are_seen() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE app LOGIN; CREATE SEQUENCE ids; CREATE DOMAIN key AS int DEFAULT nextval('ids');
         CREATE TABLE by_domain (id key PRIMARY KEY, n text);
         CREATE TABLE events (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
         CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM (10) TO (20);",
    )?;
    scene.expect_nothing()?;
    scene.mend(
        "GRANT INSERT ON by_domain TO app",
        "warning",
        FORBIDDEN,
        "sequence public.ids feeding public.by_domain.id",
    )?;
    let events = "sequence public.events_id_seq feeding public.events.id";
    scene.mend("GRANT INSERT ON events, events_0 TO app", "warning", FORBIDDEN, events)?;
    Ok(())
}

/// A role may draw by a privilege of its own, by one that it inherits, as the owner, as a superuser, as a member of pg_write_all_data.
#[test]
fn forbidden_is_silent_where_every_writer_can_draw() -> Result<()> {
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
    // A member that cannot draw, and one that has to become the role to insert.
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
    // An owner that has taken it from itself.
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
