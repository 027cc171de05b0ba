//! seq_audit: a verdict on every column that a sequence feeds.

use super::candidates::Candidates;
use super::column::{AttrRef, Column};
use super::column_verdict::{Position, measure};
use super::comparable::comparable;
use super::declined;
use super::discover::discover;
use super::dropped;
use super::explain::Explainer;
use super::finding::Finding;
use super::hierarchy::{self, Hierarchies, Judged};
use super::link::{Drawing, Link, Sequence, Source};
use super::links::Links;
use super::reading::Ids;
use super::verdict::Status;
use super::wording;
use crate::error::Error;
use crate::pg::names;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::sequence_state::{self, SequenceState};
use crate::pg::{access, invalidation, subtransaction};
use crate::report::progress::Progress;
use crate::report::readable::{self, Hidden};
use crate::report::scope::Scope;
use crate::report::table_locks::within_budget;
use crate::report::wording as words;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// Number of links that share a subtransaction: a subtransaction takes longer than judging a link.
const BATCH: usize = 256;

/// Judges every link in scope; returns the findings worst first, then by name. Waits for locks for
/// five seconds altogether, or for lock_timeout.
pub fn audit(scope: Scope) -> Result<Vec<Finding>, Error> {
    within_budget(|| judge_all(scope))
}

fn judge_all(scope: Scope) -> Result<Vec<Finding>, Error> {
    let messages = invalidation::messages();
    let links = discover(scope)?;
    let mut auditor =
        Auditor { explainer: Explainer::new(&links)?, hierarchies: &links.hierarchies, is_careful: false };
    let in_scope = in_scope(&links, scope);
    let mut progress = Progress::new("columns", in_scope.len());
    let mut judged = Vec::with_capacity(in_scope.len());
    for batch in in_scope.chunks(BATCH) {
        judged.extend(auditor.examine_batch(batch, &mut progress));
    }
    let mut findings = hierarchy::fold(judged, &links.hierarchies, &auditor.explainer.statements);
    let candidates = Candidates::new(&auditor.explainer.statements);
    for unlinked in links.unlinked.iter().filter(|unlinked| links.covers(scope, unlinked.sequence)) {
        findings.extend(candidates.examine(unlinked));
    }
    declined::mark(&mut findings, &links);
    dropped::strike_since(messages, &mut findings);
    findings.sort_by(|one, other| {
        let severity = |finding: &Finding| (finding.status, finding.inserts_left.unwrap_or(i64::MAX));
        severity(one).cmp(&severity(other)).then_with(|| (&one.name, &one.column).cmp(&(&other.name, &other.column)))
    });
    Ok(findings)
}

/// Returns the links of the tables in scope. A sequence that feeds one of them is judged by all
/// columns that it feeds, in other schemas as well: inserts here collide with rows of an inheriting
/// table there.
fn in_scope(links: &Links, scope: Scope) -> Vec<&Link> {
    let is_covered = |link: &&Link| links.covers(scope, link.attr.0);
    let sequences: HashSet<Oid> = match scope {
        Scope::Database => HashSet::new(),
        _ => links.links.iter().filter(is_covered).filter_map(Link::sequence).collect(),
    };
    let follows = |link: &Link| link.sequence().is_some_and(|sequence| sequences.contains(&sequence));
    let chosen: Vec<&Link> = links.links.iter().filter(|link| is_covered(link) || follows(link)).collect();
    if links.hierarchies.is_empty() {
        return chosen;
    }
    let attrs: HashSet<(Option<Oid>, AttrRef)> = chosen.iter().map(|link| (link.sequence(), link.attr)).collect();
    // The rows of a partition are read with those of its topmost ancestor.
    let is_read = |link: &Link| {
        let head = links.hierarchies.head(link).filter(|_| names::is_partition(link.attr.0));
        head.is_some_and(|head| attrs.contains(&(link.sequence(), head)))
    };
    chosen.into_iter().filter(|link| !is_read(link)).collect()
}

/// Why a link cannot be judged, and what would change that.
struct Unknown {
    reason: String,
    fix: Option<String>,
    lacks_privilege: bool,
}

impl Unknown {
    fn because(reason: impl Into<String>) -> Unknown {
        Unknown { reason: reason.into(), fix: None, lacks_privilege: false }
    }
}

impl From<Error> for Unknown {
    fn from(error: Error) -> Self {
        Unknown::because(words::error(&error))
    }
}

struct Auditor<'a> {
    explainer: Explainer<'a>,
    hierarchies: &'a Hierarchies,
    /// Whether each object gets a subtransaction of its own, after one of its batch has raised an
    /// error.
    is_careful: bool,
}

impl Auditor<'_> {
    /// Examines a batch; if an object raises an error, examines the batch again, object by object.
    fn examine_batch(&mut self, batch: &[&Link], progress: &mut Progress) -> Vec<Judged> {
        let quick = subtransaction::attempt(|| {
            let steps = batch.iter().inspect(|_| progress.step());
            Ok(steps.filter_map(|link| Some((link.attr, self.examine(link)?))).collect())
        });
        quick.unwrap_or_else(|_| {
            self.is_careful = true;
            let steps = batch.iter().inspect(|_| {
                crate::pg::memory::step();
            });
            let findings = steps.filter_map(|link| Some((link.attr, self.examine(link)?))).collect();
            self.is_careful = false;
            findings
        })
    }

    fn attempt<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.is_careful { subtransaction::attempt(work) } else { work() }
    }

    /// Judges one link; `None` if the column no longer exists.
    fn examine(&mut self, link: &Link) -> Option<Finding> {
        let mut finding = Finding { table: Some(link.attr.0), sequence: link.sequence(), ..Finding::blank(link.kind) };
        let sequence = self.read_sequence(link);
        if let Ok((_, state)) = &sequence {
            finding.next_value = state.next;
        }
        let is_careful = self.is_careful;
        let examine = || {
            let Some(table) = Relation::try_open(link.attr.0, LockMode::AccessShare) else { return Ok(None) };
            let Some((column, index)) = Column::describe(&table, link.attr) else { return Ok(None) };
            let column = self.hierarchies.unbounded(link, column);
            finding.name = column.table.clone();
            finding.column = Some(column.name.clone());
            finding.kind = link.kind.of(&column);
            let judged = sequence
                .and_then(|sequence| self.judge(&mut finding, link, &column, (&table, index.as_ref()), sequence));
            Ok(Some(judged))
        };
        let judged = match if is_careful { subtransaction::attempt(examine) } else { examine() } {
            Ok(judged) => judged?,
            Err(error) => {
                finding.name = names::relation_name(link.attr.0)?;
                finding.column = Some(names::column_name(link.attr.0, link.attr.1)?);
                Err(error.into())
            }
        };
        if let Err(unknown) = judged {
            finding.detail = Some(unknown.reason);
            finding.lacks_privilege = unknown.lacks_privilege;
            finding.fix = unknown.fix;
        }
        Some(finding)
    }

    fn judge(
        &mut self,
        finding: &mut Finding,
        link: &Link,
        column: &Column,
        (table, index): (&Relation, Option<&Relation>),
        (sequence, position): (Sequence, Position),
    ) -> Result<(), Unknown> {
        if link.drawing == Drawing::Unused {
            finding.status = Status::Unused;
            finding.detail = Some(wording::UNUSED.to_owned());
            return Ok(());
        }
        let (id_type, range) = comparable(link, column).map_err(Unknown::because)?;
        self.may_read(column)?;
        let ids = Ids::of_open(column, id_type, table, index)?;
        let measured = measure(&ids, &sequence, link.span(&sequence), position.state, range)?;
        finding.max_id = measured.furthest;
        finding.behind_by = measured.verdict.behind_by;
        finding.values_to_pass = measured.values_to_pass;
        finding.inserts_left = measured.verdict.inserts_left;
        finding.used_basis_points = Some(measured.verdict.used_basis_points);
        finding.status = match measured.verdict.status {
            Status::Ok if position.is_unlogged && column.is_permanent => Status::Unlogged,
            status => status,
        };
        self.explainer.explain(finding, column, &sequence, &measured);
        Ok(())
    }

    /// Reads the sequence's position if the current user may. Called before the table is opened, so
    /// that no two locks are held at a time.
    fn read_sequence(&self, link: &Link) -> Result<(Sequence, Position), Unknown> {
        let sequence = match &link.source {
            Source::Known(oid) => Sequence::look_up(*oid)?,
            Source::Unresolved(reason) => return Err(Unknown::because(reason.clone())),
        };
        let read = self.attempt(|| {
            let may_read = access::may_read_sequence(sequence.oid);
            may_read.then(|| sequence_state::read(sequence.oid)).transpose()
        });
        match read {
            Ok(Some(SequenceState { state, is_unlogged, .. })) => {
                Ok((sequence, Position { state, next: sequence.definition.next(state), is_unlogged }))
            }
            Ok(None) => Err(Unknown {
                reason: "no SELECT or USAGE privilege on the sequence".to_owned(),
                fix: Some(self.explainer.statements.grant_sequence(&sequence.quoted())),
                lacks_privilege: true,
            }),
            Err(_) if names::relation_schema(sequence.oid).is_none() => Err(sequence_state::gone().into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses a column whose values the current user may not see.
    fn may_read(&self, column: &Column) -> Result<(), Unknown> {
        let (reason, fix) = match column.hidden() {
            None => return Ok(()),
            Some(Hidden::Schema) => {
                (readable::NO_SCHEMA, Some(self.explainer.statements.grant_schema(&column.table.schema)))
            }
            Some(Hidden::Column) => ("no SELECT privilege on the column", {
                let name = names::quote_identifier(&column.name);
                Some(self.explainer.statements.grant_select(&column.table, &name))
            }),
            Some(Hidden::RowSecurity) => (readable::ROW_SECURITY, None),
        };
        let lacks_privilege = fix.is_some();
        Err(Unknown { reason: reason.to_owned(), fix, lacks_privilege })
    }
}
