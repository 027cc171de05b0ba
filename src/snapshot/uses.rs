//! Names the objects that others use.

use super::model::Attributes;
use super::notes::{Address, Use};
use super::tables::CatalogTable;
use super::used_names;
use crate::pg::names::{self, QualifiedName};
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// Returns the names of a used object: none if a snapshot does not contain such an object, and for
/// a column also that of its table.
pub fn names(used: &Use, objects: &HashMap<Address, String>) -> Vec<String> {
    let (class, oid) = used.object;
    match class.to_u32() {
        1259 => relation(oid, used.to),
        2615 => vec![used_names::schema(&names::schema_name(oid))],
        _ => objects.get(&used.object).cloned().into_iter().collect(),
    }
}

fn relation(oid: Oid, column: i32) -> Vec<String> {
    let Some(QualifiedName { schema, name }) = names::relation_name(oid) else { return Vec::new() };
    let number = i16::try_from(column).ok().filter(|number| *number > 0);
    let column = number.and_then(|number| names::column_name(oid, number));
    let column = column.map(|column| used_names::column(&schema, &name, &column));
    column.into_iter().chain([used_names::relation(&schema, &name)]).collect()
}

/// Adds a name to those that a part uses.
pub fn add(attributes: &mut Option<Box<Attributes>>, part: &str, name: String) {
    let used = attributes.get_or_insert_default().uses.entry(part);
    if let Err(position) = used.binary_search(&name) {
        used.insert(position, name);
    }
}

/// Stores with the tables what they and their parts use.
pub fn store(tables: &mut [CatalogTable], objects: &HashMap<Address, String>) {
    for table in tables {
        for (part, used) in std::mem::take(&mut table.uses) {
            let part = match i16::try_from(used.from) {
                Ok(number) if number > 0 && part.is_empty() => {
                    let column = table.numbers.iter().find(|(_, own)| **own == number);
                    let Some((column, _)) = column else { continue };
                    format!("column {column}")
                }
                _ => part,
            };
            for name in names(&used, objects) {
                add(&mut table.table.attributes, &part, name);
            }
        }
    }
}
