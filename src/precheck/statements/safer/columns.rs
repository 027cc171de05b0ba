//! ADD COLUMN, whose constraints and values become statements of their own.

use super::batches;
use super::column_text::{Part, parts};
use super::constraints::{self, Text, not_null};
use super::steps::Steps;
use super::subject::{NewNames, Subject};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{self, Column as Definition, ConstraintKind, Raw, Value};
use crate::precheck::model::relation::Default_;
use crate::precheck::run::Run;
use crate::precheck::statements::columns::{has_domain_check, serial};

/// Functions whose results differ between rows and are never NULL.
const VOLATILE: [&str; 7] =
    ["gen_random_uuid", "uuidv4", "uuidv7", "random", "clock_timestamp", "timeofday", "nextval"];

/// An action ADD COLUMN of a statement.
pub struct Addition<'a> {
    pub subject: &'a Subject,
    /// The statement's text before the actions.
    pub head: &'a str,
    pub definition: &'a Definition<'a>,
    pub text: Text<'a>,
}

/// What fills the column in the rows that exist.
enum Values {
    /// NULL, or a constant that is stored once for all rows.
    Same { is_null: bool },
    /// An expression that is computed for each row.
    Each,
    /// A sequence, whose name is quoted.
    Sequence(String),
}

/// Adds the statements. Returns whether they are safer; `None` if nothing is known.
pub fn add(
    run: &mut Run,
    steps: &mut Steps,
    addition: &Addition<'_>,
    names: &mut NewNames,
) -> Result<Option<bool>, Error> {
    let Addition { subject, head, definition, text } = addition;
    let Some(split) = parts(text.spelled, text.own.clone(), definition) else { return Ok(None) };
    let Some(values) = values(run, subject, definition) else { return Ok(None) };
    let column = quote_identifier(&definition.name);
    let join = |part: &Part| text.spelled.join(part.range.clone());
    let is_filled = !matches!(values, Values::Same { .. });
    let is_null = matches!(values, Values::Same { is_null: true });
    if definition.has(ConstraintKind::NotNull) && is_null || is_filled && !batches::can_fill(subject, definition) {
        return Ok(None);
    }
    let mut base = match &values {
        Values::Sequence(_) => serial_type(definition).map(|of| format!("{column} {of}")),
        _ => Some(text.spelled.join(split.base.clone())),
    };
    let Some(base) = &mut base else { return Ok(None) };
    let mut default = None;
    for part in &split.parts {
        match part.kind {
            Some(ConstraintKind::Default) if is_filled => {
                default = Some(text.spelled.join(part.unnamed.start + 1..part.range.end))
            }
            None | Some(ConstraintKind::Default | ConstraintKind::Null) => base.push_str(&format!(" {}", join(part))),
            Some(ConstraintKind::NotNull) if !is_filled => base.push_str(&format!(" {}", join(part))),
            _ => {}
        }
    }
    fill(steps, addition, base, &values, default);
    let sets_not_null = definition.has(ConstraintKind::NotNull) || matches!(values, Values::Sequence(_));
    if is_filled && sets_not_null && !definition.has(ConstraintKind::PrimaryKey) {
        not_null(run, steps, subject, &definition.name, names.not_null(&definition.name))?;
    }
    let mut is_safer = is_filled;
    for (part, constraint) in split.constraints(definition) {
        let text = Text { spelled: text.spelled, own: part.unnamed.clone() };
        let differs = match constraint.kind {
            ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                let columns = [definition.name.clone()];
                constraints::key(run, steps, subject, constraint, &columns, &text, names)?
            }
            ConstraintKind::Check => {
                let own = text.spelled.join(text.own);
                constraints::not_valid(steps, subject, head, constraint, &own, names)
            }
            _ => {
                let own = format!("FOREIGN KEY ({column}) {}", text.spelled.join(text.own));
                constraints::not_valid(steps, subject, head, constraint, &own, names)
            }
        };
        match differs {
            Some(differs) => is_safer |= differs,
            None => return Ok(None),
        }
    }
    Ok(Some(is_safer))
}

/// Adds the statements that add the column, and those that fill it row by row.
fn fill(steps: &mut Steps, addition: &Addition<'_>, base: &str, values: &Values, default: Option<String>) {
    let Addition { subject, head, definition, .. } = addition;
    let (table, column) = (subject.table(), quote_identifier(&definition.name));
    let default = match values {
        Values::Same { .. } => None,
        Values::Each => default,
        Values::Sequence(sequence) => {
            let of = serial_type(definition).unwrap_or("bigint");
            steps.weak(format!("CREATE SEQUENCE {sequence} AS {of};"));
            Some(format!("nextval({})", crate::report::quoting::literal(sequence)))
        }
    };
    let Some(default) = default else {
        steps.strong(format!("{head} ADD COLUMN {base};"));
        return;
    };
    // In one statement, so that no row comes in between without a value. The default is not that
    // of ADD COLUMN, which would rewrite the table.
    steps.strong(format!("{head} ADD COLUMN {base}, ALTER COLUMN {column} SET DEFAULT {default};"));
    if let Values::Sequence(sequence) = values {
        steps.strong(format!("ALTER SEQUENCE {sequence} OWNED BY {table}.{column};"));
    }
    steps.weak(batches::fill(subject, &definition.name));
}

fn serial_type(definition: &Definition<'_>) -> Option<&'static str> {
    use pgrx::pg_sys::BuiltinOid::{INT2OID, INT4OID};
    let oid = serial(definition)?;
    Some(match oid {
        oid if oid == INT2OID.value() => "smallint",
        oid if oid == INT4OID.value() => "integer",
        _ => "bigint",
    })
}

/// Returns where the values come from; `None` if that has no form with weaker locks.
fn values(run: &Run, subject: &Subject, definition: &Definition<'_>) -> Option<Values> {
    let column = run.model.get(subject.id).column(&definition.name)?;
    let is_computed = definition.generated().is_some() || definition.has(ConstraintKind::Identity);
    if is_computed || has_domain_check(&column.type_) {
        return None;
    }
    if let Default_::Serial(sequence) = &column.default {
        let schema = quote_identifier(&subject.before.schema);
        return Some(Values::Sequence(format!("{schema}.{}", quote_identifier(sequence))));
    }
    let Some(default) = definition.default() else { return Some(Values::Same { is_null: true }) };
    let is_rewritten = !run.effects.rewrites.is_empty();
    match differs_by_row(default) {
        true => Some(Values::Each),
        false if is_rewritten => None,
        false => Some(Values::Same { is_null: tree::value(default) == Value::Null }),
    }
}

/// Whether the expression calls only functions of the list, and at least one.
fn differs_by_row(expression: Raw<'_>) -> bool {
    let names = tree::names(expression);
    let is_listed = |function: &Vec<String>| match function.as_slice() {
        [name] => VOLATILE.contains(&name.as_str()),
        [schema, name] => schema == "pg_catalog" && VOLATILE.contains(&name.as_str()),
        _ => false,
    };
    !names.functions.is_empty() && names.functions.iter().all(is_listed) && !names.has_subquery
}
