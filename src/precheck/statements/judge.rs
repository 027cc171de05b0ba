//! Judges one statement.

use super::extensions::Wanted;
use super::{
    alter_table, create_table, dml, drop, functions, index, names, parts, rebuild, rename, roles, sequences, session,
    triggers, views,
};
use crate::error::Error;
use crate::pg::parser::analysis::Needs;
use crate::pg::parser::tree::{self, Raw, Statement, Tree};
use crate::pg::{catalog_query, encoded_text};
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
        Statement::CreateTableAs { relation, columns, query, is_view, if_not_exists, with_data } => {
            create_table::create_as(run, relation, columns, *query, *is_view, *if_not_exists, *with_data)?;
        }
        Statement::CreateIndex(create) => index::create_index(run, create)?,
        Statement::CreateView { relation, columns, query, is_replace } => {
            views::create_view(run, relation, columns, *query, *is_replace)?;
        }
        Statement::CreateSequence { relation, if_not_exists, options } => {
            create_table::create_sequence(run, relation, *if_not_exists)?;
            super::sequence_options::create(run, relation, options)?;
        }
        Statement::CreateType { name, columns } => super::types::create_type(run, name, columns)?,
        Statement::CreateDomain { name, base, is_constrained } => {
            if *is_constrained {
                run.unchecked("the domain's definition");
            }
            if let Some(base) = base {
                crate::precheck::types::type_of(run, base);
            }
            super::types::create_type(run, name, &[])?;
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
        Statement::CreateStatistics { relations } => parts::create_statistics(run, relations)?,
        _ => {}
    }
    Ok(())
}

/// Statements that change or drop something.
fn change(run: &mut Run, tree: &Tree<'_>) -> Result<(), Error> {
    match &tree.statement {
        Statement::AlterTable { relation, kind, commands, missing_ok } => {
            alter_table::alter_table(run, relation, *kind, commands, *missing_ok)?;
        }
        Statement::AlterSequence { relation, options, missing_ok } => {
            sequences::alter(run, relation, options, *missing_ok)?;
            if options.restart.is_some() {
                covers(run, &relation.name);
            }
        }
        Statement::AlterEnum { name, old, value, neighbor, if_not_exists } => {
            super::types::alter_enum(run, name, old.as_deref(), value, *if_not_exists)?;
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
            if let Some(owner) = roles::find(run, owner) {
                roles::may_give(run, owner, None);
            }
        }
        Statement::Grant(grant) => super::grants::grant(run, tree.raw, grant)?,
        Statement::GrantRole { granted, roles: grantees, is_grant } => {
            super::memberships::grant(run, granted, grantees, *is_grant);
        }
        Statement::Comment { kind, object } => super::comment::comment(run, tree.raw, *kind, object.as_ref())?,
        _ => {}
    }
    Ok(())
}

/// All others.
fn command(run: &mut Run, tree: &Tree<'_>, data_lines: Option<usize>) -> Result<(), Error> {
    let number = run.number();
    match &tree.statement {
        Statement::Set { name, values, is_local, is_transaction, is_reset_all } => {
            if *is_reset_all {
                session::reset_all(run);
                return Ok(());
            }
            session::set(run, name, values.as_deref(), *is_local, *is_transaction)?;
        }
        Statement::SetConstraints { deferred, names } => {
            session::set_constraints(run, *deferred, names.is_none());
            for name in names.iter().flatten() {
                super::alter_constraint::is_deferrable(run, name, *deferred)?;
            }
        }
        Statement::Transaction(statement) => session::transaction(run, statement)?,
        Statement::Truncate { relations, cascade, .. } => super::truncate::truncate(run, relations, *cascade)?,
        Statement::Copy(statement) => super::copy::copy(run, statement, data_lines)?,
        Statement::Dml(statement) => {
            moves_sequence(run, statement.query);
            dml::dml(run, statement)?;
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
        Statement::Refresh { relation, is_concurrent } => {
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
            }
        }
        Statement::Lock { relations, mode, .. } => {
            if !run.in_transaction {
                let detail = "LOCK TABLE can only be used in transaction blocks";
                run.add(Note::error("transaction", Code::ERRCODE_NO_ACTIVE_SQL_TRANSACTION, detail));
            }
            for name in relations {
                if let (Some(id), Some(mode)) = (existing(run, name)?, Mode::numbered(*mode)) {
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
            match tree.tag.as_str() {
                "CREATE ROLE" | "DROP OWNED" => run.model.distrust_names(Cause::Statement(number)),
                "ALTER ROLE" | "REASSIGN OWNED" => {
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

/// Commands that are not judged, and that create no object that a later statement may name.
const CREATING_NOTHING: [&str; 10] = [
    "ALTER DEFAULT PRIVILEGES",
    "ALTER ROLE",
    "CHECKPOINT",
    "DEALLOCATE",
    "EXECUTE",
    "LISTEN",
    "NOTIFY",
    "PREPARE",
    "SECURITY LABEL",
    "UNLISTEN",
];

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

/// Notes that a SELECT sets a sequence.
fn moves_sequence(run: &mut Run, query: Raw<'_>) {
    let names = tree::names(query);
    let calls = |wanted: &str| names.functions.iter().any(|names| names.last().is_some_and(|name| name == wanted));
    let resyncs_all = names.functions.iter().any(|names| names.last().is_some_and(|name| name == "seq_resync"));
    if resyncs_all {
        run.ids_supplied.iter_mut().for_each(|supplied| supplied.is_covered = true);
    }
    if calls("setval") || calls("seq_resync_table") {
        let text = encoded_text::decode(run.text.to_bytes());
        covers(run, &text);
    }
    if calls("set_config") {
        run.model.path.is_changed = true;
        run.model.path.names = None;
    }
}

/// Notes that the sequences that the text names are advanced.
fn covers(run: &mut Run, text: &str) {
    run.sequence_texts.push(text.to_owned());
    let tables: Vec<(usize, String)> = run.model.loaded().map(|(id, relation)| (id, relation.name.clone())).collect();
    for supplied in &mut run.ids_supplied {
        let table =
            tables.iter().find(|(id, _)| *id == supplied.table).map(|(_, name)| name.as_str()).unwrap_or_default();
        let names =
            supplied.sequence.as_deref().is_some_and(|sequence| text.contains(sequence)) || text.contains(table);
        if names {
            supplied.is_covered = true;
        }
    }
    let moved: Vec<usize> = tables.iter().filter(|(_, name)| text.contains(name.as_str())).map(|(id, _)| *id).collect();
    run.sequences_moved.extend(moved);
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
