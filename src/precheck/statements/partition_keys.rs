//! The key of a partitioned table, and its foreign keys when a partition comes or goes.

use super::constraint_names::columns_exist;
use crate::error::Error;
use crate::pg::catalog_types::has_default_class;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Raw;
use crate::precheck::analysis::expressions;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::reach;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Adds an error for a column of PARTITION BY that does not exist or cannot be compared, and for an
/// expression that is not immutable (ComputePartitionAttrs in commands/tablecmds.c).
pub fn check(run: &mut Run, id: Id, key: &[Raw<'_>]) {
    let columns: Vec<String> =
        run.model.get(id).partition_columns.iter().filter(|name| !name.is_empty()).cloned().collect();
    if !columns_exist(run, id, &columns) {
        return;
    }
    let object = run.model.get(id).quoted();
    if !key.is_empty()
        && let Some(analyzed) = expressions(run, id, key)
        && analyzed.is_mutable
        && analyzed.functions.is_empty()
    {
        let detail = "functions in partition key expression must be marked IMMUTABLE";
        run.add(Note::error("immutable", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail).on(object.clone()));
    }
    let method = if run.model.get(id).partition_strategy == b'h' { "hash" } else { "btree" };
    for name in columns {
        let oid = run.model.get(id).column(&name).and_then(|column| column.type_oid());
        if oid.is_some_and(|oid| has_default_class(oid, method) == Some(false)) {
            let detail = format!(
                "the type of column {} has no default operator class for access method {method}",
                quote_identifier(&name)
            );
            let note = Note::error("unknown_class", Code::ERRCODE_UNDEFINED_OBJECT, detail);
            run.add_name_error(note.on(object.clone()));
        }
    }
}

/// The foreign keys of the partitioned table, and those that refer to it, get triggers for the
/// partition (CloneForeignKeyConstraints in commands/tablecmds.c).
pub fn attach(run: &mut Run, parent: Id) -> Result<(), Error> {
    let keys: Vec<_> = run.model.get(parent).constraints.iter().filter_map(|key| key.parent).collect();
    for key in keys {
        if let Some(referenced) = reach::parent(run, key)? {
            reach::key_parent(run, referenced, Mode::ShareRowExclusive)?;
        }
    }
    for (table, _) in run.model.references_to(parent)? {
        run.effects.lock(table, Mode::ShareRowExclusive);
    }
    Ok(())
}

/// The partition keeps its foreign keys, with triggers of their own, and loses those that refer to
/// it, whose rows are checked first (DetachPartitionFinalize in commands/tablecmds.c).
pub fn detach(run: &mut Run, id: Id, child: Id) -> Result<(), Error> {
    let keys: Vec<_> = run.model.get(id).constraints.iter().filter_map(|key| key.parent).collect();
    for key in keys {
        if let Some(referenced) = reach::parent(run, key)? {
            reach::key_parent(run, referenced, Mode::ShareRowExclusive)?;
        }
    }
    for (table, _) in run.model.references_to(id)? {
        run.effects.lock(table, Mode::AccessExclusive);
        run.effects.scans.extend([table, child]);
        run.effects.is_surprising = true;
    }
    Ok(())
}
