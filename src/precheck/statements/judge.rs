//! Judges one statement.

use super::extensions::Wanted;
use super::{
    alter_table, create_table, dml, drop, functions, index, names, parts, rebuild, rename, roles, sequences, session,
    table_definition, triggers, views,
};
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::parser::analysis::Needs;
use crate::pg::parser::tree::{self, Statement, Tree};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::reach;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

const EVENT_TRIGGERS: &str = include_str!("../../../sql/queries/precheck_event_triggers.sql");

/// Judges the statement, and changes the model as the statement would change the database.
/// `data_lines` are those behind COPY … FROM STDIN.
pub fn judge(run: &mut Run, statement: &Tree<'_>, data_lines: Option<usize>) -> Result<(), Error> {
    let before = super::safer::before(run, statement)?;
    names::warn_of_cut_names(run);
    super::read_only::judge(run, statement)?;
    event_triggers(run, &statement.tag)?;
    definition(run, statement)?;
    change(run, statement)?;
    command(run, statement, data_lines)?;
    super::safer::offer(run, statement, before)
}

/// Statements that create something.
fn definition(run: &mut Run, tree: &Tree<'_>) -> Result<(), Error> {
    match &tree.statement {
        Statement::CreateTable(create) => create_table::create_table(run, create)?,
        Statement::CreateTableAs { .. } => create_table::create_as(run, &tree.statement)?,
        Statement::CreateIndex(create) => index::create_index(run, create)?,
        Statement::CreateView { relation, columns, query, is_replace, options } => {
            views::create_view(run, relation, columns, *query, *is_replace)?;
            table_definition::options_fit(run, b'v', relation, *options);
        }
        Statement::CreateSequence { relation, if_not_exists, options } => {
            create_table::create_sequence(run, relation, *if_not_exists)?;
            super::sequence_options::create(run, relation, options)?;
            sequences::own_new(run, relation, options)?;
        }
        Statement::CreateType { name, columns, labels } => {
            super::types::create_type(run, name, columns)?;
            if let Some(labels) = labels {
                super::enum_labels::create(run, name, labels);
            }
        }
        Statement::CreateDomain { name, base, constraints } => {
            super::new_domain::create(run, name, base.as_ref(), constraints)?;
        }
        Statement::CreateFunction(create) => functions::create_function(run, create)?,
        Statement::CreateTrigger(create) => triggers::create(run, create)?,
        Statement::CreatePolicy(policy) => super::policies::create(run, policy)?,
        Statement::CreateSchema { name, owner, if_not_exists, elements } => {
            super::schemas::create_schema(run, name.as_deref(), owner.as_ref(), *if_not_exists, *elements);
        }
        Statement::CreateExtension { name, if_not_exists, version, schema, cascade } => {
            let wanted = Wanted { name, version: version.as_deref(), schema: schema.as_deref(), cascade: *cascade };
            super::schemas::create_extension(run, &wanted, *if_not_exists)?;
        }
        Statement::CreateRule { name, relation, is_replace } => {
            run.unchecked("the rule's action");
            parts::create(run, "rule", relation, name, *is_replace)?;
        }
        Statement::CreateStatistics { name, columns, relations, if_not_exists } => {
            super::statistics::create(run, name, columns, relations, *if_not_exists)?;
        }
        _ => {}
    }
    Ok(())
}

/// Statements that change or drop something.
fn change(run: &mut Run, tree: &Tree<'_>) -> Result<(), Error> {
    let number = run.number();
    match &tree.statement {
        Statement::AlterTable { relation, kind, commands, missing_ok } => {
            alter_table::alter_table(run, relation, *kind, commands, *missing_ok)?;
        }
        Statement::AlterSequence { relation, options, missing_ok } => {
            sequences::alter(run, relation, options, *missing_ok)?;
            if options.restart.is_some() {
                super::sequences_set::covers(run, &relation.name, false);
            }
        }
        Statement::AlterEnum { name, old, value, neighbor, if_not_exists } => {
            super::types::alter_enum(run, name, old.as_deref(), value, *if_not_exists)?;
            super::enum_labels::alter(run, name, old.as_deref(), value);
            if let Some(neighbor) = neighbor {
                super::types::require_label(run, name, neighbor)?;
            }
        }
        Statement::AlterDomain { name, change } => super::domains::alter(run, name, change)?,
        Statement::AlterPolicy(policy) => super::policies::alter(run, policy)?,
        Statement::Publication(publication) => super::publications::change(run, publication)?,
        Statement::UpdateExtension { name, version } => super::extensions::update(run, name, version.as_deref())?,
        Statement::Drop(statement) => drop::drop(run, tree.raw, statement)?,
        Statement::Rename(statement) => rename::rename(run, tree.raw, statement)?,
        Statement::SetSchema { kind, relation, object, schema, missing_ok } => match relation {
            Some(relation) => rename::set_schema(run, relation, schema, *missing_ok)?,
            None => rename::set_schema_of_object(run, tree.raw, *kind, object.as_ref(), schema),
        },
        Statement::SetOwner { kind, object, owner } => {
            let objects: Vec<_> = object.iter().cloned().collect();
            super::objects::require(run, tree.raw, *kind, &objects, Needs::Ownership);
            run.model.memberships_changed.get_or_insert(Cause::Statement(number));
            if let Some(owner) = roles::find(run, owner) {
                roles::may_give(run, owner, None);
            }
        }
        Statement::Grant(grant) => super::grants::grant(run, tree.raw, grant)?,
        Statement::GrantRole { granted, roles: grantees, is_grant } => {
            super::memberships::grant(run, granted, grantees, *is_grant);
        }
        Statement::CreateRole(create) => super::role_changes::create(run, create),
        Statement::AlterRole { role, setting } => super::role_changes::alter(run, role.as_ref(), setting.as_deref()),
        Statement::DropRole { roles, missing_ok } => super::role_changes::drop(run, roles, *missing_ok)?,
        Statement::DefaultPrivileges(alter) => super::role_changes::default_privileges(run, alter),
        Statement::Comment { kind, object } => super::comment::comment(run, tree.raw, *kind, object.as_ref())?,
        _ => {}
    }
    Ok(())
}

/// All others.
fn command(run: &mut Run, tree: &Tree<'_>, data_lines: Option<usize>) -> Result<(), Error> {
    let number = run.number();
    match &tree.statement {
        Statement::Set { name, values, is_local, modes, is_reset_all } => {
            if *is_reset_all {
                session::reset_all(run);
                return Ok(());
            }
            session::set(run, name, values.as_deref(), *is_local, *modes)?;
        }
        Statement::SetConstraints { deferred, names } => {
            super::transactions::set_constraints(run, *deferred, names.is_none());
            for name in names.iter().flatten() {
                super::alter_constraint::is_deferrable(run, name, *deferred)?;
            }
        }
        Statement::Transaction(statement) => super::transactions::transaction(run, statement)?,
        Statement::Truncate { relations, cascade, .. } => super::truncate::truncate(run, relations, *cascade)?,
        Statement::Copy(statement) => super::copy::copy(run, statement, data_lines)?,
        Statement::Dml(statement) => {
            dml::dml(run, statement)?;
            super::sequences_set::by_query(run, statement.query)?;
        }
        Statement::Do => {
            taint(run);
            let detail = "the code of DO is not run and not read: it may fail, and change rows and tables";
            run.add(Note::unknown("code", format!("{detail}{}", statement_timeout())));
        }
        Statement::Call { function } => {
            taint(run);
            let names = tree::names(*function);
            let called = names.functions.first().map(|names| names.join(".")).unwrap_or_default();
            let detail = "the procedure's code is not run: it may fail, and change rows and tables; COMMIT in it fails inside a transaction";
            run.add(Note::unknown("code", detail).on(called));
        }
        Statement::Vacuum { relations, is_analyze, is_full } => {
            rebuild::vacuum(run, relations, *is_analyze, *is_full)?;
        }
        Statement::Reindex { relation, is_index, is_concurrent, is_database, .. } => {
            rebuild::reindex(run, relation.as_ref(), *is_index, *is_concurrent, *is_database)?;
        }
        Statement::Cluster { relation, index, is_concurrent } => {
            rebuild::cluster(run, &tree.tag, relation.as_ref(), index.as_deref(), *is_concurrent)?;
        }
        Statement::Refresh { relation, is_concurrent, with_data } => {
            run.effects.is_definition = true;
            if let Some(id) = existing(run, relation)? {
                if run.model.get(id).kind != b'm' {
                    let object = run.model.get(id).quoted();
                    let detail = format!("{object} is not a materialized view");
                    run.add_name_error(
                        Note::error("wrong_kind", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object),
                    );
                    return Ok(());
                }
                if roles::require_owner(run, id) && *is_concurrent {
                    super::views::refuse_concurrent_refresh(run, id);
                }
                run.effects.lock(id, if *is_concurrent { Mode::Exclusive } else { Mode::AccessExclusive });
                run.effects.rewrites.insert(id);
                reach::view(run, id, Mode::AccessShare, false)?;
                if *is_concurrent && (run.model.get(id).is_unpopulated || !with_data) {
                    let object = run.model.get(id).quoted();
                    let (state, detail) = match with_data {
                        false => (Code::ERRCODE_SYNTAX_ERROR, "CONCURRENTLY and WITH NO DATA exclude each other"),
                        true => (
                            Code::ERRCODE_FEATURE_NOT_SUPPORTED,
                            "CONCURRENTLY cannot be used when the materialized view is not populated",
                        ),
                    };
                    run.add_name_error(Note::error("unpopulated", state, detail).on(object));
                    return Ok(());
                }
                run.model.get_mut(id).is_unpopulated = !with_data;
            }
        }
        Statement::Lock { relations, mode, .. } => {
            if !run.in_transaction {
                let detail = "LOCK TABLE can only be used in transaction blocks";
                run.add(Note::error("transaction", Code::ERRCODE_NO_ACTIVE_SQL_TRANSACTION, detail));
            }
            for name in relations {
                if let (Some(id), Some(mode)) = (existing(run, name)?, Mode::numbered(*mode)) {
                    let is_index = run.model.get(id).index(&name.name).is_some();
                    if is_index || !matches!(run.model.get(id).kind, b'r' | b'p' | b'v') {
                        names::refuse_kind(run, id, "cannot be locked");
                        continue;
                    }
                    run.effects.lock(id, mode);
                    roles::may_lock(run, id, mode);
                    match run.model.get(id).kind {
                        b'v' => reach::view(run, id, mode, true)?,
                        _ if !name.only => reach::family(run, id, mode)?,
                        _ => {}
                    }
                }
            }
        }
        Statement::Other { refuses_transaction } => {
            if *refuses_transaction {
                session::refuse_in_transaction(run, &tree.tag);
            }
            if QUIET.contains(&tree.tag.as_str()) {
                return Ok(());
            }
            match tree.tag.as_str() {
                "DISCARD ALL" => session::discard_all(run),
                "DROP OWNED" => run.model.distrust_names(Cause::Statement(number)),
                "REASSIGN OWNED" => {
                    run.model.memberships_changed.get_or_insert(Cause::Statement(number));
                }
                _ => {}
            }
            if tree.tag == "EXECUTE" {
                taint(run);
            }
            if !CREATING_NOTHING.contains(&tree.tag.as_str()) {
                run.model.other_objects = run.model.other_objects.or(Some(number));
            }
            run.add(Note::unknown("unchecked", format!("{} is not checked", tree.tag)));
        }
        _ => {}
    }
    Ok(())
}

/// Commands that succeed and change nothing that a later statement meets.
const QUIET: [&str; 3] = ["LISTEN", "NOTIFY", "UNLISTEN"];

/// Commands that are not judged, and that create no object that a later statement may name.
const CREATING_NOTHING: [&str; 5] = ["CHECKPOINT", "DEALLOCATE", "EXECUTE", "PREPARE", "SECURITY LABEL"];

fn taint(run: &mut Run) {
    let number = run.number();
    run.effects.works = true;
    run.model.distrust_names(Cause::Statement(number));
    run.model.distrust_rows(Cause::Statement(number));
}

fn statement_timeout() -> String {
    match crate::pg::settings::statement_timeout() {
        0 => String::new(),
        limit => format!("; it is one statement for statement_timeout ({limit} ms)"),
    }
}

/// Notes that an event trigger fires, which may refuse the statement.
fn event_triggers(run: &mut Run, tag: &str) -> Result<(), Error> {
    if run.event_triggers.is_none() {
        let found = catalog_query::read(EVENT_TRIGGERS, &[], |row| Ok((row.text(1)?, row.texts(2)?)))?;
        run.event_triggers = Some(found);
    }
    let fired: Vec<String> = run
        .event_triggers
        .iter()
        .flatten()
        .filter(|(_, tags)| {
            is_definition_tag(tag) && (tags.is_empty() || tags.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        })
        .map(|(name, _)| name.clone())
        .collect();
    if !fired.is_empty() {
        let detail =
            format!("event trigger {} fires, whose code is not run", crate::precheck::dependents::listed(&fired));
        run.add(Note::unknown("event_trigger", detail));
    }
    Ok(())
}

/// Whether event triggers fire for the command.
fn is_definition_tag(tag: &str) -> bool {
    let begins =
        ["CREATE ", "ALTER ", "DROP ", "GRANT", "REVOKE", "COMMENT", "SELECT INTO", "REFRESH", "SECURITY LABEL"];
    let excluded = ["DATABASE", "TABLESPACE", "ROLE", "EVENT TRIGGER", "SYSTEM"];
    begins.iter().any(|word| tag.starts_with(word)) && !excluded.iter().any(|word| tag.contains(word))
}
