//! The key of a partitioned table, and its foreign keys when a partition comes or goes.

use super::constraint_names::columns_exist;
use crate::error::Error;
use crate::precheck::effects::Mode;
use crate::precheck::model::relation::Id;
use crate::precheck::reach;
use crate::precheck::run::Run;

/// Adds an error for a column of PARTITION BY that does not exist.
pub fn exist(run: &mut Run, id: Id) {
    let columns = run.model.get(id).partition_columns.iter().filter(|name| !name.is_empty()).cloned();
    columns_exist(run, id, &columns.collect::<Vec<_>>());
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
