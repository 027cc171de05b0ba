//! Each damage, done for real, is one row: what follows from it is not told again.

mod columns;
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

/// What is done to the database, and the one row that it has to be: severity, kind, object.
pub struct Damage {
    sql: &'static str,
    row: (&'static str, &'static str, &'static str),
    /// What the detail or the values have to mention.
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

/// What happened to one damage.
struct Outcome {
    rows: Vec<Difference>,
    back: Vec<Difference>,
    naive_rows: i64,
}

impl Damage {
    /// Does it, compares, and leaves no trace of it.
    fn try_out(&self, client: &mut Client, arguments: &str, source: &str) -> Result<Outcome> {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(self.sql).map_err(|error| anyhow!(explain(&error)))?;
        let target = snapshot(&mut transaction, arguments)?;
        let rows = compare(&mut transaction, source, Some(&target))?;
        let outcome = Outcome {
            back: compare(&mut transaction, &target, Some(source))?,
            naive_rows: naive_rows(&mut transaction, source, &target)?,
            rows,
        };
        transaction.rollback()?;
        Ok(outcome)
    }

    /// What is wrong with the rows it gave.
    fn complaint(&self, rows: &[Difference]) -> Option<String> {
        let only = match rows {
            [only] if only.seen() == self.row => only,
            _ => return Some(format!("{}\n  expected {:?}, got {rows:#?}", self.sql, self.row)),
        };
        let said = format!("{:?} {:?} {}", only.source, only.target, only.detail());
        (!said.contains(self.says)).then(|| format!("{}\n  nothing of {:?} in {only:#?}", self.sql, self.says))
    }
}

fn naive_rows(transaction: &mut Transaction, source: &str, target: &str) -> Result<i64> {
    let query = "SELECT count(*) FROM naive.compare($1::text::jsonb, $2::text::jsonb)";
    Ok(transaction.query_one(query, &[&source, &target])?.get(0))
}

/// Tries out all of them, each from the same undamaged database, with these arguments for the snapshots.
pub fn try_all(area: &str, arguments: &str, damages: &[Damage]) -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = create(&server)?;
    let source = snapshot(&mut client, arguments)?;
    let (mut complaints, mut naive_right, mut naive_most) = (Vec::new(), 0, 0);
    for damage in damages {
        let outcome = damage.try_out(&mut client, arguments, &source).with_context(|| damage.sql)?;
        complaints.extend(damage.complaint(&outcome.rows));
        // The other way round it is a difference as well, if of another kind.
        if outcome.back.is_empty() {
            complaints.push(format!("{}\n  nothing the other way round", damage.sql));
        }
        naive_right += usize::from(outcome.naive_rows == 1);
        naive_most = naive_most.max(outcome.naive_rows);
    }
    let rest = compare(&mut client, &source, None)?;
    assert!(rest.is_empty(), "left by the damages: {rest:#?}");
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), damages.len(), complaints.join("\n"));
    // The test can fail.
    assert!(naive_right < damages.len(), "value by value, each damage is one row as well");
    report!(
        "{} damages of {area}, one row each; value by value {naive_right} of them are one row, and one is {naive_most}",
        damages.len()
    );
    Ok(())
}
