//! Reads the objects that belong to tables, as queries return them.

use super::catalog::{letter, optional_text, text};
use super::model::{Column, Constraint, ConstraintKind, Firing, Generated, IdentityColumn, Index, Policy, Trigger};
use super::notes::fingerprint;
use crate::error::Error;
use crate::pg::row::required;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use pgrx::spi::SpiHeapTupleData;

// The OIDs of their catalogs.
const RELATIONS: u32 = 1259;
const DEFAULTS: u32 = 2604;
const CONSTRAINTS: u32 = 2606;
const RULES: u32 = 2618;
const TRIGGERS: u32 = 2620;
const POLICIES: u32 = 3256;

/// An object that belongs to a table. What was set for only some of them is a text, which may be
/// empty.
pub enum TableObject {
    Column {
        number: i16,
        column: Column,
        options: String,
        content: Option<String>,
    },
    /// With the OID of its index.
    Constraint(Constraint, String, Option<Oid>),
    Index(Index, String),
    Trigger(Trigger),
    Policy(Policy),
    Rule(Trigger),
    /// What only some tables have, such as the query of a view.
    Property {
        value: String,
        content: Option<String>,
    },
    /// An object that was dropped concurrently.
    Gone,
}

impl TableObject {
    /// Returns the word for the part of the table that it is. The note of a column is that of its
    /// default.
    pub fn part(&self) -> &'static str {
        match self {
            TableObject::Column { .. } => "default",
            TableObject::Constraint(..) => "constraint",
            TableObject::Index(..) => "index",
            TableObject::Trigger(_) => "trigger",
            TableObject::Policy(_) => "policy",
            TableObject::Rule(_) => "rule",
            TableObject::Property { .. } | TableObject::Gone => "",
        }
    }
}

pub fn column(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let generated = match letter(row, 8)? {
        b's' => Some(Generated::Stored),
        b'v' => Some(Generated::Virtual),
        _ => None,
    };
    let identity = match letter(row, 9)? {
        b'a' => Some(IdentityColumn::Always),
        b'd' => Some(IdentityColumn::ByDefault),
        _ => None,
    };
    let column = Column {
        data_type: text(row, 4)?,
        collation: optional_text(row, 5)?,
        not_null: required(row, 6)?,
        not_valid: required(row, 10)?,
        default: optional_text(row, 7)?,
        generated,
        identity,
        position: None,
    };
    let object = TableObject::Column {
        number: required(row, 3)?,
        column,
        options: optional_text(row, 12)?.unwrap_or_default(),
        content: optional_text(row, 13)?,
    };
    // Comments and privileges of a column belong to its table; its default is an object.
    Ok((object, DEFAULTS, row.get(11)?.unwrap_or(Oid::INVALID)))
}

pub fn constraint(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let kind = match letter(row, 3)? {
        b'p' => ConstraintKind::PrimaryKey,
        b'u' => ConstraintKind::Unique,
        b'f' => ConstraintKind::ForeignKey,
        b'c' => ConstraintKind::Check,
        b'x' => ConstraintKind::Exclusion,
        other => {
            let message = format!("unrecognized constraint type: {other}");
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, message));
        }
    };
    let definition = optional_text(row, 4)?;
    let enforced = required(row, 5)?;
    let options = optional_text(row, 7)?.unwrap_or_default();
    let index = row.get(8)?;
    let object = definition.map_or(TableObject::Gone, |definition| {
        TableObject::Constraint(Constraint { kind, enforced, definition }, options, index)
    });
    Ok((object, CONSTRAINTS, required(row, 6)?))
}

pub fn index(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let (unique, valid) = (required(row, 3)?, required(row, 4)?);
    let options = optional_text(row, 7)?.unwrap_or_default();
    let object = optional_text(row, 5)?
        .map_or(TableObject::Gone, |definition| TableObject::Index(Index { unique, valid, definition }, options));
    Ok((object, RELATIONS, required(row, 6)?))
}

pub fn trigger(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let firing = firing(row, 3)?;
    let object = optional_text(row, 4)?;
    let object = object.map_or(TableObject::Gone, |definition| {
        let (definition, arguments) = without_arguments(definition);
        TableObject::Trigger(Trigger { firing, definition, arguments: arguments.as_deref().map(fingerprint) })
    });
    Ok((object, TRIGGERS, required(row, 5)?))
}

/// Splits the arguments off the definition of a trigger, which ends with the call of its function;
/// `None` if it has none.
fn without_arguments(definition: String) -> (String, Option<String>) {
    const CALL: &str = "EXECUTE FUNCTION ";
    let (mut quote, mut open) = (None, None);
    let mut is_call = false;
    for (position, char) in definition.char_indices() {
        match (quote, char) {
            (Some(closing), _) if char == closing => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(char),
            (None, 'E') if definition[position..].starts_with(CALL) => is_call = true,
            (None, '(') if is_call => {
                open = Some(position + 1);
                is_call = false;
            }
            _ => {}
        }
    }
    let split = open.map(|open| definition.split_at(open));
    match split.and_then(|(start, arguments)| Some((start, arguments.strip_suffix(')')?))) {
        Some((start, arguments)) if !arguments.is_empty() => (format!("{start})"), Some(arguments.to_owned())),
        _ => (definition, None),
    }
}

fn firing(row: &SpiHeapTupleData<'_>, ordinal: usize) -> Result<Firing, Error> {
    Ok(match letter(row, ordinal)? {
        b'D' => Firing::Disabled,
        b'R' => Firing::Replica,
        b'A' => Firing::Always,
        _ => Firing::Origin,
    })
}

pub fn policy(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let policy = Policy { definition: text(row, 5)? };
    Ok((TableObject::Policy(policy), POLICIES, required(row, 4)?))
}

pub fn rule(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let firing = firing(row, 6)?;
    let object = optional_text(row, 5)?;
    let object = object
        .map_or(TableObject::Gone, |definition| TableObject::Rule(Trigger { firing, definition, arguments: None }));
    Ok((object, RULES, required(row, 4)?))
}

/// Reads what only some tables have. Nothing is attached to it.
pub fn property(row: &SpiHeapTupleData<'_>) -> Result<(TableObject, u32, Oid), Error> {
    let content = optional_text(row, 4)?;
    let object = optional_text(row, 3)?.map_or(TableObject::Gone, |value| TableObject::Property { value, content });
    Ok((object, RELATIONS, Oid::INVALID))
}

#[cfg(test)]
mod tests {
    use super::without_arguments;

    #[test]
    fn trigger_arguments_are_split_off() {
        let start = "CREATE TRIGGER \"EXECUTE FUNCTION f(\" BEFORE INSERT ON app.t FOR EACH ROW WHEN ((new.a = \
                     'it''s EXECUTE FUNCTION g('::text)) EXECUTE FUNCTION app.\"F\"\"(\"(";
        for (arguments, expected) in [
            ("", None),
            ("'a', 'b'", Some("'a', 'b'")),
            ("'x) EXECUTE FUNCTION f(', ''''", Some("'x) EXECUTE FUNCTION f(', ''''")),
            ("'a\"b'", Some("'a\"b'")),
        ] {
            let (definition, split) = without_arguments(format!("{start}{arguments})"));
            assert_eq!((definition, split.as_deref()), (format!("{start})"), expected));
        }
    }
}
