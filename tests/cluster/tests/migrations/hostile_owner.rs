//! A table's owner must not get the privileges of the role that runs the report: none of the
//! owner's code is run.

use crate::report::{only, rows};
use crate::tables::ALEMBIC;
use anyhow::Result;
use cluster::Server;

/// Each trap advances a sequence when any role runs the owner's code.
const TRAPS: &str = "CREATE SEQUENCE mal.sprung;
    CREATE FUNCTION mal.trap() RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT nextval('mal.sprung')::int $$;
    CREATE FUNCTION mal.constant(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN mal.trap(); END $$;
    CREATE FUNCTION mal.allowed(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM mal.trap(); RETURN true; END $$;
    CREATE TABLE mal.alembic_version (version_num varchar(32));
    INSERT INTO mal.alembic_version VALUES ('1');
    CREATE INDEX ON mal.alembic_version (mal.constant('a'));
    CREATE STATISTICS mal.more ON (mal.constant(version_num)), version_num FROM mal.alembic_version;
    ALTER TABLE mal.alembic_version ADD CHECK (mal.allowed(version_num));
    CREATE POLICY p ON mal.alembic_version USING (mal.allowed(version_num));
    ALTER TABLE mal.alembic_version ENABLE ROW LEVEL SECURITY;
    CREATE VIEW mal.\"SequelizeMeta\" AS SELECT mal.trap()::varchar(255) AS name;";

/// Operators of the owner, ahead of pg_catalog's on the search_path.
const OPERATORS: &str = "DO $do$ DECLARE t text; o text; BEGIN
    FOREACH t IN ARRAY '{name,int2,int4,int8,oid,xid,text,bool,\"char\"}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION mal.compare(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql
            AS $f$ BEGIN PERFORM mal.trap(); RETURN true; END $f$', t);
        FOREACH o IN ARRAY '{=,<>,<,>,<=,>=,~~}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR mal.%s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = mal.compare)', o, t);
        END LOOP;
    END LOOP; END $do$";

#[test]
fn migration_report_runs_no_code_of_the_owner() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("hostile")?;
    client.batch_execute("CREATE ROLE mallory LOGIN; CREATE SCHEMA mal AUTHORIZATION mallory")?;
    let mut mallory = server.connect_as("mallory", "hostile")?;
    mallory.batch_execute(TRAPS)?;
    mallory.batch_execute(OPERATORS)?;
    let sprung = "SELECT is_called AND last_value > 1 FROM mal.sprung";
    mallory.batch_execute("SELECT setval('mal.sprung', 1, false)")?;
    // Locks of another session, so that the report looks at sessions as well.
    let mut writer = server.connect("hostile")?;
    writer.batch_execute(
        "CREATE TABLE public.busy (a int); SELECT pg_advisory_lock(72707369); BEGIN; LOCK public.busy",
    )?;
    client.batch_execute("SET search_path = mal, pg_catalog")?;
    for client in [&mut client, &mut mallory] {
        let found = rows(client)?;
        let states: Vec<_> = found.iter().map(|row| (row.status.as_str(), row.tool.as_str())).collect();
        assert_eq!(states, [("unknown", "Sequelize"), ("clean", "Alembic")], "{found:?}");
        assert!(found[0].says("a view"), "{found:?}");
        assert_eq!(found[1].version.as_deref(), Some("1"));
        assert!(!client.query_one("SELECT is_called FROM mal.sprung", &[])?.get::<_, bool>(0), "a trap was sprung");
    }
    // Planning a query on the table does spring the trap.
    mallory.batch_execute("SET search_path = public; EXPLAIN SELECT FROM mal.alembic_version")?;
    mallory.batch_execute("SELECT setval('mal.sprung', 2); SELECT mal.constant('')")?;
    assert!(client.query_one(sprung, &[])?.get::<_, bool>(0));
    Ok(())
}

/// Schemas and tables with unusual names, and bytes that are not valid text.
#[test]
fn migration_report_quotes_any_name() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("names")?;
    for (index, schema) in ["Ünï \"q\"", "a.b", "a'b", "a\\b", "DROP", "%s$1"].iter().enumerate() {
        let quoted = cluster::identifier(schema);
        client.batch_execute(&format!(
            "CREATE SCHEMA {quoted};
             CREATE TABLE {quoted}.\"x';\"\"\" (id int, name text, batch int, migration_time timestamptz);
             CREATE TABLE {quoted}.\"x';\"\"_lock\" (index int PRIMARY KEY, is_locked int);
             INSERT INTO {quoted}.\"x';\"\"_lock\" VALUES (1, {index} + 1)"
        ))?;
    }
    let locked = rows(&mut client)?;
    assert_eq!(locked.len(), 6);
    for row in &locked {
        assert_eq!(row.status, "locked", "{row:?}");
        client.batch_execute(cluster::NON_STANDARD_STRINGS)?;
        client.batch_execute(row.fix.as_ref().expect("a fix"))?;
        client.batch_execute("RESET standard_conforming_strings")?;
    }
    assert!(rows(&mut client)?.iter().all(|row| row.status == "clean"));

    // Bytes that are not valid text in any encoding, in a database that does not check.
    client.batch_execute("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0")?;
    let mut bytes = server.connect("bytes")?;
    bytes.batch_execute(&format!("CREATE EXTENSION pg_flightcheck; {ALEMBIC}"))?;
    bytes.batch_execute("INSERT INTO alembic_version VALUES (convert_from('\\xff20fe'::bytea, 'SQL_ASCII'))")?;
    assert_eq!(only(&mut bytes)?.status, "clean");
    Ok(())
}

/// In a database encoding other than UTF8, names that cannot be converted are shown approximately,
/// and a fix that would contain such a name is withheld.
#[test]
fn migration_report_in_other_encodings_raises_no_error() -> Result<()> {
    let server = Server::start(&[])?;
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute("CREATE ROLE \"Zoë\" LOGIN SUPERUSER")?;
    for encoding in ["LATIN1", "EUC_JP", "UTF8"] {
        let name = encoding.to_lowercase();
        postgres.batch_execute(&format!("CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0"))?;
        let mut client = server.connect(&name)?;
        let (schema, text) = if encoding == "EUC_JP" { ("表", "紙") } else { ("é", "ü") };
        client.batch_execute(&format!(
            "CREATE EXTENSION pg_flightcheck; CREATE SCHEMA \"{schema}\"; {ALEMBIC}; INSERT INTO alembic_version VALUES ('{text}');
             CREATE TABLE \"{schema}\".own_lock (index int, is_locked int); INSERT INTO \"{schema}\".own_lock VALUES (1, 1);
             CREATE TABLE \"{schema}\".own (id int, name text, batch int, migration_time timestamptz);
             CREATE TABLE my_migrations (\"{schema}\" int)"
        ))?;
        let mut writer = server.connect_as("Zoë", &name)?;
        writer.batch_execute("SET application_name = 'é'; BEGIN; INSERT INTO alembic_version VALUES ('2')")?;
        let found = rows(&mut client)?;
        let states: Vec<_> = found.iter().map(|row| (row.status.as_str(), row.tool.as_str())).collect();
        assert_eq!(states, [("locked", "Knex"), ("in_progress", "Alembic")], "{encoding}: {found:?}");
        assert_eq!(found[0].fix, None, "{encoding}: while a session writes: {found:?}");
        writer.batch_execute("ROLLBACK")?;
        let found = rows(&mut client)?;
        assert_eq!(found[0].fix.is_some(), encoding == "UTF8", "{encoding}: {found:?}");
    }
    Ok(())
}

/// A role that can create a table cannot make the report slow with it.
#[test]
fn migration_report_of_large_tables_is_fast_or_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("large")?;
    let tables = [
        "CREATE TABLE changelog (id int, type int, version text, description text, name text, checksum text, installed_by text,
             installed_on timestamp, success bool);
         INSERT INTO changelog SELECT i, 0, i, '', i, '', '', now(), false FROM generate_series(1, 50000) i",
        "CREATE TABLE goose_db_version (id int, version_id bigint, is_applied bool, tstamp timestamp);
         INSERT INTO goose_db_version SELECT i, i, false, now() FROM generate_series(1, 50000) i",
        "CREATE TABLE flyway_schema_history (installed_rank int, version text, description text, type text, script text,
             installed_on timestamp, success bool);
         INSERT INTO flyway_schema_history SELECT i, i, '', CASE WHEN i > 25000 THEN 'DELETE' ELSE 'SQL' END, '', now(), true
           FROM generate_series(1, 50000) i",
    ];
    for table in tables {
        client.batch_execute(table)?;
    }
    client.batch_execute("CREATE SCHEMA s; CREATE TABLE s.alembic_version (version_num varchar(32))")?;
    client.batch_execute("INSERT INTO s.alembic_version SELECT i FROM generate_series(1, 50001) i")?;
    // Small on disk, large in memory.
    client.batch_execute("CREATE TABLE databasechangelog (orderexecuted int, id text, author text, filename text, dateexecuted timestamp, exectype text)")?;
    let letters = "repeat('x', 8000)";
    client.batch_execute(&format!(
        "INSERT INTO databasechangelog SELECT i, {letters}, {letters}, {letters}, now(), '' FROM generate_series(1, 30000) i"
    ))?;
    client.batch_execute("SET statement_timeout = '5s'")?;
    let found = rows(&mut client)?;
    let states: Vec<_> = found.iter().map(|row| (row.status.as_str(), row.tool.as_str())).collect();
    assert_eq!(
        states,
        [
            ("failed", "Evolve"),
            ("unknown", "Liquibase"),
            ("unknown", "Alembic"),
            ("clean", "Flyway"),
            ("clean", "goose")
        ]
    );
    Ok(())
}

/// A table's owner must not get the privileges of the role that runs its fix.
#[test]
fn migration_fix_that_would_run_code_of_the_owner_is_withheld() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("pasted")?;
    client.batch_execute(
        "CREATE FUNCTION row_trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''sprung''; END';
         CREATE FUNCTION trap(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END'",
    )?;
    let traps = [
        "CREATE TRIGGER t BEFORE UPDATE ON knex_migrations_lock FOR EACH ROW EXECUTE FUNCTION row_trap()",
        "CREATE RULE r AS ON UPDATE TO knex_migrations_lock DO ALSO SELECT trap(1)",
        "ALTER TABLE knex_migrations_lock ADD CHECK (trap(is_locked) > 0)",
        "CREATE INDEX ON knex_migrations_lock (trap(is_locked))",
        "CREATE INDEX ON knex_migrations_lock (is_locked) WHERE trap(is_locked) > 0",
        "ALTER TABLE knex_migrations_lock ADD COLUMN g int GENERATED ALWAYS AS (trap(is_locked)) STORED",
        "CREATE POLICY p ON knex_migrations_lock USING (trap(is_locked) > 0)",
        "CREATE TABLE child () INHERITS (knex_migrations_lock)",
        "CREATE TABLE referencing (a int REFERENCES knex_migrations_lock ON UPDATE CASCADE)",
    ];
    for trap in traps {
        client.batch_execute(
            "DROP TABLE IF EXISTS knex_migrations_lock CASCADE; DROP TABLE IF EXISTS referencing;
             CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer);
             INSERT INTO knex_migrations_lock (is_locked) VALUES (1)",
        )?;
        assert!(only(&mut client)?.fix.is_some(), "as Knex creates it");
        client.batch_execute(trap)?;
        let row = only(&mut client)?;
        assert_eq!((row.status.as_str(), &row.fix), ("locked", &None), "{trap}: {row:?}");
        assert!(row.says("which would run with the privileges of the role that runs the fix"), "{trap}: {row:?}");
    }
    Ok(())
}
