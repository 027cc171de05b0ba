//! Reads the extensions.

use super::catalog::{read, text};
use super::model::Extension;
use super::notes::Notes;
use crate::error::Error;
use crate::pg::row::required;
use pgrx::pg_sys::Oid;

const EXTENSIONS: &str = include_str!("../../sql/queries/snapshot_extensions.sql");

/// Returns the extensions with their OIDs and names.
pub fn extensions(notes: &mut Notes) -> Result<Vec<(Oid, String, Extension)>, Error> {
    let mut rows = read(EXTENSIONS, &[], |row| {
        let extension = Extension { version: text(row, 2)?, schema: text(row, 3)?, attributes: None };
        Ok((required::<Oid>(row, 4)?, text(row, 1)?, extension))
    })?;
    for (oid, _, extension) in &mut rows {
        if let Some(mut note) = notes.take(3079, *oid) {
            note.attach("", &mut extension.attributes);
        }
    }
    Ok(rows)
}
