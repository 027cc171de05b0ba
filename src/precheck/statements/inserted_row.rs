//! A row of INSERT … VALUES.

use super::targets::type_text;
use crate::pg::parser::tree::Value;
use crate::precheck::model::relation::{Id, Relation, typed_literal};
use crate::precheck::run::Run;
use std::collections::BTreeMap;

/// How many rows of one statement are looked at, and for how many of them the server is asked about
/// keys, unique indexes, partitions and CHECK constraints.
pub const READ: usize = 1000;
pub const KEYS: usize = 100;
pub const UNIQUE: usize = 200;
pub const PARTITIONS: usize = 50;
pub const CHECKS: usize = 50;

/// The values of a row by column. A column that is not in it has its default.
pub type Row = BTreeMap<String, Value>;

/// Returns the values of these columns as SQL; `None` if one is not a constant.
pub fn constants(run: &Run, id: Id, row: &Row, columns: &[String]) -> Option<Vec<Option<String>>> {
    let relation = run.model.get(id);
    columns
        .iter()
        .map(|name| match row.get(name) {
            Some(Value::Null) => Some(None),
            Some(Value::Constant { text, .. }) => Some(Some(typed_literal(text, &type_text(relation, name)?))),
            Some(_) => None,
            None => {
                let column = relation.column(name)?;
                if !column.has_value_of_its_own() {
                    return Some(None);
                }
                match &column.default {
                    crate::precheck::model::relation::Default_::Expression { text: Some(text), .. }
                        if text.starts_with('\'') || text.bytes().all(|byte| byte.is_ascii_digit()) =>
                    {
                        Some(Some(text.clone()))
                    }
                    _ => None,
                }
            }
        })
        .collect()
}

/// Returns for how many rows of one statement all is checked that the table requires.
pub fn checked_rows(relation: &Relation) -> usize {
    let has =
        |kind: u8| relation.constraints.iter().any(|constraint| constraint.kind == kind && constraint.is_enforced);
    let limits = [
        (has(b'f'), KEYS),
        (relation.indexes.iter().any(|index| index.is_unique), UNIQUE),
        (relation.is_partitioned() || relation.is_partition, PARTITIONS),
        (has(b'c'), CHECKS),
    ];
    limits.into_iter().filter_map(|(applies, limit)| applies.then_some(limit)).min().unwrap_or(READ)
}
