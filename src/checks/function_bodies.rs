//! Finds functions written in SQL whose body names what does not exist: a dump is restored without
//! checking bodies.
//!
//! Locks: AccessShareLock on catalogs and on the tables that a body names, released before the next
//! function.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::encoded_text::{ServerText, encode_c};
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{Failure, Scope, analyze_body};
use crate::pg::parser::{raw, tree};
use crate::pg::{memory, schemas, subtransaction};
use crate::report::wording;
use pgrx::Spi;
use pgrx::pg_sys::Oid;

const FUNCTIONS: &str = include_str!("../../sql/queries/sql_functions.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let functions = read(FUNCTIONS, &[target.user_schemas.clone().into()], Function::read)?;
    if functions.is_empty() {
        return Ok(Vec::new());
    }
    let others = subtransaction::discard(|| Spi::connect(schemas::of_users))?;
    let others: Vec<String> = others.into_iter().map(|(_, name)| quote_identifier(&name.text)).collect();
    Ok(functions.iter().filter_map(|function| function.finding(&others)).collect())
}

struct Function {
    /// With schema and arguments.
    label: String,
    name: String,
    body: String,
    /// The search_path that it sets for itself.
    path: Option<String>,
    schema: String,
    parameters: Vec<(Option<String>, Oid)>,
}

impl Function {
    fn read(row: &CatalogRow<'_, '_>) -> Result<Function, Error> {
        let names = row.optional::<Vec<ServerText>>(7)?.unwrap_or_default();
        let mut names = names.into_iter().map(|name| Some(name.0).filter(|name| !name.is_empty()));
        let types = row.optional::<Vec<Oid>>(6)?.unwrap_or_default();
        Ok(Function {
            label: row.text(1)?,
            name: row.get::<ServerText>(2)?.0,
            body: row.get::<ServerText>(3)?.0,
            path: row.optional::<ServerText>(4)?.map(|path| path.0),
            schema: row.identifier(5)?,
            parameters: types.into_iter().map(|oid| (names.next().flatten(), oid)).collect(),
        })
    }

    fn finding(&self, schemas: &[String]) -> Option<Finding> {
        memory::step();
        let text = encode_c(&self.body)?;
        let parsed = raw::parse(&text).ok()?;
        // A body of several statements may create what the later ones name.
        let tree = tree::first(&parsed).filter(|_| parsed.count() == 1)?;
        if !matches!(tree.statement, tree::Statement::Dml(_)) {
            return None;
        }
        // The path of the callers is not known. With all schemas in it, every table is found that any
        // of them would find.
        let path = self.path.clone().unwrap_or_else(|| {
            let others = schemas.iter().filter(|schema| **schema != self.schema).cloned();
            std::iter::once(self.schema.clone()).chain(others).collect::<Vec<_>>().join(", ")
        });
        let scope = Scope { search_path: encode_c(&path), ..Scope::default() };
        match analyze_body(tree.raw, parsed.text(), &scope, &self.parameters, &self.name) {
            Err(Failure::Raised(raised)) if is_certain(&raised.sqlstate, self.path.is_some()) => Some(Finding {
                severity: Severity::Warning,
                check_name: "function_broken",
                object: format!("function {}", self.label),
                detail: format!("{}: each call fails with {}", wording::error(&raised.error), raised.sqlstate),
                fix: None,
            }),
            _ => None,
        }
    }
}

/// Whether each call raises the error: what it names does not exist. If the callers' search_path
/// decides, only a missing table or schema is certain, since another table of the same name may have
/// other columns.
fn is_certain(sqlstate: &str, has_path: bool) -> bool {
    match sqlstate {
        "42P01" | "3F000" => true,
        "42703" | "42704" | "42883" => has_path,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_certain;

    #[test]
    fn function_is_broken_only_if_every_path_fails() {
        assert!(is_certain("42P01", false) && is_certain("42P01", true));
        assert!(is_certain("42703", true) && !is_certain("42703", false));
        assert!(!is_certain("42725", true) && !is_certain("53200", true));
    }
}
