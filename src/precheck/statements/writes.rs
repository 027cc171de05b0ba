//! Whether the rows that a statement writes are refused.

use super::inserted;
use super::inserted_defaults::{draws, note_drawn};
use super::inserted_row::Row;
use super::targets::{may_refuse, omitted, target_columns};
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::Analyzed;
use crate::pg::parser::tree::{Dml, DmlKind, Value, value};
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::model::relation::{DELETE, INSERT, Id, UPDATE};
use crate::precheck::run::{Run, SuppliedIds};
use crate::report::statements::Statements;
use pgrx::PgSqlErrorCode as Code;

/// Judges what a statement writes to the target.
pub fn check(run: &mut Run, statement: &Dml<'_>, target: Option<Id>, analyzed: Option<&Analyzed>) -> Result<(), Error> {
    let Some(id) = target else { return Ok(()) };
    super::many_rows::warn(run, id, statement, analyzed);
    enum_values(run, id, statement);
    row_security(run, id, statement);
    if triggers(run, id, statement.kind) {
        return Ok(());
    }
    if run.model.get(id).kind == b'v' {
        through_view(run, id, statement);
        return Ok(());
    }
    let has_errors = run.has(crate::precheck::finding::Severity::Error);
    match statement.kind {
        DmlKind::Insert if !has_errors => insert(run, id, statement)?,
        DmlKind::Update if !has_errors => super::updated::check(run, id, statement, analyzed),
        DmlKind::Delete => deleted(run, id)?,
        DmlKind::Merge if may_refuse(run, id) => {
            let object = run.model.get(id).quoted();
            run.add(Note::unknown("written_rows", "the rows that MERGE writes are not checked").on(object));
        }
        _ => {}
    }
    Ok(())
}

/// Adds an error for a value of an enum that the same transaction has added, or the script renamed.
fn enum_values(run: &mut Run, id: Id, statement: &Dml<'_>) {
    if run.model.new_enum_values.is_empty() && run.model.gone_enum_values.is_empty() {
        return;
    }
    let used = |wanted: &str| {
        let is = |raw: &crate::pg::parser::tree::Raw<'_>| matches!(value(*raw), Value::Constant { text, .. } if text == wanted);
        statement.rows.iter().flatten().any(is) || statement.values.iter().flatten().any(is)
    };
    let (new, gone) = (&run.model.new_enum_values, &run.model.gone_enum_values);
    let new = new.iter().map(|(key, number)| (key, number, true));
    let mut all = new.chain(gone.iter().map(|(key, number)| (key, number, false)));
    let found = all.find(|((_, wanted), ..)| used(wanted));
    let Some(((of, wanted), number, is_new)) = found.map(|(key, number, is_new)| (key.clone(), *number, is_new)) else {
        return;
    };
    let object = run.model.get(id).quoted();
    let has_type = run
        .model
        .get(id)
        .columns
        .iter()
        .any(|column| column.type_text().rsplit('.').next().is_some_and(|name| name.trim_matches('"') == of));
    if has_type && !is_new {
        let detail = format!("invalid input value for enum {of}: \"{wanted}\"; statement {number} renames it");
        run.add(Note::error("cast_rows", Code::ERRCODE_INVALID_TEXT_REPRESENTATION, detail).on(object));
    } else if has_type {
        let detail = format!(
            "value \"{wanted}\" of enum {of} is added by statement {number} of the same transaction, and must be committed before it is used"
        );
        run.add(Note::error("transaction", Code::ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE, detail).on(object));
    }
}

/// Warns if row security hides rows from the role that runs the script.
fn row_security(run: &mut Run, id: Id, statement: &Dml<'_>) {
    let relation = run.model.get(id);
    let binds = relation.has_row_security
        && (relation.forces_row_security || !run.model.owns(id))
        && !access::bypasses_row_security(run.model.role);
    if matches!(statement.kind, DmlKind::Select | DmlKind::Other) || !binds {
        return;
    }
    let object = relation.quoted();
    if statement.kind != DmlKind::Delete {
        let detail = "the policies of row security decide about the new rows, which is not checked";
        run.add(Note::unknown("written_rows", detail).on(object.clone()));
    }
    if statement.kind == DmlKind::Insert {
        return;
    }
    let role = quote_identifier(&run.model.role_name());
    let owner = if run.model.owns(id) { ": FORCE ROW LEVEL SECURITY binds the owner" } else { "" };
    let detail = format!(
        "row security hides rows from role {role}{owner}, so that the statement changes only some, without an error"
    );
    run.add(Note::warning("rls_blind", detail).on(object));
}

/// Whether triggers or rules decide about the rows; adds a finding.
fn triggers(run: &mut Run, id: Id, kind: DmlKind) -> bool {
    let bits = match kind {
        DmlKind::Insert => INSERT,
        DmlKind::Update => UPDATE,
        DmlKind::Delete => DELETE,
        DmlKind::Merge => INSERT | UPDATE | DELETE,
        DmlKind::Select | DmlKind::Other => return false,
    };
    let relation = run.model.get(id);
    let object = relation.quoted();
    let fired = relation.fired(bits);
    let number = run.number();
    if relation.has_rules {
        run.model.distrust_rows(Cause::Statement(number));
        run.add(Note::unknown("rules", "a rule rewrites the statement").on(object));
        return true;
    }
    if fired.is_empty() {
        return false;
    }
    run.model.distrust_rows(Cause::Statement(number));
    let detail = format!("fires trigger {}, whose code is not run", crate::precheck::dependents::listed(&fired));
    run.add(Note::unknown("trigger_fires", detail).on(object));
    true
}

/// What a view's tables require of the rows is not followed.
fn through_view(run: &mut Run, id: Id, statement: &Dml<'_>) {
    if matches!(statement.kind, DmlKind::Select | DmlKind::Other) {
        return;
    }
    run.model.distrust_rows(Cause::Statement(run.number()));
    let detail = "whether the view can be written to, and what its tables require of the rows, is not checked";
    run.add(Note::unknown("written_rows", detail).on(run.model.get(id).quoted()));
}

fn insert(run: &mut Run, id: Id, statement: &Dml<'_>) -> Result<(), Error> {
    const MOST: usize = 100;
    let Some(columns) = target_columns(run, id, statement) else { return Ok(()) };
    if statement.has_indirection {
        note_drawn(run, id, None);
        run.model.get_mut(id).changes.new_rows = None;
        run.unchecked("what the statement writes into fields or elements of columns");
        return Ok(());
    }
    note_supplied_ids_of(run, id, statement, &columns)?;
    let count = run.checked_inserts.entry(id).or_insert(0);
    *count += 1;
    if *count > MOST {
        run.model.get_mut(id).changes.new_rows = None;
        note_drawn(run, id, None);
        if *run.checked_inserts.get(&id).unwrap_or(&0) == MOST + 1 {
            let object = run.model.get(id).quoted();
            run.add(
                Note::unknown("written_rows", format!("the rows of more than {MOST} INSERTs are not checked"))
                    .on(object),
            );
        }
        return Ok(());
    }
    if statement.rows.is_empty() && !statement.is_default_values {
        draws(run, id, &columns, false)?;
        note_drawn(run, id, None);
        omitted(run, id, &columns, false);
        run.model.get_mut(id).changes.new_rows = None;
        if may_refuse(run, id) && !run.has(crate::precheck::finding::Severity::Error) {
            let object = run.model.get(id).quoted();
            run.add(
                Note::unknown("written_rows", "the rows that the query returns are not checked: rehearse the script")
                    .on(object),
            );
        }
        return Ok(());
    }
    let rows: Vec<Row> = match statement.rows.is_empty() {
        true => vec![Row::default()],
        false => inserted::rows(run, id, statement, &columns),
    };
    if statement.on_conflict {
        run.model.get_mut(id).changes.new_rows = None;
    }
    inserted::check(run, id, statement, &rows)?;
    note_drawn(run, id, Some(&rows));
    Ok(())
}

/// Adds an error if ON CONFLICT names columns that no unique index has, which the planner finds.
pub fn infers(run: &mut Run, id: Id, statement: &Dml<'_>) {
    let relation = run.model.get(id);
    let Some(columns) = statement.conflict_columns.as_ref().filter(|_| relation.is_table() && !relation.is_opaque)
    else {
        return;
    };
    if let Some(missing) = columns.iter().find(|column| relation.column(column).is_none()).cloned() {
        super::constraint_names::unknown_column(run, id, &missing);
        return;
    }
    let fits = relation.indexes.iter().any(|index| {
        index.is_unique
            && index.is_valid
            && index.is_immediate
            && !index.has_predicate
            && index.columns.as_ref().is_some_and(|key| {
                key.iter().all(|column| columns.contains(column)) && columns.iter().all(|column| key.contains(column))
            })
    });
    if !fits {
        let (object, list) = (relation.quoted(), columns.join(", "));
        let detail = format!("there is no unique index on ({list}) that matches ON CONFLICT");
        run.add_name_error(Note::error("on_conflict", Code::ERRCODE_INVALID_COLUMN_REFERENCE, detail).on(object));
    }
}

/// A DELETE fails if other tables refer to its rows.
fn deleted(run: &mut Run, id: Id) -> Result<(), Error> {
    if run.model.get(id).is_known_empty() {
        return Ok(());
    }
    for (table, name) in run.model.references_to(id)? {
        let relation = run.model.get(table);
        let Some(key) = relation.constraint(&name).filter(|key| key.is_enforced) else { continue };
        let restricts = matches!(key.on_delete, b'a' | b'r');
        if restricts && !relation.is_known_empty() {
            let detail = format!("fails if rows of {} refer to the deleted ones ({name})", relation.quoted());
            let object = run.model.get(id).quoted();
            run.add(Note::unknown("referenced_rows", detail).on(object));
        }
    }
    Ok(())
}

/// Notes ids that VALUES supplies.
fn note_supplied_ids_of(run: &mut Run, id: Id, statement: &Dml<'_>, columns: &[String]) -> Result<(), Error> {
    let supplies = |name: &str| {
        let Some(index) = columns.iter().position(|column| column == name) else { return false };
        statement.rows.is_empty() && !statement.columns.is_empty()
            || statement.rows.iter().any(|row| row.get(index).is_some_and(|raw| value(*raw) != Value::Default))
    };
    let named: Vec<String> = columns.iter().filter(|name| supplies(name)).cloned().collect();
    note_supplied_ids(run, id, &named)
}

/// Notes that ids were supplied for columns that a sequence numbers, unless a later statement
/// covers that.
pub fn note_supplied_ids(run: &mut Run, id: Id, columns: &[String]) -> Result<(), Error> {
    let columns: Vec<String> = match columns.is_empty() {
        true => run.model.get(id).columns.iter().map(|column| column.name.clone()).collect(),
        false => columns.to_vec(),
    };
    for name in columns {
        let known = run.ids_supplied.iter().any(|known| known.table == id && known.column == name);
        if known || !super::identity::is_numbered(run, id, &name) {
            continue;
        }
        let sequence = super::identity::sequence_of(run, id, &name)?.map(|sequence| sequence.name.name);
        run.ids_supplied.push(SuppliedIds {
            place: run.place.clone(),
            table: id,
            column: name,
            sequence,
            is_covered: false,
        });
    }
    Ok(())
}

/// Warns of ids that no statement of the script has covered.
pub fn conclude(run: &mut Run) -> Result<(), Error> {
    for supplied in std::mem::take(&mut run.ids_supplied) {
        let relation = run.model.get(supplied.table);
        if supplied.is_covered || relation.dropped.is_some() {
            continue;
        }
        let object = format!("{}.{}", relation.quoted(), quote_identifier(&supplied.column));
        let table = relation.quoted();
        let detail = "the statement supplies ids, and no later one advances the sequence: the next INSERT without an id may fail with 23505";
        let resync = Statements::new()?.resync_table(&table);
        run.add_at(supplied.place, Note::warning("sequence_behind", detail).on(object).safer([resync]));
    }
    Ok(())
}
