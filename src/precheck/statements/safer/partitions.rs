//! ATTACH and DETACH PARTITION.

use super::spelled::Spelled;
use super::steps::Steps;
use super::subject::Subject;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{AlterAction, AlterCommand, Bound, Raw, RelationName, bound};
use crate::precheck::model::relation::Relation;
use crate::precheck::run::Run;
use crate::precheck::statements::partition_bounds::condition;

/// Returns safer statements for a statement with one of the two actions.
pub fn alter(run: &mut Run, parent: &RelationName, commands: &[AlterCommand<'_>]) -> Result<Option<Steps>, Error> {
    let [command] = commands else { return Ok(None) };
    let (partition, raw) = match &command.action {
        AlterAction::AttachPartition { partition, bound } => (partition, *bound),
        AlterAction::DetachPartition { partition, is_concurrent: false } => (partition, None),
        _ => return Ok(None),
    };
    let Some(parent) = Subject::of(run, parent)?.filter(|parent| parent.before.is_partitioned()) else {
        return Ok(None);
    };
    let Some(child) = Subject::of(run, partition)?.filter(|child| child.before.kind == b'r') else { return Ok(None) };
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    match (&command.action, raw) {
        (AlterAction::DetachPartition { .. }, _) => detach(run, &parent, &child, &spelled),
        (_, Some(raw)) if !child.before.is_known_empty() => attach(run, &parent, &child, raw, &spelled),
        _ => Ok(None),
    }
}

/// ATTACH reads no rows that a valid CHECK proves to fit (PartConstraintImpliedByRelConstraint in
/// commands/tablecmds.c), neither those of the new partition nor those of the default partition.
fn attach(
    run: &mut Run,
    parent: &Subject,
    child: &Subject,
    raw: Raw<'_>,
    spelled: &Spelled,
) -> Result<Option<Steps>, Error> {
    let Some(fits) = fits(&parent.before, raw) else { return Ok(None) };
    let mut proofs = vec![(child, fits.clone())];
    let default = match parent.before.default_partition {
        Some(default) => {
            let Some(default) = run.model.by_oid(default)? else { return Ok(None) };
            let relation = run.model.get(default);
            let name = RelationName {
                schema: Some(relation.schema.clone()),
                name: relation.name.clone(),
                ..RelationName::default()
            };
            let Some(default) = Subject::of(run, &name)?.filter(Subject::is_plain) else { return Ok(None) };
            Some(default)
        }
        None => None,
    };
    proofs.extend(default.as_ref().map(|default| (default, format!("NOT ({fits})"))));
    let column = parent.before.partition_columns.first().cloned();
    let (mut steps, mut names) = (Steps::default(), Vec::new());
    for (table, condition) in &proofs {
        let name = table.free_name(run, column.as_deref(), "bound")?;
        let (quoted, own) = (quote_identifier(&name), table.table());
        steps.strong(format!("ALTER TABLE {own} ADD CONSTRAINT {quoted} CHECK ({condition}) NOT VALID;"));
        steps.weak(table.validate(&name));
        names.push(name);
    }
    steps.strong(format!("{};", spelled.whole()));
    for ((table, _), name) in proofs.iter().zip(&names) {
        steps.strong(table.drop_constraint(name));
    }
    Ok(Some(steps))
}

/// Returns the bound as the server's own condition has it; `None` if it is not known.
fn fits(parent: &Relation, raw: Raw<'_>) -> Option<String> {
    let condition = condition(parent, raw)?;
    let column = quote_identifier(parent.partition_columns.first()?);
    Some(match bound(raw)? {
        Bound::List(values) if !values.contains(&None) => format!("{column} IS NOT NULL AND {condition}"),
        _ => condition,
    })
}

/// DETACH CONCURRENTLY gives the partition a CHECK of its bound (DetachAddConstraintIfNeeded in
/// commands/tablecmds.c), under the name that a CHECK of the key's columns gets.
fn detach(run: &mut Run, parent: &Subject, child: &Subject, spelled: &Spelled) -> Result<Option<Steps>, Error> {
    let key = match parent.before.partition_columns.as_slice() {
        [column] if !column.is_empty() => column.clone(),
        _ => return Ok(None),
    };
    if parent.before.default_partition.is_some() || parent.before.is_partition || !child.before.is_partition {
        return Ok(None);
    }
    let name = child.free_name(run, Some(&key), "check")?;
    let mut steps = Steps::one_weak(format!("{} CONCURRENTLY;", spelled.whole()));
    let (table, name) = (child.table(), quote_identifier(&name));
    steps.strong(format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};"));
    Ok(Some(steps))
}
