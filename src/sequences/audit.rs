//! seq_audit: a verdict on every column that is fed by a sequence.

use super::advice::{self, Statements};
use super::column::{self, Column, Hidden, Place};
use super::discover::discover;
use super::gone;
use super::links::{Kind, Link, Links, Sequence, Source};
use super::position::{IdRange, State};
use super::reading::Ids;
use super::scope::Scope;
use super::search::Search;
use super::sequence_state::{self, SequenceState};
use super::subscriptions::Subscriptions;
use super::verdict::{self, Found, Status, Verdict};
use crate::fault::Fault;
use crate::pg::names::{self, QualifiedName};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::snapshot::Visibility;
use crate::pg::{access, subtransaction};
use crate::progress::Progress;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// One row of seq_audit.
#[derive(Clone, Debug)]
pub struct Finding {
    pub status: Status,
    pub table: Oid,
    pub table_name: QualifiedName,
    pub column: Option<String>,
    pub sequence: Option<Oid>,
    pub next_value: Option<i64>,
    pub max_id: Option<i64>,
    pub behind_by: Option<i64>,
    pub inserts_left: Option<i64>,
    pub used_basis_points: Option<u16>,
    pub kind: Kind,
    pub detail: Option<String>,
    pub fix: Option<String>,
    /// Whether it is behind because an active subscription feeds the table.
    pub is_subscriber: bool,
    /// Whether it is unknown because the current user lacks a privilege.
    pub lacks_privilege: bool,
}

/// How many links share a subtransaction: one for each would take longer than judging it does.
const BATCH: usize = 256;

/// Judges every link in scope, worst first, then by name.
pub fn audit(scope: Scope) -> Result<Vec<Finding>, Fault> {
    let links = discover()?;
    let mut auditor = Auditor {
        statements: Statements::new()?,
        by_sequence: links.by_sequence(),
        sharers: HashMap::new(),
        subscriptions: Subscriptions::look_up()?,
        links: &links,
        is_careful: false,
    };
    let in_scope: Vec<&Link> = links.links.iter().filter(|link| scope.covers(link.place.0)).collect();
    let mut progress = Progress::new("columns", in_scope.len());
    let mut findings = Vec::with_capacity(in_scope.len());
    for batch in in_scope.chunks(BATCH) {
        findings.extend(auditor.examine_batch(batch, &mut progress));
    }
    gone::strike(&mut findings);
    findings.sort_by(|one, other| {
        let severity = |finding: &Finding| (finding.status, finding.inserts_left.unwrap_or(i64::MAX));
        severity(one)
            .cmp(&severity(other))
            .then_with(|| (&one.table_name, &one.column).cmp(&(&other.table_name, &other.column)))
    });
    Ok(findings)
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

impl From<Fault> for Unknown {
    fn from(fault: Fault) -> Self {
        Unknown::because(advice::sentence(&fault))
    }
}

/// What of a sequence and its column was read.
struct Measured {
    verdict: Verdict,
    furthest: Option<i64>,
    range: IdRange,
}

/// Where a sequence stands.
#[derive(Clone, Copy)]
struct Position {
    state: State,
    next: Option<i64>,
    is_unlogged: bool,
}

struct Auditor<'a> {
    links: &'a Links,
    by_sequence: HashMap<Oid, Vec<usize>>,
    /// The columns each shared sequence feeds, with their labels.
    sharers: HashMap<Oid, Vec<(Place, String)>>,
    statements: Statements,
    subscriptions: Subscriptions,
    /// Whether each object gets a subtransaction of its own, after one of the batch has raised an error.
    is_careful: bool,
}

impl<'a> Auditor<'a> {
    /// Should an object of the batch raise an error, the batch is examined once more, object by object.
    fn examine_batch(&mut self, batch: &[&Link], progress: &mut Progress) -> Vec<Finding> {
        let quick = subtransaction::attempt(|| {
            let steps = batch.iter().inspect(|_| progress.step());
            Ok(steps.filter_map(|link| self.examine(link)).collect())
        });
        quick.unwrap_or_else(|_| {
            self.is_careful = true;
            let steps = batch.iter().inspect(|_| {
                pgrx::check_for_interrupts!();
            });
            let findings = steps.filter_map(|link| self.examine(link)).collect();
            self.is_careful = false;
            findings
        })
    }

    fn attempt<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        if self.is_careful { subtransaction::attempt(work) } else { work() }
    }

    /// `None` if the column is gone.
    fn examine(&mut self, link: &Link) -> Option<Finding> {
        let mut finding = Finding {
            status: Status::Unknown,
            table: link.place.0,
            table_name: QualifiedName { schema: String::new(), name: String::new() },
            column: None,
            sequence: link.sequence(),
            next_value: None,
            max_id: None,
            behind_by: None,
            inserts_left: None,
            used_basis_points: None,
            kind: link.kind,
            detail: None,
            fix: None,
            lacks_privilege: false,
            is_subscriber: false,
        };
        let sequence = self.read_sequence(link);
        if let Ok((_, state)) = &sequence {
            finding.next_value = state.next;
        }
        let is_careful = self.is_careful;
        let examine = || {
            let Some(table) = Relation::try_open(link.place.0, LockMode::AccessShare) else { return Ok(None) };
            let Some((column, index)) = Column::describe(&table, link.place) else { return Ok(None) };
            finding.table_name = column.table.clone();
            finding.column = Some(column.name.clone());
            finding.kind = link.kind.of(&column);
            let judged = sequence
                .and_then(|sequence| self.judge(&mut finding, link, &column, (&table, index.as_ref()), sequence));
            Ok(Some(judged))
        };
        let judged = match if is_careful { subtransaction::attempt(examine) } else { examine() } {
            Ok(judged) => judged?,
            Err(fault) => {
                finding.table_name = names::relation_name(link.place.0)?;
                finding.column = Some(names::column_name(link.place.0, link.place.1)?);
                Err(fault.into())
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
        let has_default = self.links.has_default(column);
        if link.kind == Kind::Owned && has_default {
            finding.status = Status::Unused;
            finding.detail = Some(advice::unused(true, None));
            return Ok(());
        }
        let (id_type, range) = advice::comparable(link, column).map_err(Unknown::because)?;
        self.may_read(column)?;
        let measured = measure(&Ids::of_open(column, id_type, table, index)?, &sequence, position.state, range)?;
        finding.max_id = measured.furthest;
        finding.behind_by = measured.verdict.behind_by;
        finding.inserts_left = measured.verdict.inserts_left;
        finding.used_basis_points = Some(measured.verdict.used_basis_points);
        finding.status = match measured.verdict.status {
            _ if link.kind == Kind::Owned => Status::Unused,
            Status::Ok if position.is_unlogged && column.is_permanent => Status::Unlogged,
            status => status,
        };
        self.explain(finding, column, &sequence, &measured);
        Ok(())
    }

    /// Reads the sequence's position if the current user may. Before the table is opened: no two locks at a time.
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
                fix: Some(self.statements.grant_sequence(&sequence)),
                lacks_privilege: true,
            }),
            Err(_) if names::relation_schema(sequence.oid).is_none() => Err(sequence_state::gone().into()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Whether the current user may see the column's values.
    fn may_read(&self, column: &Column) -> Result<(), Unknown> {
        let (reason, fix) = match column.hidden() {
            None => return Ok(()),
            Some(Hidden::Schema) => {
                ("no USAGE privilege on the table's schema", Some(self.statements.grant_schema(column)))
            }
            Some(Hidden::Privilege) => {
                ("no SELECT privilege on the column", Some(self.statements.grant_select(column)))
            }
            Some(Hidden::RowSecurity) => ("row security hides rows of the table from this user", None),
        };
        let lacks_privilege = fix.is_some();
        Err(Unknown { reason: reason.to_owned(), fix, lacks_privilege })
    }

    fn explain(&mut self, finding: &mut Finding, column: &Column, sequence: &Sequence, measured: &Measured) {
        let is_behind = measured.verdict.status == Status::Behind;
        let mut notes = vec![match finding.status {
            Status::Behind => advice::behind(column, &measured.verdict),
            Status::Exhausted => advice::exhausted(sequence, &measured.verdict),
            Status::NearLimit => advice::near_limit(sequence, measured.range),
            Status::Unlogged => "a crash resets the unlogged sequence, but not the table's rows".to_owned(),
            Status::Unused => advice::unused(false, is_behind.then_some(&measured.verdict)),
            Status::Unknown | Status::Ok => String::new(),
        }];
        finding.fix = match finding.status {
            // What seq_resync would not do is no fix.
            Status::Behind if sequence.definition.cycle => None,
            Status::Behind => Some(self.statements.resync_table(column)),
            Status::Unused if is_behind => Some(self.statements.resync_table(column)),
            Status::Exhausted | Status::NearLimit => advice::widen(column, sequence, measured.range),
            Status::Unlogged => Some(format!("ALTER SEQUENCE {} SET LOGGED;", sequence.quoted())),
            _ => None,
        };
        if is_behind && let Some(note) = self.subscriptions.explain(column, finding.fix.as_deref()) {
            finding.is_subscriber = true;
            notes.push(note);
        }
        notes.push(advice::beyond_reach(sequence, measured.furthest));
        notes.extend(advice::properties(sequence));
        notes.push(self.shared_with(column, sequence));
        if finding.status < Status::Unused && access::is_standby() {
            notes.push("on a standby a sequence may read up to 32 values ahead of the primary".to_owned());
        }
        notes.retain(|note| !note.is_empty());
        finding.detail = (!notes.is_empty()).then(|| notes.join("; "));
    }

    /// Names the other columns that draw from the same sequence; partitions go with their root.
    fn shared_with(&mut self, column: &Column, sequence: &Sequence) -> String {
        let links = match self.by_sequence.get(&sequence.oid) {
            Some(links) if links.len() > 1 => links,
            _ => return String::new(),
        };
        let all = &self.links.links;
        let sharers = self.sharers.entry(sequence.oid).or_insert_with(|| {
            let drawers = links.iter().map(|index| &all[*index]).filter(|link| link.kind != Kind::Owned);
            let places = drawers.map(|link| link.place).filter(|place| !names::is_partition(place.0));
            places.filter_map(|place| Some((place, column::label(place)?))).collect()
        });
        let root = self.links.root(column);
        let is_other = |place: &Place| *place != (column.relation, column.attribute) && Some(place.0) != root;
        let labels: Vec<&str> =
            sharers.iter().filter(|(place, _)| is_other(place)).map(|(_, label)| label.as_str()).collect();
        advice::list("also feeds", &labels)
    }
}

fn measure(ids: &Ids<'_>, sequence: &Sequence, state: State, range: IdRange) -> Result<Measured, Fault> {
    let definition = &sequence.definition;
    let first = |search: Search| Ok::<_, Fault>(ids.find(&search, Visibility::Committed)?.first().copied());
    let furthest = first(Search::furthest(definition.is_ascending()))?;
    let mut found = Found::default();
    if let (Some(run), Some(furthest)) = (definition.run(state, range), furthest)
        && run.reaches(furthest)
    {
        found.first_collision = first(Search::first_collision(&run))?;
        found.furthest_in_run =
            if run.range().contains(furthest) { Some(furthest) } else { first(Search::furthest_in(&run))? };
    }
    Ok(Measured { verdict: verdict::judge(definition, state, range, found), furthest, range })
}
