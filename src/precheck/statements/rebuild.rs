//! VACUUM, ANALYZE, REINDEX, CLUSTER, REPACK.

use super::roles;
use crate::error::Error;
use crate::pg::parser::tree::RelationName;
use crate::precheck::effects::Mode;
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;

/// VACUUM and ANALYZE.
pub fn vacuum(run: &mut Run, relations: &[RelationName], is_analyze: bool, is_full: bool) -> Result<(), Error> {
    if !is_analyze {
        super::session::refuse_in_transaction(run, "VACUUM");
    }
    for name in relations {
        let Some(id) = existing(run, name)? else { continue };
        let mode = if is_full { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive };
        run.effects.lock(id, mode);
        if !name.only && (run.model.get(id).is_partitioned() || is_analyze && cfg!(since_18)) {
            reach::family(run, id, mode)?;
        } else if is_analyze {
            // Rows of partitions and inheriting tables are sampled for their parent.
            for child in run.model.descendants(id)? {
                if !run.model.get(child).is_partitioned() && (!name.only || run.model.get(id).is_partitioned()) {
                    run.effects.lock(child, Mode::AccessShare);
                }
            }
        }
        if is_full {
            run.effects.is_definition = true;
            run.effects.rewrites.insert(id);
        }
    }
    Ok(())
}

/// REINDEX.
pub fn reindex(
    run: &mut Run,
    relation: Option<&RelationName>,
    is_index: bool,
    is_concurrent: bool,
    is_database: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    if is_concurrent || is_database {
        let command = if is_concurrent { "REINDEX CONCURRENTLY" } else { "REINDEX of a schema or database" };
        super::session::refuse_in_transaction(run, command);
    }
    let Some(name) = relation else { return Ok(()) };
    let Some(id) = existing(run, name)? else { return Ok(()) };
    let found = run.model.get(id);
    let table = match found.table.filter(|_| is_index) {
        Some(table) => run.model.by_oid(table)?.unwrap_or(id),
        None => id,
    };
    if !roles::require_owner(run, table) {
        return Ok(());
    }
    let mode = if is_concurrent { Mode::ShareUpdateExclusive } else { Mode::Share };
    run.effects.lock(table, mode);
    if run.model.get(table).is_partitioned() {
        super::session::refuse_in_transaction(run, "REINDEX of a partitioned table");
        reach::family(run, table, mode)?;
    }
    if !run.model.get(table).indexes.is_empty() {
        run.effects.scans.insert(table);
    }
    if !is_concurrent {
        let indexes: Vec<String> = run.model.get(table).indexes.iter().map(|index| index.name.clone()).collect();
        let locked = if is_index { vec![name.name.clone()] } else { indexes };
        run.effects.index_locks.extend(locked);
    }
    Ok(())
}

/// CLUSTER and REPACK.
pub fn cluster(
    run: &mut Run,
    command: &str,
    relation: Option<&RelationName>,
    index: Option<&str>,
    is_concurrent: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    if is_concurrent {
        super::session::refuse_in_transaction(run, "REPACK (CONCURRENTLY)");
    }
    let Some(name) = relation else {
        super::session::refuse_in_transaction(run, &format!("{command} of all tables"));
        return Ok(());
    };
    let Some(id) = existing(run, name)? else { return Ok(()) };
    run.effects.lock(id, if is_concurrent { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive });
    if is_concurrent {
        run.effects.remark("AccessExclusiveLock at its end, for as long as the files are swapped");
    }
    if run.model.get(id).is_partitioned() {
        super::session::refuse_in_transaction(run, &format!("{command} of a partitioned table"));
        reach::family(run, id, Mode::AccessExclusive)?;
    }
    run.effects.rewrites.insert(id);
    if roles::require_owner(run, id)
        && let Some(index) = index
    {
        super::index::cluster_on(run, id, index);
    }
    Ok(())
}
