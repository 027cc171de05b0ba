//! Has the server look up the names and types of expressions and queries, over the relations as the
//! script has left them.

use super::finding::Note;
use super::model::relation::{Id, Type};
use super::model::{Change, Found};
use super::rows::NoAnswer;
use super::run::Run;
use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use crate::pg::parser::analysis::{self, Analyzed, Ephemeral, EphemeralColumn, Failure, Input, Replace};
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, Names, Raw, RelationName};
use crate::pg::raised::Raised;
use crate::pg::{access, run_as};
use crate::report::wording;
use pgrx::PgSqlErrorCode as Code;

/// Returns the relation for the server's analysis; `None` if a column's type is not known yet.
pub fn ephemeral(run: &Run, id: Id) -> Option<Ephemeral> {
    let relation = run.model.get(id);
    if relation.is_opaque {
        return None;
    }
    let column = |column: &super::model::relation::Column| match column.type_ {
        Type::Known { oid, modifier } => {
            Some(EphemeralColumn { name: column.name.clone(), type_oid: oid, modifier, collation: column.collation })
        }
        Type::New(_) => None,
    };
    let columns = relation.columns.iter().map(column).collect::<Option<_>>()?;
    Some(Ephemeral { name: ephemeral_name(id), columns })
}

/// What the names of ephemeral relations begin with.
const EPHEMERAL: &str = "pg_flightcheck relation ";

/// Analyzes an expression in a place where the server accepts less than in a query. Adds a finding
/// if that fails.
pub fn expression(run: &mut Run, raw: Raw<'_>, place: analysis::Place<'_>) -> Option<analysis::Used> {
    if let Some(note) = new_function(run, &[tree::names(raw)]) {
        run.add(note);
        return None;
    }
    let outcome =
        scope(run, [raw].into_iter()).and_then(|scope| analysis::analyze_expression(raw, place, &run.text, &scope));
    outcome.inspect_err(|failure| fail(run, failure, None)).ok()
}

/// Returns under which names the parse trees are looked up; an error if they name a relation that
/// the script has dropped.
fn scope<'p>(run: &mut Run, raws: impl Iterator<Item = Raw<'p>>) -> Result<analysis::Scope, Failure> {
    let mut scope = run.scope();
    let names: Vec<Names> = raws.map(tree::names).collect();
    if let Some(failure) = names.iter().flat_map(|names| &names.types).find_map(|names| gone_type(run, names)) {
        return Err(failure);
    }
    scope.classes = names.into_iter().flat_map(|names| names.classes).collect();
    if let Some(failure) = scope.classes.iter().find_map(|class| gone(run, class)) {
        return Err(failure);
    }
    scope.classes.retain(|class| is_of_script(run, class));
    Ok(scope)
}

/// Analyzes the input under the script's names, over these relations.
pub fn look_up(
    run: &mut Run,
    input: Input<'_, '_>,
    ephemerals: &[Ephemeral],
    replace: Replace<'_>,
    wants_text: bool,
) -> Result<Analyzed, Failure> {
    let scope = scope(run, input.raws())?;
    let outcome = analysis::analyze(input, &run.text, &scope, ephemerals, replace, wants_text);
    // The text has another relation in place of the script's.
    if scope.classes.is_empty() { outcome } else { outcome.map(|found| Analyzed { text: None, ..found }) }
}

/// Returns the error for a constant of type regclass that names a relation which the script has
/// dropped: the server still finds it.
fn gone(run: &mut Run, class: &str) -> Option<Failure> {
    let name = RelationName::of_class(class);
    let Ok(Found::Missing) = run.model.find(&name) else { return None };
    let statement = run.model.gone_since(&name)?;
    let detail = format!("relation {class} does not exist: statement {statement} drops or renames it");
    Some(raised(Code::ERRCODE_UNDEFINED_TABLE, detail))
}

/// Returns the error for a type that the script has dropped or renamed: the server still finds it.
fn gone_type(run: &Run, names: &[String]) -> Option<Failure> {
    let (own, schema) = names.split_last()?;
    let Some(Change::Dropped(statement)) = run.model.type_change(schema.last().map(String::as_str), own) else {
        return None;
    };
    let detail = format!("type \"{own}\" does not exist: statement {statement} drops or renames it");
    Some(raised(Code::ERRCODE_UNDEFINED_OBJECT, detail))
}

fn raised(state: Code, message: String) -> Failure {
    Failure::Raised(Box::new(Raised::new(Error::new(state, message))))
}

/// Whether a constant of type regclass names a relation that the script has created or renamed.
pub fn is_of_script(run: &mut Run, class: &str) -> bool {
    let Ok(Found::Relation(id)) = run.model.find(&RelationName::of_class(class)) else { return false };
    let relation = run.model.get(id);
    let is_renamed =
        relation.original.as_ref().is_some_and(|known| known.name != relation.name || known.schema != relation.schema);
    relation.oid.is_none() || is_renamed
}

fn ephemeral_name(id: Id) -> String {
    format!("{EPHEMERAL}{id}")
}

/// Analyzes expressions over one relation. Adds a finding if that fails.
pub fn expressions(run: &mut Run, id: Id, list: &[Raw<'_>]) -> Option<Analyzed> {
    let Some(ephemeral) = ephemeral(run, id) else {
        run.add(
            Note::unknown("new_type", "an expression uses a type that the script creates")
                .on(run.model.get(id).quoted()),
        );
        return None;
    };
    let functions: Vec<Names> = list.iter().map(|raw| tree::names(*raw)).collect();
    if let Some(note) = new_function(run, &functions) {
        run.add(note);
        return None;
    }
    let alias = run.model.get(id).name.clone();
    let input = Input::Expressions(list, Some((&ephemeral.name, &alias)));
    let outcome = look_up(run, input, std::slice::from_ref(&ephemeral), &|_| None, false);
    or_fail(run, outcome)
}

/// Analyzes an expression without a relation, such as a default.
pub fn free_expression(run: &mut Run, raw: Raw<'_>) -> Option<Analyzed> {
    if let Some(note) = new_function(run, &[tree::names(raw)]) {
        run.add(note);
        return None;
    }
    let outcome = look_up(run, Input::Expressions(&[raw], None), &[], &|_| None, true);
    or_fail(run, outcome)
}

/// Returns what was analyzed, or adds a finding.
pub fn or_fail(run: &mut Run, outcome: Result<Analyzed, Failure>) -> Option<Analyzed> {
    outcome.inspect_err(|failure| fail(run, failure, None)).ok()
}

/// Returns the text of the only column of an analyzed SELECT without FROM. Pure.
pub fn column_text(analyzed: &Analyzed) -> Option<String> {
    let text = analyzed.text.as_ref()?.trim_start().strip_prefix("SELECT ")?.trim_end().trim_end_matches(';');
    let name = &analyzed.columns.first()?.name;
    let alias = [format!(" AS {name}"), format!(" AS \"{}\"", name.replace('"', "\"\""))];
    Some(alias.iter().find_map(|alias| text.strip_suffix(alias.as_str())).unwrap_or(text).to_owned())
}

/// Returns the text of `SELECT expressions FROM relation WHERE condition` with all names resolved,
/// over the relation as the script has left it. Refuses code that must not run, and adds a finding.
pub fn projection(
    run: &mut Run,
    id: Id,
    only: bool,
    list: &[(Option<&str>, Raw<'_>)],
    condition: Option<(Raw<'_>, bool)>,
) -> Option<String> {
    let from = run.model.get(id).as_subquery(only)?;
    let input = Input::Projection { from: &from, expressions: list, condition };
    match analysis::analyze(input, &run.text, &run.scope(), &[], &|_| None, true) {
        Ok(analyzed) => analyzed.text,
        Err(failure) => {
            unknown(run, &failure);
            None
        }
    }
}

/// Returns why the rows may not be asked with this query.
pub fn refuse_code(query: &str) -> Option<Note> {
    code_in(query).map(|(check, reason)| Note::unknown(check, format!("the rows were not asked: {reason}")))
}

/// Returns why a query, all of whose names have a schema, must not run: it would call code that
/// neither the caller nor a superuser answers for, or that may have effects. With the name of the
/// check.
pub fn code_in(query: &str) -> Option<(&'static str, String)> {
    let owners = |reason: String| Some(("owner_code", reason));
    let analyzed = match analyze_text(query, &[]) {
        Some(Ok(analyzed)) => analyzed,
        Some(Err(Failure::RunsCode(function))) => {
            return owners(format!("that would call {}", access::function_name(function)));
        }
        Some(Err(Failure::Raised(raised))) => return owners(wording::error(&raised.error)),
        Some(Err(Failure::Locked(error))) => return Some(("lock_held", error.message)),
        None | Some(Err(Failure::Unsupported)) => return owners("the query could not be read".to_owned()),
    };
    if let Some(reason) = code_of_others(&analyzed) {
        return owners(reason);
    }
    analyzed.is_volatile.then(|| ("volatile", "an expression calls a volatile function".to_owned()))
}

/// Returns what the query would run that neither the caller nor a superuser answers for.
pub fn code_of_others(analyzed: &Analyzed) -> Option<String> {
    let caller = run_as::current();
    let called = analyzed.functions.iter().find(|function| !access::is_trusted_function(**function, caller));
    if let Some(function) = called {
        return Some(format!("that would call {}", access::function_name(*function)));
    }
    let checked = analyzed.types.iter().find(|oid| !access::is_trusted_type(**oid, caller))?;
    Some(format!("that would check values of type {}", analysis::type_text(*checked, -1)))
}

/// Analyzes SQL whose names all have a schema; `None` if it cannot be parsed.
pub fn analyze_text(query: &str, ephemerals: &[Ephemeral]) -> Option<Result<Analyzed, Failure>> {
    let parsed = raw::parse(&encode_c(query)?).ok()?;
    let tree = tree::first(&parsed)?;
    let scope = analysis::Scope {
        search_path: Some(c"pg_catalog".to_owned()),
        role: Some(run_as::SUPERUSER),
        classes: Vec::new(),
    };
    Some(analysis::analyze(Input::Statement(tree.raw), parsed.text(), &scope, ephemerals, &|_| None, false))
}

/// Analyzes an expression that the catalogs have as text, over the relation as the script has left
/// it; `None` if that is not possible.
pub fn catalog_expression(run: &Run, id: Id, expression: &str) -> Option<Result<Analyzed, Failure>> {
    let ephemeral = ephemeral(run, id)?;
    let quote = crate::pg::names::quote_identifier;
    let query = format!("SELECT {expression} FROM {} AS {}", quote(&ephemeral.name), quote(&run.model.get(id).name));
    analyze_text(&query, &[ephemeral])
}

/// Adds a finding for rows that do not answer.
pub fn note_no_answer(run: &mut Run, check: &'static str, id: Option<Id>, reason: NoAnswer) {
    let note = match reason {
        NoAnswer::Unknown(reason) => Note::unknown(check, reason),
        NoAnswer::Raised(error) => Note::error(check, error.sqlstate, wording::error(&error)),
    };
    let note = match id {
        Some(id) => note.on(run.model.get(id).quoted()),
        None => note,
    };
    run.add(note);
}

/// Returns a note if one of the functions is one that the script has created, replaced or dropped.
pub fn new_function(run: &Run, names: &[Names]) -> Option<Note> {
    let called = names.iter().flat_map(|names| names.functions.iter().filter_map(|function| function.last()));
    let changed = called.into_iter().find(|name| run.model.functions.contains_key(*name))?;
    Some(
        Note::unknown("new_function", format!("function {changed} is created or changed by the script"))
            .on(changed.clone()),
    )
}

/// Adds a finding for a failed analysis.
pub fn fail(run: &mut Run, failure: &Failure, object: Option<String>) {
    let Failure::Raised(raised) = failure else {
        unknown(run, failure);
        return;
    };
    if raised.error.message.contains(EPHEMERAL) {
        // WITH writes to a table that the script has changed.
        unknown(run, &Failure::Unsupported);
        return;
    }
    let state = raised.error.sqlstate;
    if is_too_complex(state) {
        // Here, less of the stack is left than for the statement itself.
        unknown(run, failure);
        return;
    }
    let detail = run.located(raised);
    let note = match super::doubts::doubt(run, raised) {
        Some(reason) => Note::unknown(check_of(state), format!("{detail}, unless {reason}")).raising(state),
        None => Note::error(check_of(state), state, detail),
    };
    run.add_name_error(Note { object, ..note });
}

/// Whether the error is that of a statement that is nested too deeply for the stack.
pub fn is_too_complex(state: Code) -> bool {
    state == Code::ERRCODE_STATEMENT_TOO_COMPLEX
}

/// Adds a finding for an analysis that could not be done.
pub fn unknown(run: &mut Run, failure: &Failure) {
    let note = match failure {
        Failure::Raised(raised) => Note::unknown(check_of(raised.error.sqlstate), run.located(raised)),
        Failure::RunsCode(function) => {
            let name = crate::pg::access::function_name(*function);
            Note::unknown("owner_code", format!("not analyzed: reading a constant of it calls {name}"))
        }
        Failure::Locked(error) => Note::unknown("lock_held", error.message.clone()),
        Failure::Unsupported => {
            Note::unknown("analysis", "this form of statement is not analyzed over a changed table")
        }
    };
    run.add(note);
}

/// Returns the name of the check that an SQLSTATE belongs to.
pub fn check_of(state: Code) -> &'static str {
    match state {
        Code::ERRCODE_UNDEFINED_COLUMN => "unknown_column",
        Code::ERRCODE_UNDEFINED_TABLE => "unknown_table",
        Code::ERRCODE_UNDEFINED_FUNCTION => "unknown_function",
        Code::ERRCODE_UNDEFINED_OBJECT => "unknown_type",
        Code::ERRCODE_INVALID_SCHEMA_NAME => "unknown_schema",
        Code::ERRCODE_AMBIGUOUS_FUNCTION => "ambiguous_function",
        Code::ERRCODE_AMBIGUOUS_COLUMN => "ambiguous_column",
        Code::ERRCODE_DATATYPE_MISMATCH | Code::ERRCODE_CANNOT_COERCE => "type_cast",
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE => "privilege",
        Code::ERRCODE_SYNTAX_ERROR => "syntax",
        _ => "analysis",
    }
}
