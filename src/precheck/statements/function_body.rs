//! Bodies of functions in language SQL, which CREATE FUNCTION checks.

use crate::error::Error;
use crate::pg::catalog_types::is_pseudo;
use crate::pg::encoded_text::encode_c;
use crate::pg::parser::analysis::{self, Failure, Scope};
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, Function, Names};
use crate::precheck::analysis::{check_of, is_of_script, new_function};
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Type;
use crate::precheck::run::Run;
use pgrx::pg_sys::Oid;
use std::ffi::CString;

/// Adds a finding if the body cannot be parsed, or names something that does not exist.
pub fn check(
    run: &mut Run,
    create: &Function<'_>,
    arguments: &Option<Vec<Oid>>,
    returns: Option<&Type>,
) -> Result<(), Error> {
    // The server skips all of this under check_function_bodies = off.
    if !run.checks_bodies {
        return Ok(());
    }
    let Some(body) = &create.body else { return Ok(()) };
    let Some(text) = encode_c(body) else { return Ok(()) };
    let parsed = match raw::parse(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let detail = format!("in the function's body: {}", error.error.message);
            run.add(Note::error("function_body", error.error.sqlstate, detail).on(create.name.join(".")));
            return Ok(());
        }
    };
    let (Some(tree), 1) = (tree::first(&parsed), parsed.count()) else { return Ok(()) };
    // The server does not analyze the body of a polymorphic function, or a utility statement.
    let is_polymorphic = arguments.iter().flatten().any(|oid| is_pseudo(*oid));
    if !matches!(tree.statement, tree::Statement::Dml(_)) || is_polymorphic {
        return Ok(());
    }
    let names = tree::names(tree.raw);
    if new_function(run, std::slice::from_ref(&names)).is_some() || names_changed(run, &names)? {
        let detail = "the function's body names what the script changes: rehearse the script";
        run.add(Note::unknown("function_body", detail).on(create.name.join(".")));
        return Ok(());
    }
    let Some(arguments) = arguments else { return Ok(()) };
    let scope = Scope { search_path: path(create).or(run.scope().search_path), ..run.scope() };
    let parameters: Vec<(Option<String>, Oid)> = create
        .parameters
        .iter()
        .filter(|parameter| parameter.is_input)
        .map(|parameter| parameter.name.clone())
        .zip(arguments.iter().copied())
        .collect();
    let failure = match analysis::analyze_body(
        tree.raw,
        parsed.text(),
        &scope,
        &parameters,
        create.name.last().map_or("", String::as_str),
    ) {
        Ok(columns) => {
            super::function_result::check(run, create, returns, columns.as_deref());
            return Ok(());
        }
        Err(failure) => failure,
    };
    let Failure::Raised(raised) = failure else {
        crate::precheck::analysis::unknown(run, &failure);
        return Ok(());
    };
    let state = raised.error.sqlstate;
    let detail = format!("in the function's body: {}", crate::report::wording::error(&raised.error));
    let is_name = !matches!(check_of(state), "analysis" | "unknown_column");
    let own = create.name.last();
    let calls_itself = names.functions.iter().any(|called| called.last() == own);
    let note = if is_name
        && !calls_itself
        && run.model.names_unknown.is_none()
        && run.model.types.is_empty()
        && run.model.extensions.is_empty()
    {
        Note::error("function_body", state, detail)
    } else {
        Note::unknown("function_body", detail).raising(state)
    };
    run.add(note.on(create.name.join(".")));
    Ok(())
}

/// Whether the names are those of relations that the script has created, changed or dropped.
fn names_changed(run: &mut Run, names: &Names) -> Result<bool, Error> {
    if names.classes.iter().any(|class| is_of_script(run, class)) {
        return Ok(true);
    }
    for name in &names.relations {
        let is_changed = match run.model.find(name)? {
            Found::Relation(id) => run.model.get(id).is_changed || run.model.get(id).created.is_some(),
            Found::Missing | Found::NoSchema(_) => run.model.gone_since(name).is_some(),
            Found::Unknown => true,
        };
        if is_changed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the search_path that the function sets for itself.
fn path(create: &Function<'_>) -> Option<CString> {
    let names = create.search_path.as_ref()?;
    let quoted = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    encode_c(&quoted.collect::<Vec<_>>().join(", "))
}
