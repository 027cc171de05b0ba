//! Looks up the table that seq_resync_table is called for.

use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{names, subtransaction};
use crate::report::scope::Scope;
use crate::report::statements::Statements;
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgSqlErrorCode, Spi};

const SEQUENCE_OWNER: &str = include_str!("../../sql/queries/sequence_owner.sql");

/// Returns the scope for this table. Errors: 42P01 if the relation does not exist, 42809 if it is
/// not a table.
pub fn scope(target: Oid) -> Result<Scope, Error> {
    let Some(kind) = names::relation_kind(target) else {
        let message = format!("relation with OID {} does not exist", target.to_u32());
        return Err(Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message));
    };
    if matches!(kind, pg_sys::RELKIND_RELATION | pg_sys::RELKIND_PARTITIONED_TABLE | pg_sys::RELKIND_FOREIGN_TABLE) {
        return Ok(Scope::Table(target));
    }
    let name = names::relation_name(target).map(|name| name.quoted()).unwrap_or_default();
    let error = Error::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, format!("{name} is not a table"));
    Err(match (kind, owner(target)?) {
        (pg_sys::RELKIND_SEQUENCE, Some(owner)) => error
            .detail("It is a sequence.")
            .hint(format!("Run {} for the table that owns it.", Statements::new()?.resync_table(&owner))),
        (pg_sys::RELKIND_SEQUENCE, None) => error.detail("It is a sequence that no column owns.").hint(format!(
            "Pass a table whose column draws from it. Run {} to list them.",
            Statements::new()?.audit_of_sequence(&name)
        )),
        _ => error.hint("Pass a table, a partitioned table or a foreign table."),
    })
}

/// Returns the quoted name of the table whose column owns the sequence.
fn owner(sequence: Oid) -> Result<Option<String>, Error> {
    let owner = subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut rows = client.select(SEQUENCE_OWNER, None, &[sequence.into()])?;
            rows.next().map(|row| required::<Oid>(&row, 1)).transpose()
        })
    })?;
    Ok(owner.and_then(names::relation_name).map(|name| name.quoted()))
}
