//! Finds published tables whose updates and deletes fail because nothing identifies their rows, and
//! tables that no publication has although one seems to be meant for them.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::left_out::{self, LeftOut};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::quote_identifier;
use crate::report::wording::{Clause, detail, list};

const IDENTITY_MISSING: &str = include_str!("../../sql/queries/replica_identity_missing.sql");
const PUBLISHED: &str = include_str!("../../sql/queries/published_tables.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let schemas = &target.user_schemas;
    let mut findings = read(IDENTITY_MISSING, &[schemas.clone().into()], identity_missing)?;
    findings.extend(left_out::tables(target, PUBLISHED, "publication", "has")?.into_iter().map(not_published));
    Ok(findings)
}

fn identity_missing(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let table = row.qualified(1)?;
    let publications: Vec<String> = row.texts(3)?.iter().map(|name| quote_identifier(name)).collect();
    let publications: Vec<&str> = publications.iter().map(String::as_str).collect();
    let commands = match (row.get(4)?, row.get(5)?) {
        (true, true) => "UPDATE and DELETE fail",
        (true, false) => "UPDATE fails",
        _ => "DELETE fails",
    };
    let noun = if publications.len() == 1 { "by publication" } else { "by publications" };
    let reason = match row.text(6)?.as_str() {
        "d" => "it has no primary key",
        "i" => "the index of its replica identity is missing or invalid",
        _ => "its replica identity is NOTHING",
    };
    let clauses = [
        format!("{reason}, and it is published {}: {commands} with 55000", list(noun, &publications)).into(),
        Clause::with_statement(
            "add a primary key, or, if rows may be identified by all columns",
            format!("ALTER TABLE {table} REPLICA IDENTITY FULL;"),
        ),
    ];
    Ok(Finding {
        severity: Severity::Warning,
        check_name: "replica_identity_missing",
        object: format!("table {table}"),
        detail: detail(&clauses).unwrap_or_default(),
        // Which columns identify a row is a choice.
        fix: None,
    })
}

fn not_published(left_out: LeftOut) -> Finding {
    let LeftOut { table, is_unlogged, why, .. } = left_out;
    let unlogged = if is_unlogged { ": it is unlogged, and changes of such tables are not published" } else { "" };
    Finding {
        severity: Severity::Info,
        check_name: "table_not_published",
        object: format!("table {table}"),
        detail: format!("no publication has it, although {why}{unlogged}"),
        fix: None,
    }
}
