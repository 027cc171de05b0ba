//! Finds functions written in SQL whose body names what does not exist: a dump is restored without
//! checking bodies.
//!
//! Locks: AccessShareLock on catalogs and on the tables that a body names, released before the next
//! function.

use super::finding::{Finding, Severity};
use super::target::Target;
use super::unread::Kind;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::encoded_text::{ServerText, encode_c};
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{Failure, Scope, analyze_body};
use crate::pg::parser::tree::Raw;
use crate::pg::parser::{raw, tree};
use crate::pg::{access, memory, schemas, subtransaction};
use crate::report::wording;
use pgrx::Spi;
use pgrx::pg_sys::Oid;

const FUNCTIONS: &str = include_str!("../../sql/queries/sql_functions.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let functions = read(FUNCTIONS, &[target.user_schemas.clone().into()], Function::read)?;
    if functions.is_empty() {
        return Ok(Vec::new());
    }
    let schemas = subtransaction::discard(|| Spi::connect(schemas::of_users))?;
    let path = Path {
        is_visible: schemas.iter().all(|(oid, _)| access::may_use_schema(*oid)),
        schemas: schemas.into_iter().map(|(_, name)| quote_identifier(&name.text)).collect(),
    };
    Ok(functions.iter().filter_map(|function| function.finding(target, &path)).collect())
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

    fn finding(&self, target: &Target<'_>, path: &Path) -> Option<Finding> {
        memory::step();
        let text = encode_c(&self.body)?;
        let parsed = raw::parse(&text).ok()?;
        // A body of several statements may create what the later ones name.
        let tree = tree::first(&parsed).filter(|_| parsed.count() == 1)?;
        if !matches!(tree.statement, tree::Statement::Dml(_)) {
            return None;
        }
        let scope = Scope { search_path: encode_c(&path.of(self)), ..Scope::default() };
        match analyze_body(tree.raw, parsed.text(), &scope, &self.parameters, &self.name) {
            Err(Failure::Raised(raised)) if raised.sqlstate == "42501" => {
                target.unread.note(Kind::Function, format!("function {}", self.label));
                None
            }
            Err(Failure::Raised(raised))
                if is_certain(&raised.sqlstate, path.is_known_for(self), || names_missing_table(tree.raw)) =>
            {
                let reason = format!("{}: each call fails with {}", wording::error(&raised.error), raised.sqlstate);
                Some(self.row("function_broken", reason))
            }
            Err(Failure::Locked(error)) => Some(self.row("function_unknown", wording::error(&error))),
            _ => None,
        }
    }

    fn row(&self, check_name: &'static str, detail: String) -> Finding {
        let object = format!("function {}", self.label);
        Finding { severity: Severity::Warning, check_name, object, detail, fix: None }
    }
}

/// The search_path with which bodies are analyzed.
struct Path {
    /// All schemas.
    schemas: Vec<String>,
    /// Whether the current user may use all of them, and so sees what callers see.
    is_visible: bool,
}

impl Path {
    /// Returns that of the function. The path of its callers is not known. With all schemas in it,
    /// every object is found that any of them would find.
    fn of(&self, function: &Function) -> String {
        let others = self.schemas.iter().filter(|schema| **schema != function.schema).cloned();
        let all = || std::iter::once(function.schema.clone()).chain(others).collect::<Vec<_>>().join(", ");
        function.path.clone().unwrap_or_else(all)
    }

    /// Whether each call looks names up in the same schemas, and this analysis in all of them.
    fn is_known_for(&self, function: &Function) -> bool {
        self.is_visible && function.path.as_ref().is_some_and(|path| !path.contains("$user"))
    }
}

/// Whether each call raises the error: what it names does not exist. A table without a schema may
/// be a temporary one of the caller's session.
fn is_certain(sqlstate: &str, is_path_known: bool, names_missing_table: impl Fn() -> bool) -> bool {
    match sqlstate {
        "3F000" => true,
        "42P01" => names_missing_table(),
        "42703" | "42883" => is_path_known,
        _ => false,
    }
}

/// Whether a statement names a table with a schema that does not have it.
fn names_missing_table(raw: Raw<'_>) -> bool {
    let relations = tree::names(raw).relations;
    relations.iter().any(|relation| {
        relation.schema.as_deref().is_some_and(|schema| schemas::lacks_relation(schema, &relation.name))
    })
}

#[cfg(test)]
mod tests {
    use super::is_certain;

    #[test]
    fn function_is_broken_only_if_every_call_fails() {
        assert!(is_certain("42P01", false, || true) && !is_certain("42P01", true, || false));
        assert!(is_certain("42703", true, || false) && !is_certain("42703", false, || true));
        assert!(is_certain("3F000", false, || false));
        assert!(!is_certain("42725", true, || true) && !is_certain("53200", true, || true));
    }
}
