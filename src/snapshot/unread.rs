//! Reports what a snapshot lacks because it could not be read.

use super::model::Snapshot;
use crate::error::Error;
use crate::pg::names::QualifiedName;
use crate::report::wording::list;
use pgrx::PgSqlErrorCode;

/// Returns the warning with the number of tables and sequences that could not be read; `None` if
/// all were.
pub fn warning(snapshot: &Snapshot) -> Option<Error> {
    let (mut tables, mut sequences) = (Vec::new(), Vec::new());
    let quoted = |schema: &str, name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() }.quoted();
    for (schema, content) in &snapshot.schemas {
        let unread = content.tables.iter().filter(|(_, table)| table.unread.is_some() || table.undescribed.is_some());
        tables.extend(unread.map(|(name, _)| quoted(schema, name)));
        let unread = content.sequences.iter().filter(|(_, sequence)| sequence.unread.is_some());
        sequences.extend(unread.map(|(name, _)| quoted(schema, name)));
    }
    let counts = [counted(tables.len(), "table"), counted(sequences.len(), "sequence")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let names: Vec<&str> = tables.iter().chain(&sequences).map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        Error::new(PgSqlErrorCode::ERRCODE_WARNING, format!("could not read {}", counts.join(" and ")))
            .detail(format!("{}.", list("The field \"unread\" of each says why:", &names)))
            .hint("Run db_snapshot() as a role that may read them all, for instance a member of pg_read_all_data.")
    })
}

/// `None` if there are none.
fn counted(count: usize, one: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {one}s")),
    }
}
