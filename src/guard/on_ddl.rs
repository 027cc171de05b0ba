//! The event trigger's work: arms and disarms the tables that a command has created or altered.

use super::arm::{Arming, Patience, arm};
use super::catalog::Functions;
use super::event_trigger::{self, Guarded};
use super::fed_columns;
use super::touched_tables::Mark;
use super::{arm as arming, report, session, setval};
use crate::error::Error;
use crate::pg::command_tree::{Action, Change};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::row::required;
use crate::pg::settings::{Guard, with_pinned_search_path};
use crate::pg::trigger_entry::DdlCommand;
use crate::pg::{extension, kept_plan, names, subtransaction};
use crate::settings;
use pgrx::Spi;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid, PgBuiltInOids, PgOid};

const ALTERED_TABLES: &str = include_str!("../../sql/queries/tables_altered_by_command.sql");
const UNFED_TABLES: &str = include_str!("../../sql/queries/guarded_tables_without_sequence.sql");
/// The expression for `@draws_from_sequence@` in both.
const FED: &str = include_str!("../../sql/queries/draws_from_sequence.sql");

/// Handles a command that has ended. Any error becomes a warning, since it must not undo the
/// command.
pub fn command_done(command: &DdlCommand) {
    let Some(_busy) = session::begin_own_commands() else { return };
    note_change(&command.change);
    if command.tag == "ALTER SEQUENCE" {
        return;
    }
    let name = arming::trigger_name();
    let work = || {
        let functions = Functions::look_up()?;
        // A load with pg_dump's --disable-triggers does this to every table. The command arms no
        // table, but on a partitioned table it also disables the partitions' triggers.
        let is_plain = |table: &Oid| names::relation_kind(*table) == Some(pg_sys::RELKIND_RELATION);
        let is_switch = command.action == Action::SwitchesTriggers;
        if let Some(table) = command.relation.filter(|table| is_switch && is_plain(table)) {
            if !arming::is_settled(&functions, table) {
                arm_or_warn(&functions, table, &command.tag, name);
            }
            return Ok(());
        }
        if let Some(table) = command.relation.filter(|table| is_alone(*table)) {
            let has_trigger = has_trigger_if_unsettled(&functions, table).filter(|_| !extension::is_being_created());
            let tables = has_trigger.map(|has_trigger| (table, has_trigger));
            return arm_all_or_warn(&functions, tables.into_iter().collect(), &command.tag, name);
        }
        let tables = match command.tag.as_str() {
            "DROP OWNED" | "DROP SEQUENCE" => tables(UNFED_TABLES, &[functions.note.into()]),
            _ => {
                let partition = match command.action {
                    Action::MovesPartition(partition) => Some(partition),
                    Action::SwitchesTriggers | Action::Other => None,
                };
                tables(ALTERED_TABLES, &[functions.note.into(), partition.into()])
            }
        };
        arm_all_or_warn(&functions, tables?, &command.tag, name)
    };
    if let Err(error) = subtransaction::attempt(|| with_pinned_search_path(work)) {
        report::warn(report::failure("could not maintain the guard's triggers", &error));
    }
}

/// Whether the relation is a table without children, so that the relation cache has all that is
/// needed: much faster than the query, which every CREATE TABLE would have to wait for.
fn is_alone(relation: Oid) -> bool {
    // The new relation has the name of a catalog, which was found in its place.
    if relation.to_u32() < names::FIRST_USER_OID {
        return false;
    }
    Relation::try_open(relation, LockMode::AccessShare).is_some_and(|relation| {
        let class = relation.form();
        class.relkind as u8 == pg_sys::RELKIND_RELATION
            && class.relpersistence as u8 != pg_sys::RELPERSISTENCE_TEMP
            && !class.relhassubclass
    })
}

/// Does what tables_altered_by_command.sql does, for a table without children: returns whether it
/// has a trigger, or `None` if the trigger is as it should be.
fn has_trigger_if_unsettled(functions: &Functions, table: Oid) -> Option<bool> {
    let is_fed = !fed_columns::of(table).is_empty();
    match functions.triggers_of(table).as_slice() {
        [] => is_fed.then_some(false),
        [trigger] if trigger.is_settled() => (!is_fed && !trigger.is_left_out()).then_some(true),
        _ => Some(true),
    }
}

/// Notes that a command has changed what feeds a table, or the position of a sequence.
pub fn changed(change: &Change) {
    if !session::runs_own_commands() {
        note_change(change);
    }
}

fn note_change(change: &Change) {
    if settings::guard() == Guard::Off {
        return;
    }
    change.redefined.iter().for_each(|table| session::mark(*table, Mark::Redefined));
    change.moved.into_iter().for_each(|sequence| setval::setting(Some(sequence)));
    if change.has_reset {
        setval::resetting();
    }
}

/// Returns the tables that are not as they should be, and whether they have one of the guard's
/// triggers.
fn tables(query: &str, arguments: &[DatumWithOid<'_>]) -> Result<Vec<(Oid, bool)>, Error> {
    let query = query.replace("@draws_from_sequence@", FED);
    let types = vec![PgOid::BuiltIn(PgBuiltInOids::OIDOID); arguments.len()];
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = kept_plan::select(client, &query, &types, arguments)?;
            rows.map(|row| Ok((required(&row, 1)?, required(&row, 2)?))).collect()
        })
    })
}

fn arm_all_or_warn(functions: &Functions, tables: Vec<(Oid, bool)>, tag: &str, name: &str) -> Result<(), Error> {
    if tables.is_empty() {
        return Ok(());
    }
    functions.check_schema_usage()?;
    event_trigger::add_extension_dependency(functions)?;
    let guarded = Guarded::look_up(functions)?;
    let wanted = tables.into_iter().filter(|(table, has_trigger)| *has_trigger || guarded.covers(*table));
    wanted.for_each(|(table, _)| arm_or_warn(functions, table, tag, name));
    Ok(())
}

fn arm_or_warn(functions: &Functions, table: Oid, tag: &str, name: &str) {
    match subtransaction::attempt(|| arm(functions, table, name, Patience::None)) {
        // No trigger has seen what was loaded while the triggers were disabled.
        Ok(Arming::Rearmed) if tag == "ALTER TABLE" => {
            session::mark(table, Mark::Written);
            session::mark(table, Mark::Unwatched);
        }
        Ok(_) => {}
        Err(error) => {
            let name = names::relation_name(table).map(|name| name.quoted()).unwrap_or_default();
            report::warn(report::failure(&format!("could not arm the guard on table {name}"), &error));
        }
    }
}
