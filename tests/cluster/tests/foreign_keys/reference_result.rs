//! Creates a case in a database and determines the correct result with the server's help.

use crate::case::{Case, Standing, Wanted};
use cluster::{explain, identifier, literal};
use postgres::{Client, Error, Transaction};

/// The correct result for a case.
pub struct ReferenceResult {
    /// The rows that the constraint's trigger refuses, by `row_no`.
    pub orphans: Vec<i32>,
    /// How many of them contain a NULL: no parent can be created for these.
    pub partly_null: i64,
    /// The number of distinct keys among them: as the types compare and JSON shows them, and as
    /// they are written.
    pub distinct_keys: (i64, i64),
    /// The error of recreating the constraint, if there is one.
    pub recreated: Option<String>,
}

/// A case as far as it could be created.
pub enum Made {
    Case(ReferenceResult),
    /// The constraint is impossible; the tables and their rows exist.
    Impossible(String),
}

/// Creates the case without switching off its triggers.
pub fn make(client: &mut Client, case: &Case) -> Result<Made, Error> {
    client.batch_execute(&case.tables)?;
    let add = case.add(case.standing);
    if case.rows_first {
        client.batch_execute(&case.load())?;
    }
    if let Err(error) = client.batch_execute(&add) {
        if !case.rows_first {
            client.batch_execute(&case.load())?;
        }
        return Ok(Made::Impossible(explain(&error)));
    }
    if !case.rows_first {
        client.batch_execute(&case.load())?;
    }
    let mut orphans = refused(client, case)?;
    if case.wanted == Wanted::OnlyOrphans && !case.refers_to_itself {
        delete(client, case, "<> ALL", &orphans)?;
    }
    // In a self-referencing table, a deleted row may leave others without a parent.
    while case.wanted == Wanted::NoOrphans && !orphans.is_empty() {
        delete(client, case, "= ANY", &orphans)?;
        orphans = refused(client, case)?;
    }
    let mut transaction = client.transaction()?;
    let truth = ReferenceResult {
        partly_null: count(&mut transaction, case, &orphans, "*", &some_null(case))?,
        distinct_keys: distinct_keys(&mut transaction, case, &orphans)?,
        recreated: recreate(&mut transaction, case)?,
        orphans,
    };
    transaction.rollback()?;
    Ok(Made::Case(truth))
}

/// The rows that the server refuses one by one.
pub fn refused(client: &mut Client, case: &Case) -> Result<Vec<i32>, Error> {
    let mut transaction = client.transaction()?;
    if case.standing == Standing::NotEnforced {
        // A NOT ENFORCED constraint has no trigger that could check.
        transaction.batch_execute(&format!("{}; {}", case.drop(), case.add(Standing::NotValid)))?;
    }
    let refused = transaction
        .query_one(
            "SELECT truth.orphans($1, $2, $3, $4)",
            &[&case.child, &case.seen(), &case.writable, &case.refers_to_itself],
        )?
        .get(0);
    transaction.rollback()?;
    Ok(refused)
}

fn delete(client: &mut Client, case: &Case, which: &str, rows: &[i32]) -> Result<(), Error> {
    client.batch_execute("SET session_replication_role = replica")?;
    client.execute(&format!("DELETE FROM {} WHERE row_no {which} ($1)", case.seen()), &[&rows])?;
    client.batch_execute("RESET session_replication_role")
}

fn some_null(case: &Case) -> String {
    format!("num_nulls({}) > 0", case.child_columns())
}

fn count(transaction: &mut Transaction, case: &Case, rows: &[i32], what: &str, condition: &str) -> Result<i64, Error> {
    let query = format!("SELECT count({what}) FROM {} WHERE row_no = ANY ($1) AND {condition}", case.seen());
    Ok(transaction.query_one(&query, &[&rows])?.get(0))
}

fn distinct_keys(transaction: &mut Transaction, case: &Case, rows: &[i32]) -> Result<(i64, i64), Error> {
    let columns = case.child_columns();
    let compared = count(transaction, case, rows, &format!("DISTINCT ROW({columns})"), "true")?;
    let written = count(transaction, case, rows, &format!("DISTINCT ROW({columns})::text COLLATE \"C\""), "true")?;
    // JSON does not show the bounds of an array.
    let shown = count(transaction, case, rows, &format!("DISTINCT jsonb_build_array({columns})"), "true")?;
    Ok((compared.min(shown), written))
}

/// Drops the constraint and adds it again as the server writes it, which checks every row.
fn recreate(transaction: &mut Transaction, case: &Case) -> Result<Option<String>, Error> {
    let name = identifier(&case.constraint);
    let query = format!(
        "SELECT truth.attempt(format('SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE %s DROP CONSTRAINT %s, ADD CONSTRAINT %2$s %s',
             $1::text, $2::text, regexp_replace(pg_get_constraintdef(oid), '( NOT VALID| NOT ENFORCED)+$', '')))
         FROM pg_constraint WHERE conrelid = {}::regclass AND conname = $3::text",
        literal(&case.child)
    );
    Ok(transaction.query_one(&query, &[&case.child, &name, &case.constraint])?.get(0))
}
