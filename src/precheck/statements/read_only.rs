//! Transactions that the script makes read-only.

use crate::error::Error;
use crate::pg::parser::tree::{self, Dml, DmlKind, Modes, RelationName, Statement, Tree};
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// SET TRANSACTION, SET SESSION CHARACTERISTICS, and the modes of BEGIN.
pub fn set(run: &mut Run, name: &str, modes: Modes) {
    let is_current = name == "transaction";
    if is_current && modes.sets_isolation && run.read_only.has_begun {
        let detail = "SET TRANSACTION ISOLATION LEVEL must be called before any query";
        run.add(Note::error("transaction", Code::ERRCODE_ACTIVE_SQL_TRANSACTION, detail));
    }
    if let Some(is_on) = modes.read_only {
        run.read_only.set(is_current, is_on, run.in_transaction);
    }
}

/// Adds an error for a statement that a read-only transaction refuses
/// (ClassifyUtilityCommandAsReadOnly in tcop/utility.c, ExecCheckXactReadOnly in
/// executor/execMain.c).
pub fn judge(run: &mut Run, statement: &Tree<'_>) -> Result<(), Error> {
    if run.read_only.now && writes(run, statement)? {
        let detail = format!("cannot execute {} in a read-only transaction", statement.tag);
        run.add(Note::error("transaction", Code::ERRCODE_READ_ONLY_SQL_TRANSACTION, detail));
    }
    let is_control = matches!(
        statement.statement,
        Statement::Set { .. } | Statement::SetConstraints { .. } | Statement::Transaction(_) | Statement::Lock { .. }
    );
    run.read_only.has_begun |= run.in_transaction && !is_control && statement.tag != "SHOW";
    Ok(())
}

/// Commands without a kind of their own that a read-only transaction allows.
const ALLOWED: [&str; 15] = [
    "ALTER SYSTEM",
    "CHECKPOINT",
    "CLOSE CURSOR",
    "DEALLOCATE",
    "DISCARD",
    "DISCARD ALL",
    "EXECUTE",
    "FETCH",
    "LISTEN",
    "LOAD",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "SHOW",
    "UNLISTEN",
];

fn writes(run: &mut Run, tree: &Tree<'_>) -> Result<bool, Error> {
    Ok(match &tree.statement {
        Statement::Set { .. }
        | Statement::SetConstraints { .. }
        | Statement::Transaction(_)
        | Statement::Vacuum { .. }
        | Statement::Reindex { .. }
        | Statement::Cluster { .. }
        | Statement::Lock { .. }
        | Statement::Do
        | Statement::Call { .. } => false,
        Statement::Copy(copy) => copy.is_from && is_lasting(run, copy.relation.as_ref())?,
        Statement::Dml(dml) => changes_rows(run, dml)?,
        Statement::Other { .. } => !ALLOWED.contains(&tree.tag.as_str()),
        _ => true,
    })
}

fn changes_rows(run: &mut Run, dml: &Dml<'_>) -> Result<bool, Error> {
    Ok(match dml.kind {
        DmlKind::Select => tree::names(dml.query).calls.iter().any(|call| !call.is_currval),
        DmlKind::Other => false,
        DmlKind::Insert | DmlKind::Update | DmlKind::Delete | DmlKind::Merge => is_lasting(run, dml.target.as_ref())?,
    })
}

/// Whether the relation is one that exists and is not temporary.
fn is_lasting(run: &mut Run, name: Option<&RelationName>) -> Result<bool, Error> {
    let Some(name) = name else { return Ok(false) };
    Ok(match run.model.find(name)? {
        Found::Relation(id) => run.model.get(id).persistence != b't',
        _ => false,
    })
}
