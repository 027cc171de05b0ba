//! Temporary tables with ON COMMIT DROP.

use super::statement;
use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::names::quote_identifier;
use crate::pg::parser::raw::{Parsed, parse};
use crate::pg::parser::tree::{self, Statement};
use crate::pg::rehearsal::execute;

/// The tables that the script's current transaction has created with ON COMMIT DROP: the real
/// transaction of a rehearsal does not commit.
#[derive(Debug, Default)]
pub struct OnCommit(Vec<String>);

impl OnCommit {
    /// Notes the table that a statement has created.
    pub fn note(&mut self, created: Option<String>) {
        self.0.extend(created);
    }

    /// Drops the tables, as the end of their transaction does.
    pub fn end(&mut self) -> Result<(), Error> {
        for name in std::mem::take(&mut self.0) {
            let drop = format!("DROP TABLE IF EXISTS pg_temp.{} CASCADE", quote_identifier(&name));
            let Some(Ok(drop)) = encode_c(&drop).map(|text| parse(&text)) else { continue };
            statement::apart(|| execute::run(&drop))?;
        }
        Ok(())
    }
}

/// Returns the table that the statement creates with ON COMMIT DROP. The parse tree must be as the
/// parser has made it.
pub fn dropped_on_commit(parsed: &Parsed) -> Option<String> {
    let (relation, storage) = match tree::first(parsed)?.statement {
        Statement::CreateTable(create) => (create.relation, create.storage),
        Statement::CreateTableAs { relation, storage, .. } => (relation, storage),
        _ => return None,
    };
    storage.drops_on_commit.then_some(relation.name)
}
