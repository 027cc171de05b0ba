//! A row of INSERT … VALUES.

use super::targets::type_text;
use crate::pg::parser::tree::Value;
use crate::precheck::model::relation::{Id, typed_literal};
use crate::precheck::run::Run;
use std::collections::BTreeMap;

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
