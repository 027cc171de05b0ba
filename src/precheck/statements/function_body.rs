//! Bodies of functions in language SQL, which CREATE FUNCTION checks.

use crate::pg::encoded_text::encode_c;
use crate::pg::parser::analysis::{self, Failure, Scope};
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, Function};
use crate::precheck::analysis::{check_of, new_function};
use crate::precheck::finding::Note;
use crate::precheck::run::Run;
use pgrx::pg_sys::Oid;
use std::ffi::CString;

/// Adds a finding if the body cannot be parsed, or names something that does not exist.
pub fn check(run: &mut Run, create: &Function<'_>, arguments: &Option<Vec<Oid>>) {
    // The server skips all of this under check_function_bodies = off.
    if !crate::pg::settings::checks_function_bodies() {
        return;
    }
    let Some(body) = &create.body else { return };
    let Some(text) = encode_c(body) else { return };
    let parsed = match raw::parse(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let detail = format!("in the function's body: {}", error.error.message);
            run.add(Note::error("function_body", error.error.sqlstate, detail).on(create.name.join(".")));
            return;
        }
    };
    let (Some(tree), 1) = (tree::first(&parsed), parsed.count()) else { return };
    // Other statements are not analyzed, and their trees not walked.
    let is_plain = matches!(tree.statement, tree::Statement::Dml(_));
    if !is_plain
        || new_function(run, &[tree::names(tree.raw)]).is_some()
        || run.model.loaded().any(|(_, relation)| relation.is_changed || relation.created.is_some())
    {
        return;
    }
    let Some(arguments) = arguments else { return };
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
        Ok(()) => return,
        Err(failure) => failure,
    };
    let Failure::Raised(raised) = failure else { return };
    let state = raised.error.sqlstate;
    let detail = format!("in the function's body: {}", crate::report::wording::error(&raised.error));
    let is_name = !matches!(check_of(state), "analysis" | "unknown_column");
    let note = if is_name
        && run.model.names_unknown.is_none()
        && run.model.types.is_empty()
        && run.model.extensions.is_empty()
    {
        Note::error("function_body", state, detail)
    } else {
        Note::unknown("function_body", detail)
    };
    run.add(note.on(create.name.join(".")));
}

/// Returns the search_path that the function sets for itself.
fn path(create: &Function<'_>) -> Option<CString> {
    let names = create.search_path.as_ref()?;
    let quoted = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    encode_c(&quoted.collect::<Vec<_>>().join(", "))
}
