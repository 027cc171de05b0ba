//! The statements in `safer` do the same as the script's: run one by one, they leave the same
//! schema and the same rows, which are read and written under weaker locks as measured.

use crate::safer_cases::{CASES, Case, Gain, INDEXES, NONE, NONE_MANY};
use crate::safer_measure::{Held, blocked, rehearsed};
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, report};
use postgres::Client;

/// A database in which each case has a schema.
struct Side {
    name: &'static str,
    client: Client,
}

impl Side {
    fn new(server: &Server, name: &'static str) -> Result<Side> {
        let mut client = server.database(name)?;
        client.batch_execute("SET client_min_messages = error")?;
        Ok(Side { name, client })
    }

    fn prepare(&mut self, number: usize, case: &Case) -> Result<()> {
        let schema = format!("CREATE SCHEMA c{number}; SET search_path = c{number}, public; {};", case.setup);
        self.client.batch_execute(&schema)?;
        if case.statement.contains("DROP INDEX") || case.statement.contains("REINDEX") {
            self.client.batch_execute(INDEXES)?;
        }
        let tables = "SELECT 'ANALYZE ' || string_agg(oid::regclass::text, ', ') FROM pg_class
            WHERE relkind IN ('r', 'm') AND relnamespace = $1::text::regnamespace";
        let analyze: String = self.client.query_one(tables, &[&format!("c{number}")])?.get(0);
        Ok(self.client.batch_execute(&analyze)?)
    }

    /// Runs the statements as transactions of their own. Returns the locks of each.
    fn run(&mut self, server: &Server, number: usize, statements: &[String]) -> Result<Vec<Held>> {
        let mut held = Vec::new();
        for statement in statements {
            if statement.contains("CONCURRENTLY") && !statement.starts_with("REFRESH") || statement.starts_with("DO ") {
                let schema = format!("c{number}");
                held.push(blocked(server, self.name, &schema, &mut self.client, statement)?);
                continue;
            }
            if !statement.starts_with("SET ") && !statement.starts_with("RESET ") {
                held.push(rehearsed(&mut self.client, statement)?);
            }
            self.client.batch_execute(statement).with_context(|| statement.clone())?;
        }
        Ok(held)
    }

    /// Returns each table's rows as a hash.
    fn rows(&mut self, number: usize) -> Result<Vec<String>> {
        let tables = "SELECT c.oid::regclass::text FROM pg_class c
            WHERE relkind IN ('r', 'm') AND relnamespace = $1::text::regnamespace ORDER BY 1";
        let mut hashes = Vec::new();
        for row in self.client.query(tables, &[&format!("c{number}")])? {
            let table: String = row.get(0);
            let query = format!(
                "SELECT count(*) || coalesce(md5(string_agg(j::text, ',' ORDER BY j::text)), '') FROM (
                   SELECT to_jsonb(r) - 'u' || jsonb_build_object('u', coalesce(to_jsonb(r) -> 'u', 'null') <> 'null')
                   FROM {table} r) q(j)"
            );
            let hash: String = self.client.query_one(&query, &[])?.get(0);
            hashes.push(format!("{table} {hash}"));
        }
        Ok(hashes)
    }

    /// Returns how many transactions have written rows of the table with a trigger.
    fn writers(&mut self, number: usize) -> Result<i64> {
        let query = format!("SELECT count(DISTINCT u::text) FROM c{number}.log");
        Ok(self.client.query_one(&query, &[])?.get(0))
    }
}

/// Returns what is offered for the one statement of a script.
fn safer(client: &mut Client, script: &str, mode: &str) -> Result<Vec<String>> {
    let query = "SELECT safer FROM migration_precheck($1, mode => $2)
        WHERE safer IS NOT NULL AND check_name IN ('lock', 'rewrite')";
    let rows = client.query(query, &[&script, &mode])?;
    ensure!(rows.len() <= 1, "{script}: {} rows with statements", rows.len());
    Ok(rows.first().map(|row| row.get(0)).unwrap_or_default())
}

/// Whether the second is better than the first in the case's sense.
fn gains(gain: Gain, plain: &[Held], other: &[Held], writers: (i64, i64)) -> bool {
    let strongest = |all: &[Held]| match gain {
        Gain::Table(table) => all.iter().map(|held| held.on(table)).max(),
        _ => all.iter().map(Held::on_rows).max(),
    };
    match gain {
        Gain::Batches => writers.0 == 1 && writers.1 > 1,
        _ => strongest(other) < strongest(plain),
    }
}

#[test]
fn precheck_safer_statements_do_the_same_with_weaker_locks() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut plain, mut other) = (Side::new(&server, "plain")?, Side::new(&server, "other")?);
    let cases = CASES.iter().filter(|case| case.since <= server.major());
    let (mut count, mut wrong) = (0, Vec::new());
    for (number, case) in cases.enumerate() {
        plain.prepare(number, case)?;
        other.prepare(number, case)?;
        let statements = safer(&mut other.client, case.statement, "autocommit")?;
        let name = format!("c{number}: {}\n  {}", case.statement, statements.join("\n  "));
        count += statements.len();
        if statements.is_empty() {
            wrong.push(format!("{name}: nothing is offered"));
            continue;
        }
        let before = plain.run(&server, number, &[case.statement.to_owned()]).with_context(|| name.clone())?;
        let after = match other.run(&server, number, &statements) {
            Ok(after) => after,
            Err(error) => {
                wrong.push(format!("{name}\n  {error:#}"));
                other.client.batch_execute("RESET lock_timeout")?;
                continue;
            }
        };
        let (ours, theirs) = (other.rows(number)?, plain.rows(number)?);
        if ours != theirs {
            wrong.push(format!("{name}\n  other rows: {ours:?} and {theirs:?}"));
        }
        let writers = match case.gain {
            Gain::Batches => (plain.writers(number)?, other.writers(number)?),
            _ => (1, 1),
        };
        if !gains(case.gain, &before, &after, writers) {
            wrong.push(format!("{name}\n  locks {before:?} and {after:?}, {writers:?} writers"));
        }
        // The statement itself is not better than itself.
        ensure!(!gains(case.gain, &before, &before, (writers.0, writers.0)), "{name}: better than itself");
    }
    let schemas = [schema(&server, "plain")?, schema(&server, "other")?];
    wrong.extend(differences(&schemas[0], &schemas[1]));
    report!("{} statements, {count} in their place", CASES.len());
    ensure!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// Returns the schema as pg_dump writes it.
fn schema(server: &Server, database: &str) -> Result<Vec<String>> {
    let dump = server.client("pg_dump", &["--schema-only", "--no-comments", database])?;
    // Newer versions have a random word in it.
    let lines = dump.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    Ok(lines.map(str::to_owned).collect())
}

fn differences(plain: &[String], other: &[String]) -> Vec<String> {
    if plain == other {
        return Vec::new();
    }
    let lacks = |all: &[String], line: &String| !line.is_empty() && !all.contains(line);
    let more = other.iter().filter(|line| lacks(plain, line)).map(|line| format!("+{line}"));
    let less = plain.iter().filter(|line| lacks(other, line)).map(|line| format!("-{line}"));
    let mut found: Vec<String> = more.chain(less).collect();
    if found.is_empty() {
        found.push("the dumps have the same lines in another order".to_owned());
    }
    found
}

/// Statements that are simply not as safe, in the same harness.
#[test]
fn precheck_safer_statements_that_are_naive_are_noticed() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut plain, mut other) = (Side::new(&server, "plain")?, Side::new(&server, "other")?);
    let naive: [(&str, &[&str], bool); 4] = [
        ("ALTER TABLE t ADD CHECK (a > 0)", &["ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0)"], true),
        ("ALTER TABLE t ADD CHECK (a > 0)", &["ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID"], false),
        ("ALTER TABLE t ADD UNIQUE (c, a)", &["CREATE UNIQUE INDEX CONCURRENTLY t_c_a_key ON t (c, a)"], false),
        ("ALTER TABLE t ALTER b SET NOT NULL", &["ALTER TABLE t ADD CHECK (b IS NOT NULL)"], false),
    ];
    for (number, (statement, statements, is_same)) in naive.into_iter().enumerate() {
        let case = CASES.iter().find(|case| case.statement == statement).context("a case")?;
        plain.prepare(number, case)?;
        other.prepare(number, case)?;
        let statements: Vec<String> = statements.iter().map(|&statement| statement.to_owned()).collect();
        let before = plain.run(&server, number, &[statement.to_owned()])?;
        let after = other.run(&server, number, &statements)?;
        let gains = gains(Gain::Rows, &before, &after, (1, 1));
        let found = differences(&schema(&server, "plain")?, &schema(&server, "other")?);
        let schema = format!("c{number}");
        let differs = found.iter().any(|line| !line.is_empty() && line.contains(&schema) || !found.is_empty());
        ensure!(
            differs != is_same && !(is_same && gains),
            "{statement}: {statements:?}: {before:?}, {after:?}, {found:?}"
        );
        plain.client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))?;
        other.client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))?;
    }
    Ok(())
}

#[test]
fn precheck_offers_no_statements_that_may_do_something_else() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("none")?;
    client.batch_execute(
        &format!("CREATE EXTENSION btree_gist; {NONE_MANY}").replace("CREATE EXTENSION btree_gist; ", ""),
    )?;
    for (setup, statement) in NONE {
        client.batch_execute(setup)?;
        let found = safer(&mut client, statement, "autocommit")?;
        ensure!(found.is_empty(), "{statement}: {found:?}");
    }
    client.batch_execute("CREATE TABLE locked (a int); INSERT INTO locked VALUES (1)")?;
    let script = "SET lock_timeout = '5s'; ALTER TABLE locked ADD CHECK (a > 0)";
    let found = safer(&mut client, script, "autocommit")?;
    ensure!(found.len() == 2 && found.iter().all(|statement| statement.starts_with("ALTER")), "{found:?}");
    let told = "SELECT count(*) FROM migration_precheck($1, mode => $2) WHERE check_name = 'transaction'";
    for (mode, expected) in [("transaction", 1_i64), ("autocommit", 0)] {
        let count: i64 = client.query_one(told, &[&"ALTER TABLE locked ADD CHECK (a > 0)", &mode])?.get(0);
        if count != expected {
            bail!("{mode}: {count} rows about the transaction");
        }
    }
    Ok(())
}
