//! The conditions of triggers.

use crate::pg::parser::analysis::{EphemeralColumn, Place, Used};
use crate::pg::parser::tree::CreateTrigger;
use crate::precheck::analysis::{ephemeral, expression};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{BEFORE, DELETE, INSERT, Id, ROW, Relation};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

/// The system columns, which a condition may use as well.
const SYSTEM: [(&str, BuiltinOid); 6] = [
    ("ctid", BuiltinOid::TIDOID),
    ("xmin", BuiltinOid::XIDOID),
    ("cmin", BuiltinOid::CIDOID),
    ("xmax", BuiltinOid::XIDOID),
    ("cmax", BuiltinOid::CIDOID),
    ("tableoid", BuiltinOid::OIDOID),
];

/// Judges WHEN, and returns the columns that it uses; `None` if there is a finding.
pub fn check(run: &mut Run, id: Id, create: &CreateTrigger<'_>) -> Option<Vec<String>> {
    let Some(raw) = create.condition else { return Some(Vec::new()) };
    let Some(mut relation) = ephemeral(run, id) else {
        run.unchecked("the trigger's WHEN condition, which may use a column of a type that the script creates,");
        return None;
    };
    relation.columns.extend(SYSTEM.iter().map(|(name, type_)| EphemeralColumn {
        name: (*name).to_owned(),
        type_oid: type_.value(),
        modifier: -1,
        collation: Oid::INVALID,
    }));
    let used = expression(run, raw, Place::TriggerWhen(&relation))?;
    let relation = run.model.get(id);
    if let Some((state, detail)) = refusal(relation, create.events, &used) {
        let object = relation.quoted();
        run.add_name_error(Note::error("trigger", state, detail).on(object));
        return None;
    }
    Some(columns(relation, &used))
}

/// Returns why the condition of such a trigger cannot use these columns (CreateTriggerFiringOn in
/// commands/trigger.c).
fn refusal(relation: &Relation, events: i16, used: &Used) -> Option<(Code, String)> {
    let is = |bits: i16| events & bits != 0;
    let invalid = |detail: &str| Some((Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail.to_owned()));
    let uses_rows = !used.old.is_empty() || !used.new.is_empty();
    if uses_rows && !is(ROW) {
        return invalid("a statement trigger's WHEN condition cannot reference column values");
    }
    if is(INSERT) && !used.old.is_empty() {
        return invalid("an INSERT trigger's WHEN condition cannot reference OLD values");
    }
    if is(DELETE) && !used.new.is_empty() {
        return invalid("a DELETE trigger's WHEN condition cannot reference NEW values");
    }
    if !is(BEFORE) {
        return None;
    }
    let count = relation.columns.len();
    let place = |number: &i16| usize::try_from(*number).unwrap_or(0);
    if used.new.iter().any(|number| place(number) > count) {
        let detail = "a BEFORE trigger's WHEN condition cannot reference NEW system columns";
        return Some((Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail.to_owned()));
    }
    let generated = |number: &i16| match place(number) {
        0 => relation.columns.iter().any(|column| column.generated != 0),
        number => relation.columns.get(number - 1).is_some_and(|column| column.generated != 0),
    };
    if used.new.iter().any(generated) {
        return invalid("a BEFORE trigger's WHEN condition cannot reference NEW generated columns");
    }
    None
}

fn columns(relation: &Relation, used: &Used) -> Vec<String> {
    let numbers = used.old.iter().chain(&used.new);
    let name = |number: &i16| relation.columns.get(usize::try_from(*number).ok()?.checked_sub(1)?);
    // The whole row is a dependency on the table, which DROP COLUMN does not touch.
    numbers.filter_map(name).map(|column| column.name.clone()).collect()
}
