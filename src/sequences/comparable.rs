//! Decides whether ids in a column can be compared with the values of a sequence: the one rule for
//! the audit, the repair and the guard.

use super::column::Column;
use super::link::{Drawing, Kind, Link};
use crate::ids::position::IdRange;
use crate::pg::id_datum::IdType;
use crate::pg::{citus, schemas};

/// Returns how a column's values are compared with its sequence's; the error is the reason why they
/// cannot be.
pub fn comparable(link: &Link, column: &Column) -> Result<(IdType, IdRange), String> {
    if column.kind == 'v' {
        return Err("the default belongs to a view, and which table's column it feeds is not recorded".to_owned());
    }
    if !column.is_permanent && schemas::is_other_temp(column.schema) {
        return Err("another session's temporary table".to_owned());
    }
    if let Some(reason) = citus::obstacle(column.relation) {
        return Err(reason);
    }
    let Some(holds) = column.holds() else {
        return Err("the column's type is not a number, or does not store the sequence's values unchanged".to_owned());
    };
    if holds.0 == IdType::Text && matches!(link.kind, Kind::Owned | Kind::ByName) {
        return Err("the column is text, and how an application derives it from the sequence's values is not recorded"
            .to_owned());
    }
    match &link.drawing {
        Drawing::Unclear(reason) => Err(reason.clone()),
        Drawing::Shifted(by) => Err(format!("the default adds {by} to the value that it draws")),
        Drawing::Plain | Drawing::Unused => Ok(holds),
    }
}
