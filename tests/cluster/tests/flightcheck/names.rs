//! Names of any shape and in any encoding, with fixes that still run as printed.

use crate::finding::{Finding, flightcheck, of_check, run_fixes};
use crate::owners::{OBJECTS, create_strays};
use anyhow::{Result, anyhow};
use cluster::{Server, explain, identifier, literal, report};
use postgres::Client;

/// Shapes of names; the longest has 63 bytes with a number before it.
const NAMES: [&str; 12] = [
    "Upper",
    "with \"quotes\" and 'apostrophes'",
    "back\\slash",
    "a.b",
    "select",
    "naïve ☃",
    "%s %I $1 {}",
    "two\nlines",
    "-- no comment",
    "; DROP SCHEMA public;",
    "$$",
    "x34567890123456789012345678901234567890123456789012345678901",
];

/// Gives every object a hostile name, with statements derived from the fixes: what a fix can
/// transfer by its name can be renamed by it.
fn rename(client: &mut Client, findings: &[Finding], owner: &str) -> Result<()> {
    // Operators cannot be renamed, and only have certain names.
    let is_operator = |finding: &&Finding| finding.object.starts_with("operator ") && finding.object.contains('(');
    let renamed = findings.iter().filter(|finding| !is_operator(finding) && !finding.object.starts_with("schema"));
    // Objects that other objects' names mention come last.
    for (number, finding) in renamed.rev().enumerate() {
        let name = identifier(&format!("{number}{}", NAMES[number % NAMES.len()]));
        let statement = finding.fix()?.replace(&format!("OWNER TO {owner};"), &format!("RENAME TO {name}"));
        client.batch_execute(&statement).map_err(|error| anyhow!("{statement}: {}", explain(&error)))?;
    }
    Ok(())
}

#[test]
fn owner_fixes_quote_object_names() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = server.database("names")?;
    client.batch_execute(
        "CREATE ROLE stray LOGIN; CREATE ROLE \"the \"\"App\"\"\" LOGIN; CREATE FOREIGN DATA WRAPPER nowhere;
         CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere",
    )?;
    let mut fixed = 0;
    for (number, schema) in NAMES.iter().enumerate() {
        create_strays(&server, &mut client, &identifier(schema))?;
        let arguments = format!("{}, 'the \"App\"'", literal(schema));
        let plain = of_check(&mut client, &arguments, "wrong_owner")?;
        assert_eq!(plain.len(), OBJECTS + 1, "{plain:#?}");
        rename(&mut client, &plain, "\"the \"\"App\"\"\"")?;
        if number % 2 == 1 {
            client.batch_execute(&format!("SET search_path = ''; {}", cluster::NON_STANDARD_STRINGS))?;
        }
        let hostile = of_check(&mut client, &arguments, "wrong_owner")?;
        assert_eq!(hostile.len(), OBJECTS + 1, "{hostile:#?}");
        assert!(hostile.iter().all(|row| row.says("owned by stray, not by \"the \"\"App\"\"\"")), "{hostile:#?}");
        fixed += run_fixes(&mut client, &hostile)?;
        client.batch_execute("RESET ALL")?;
        let left = flightcheck(&mut client, &arguments)?;
        assert!(left.is_empty(), "{left:#?}");
    }
    report!("{fixed} objects of {} schemas with hostile names transferred as printed", NAMES.len());
    Ok(())
}

/// Tables with such names, all without statistics, behind and damaged.
#[test]
fn fixes_quote_table_names() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = server.database("names")?;
    client.batch_execute("CREATE SCHEMA \"S \"\"x\"\"\"")?;
    for name in NAMES {
        let (table, child) = (
            format!("\"S \"\"x\"\"\".{}", identifier(name)),
            format!("\"S \"\"x\"\"\".{}", identifier(&format!("c{name}"))),
        );
        let (column, index) = (identifier(&format!("k{name}")), identifier(&format!("i{name}")));
        client.batch_execute(&format!(
            "CREATE TABLE {table} ({column} serial PRIMARY KEY); INSERT INTO {table} SELECT generate_series(1, 3000);
             CREATE TABLE {child} (id int PRIMARY KEY, {column} int);
             ALTER TABLE {child} ADD CONSTRAINT {column} FOREIGN KEY ({column}) REFERENCES {table} NOT VALID;
             ALTER TABLE {child} ADD CONSTRAINT {table_name} CHECK ({column} > 0) NOT VALID;
             CREATE FUNCTION \"S \"\"x\"\"\".{table_name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER {table_name} BEFORE INSERT ON {child} FOR EACH ROW EXECUTE FUNCTION \"S \"\"x\"\"\".{table_name}();
             ALTER TABLE {child} DISABLE TRIGGER {table_name};
             CREATE INDEX {index} ON {table} ({column});
             UPDATE pg_index SET indisvalid = false WHERE indexrelid = {index_name}::regclass",
            table_name = identifier(name),
            index_name = literal(&format!("\"S \"\"x\"\"\".{index}")),
        ))?;
    }
    let found = flightcheck(&mut client, "deep => true, fold => false")?;
    assert!(found.len() >= 5 * NAMES.len(), "{} findings", found.len());
    assert!(found.iter().all(|finding| finding.check != "check_failed"), "{found:#?}");
    client.batch_execute("SET search_path = ''")?;
    for finding in &found {
        let fix = finding.fix()?;
        assert!(!fix.contains(char::is_control), "{finding:#?}");
        client.batch_execute(fix).map_err(|error| anyhow!("{finding:#?}\n{}", explain(&error)))?;
    }
    let left = flightcheck(&mut client, "deep => true")?;
    assert!(left.is_empty(), "{left:#?}");
    report!("{} findings about hostile names repaired as printed", found.len());
    Ok(())
}

/// Names that are invalid in this encoding are shown as far as possible, and there is no fix
/// with a name that differs.
#[test]
fn names_in_other_encodings_are_reported() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute("CREATE ROLE \"müller\" LOGIN; CREATE ROLE stray LOGIN")?;
    for encoding in ["LATIN1", "SQL_ASCII", "UTF8", "EUC_JP"] {
        let database = format!("in_{}", encoding.to_lowercase());
        postgres.batch_execute(&format!("CREATE DATABASE {database} ENCODING '{encoding}' TEMPLATE template0"))?;
        let mut client = server.connect(&database)?;
        let name = if encoding == "EUC_JP" { "表" } else { "é" };
        client.batch_execute(&format!(
            "CREATE EXTENSION pg_flightcheck; CREATE SCHEMA \"{name}\"; GRANT ALL ON SCHEMA \"{name}\" TO stray; SET search_path = \"{name}\";
             CREATE TABLE \"p{name}\" (\"{name}\" serial PRIMARY KEY, note text); INSERT INTO \"p{name}\" SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
             CREATE TABLE \"c{name}\" (id int PRIMARY KEY, \"{name}\" int);
             ALTER TABLE \"c{name}\" ADD CONSTRAINT \"{name}\" FOREIGN KEY (\"{name}\") REFERENCES \"p{name}\" NOT VALID;
             INSERT INTO \"c{name}\" VALUES (1, 1);
             ALTER TABLE \"c{name}\" ADD CONSTRAINT \"k{name}\" CHECK (id > 0) NOT VALID;
             CREATE FUNCTION \"f{name}\"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER \"t{name}\" BEFORE INSERT ON \"c{name}\" FOR EACH ROW EXECUTE FUNCTION \"f{name}\"();
             ALTER TABLE \"c{name}\" DISABLE TRIGGER \"t{name}\";
             CREATE VIEW \"v{name}\" AS SELECT 1; CREATE TYPE \"e{name}\" AS ENUM ('{name}'); ALTER VIEW \"v{name}\" OWNER TO stray;
             CREATE INDEX \"i{name}\" ON \"p{name}\" (note); UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"i{name}\"'::regclass;
             SET search_path = public; SET client_encoding = 'SQL_ASCII'"
        ))?;
        // As bytes, since nothing converts them.
        let query = format!(
            "SELECT check_name, octet_length(object), octet_length(detail), fix IS NOT NULL FROM flightcheck({ARGUMENTS})"
        );
        let rows = client.query(&query, &[]).map_err(|error| anyhow!("{encoding}: {}", explain(&error)))?;
        let seen: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(3))).collect();
        assert!(seen.len() >= 10 && seen.iter().all(|(check, _)| check != "check_failed"), "{encoding}: {seen:?}");
        // No function has a fix with a name that nothing has.
        let lossy = "SELECT count(*) FROM (SELECT fix FROM seq_audit() UNION ALL SELECT fix FROM fk_audit()) f
            WHERE position('\\xefbfbd'::bytea IN convert_to(fix, getdatabaseencoding())) > 0";
        assert_eq!(client.query_one(lossy, &[])?.get::<_, i64>(0), 0, "{encoding}");
        assert!(encoding != "UTF8" || seen.iter().all(|(_, has_fix)| *has_fix), "{encoding}: {seen:?}");
        client
            .batch_execute(&RUN_FIXES.replace("{arguments}", ARGUMENTS))
            .map_err(|error| anyhow!("{encoding}, {seen:?}: {}", explain(&error)))?;
    }
    Ok(())
}

const ARGUMENTS: &str = "expected_owner => 'stray', deep => true";

/// Runs in the server, where no conversion is needed. Excludes fixes that cannot run in a
/// transaction.
const RUN_FIXES: &str = "DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT fix FROM flightcheck({arguments}) WHERE fix NOT LIKE '%CONCURRENTLY%' LOOP EXECUTE one; END LOOP; END $$";
