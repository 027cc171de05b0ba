//! Each real damage is reported as one row: its consequences are not reported again.

mod columns;
mod database;
mod definitions;
mod rows;
mod sequences;
mod tables;

use crate::difference::{Difference, compare, snapshot};
use anyhow::{Context, Result, anyhow};
use cluster::{Server, explain, report};
use postgres::{Client, Transaction};

const SOURCE: &str = include_str!("source.sql");
const NAIVE: &str = include_str!("../naive.sql");

/// A statement that damages the database, and severity, kind and object of the one row that reports
/// it.
pub struct Damage {
    sql: &'static str,
    row: (&'static str, &'static str, &'static str),
    /// A text that the detail or the values must contain.
    says: &'static str,
}

const fn damage(
    sql: &'static str,
    severity: &'static str,
    kind: &'static str,
    object: &'static str,
    says: &'static str,
) -> Damage {
    Damage { sql, row: (severity, kind, object), says }
}

fn create(server: &Server) -> Result<Client> {
    let mut client = server.database("source")?;
    client.batch_execute(SOURCE).map_err(|error| anyhow!(explain(&error)))?;
    client.batch_execute(NAIVE)?;
    Ok(client)
}

/// The rows of the comparisons.
struct Outcome {
    rows: Vec<Difference>,
    reverse: Vec<Difference>,
    naive_rows: i64,
}

impl Damage {
    /// Damages the database, compares, and rolls back.
    fn apply(&self, client: &mut Client, arguments: &str, source: &str) -> Result<Outcome> {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(self.sql).map_err(|error| anyhow!(explain(&error)))?;
        let target = snapshot(&mut transaction, arguments)?;
        let rows = compare(&mut transaction, source, Some(&target))?;
        let outcome = Outcome {
            reverse: compare(&mut transaction, &target, Some(source))?,
            naive_rows: naive_rows(&mut transaction, source, &target)?,
            rows,
        };
        transaction.rollback()?;
        Ok(outcome)
    }

    /// Describes what is wrong with the reported rows, if anything.
    fn failure(&self, rows: &[Difference]) -> Option<String> {
        let only = match rows {
            [only] if only.summary() == self.row => only,
            _ => return Some(format!("{}\n  expected {:?}, got {rows:#?}", self.sql, self.row)),
        };
        let text = format!("{:?} {:?} {}", only.source, only.target, only.detail());
        (!text.contains(self.says)).then(|| format!("{}\n  {:?} is not in {only:#?}", self.sql, self.says))
    }
}

fn naive_rows(transaction: &mut Transaction, source: &str, target: &str) -> Result<i64> {
    let query = "SELECT count(*) FROM naive.compare($1::text::jsonb, $2::text::jsonb)";
    Ok(transaction.query_one(query, &[&source, &target])?.get(0))
}

/// Checks each of the damages, starting from the same undamaged database, with these arguments for
/// the snapshots.
pub fn check_all(area: &str, arguments: &str, damages: &[Damage]) -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = create(&server)?;
    let source = snapshot(&mut client, arguments)?;
    let (mut failures, mut naive_right, mut naive_most) = (Vec::new(), 0, 0);
    for damage in damages {
        let outcome = damage.apply(&mut client, arguments, &source).with_context(|| damage.sql)?;
        failures.extend(damage.failure(&outcome.rows));
        // In reverse it is also a difference, possibly of another kind.
        if outcome.reverse.is_empty() {
            failures.push(format!("{}\n  no difference in reverse", damage.sql));
        }
        naive_right += usize::from(outcome.naive_rows == 1);
        naive_most = naive_most.max(outcome.naive_rows);
    }
    let rest = compare(&mut client, &source, None)?;
    assert!(rest.is_empty(), "still there after the rollback: {rest:#?}");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), damages.len(), failures.join("\n"));
    // Proves that the test can fail.
    assert!(naive_right < damages.len(), "a comparison value by value is one row for each damage as well");
    report!(
        "{} damages of {area}, one row each; value by value, {naive_right} are one row, and one is {naive_most} rows",
        damages.len()
    );
    Ok(())
}
