//! The table that seq_resync_table is called for.

use super::links::quote_qualified;
use super::scope::Scope;
use crate::fault::Fault;
use crate::pg::{names, subtransaction};
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};

const DESCRIPTION: &str = include_str!("../../sql/queries/target_table.sql");

/// 42P01 if there is no such relation, 42809 if it is no table.
pub fn scope(target: Oid) -> Result<Scope, Fault> {
    let Some(kind) = names::relation_kind(target) else {
        let message = format!("relation with OID {} does not exist", target.to_u32());
        return Err(Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message));
    };
    if matches!(kind, pg_sys::RELKIND_RELATION | pg_sys::RELKIND_PARTITIONED_TABLE | pg_sys::RELKIND_FOREIGN_TABLE) {
        return Ok(Scope::Table(target));
    }
    let (name, owner) = describe(target)?;
    let fault = Fault::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, format!("{name} is not a table"));
    Err(match (kind, owner) {
        (pg_sys::RELKIND_SEQUENCE, Some(owner)) => fault.detail("It is a sequence.").hint(format!(
            "Run SELECT * FROM seq_resync_table({}); for the table that owns it.",
            names::quote_literal(&owner)
        )),
        (pg_sys::RELKIND_SEQUENCE, None) => fault
            .detail("It is a sequence that no column owns.")
            .hint("Give a table whose column draws from it; SELECT * FROM seq_audit(); lists them."),
        _ => fault.hint("Give a table, a partitioned table or a foreign table."),
    })
}

/// The relation's quoted name, and for an owned sequence the quoted name of the table that owns it.
fn describe(target: Oid) -> Result<(String, Option<String>), Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let row = client.select(DESCRIPTION, None, &[target.into()])?.first();
            let text = |ordinal| Ok::<_, Fault>(row.get::<String>(ordinal)?.unwrap_or_default());
            let owner = match (row.get::<String>(3)?, row.get::<String>(4)?) {
                (Some(schema), Some(table)) => Some(quote_qualified(&schema, &table)),
                _ => None,
            };
            Ok((quote_qualified(&text(1)?, &text(2)?), owner))
        })
    })
}
