//! The portable edition's snapshots are the library's, except for checksums and for rows that it
//! does not read.

use crate::difference::{Difference, compare, parse, portable_snapshot, snapshot, try_compare};
use crate::oracle;
use anyhow::{Context, Result, anyhow, ensure};
use cluster::{Server, explain, install_portable, report};
use postgres::Client;
use serde_json::Value;

/// The database with one of everything that pg_dump knows.
fn create(server: &Server) -> Result<Client> {
    let mut client = oracle::create(server)?;
    install_portable(&mut client)?;
    client.batch_execute("GRANT USAGE ON SCHEMA flightcheck TO PUBLIC")?;
    // Arguments of triggers, where the text of the call is hard to find.
    client.batch_execute(
        r#"CREATE FUNCTION app."F""(" () RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
           CREATE TRIGGER "EXECUTE FUNCTION f(" BEFORE INSERT ON app.people FOR EACH ROW WHEN ('it''s EXECUTE FUNCTION g(' <> '')
               EXECUTE FUNCTION app."F""("('x) EXECUTE FUNCTION f(', '''', 'a"b', 'a\b');
           CREATE TRIGGER zz BEFORE INSERT ON app.people FOR EACH ROW EXECUTE FUNCTION app."F""("()"#,
    )?;
    Ok(client)
}

fn without_time(snapshot: &str) -> Result<Value> {
    let mut snapshot = parse(snapshot)?;
    snapshot.as_object_mut().context("not an object")?.remove("taken_at");
    Ok(snapshot)
}

/// Leaves out what is not known in one of the snapshots.
fn known(rows: Vec<Difference>) -> Vec<Difference> {
    rows.into_iter().filter(|row| row.kind != "rows_unknown").collect()
}

#[test]
fn portable_snapshot_is_the_librarys() -> Result<()> {
    let server = oracle::server()?;
    let mut client = create(&server)?;
    // The tables' owner may read them all.
    client.batch_execute("SET ROLE owner_of_all")?;
    for arguments in ["", "exact => false", "'app'", "'tools', false"] {
        let (one, other) = (snapshot(&mut client, arguments)?, portable_snapshot(&mut client, arguments)?);
        assert_eq!(without_time(&one)?, without_time(&other)?, "db_snapshot({arguments})");
    }
    client.batch_execute("RESET ROLE")?;
    let whole = snapshot(&mut client, "checksum => true")?;
    let portable = portable_snapshot(&mut client, "")?;
    for (source, target) in [(&whole, &portable), (&portable, &whole)] {
        let found = compare(&mut client, source, Some(target))?;
        let scope = found.iter().find(|row| row.kind == "scope").context("no row of the scope")?;
        ensure!(scope.detail().contains("only one has checksums"), "{scope:#?}");
        // An index of one table has an expression, and the other is a materialized view.
        let unknown: Vec<&str> =
            found.iter().filter(|row| row.kind == "rows_unknown").map(|row| row.object.as_str()).collect();
        assert_eq!(unknown, ["app.people", "app.sums"], "{found:#?}");
        ensure!(found.len() == 3, "{found:#?}");
    }
    let found = compare(&mut client, &portable, None)?;
    ensure!(known(found).is_empty(), "compared with this database");
    Ok(())
}

/// Damages of every kind, and the kind of the row that reports each.
const DAMAGES: [(&str, &str); 21] = [
    ("DROP TABLE app.people CASCADE", "table_missing"),
    ("ALTER TABLE app.people DROP COLUMN id CASCADE", "column_missing"),
    ("DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) FROM pg_constraint
        WHERE contype = 'c' AND conrelid = 'app.people'::regclass ORDER BY conname LIMIT 1); END $$", "constraint_missing"),
    ("DO $$ BEGIN EXECUTE (SELECT 'DROP INDEX ' || indexrelid::regclass FROM pg_index
        WHERE indrelid = 'app.people'::regclass AND NOT indisprimary AND NOT indisunique ORDER BY 1 LIMIT 1); END $$", "index_missing"),
    ("DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger
        WHERE NOT tgisinternal ORDER BY tgname LIMIT 1); END $$", "trigger_missing"),
    ("DO $$ BEGIN EXECUTE (SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy ORDER BY polname LIMIT 1); END $$",
        "policy_missing"),
    ("DROP FUNCTION app.secret(int)", "object_missing"),
    ("CREATE OR REPLACE FUNCTION app.secret(int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = app, pg_temp SET app.token = 'xyzzy'
        AS $$ BEGIN RETURN 1; END $$", "object_changed"),
    ("CREATE OR REPLACE FUNCTION app.parsed(int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT app.plus($1, 3); END", "object_changed"),
    ("ALTER TYPE app.mood ADD VALUE 'new'", "object_changed"),
    ("ALTER DOMAIN app.positive SET DEFAULT 4", "object_changed"),
    ("REVOKE CREATE ON SCHEMA tools FROM writer", "privilege_missing"),
    ("REVOKE USAGE ON TYPE app.mood FROM writer", "privilege_missing"),
    ("GRANT CREATE ON SCHEMA app TO reader", "privilege_extra"),
    ("ALTER TABLE app.people OWNER TO writer", "table_owner"),
    ("ALTER SCHEMA tools OWNER TO writer", "schema_owner"),
    ("COMMENT ON DOMAIN app.positive IS 'another'", "comment_changed"),
    ("CREATE SEQUENCE app.extra", "sequence_extra"),
    ("CREATE VIEW app.extra AS SELECT 1 AS one", "table_extra"),
    ("ALTER DATABASE everything SET work_mem = '17MB'", "object_extra"),
    ("DROP OWNED BY reader", "privilege_missing"),
];

/// A damage gives the same rows, whichever edition has taken the snapshot.
#[test]
fn portable_snapshot_finds_each_damage() -> Result<()> {
    let server = oracle::server()?;
    let mut client = create(&server)?;
    // Without reading rows, both know the same.
    let arguments = "exact => false";
    let (library, portable) = (snapshot(&mut client, arguments)?, portable_snapshot(&mut client, arguments)?);
    let mut rows = 0;
    for (damage, kind) in DAMAGES {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(damage).map_err(|error| anyhow!("{damage}: {}", explain(&error)))?;
        let expected = known(compare(&mut transaction, &library, None)?);
        ensure!(expected.iter().any(|row| row.kind == kind), "{damage}: {expected:#?}");
        let found = known(compare(&mut transaction, &portable, None)?);
        ensure!(found == expected, "{damage}: {found:#?} instead of {expected:#?}");
        let damaged = portable_snapshot(&mut transaction, arguments)?;
        let found = known(compare(&mut transaction, &library, Some(&damaged))?);
        ensure!(found == expected, "{damage}, taken afterwards: {found:#?} instead of {expected:#?}");
        rows += expected.len();
        transaction.rollback()?;
    }
    report!("{} damages: the same {rows} rows from the snapshots of both editions", DAMAGES.len());
    Ok(())
}

#[test]
fn portable_snapshot_says_what_it_does_not_do() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("plain")?;
    install_portable(&mut client)?;
    let refused = client.query_one("SELECT flightcheck.db_snapshot(checksum => true)", &[]);
    let refused = refused.err().context("it has no checksums")?;
    let error = refused.as_db_error().context("an error of the server")?;
    assert_eq!(error.code().code(), "0A000");
    ensure!(error.hint().is_some_and(|hint| hint.starts_with("Run db_snapshot() without checksum")), "{error:?}");
    let newer = "SELECT flightcheck.db_assert(flightcheck.db_snapshot() || '{\"format_version\": 2}')";
    let refused = client.query_one(newer, &[]).err().context("a newer format")?;
    ensure!(refused.code().is_some_and(|code| code.code() == "0A000"), "{refused:?}");
    // A snapshot that lost a part is not mistaken for a database that has lost objects.
    client.batch_execute("CREATE TABLE t (id int)")?;
    let taken = portable_snapshot(&mut client, "")?;
    let cut: String =
        client.query_one("SELECT ($1::text::jsonb #- '{schemas,public,tables,t}')::text", &[&taken])?.get(0);
    ensure!(
        try_compare(&mut client, &cut, None)
            .is_err_and(|error| error.code().is_some_and(|code| code.code() == "22023"))
    );
    Ok(())
}

/// Both editions of db_assert refuse a snapshot that has lost any part, with the same words.
#[test]
fn portable_assert_detects_what_a_snapshot_has_lost() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("plain")?;
    install_portable(&mut client)?;
    client.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0)); CREATE INDEX i ON t (n); CREATE VIEW v AS SELECT 1 AS one;
         CREATE TRIGGER r BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
         CREATE POLICY p ON t; CREATE RULE u AS ON UPDATE TO t DO ALSO NOTHING; CREATE SEQUENCE s",
    )?;
    let taken = portable_snapshot(&mut client, "")?;
    let table = "schemas,public,tables,t";
    let counts = ["schemas", "tables", "columns", "sequences", "objects", "constraints", "indexes", "triggers"];
    let mut lost: Vec<String> = counts.iter().map(|count| format!("contents,{count}")).collect();
    lost.extend(["policies", "rules", "fields"].iter().map(|count| format!("contents,{count}")));
    for part in ["columns,n", "constraints,t_n_check", "indexes,i", "triggers,r", "policies,p", "rules,u", "rows"] {
        lost.push(format!("{table},{part}"));
    }
    lost.extend(["contents", table, "schemas,public,sequences,s", "schemas,public"].map(str::to_owned));
    for path in lost {
        let cut: String = client
            .query_one("SELECT ($1::text::jsonb #- $2::text::text[])::text", &[&taken, &format!("{{{path}}}")])?
            .get(0);
        let mut refusals = Vec::new();
        for schema in ["public", "flightcheck"] {
            let refused = client.query_one(&format!("SELECT {schema}.db_assert($1::text::jsonb)"), &[&cut]);
            let error = refused.err().with_context(|| format!("{schema}.db_assert accepts the loss of {path}"))?;
            let error = error.as_db_error().context("an error of the server")?;
            refusals.push([
                error.code().code().to_owned(),
                error.message().to_owned(),
                error.detail().unwrap_or_default().to_owned(),
            ]);
        }
        assert_eq!(refusals[0], refusals[1], "without {path}");
    }
    Ok(())
}

/// Another session's lock on a table leaves only that table undescribed or uncounted.
#[test]
fn portable_snapshot_with_a_locked_table_reads_the_others() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("locked")?;
    install_portable(&mut client)?;
    client.batch_execute(
        "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM b;
         SET lock_timeout = '100ms'",
    )?;
    let mut other = server.connect("locked")?;
    let mut holder = other.transaction()?;
    holder.batch_execute("LOCK TABLE b")?;
    for edition in [snapshot as fn(&mut Client, &str) -> Result<String>, portable_snapshot] {
        let taken = parse(&edition(&mut client, "'public'")?)?;
        let tables = &taken["schemas"]["public"]["tables"];
        assert_eq!(tables["a"]["rows"]["count"], 1, "{tables}");
        let unread = tables["b"]["unread"].as_str().unwrap_or_default();
        assert!(unread.starts_with("could not obtain") && unread.contains("lock"), "{tables}");
        assert_eq!(tables["b"]["columns"]["id"]["type"], "integer", "{tables}");
        assert_eq!(tables["v"]["undescribed"], "could not obtain the lock", "{tables}");
    }
    Ok(())
}

#[test]
fn portable_snapshot_on_standby_has_primarys_identity() -> Result<()> {
    let primary = Server::start(&["autovacuum = off"])?;
    let mut client = primary.database("app")?;
    install_portable(&mut client)?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10); CREATE UNLOGGED TABLE u (id int)")?;
    let standby = primary.standby()?;
    let mut on_standby = standby.connect("app")?;
    let (one, other) = (snapshot(&mut on_standby, "")?, portable_snapshot(&mut on_standby, "")?);
    assert_eq!(without_time(&one)?, without_time(&other)?);
    assert_eq!(parse(&other)?["identity"]["in_recovery"], true);
    on_standby.query_one("SELECT flightcheck.db_assert($1::text::jsonb)", &[&other])?;
    standby.promote()?;
    let mut promoted = standby.connect("app")?;
    assert_eq!(parse(&portable_snapshot(&mut promoted, "")?)?["identity"]["timeline"], 2);
    Ok(())
}
