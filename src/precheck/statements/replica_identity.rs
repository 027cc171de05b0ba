//! REPLICA IDENTITY.

use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Judges the index that serves as replica identity (ATExecReplicaIdentity in
/// commands/tablecmds.c).
pub fn using(run: &mut Run, id: Id, name: &str) {
    let relation = run.model.get(id);
    let quoted = quote_identifier(name);
    let (object, index) = (relation.quoted(), relation.index(name));
    let nullable = |column: &&String| !relation.column(column).is_some_and(|column| column.is_not_null);
    let (state, detail) = match index {
        None if relation.is_opaque => {
            run.unchecked("whether the index serves as REPLICA IDENTITY");
            return;
        }
        None => (Code::ERRCODE_UNDEFINED_OBJECT, format!("index {quoted} for table {object} does not exist")),
        Some(index) if !index.is_unique => {
            (Code::ERRCODE_WRONG_OBJECT_TYPE, format!("cannot use non-unique index {quoted} as replica identity"))
        }
        Some(index) if !index.is_immediate => (
            Code::ERRCODE_FEATURE_NOT_SUPPORTED,
            format!("cannot use non-immediate index {quoted} as replica identity"),
        ),
        Some(index) if index.has_expressions => {
            (Code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("cannot use expression index {quoted} as replica identity"))
        }
        Some(index) if index.has_predicate => {
            (Code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("cannot use partial index {quoted} as replica identity"))
        }
        Some(index) => match index.columns.iter().flatten().find(nullable) {
            Some(column) => {
                let column = quote_identifier(column);
                let detail =
                    format!("cannot use index {quoted} as replica identity because column {column} is nullable");
                (Code::ERRCODE_WRONG_OBJECT_TYPE, detail)
            }
            None if !index.is_valid => {
                run.unchecked("whether the index, which is not valid, serves as REPLICA IDENTITY");
                return;
            }
            None => return,
        },
    };
    run.add_name_error(Note::error("unknown_index", state, detail).on(object));
}
