//! seq_audit: a verdict on every column that is fed by a sequence.

use super::advice::{self, Statements};
use super::discover::discover;
use super::links::{Column, Kind, Link, Links, Numbers, Sequence, Source};
use super::position::IdRange;
use super::reading::Ids;
use super::scope::Scope;
use super::search::Search;
use super::verdict::{self, Found, Status, Verdict};
use crate::fault::Fault;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::snapshot::Visibility;
use crate::pg::{access, schemas, sequence, subtransaction};
use crate::progress::Progress;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// One row of seq_audit.
#[derive(Clone, Debug)]
pub struct Finding {
    pub status: Status,
    pub table: Oid,
    pub schema: String,
    pub table_name: String,
    pub column: String,
    pub sequence: Option<Oid>,
    pub next_value: Option<i64>,
    pub max_id: Option<i64>,
    pub behind_by: Option<i64>,
    pub inserts_left: Option<i64>,
    pub used_basis_points: Option<u16>,
    pub kind: Kind,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

/// Judges every link in scope, worst first, then by name.
pub fn audit(scope: Scope) -> Result<Vec<Finding>, Fault> {
    let links = discover()?;
    let statements = Statements::new()?;
    let drawers = links.drawers();
    let in_scope: Vec<&Link> = links.links.iter().filter(|link| scope.covers_link(link)).collect();
    let mut progress = Progress::new("columns", in_scope.len());
    let mut findings = Vec::with_capacity(in_scope.len());
    for link in in_scope {
        progress.step();
        findings.push(Examination { link, links: &links, drawers: &drawers, statements: &statements }.run());
    }
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.status, finding.inserts_left.unwrap_or(i64::MAX));
        key(one).cmp(&key(other)).then_with(|| {
            (&one.schema, &one.table_name, &one.column).cmp(&(&other.schema, &other.table_name, &other.column))
        })
    });
    Ok(findings)
}

/// Why a link cannot be judged, and what would change that.
struct Unknown {
    reason: String,
    fix: Option<String>,
}

impl Unknown {
    fn because(reason: impl Into<String>) -> Unknown {
        Unknown { reason: reason.into(), fix: None }
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

struct Examination<'a> {
    link: &'a Link,
    links: &'a Links,
    drawers: &'a HashMap<Oid, Vec<usize>>,
    statements: &'a Statements,
}

impl Examination<'_> {
    fn run(&self) -> Finding {
        let column = &self.link.column;
        let mut finding = Finding {
            status: Status::Unknown,
            table: column.relation,
            schema: column.schema.clone(),
            table_name: column.table.clone(),
            column: column.name.clone(),
            sequence: self.link.sequence(),
            next_value: None,
            max_id: None,
            behind_by: None,
            inserts_left: None,
            used_basis_points: None,
            kind: self.link.kind,
            detail: None,
            fix: None,
        };
        if let Err(unknown) = self.fill(&mut finding) {
            finding.detail = Some(unknown.reason);
            finding.fix = unknown.fix;
        }
        finding
    }

    fn fill(&self, finding: &mut Finding) -> Result<(), Unknown> {
        let sequence = self.sequence()?;
        let state = read_state(self.statements, sequence)?;
        finding.next_value = sequence.definition.next(state);
        if self.link.kind == Kind::Owned && self.link.column.has_default {
            finding.status = Status::Unused;
            finding.detail = Some(advice::unused(self.link, None));
            return Ok(());
        }
        let numbers = comparable(self.link)?;
        may_read(self.statements, &self.link.column)?;
        let measured = subtransaction::attempt(|| measure(self.link, sequence, state, numbers))?;
        finding.max_id = measured.furthest;
        finding.behind_by = measured.verdict.behind_by;
        finding.inserts_left = measured.verdict.inserts_left;
        finding.used_basis_points = Some(measured.verdict.used_basis_points);
        finding.status = self.status(sequence, &measured.verdict);
        self.explain(finding, sequence, &measured);
        Ok(())
    }

    fn sequence(&self) -> Result<&Sequence, Unknown> {
        let oid = match &self.link.source {
            Source::Known(oid) => oid,
            Source::Unresolved(reason) => return Err(Unknown::because(reason.clone())),
        };
        let sequence = self.links.sequences.get(oid).ok_or_else(|| Unknown::because("the sequence is gone"))?;
        if schemas::is_other_temp(sequence.namespace) || schemas::is_other_temp(self.link.column.namespace) {
            return Err(Unknown::because("another session's temporary table"));
        }
        Ok(sequence)
    }

    fn status(&self, sequence: &Sequence, verdict: &Verdict) -> Status {
        if self.link.kind == Kind::Owned {
            Status::Unused
        } else if verdict.status == Status::Ok && sequence.persistence == 'u' && self.link.column.persistence == 'p' {
            Status::Unlogged
        } else {
            verdict.status
        }
    }

    fn explain(&self, finding: &mut Finding, sequence: &Sequence, measured: &Measured) {
        let column = &self.link.column;
        let is_behind = measured.verdict.status == Status::Behind;
        let mut notes = vec![match finding.status {
            Status::Behind => advice::behind(column, &measured.verdict),
            Status::Exhausted => advice::exhausted(sequence, &measured.verdict),
            Status::NearLimit => advice::near_limit(sequence, measured.range),
            Status::Unlogged => "a crash resets the unlogged sequence, but not the table's rows".to_owned(),
            Status::Unused => advice::unused(self.link, is_behind.then_some(&measured.verdict)),
            Status::Unknown | Status::Ok => String::new(),
        }];
        finding.fix = match finding.status {
            Status::Behind => Some(self.statements.resync_table(column)),
            Status::Unused if is_behind => Some(self.statements.resync_table(column)),
            Status::Exhausted | Status::NearLimit => advice::widen(self.link, sequence, measured.range),
            Status::Unlogged => Some(format!("ALTER SEQUENCE {} SET LOGGED;", sequence.quoted())),
            _ => None,
        };
        notes.push(advice::beyond_reach(sequence, measured.furthest));
        notes.extend(advice::properties(sequence));
        notes.push(self.shared_with(sequence));
        if finding.status < Status::Unused && access::is_standby() {
            notes.push("on a standby a sequence may read up to 32 values ahead of the primary".to_owned());
        }
        notes.retain(|note| !note.is_empty());
        finding.detail = (!notes.is_empty()).then(|| notes.join("; "));
    }

    /// Names the other columns that draw from the same sequence; partitions go with their root.
    fn shared_with(&self, sequence: &Sequence) -> String {
        let others = self.drawers.get(&sequence.oid).into_iter().flatten().map(|index| &self.links.links[*index]);
        let labels: Vec<String> = others
            .filter(|other| other.kind != Kind::Owned && other.column.root.is_none())
            .filter(|other| Some(other.column.relation) != self.link.column.root)
            .filter(|other| {
                (other.column.relation, other.column.attribute)
                    != (self.link.column.relation, self.link.column.attribute)
            })
            .map(|other| other.column.label())
            .collect();
        advice::list("also feeds", &labels)
    }
}

/// Reads the sequence's position if the current user may.
fn read_state(statements: &Statements, sequence: &Sequence) -> Result<super::position::State, Unknown> {
    if !subtransaction::attempt(|| Ok(access::may_read_sequence(sequence.oid)))? {
        return Err(Unknown {
            reason: "no USAGE or SELECT privilege on the sequence".to_owned(),
            fix: Some(statements.grant_usage(sequence)),
        });
    }
    Ok(subtransaction::attempt(|| read_position(sequence.oid))?)
}

/// Reads the sequence's position, as far as it still exists.
pub fn read_position(sequence: Oid) -> Result<super::position::State, Fault> {
    let relation = Relation::open(sequence, LockMode::AccessShare)
        .ok_or_else(|| Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, "the sequence is gone"))?;
    sequence::read_state(&relation)
}

/// Whether the column's values can be compared with the sequence's at all.
fn comparable(link: &Link) -> Result<(Numbers, IdRange), Unknown> {
    advice::comparable(link).map_err(Unknown::because)
}

/// Whether the current user may see the column's values.
fn may_read(statements: &Statements, column: &Column) -> Result<(), Unknown> {
    let (may_select, row_security) = subtransaction::attempt(|| {
        Ok((
            access::may_select_column(column.relation, column.attribute),
            access::is_row_security_on(column.relation),
        ))
    })?;
    if !may_select {
        return Err(Unknown {
            reason: "no SELECT privilege on the column".to_owned(),
            fix: Some(statements.grant_select(column)),
        });
    }
    if row_security {
        return Err(Unknown::because("row security hides rows of the table from this user"));
    }
    Ok(())
}

fn measure(
    link: &Link,
    sequence: &Sequence,
    state: super::position::State,
    (numbers, range): (Numbers, IdRange),
) -> Result<Measured, Fault> {
    let definition = &sequence.definition;
    let ids = Ids::of(&link.column, numbers)?;
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
