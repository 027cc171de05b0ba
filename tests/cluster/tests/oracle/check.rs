//! Compares what the extension says and does with what is true.

use crate::cases::Case;
use crate::facts::{Facts, TRIES, read_sequence};
use crate::outcome::{Reached, Resynced};
use crate::verdict;
use cluster::{AuditRow, ResyncRow, audit, identifier, literal, resync};
use fastrand::Rng;
use postgres::{Client, Error, Transaction};
use std::collections::BTreeMap;

/// Whom the oracle examines: the extension, or the naive functions that it has to see through.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The schema of `seq_audit`, `seq_resync` and `seq_resync_table`.
    pub schema: &'static str,
}

/// What one case brought to light.
#[derive(Default)]
pub struct Findings {
    pub wrong_verdicts: Vec<String>,
    pub wrong_resyncs: Vec<String>,
    /// Statuses and outcomes, with the reasons of `unknown` and `skipped`: how often each was seen.
    pub seen: Vec<String>,
    pub sql: Vec<String>,
}

impl Findings {
    pub fn is_clean(&self) -> bool {
        self.wrong_verdicts.is_empty() && self.wrong_resyncs.is_empty()
    }
}

/// How a case is examined, drawn at random.
struct Plan {
    /// In the transaction that creates the schema: the sequences are new in it.
    in_one_transaction: bool,
    by_table: bool,
    margin: i64,
    search_path: String,
}

impl Plan {
    fn random(random: &mut Rng, case: &Case) -> Self {
        let unqualified = case.columns.iter().any(|fed| fed.may_be_unknown);
        Self {
            in_one_transaction: random.u8(..5) == 0,
            by_table: case.temporary || random.u8(..3) == 0,
            margin: [0, 0, 0, 1, 10, i64::MAX][random.usize(..6)],
            search_path: match random.bool() || unqualified {
                true => format!("{}, public", identifier(&case.schema)),
                false => "''".to_owned(),
            },
        }
    }
}

/// Examines one case and leaves nothing of what it did behind, apart from the case's schema.
pub fn examine(client: &mut Client, subject: Subject, case: &Case, random: &mut Rng) -> Result<Findings, Error> {
    let plan = Plan::random(random, case);
    let mut findings = Findings::default();
    if !plan.in_one_transaction {
        client.batch_execute(&case.setup)?;
    }
    let mut transaction = client.transaction()?;
    if plan.in_one_transaction {
        transaction.batch_execute(&case.setup)?;
    }
    transaction.batch_execute(&format!("SET LOCAL search_path = {}", plan.search_path))?;
    findings.sql.push(format!("SET search_path = {};", plan.search_path));
    let examined = Examination { transaction: &mut transaction, subject, case, plan, findings: &mut findings }.run();
    transaction.rollback()?;
    if case.temporary {
        client.batch_execute("DISCARD TEMP")?;
    }
    examined.map(|()| findings)
}

struct Examination<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    subject: Subject,
    case: &'a Case,
    plan: Plan,
    findings: &'a mut Findings,
}

impl Examination<'_, '_> {
    fn run(&mut self) -> Result<(), Error> {
        let before = self.gather()?;
        self.judge_verdicts(&before)?;
        for facts in before.iter().filter(|facts| facts.fed.holds_numbers) {
            self.check_model(facts)?;
        }

        let dry = self.resync(true)?;
        self.must_be_as(&before, "a dry run")?;
        let real = self.resync(false)?;
        self.compare_dry_run(&dry, &real);
        let after = self.gather()?;
        let mut still_behind = Vec::new();
        for (name, (before, after)) in by_sequence(&before, &after) {
            let margin = self.plan.margin.into();
            let outcome = match real.get(name) {
                Some(row) => {
                    let others = before.iter().map(|facts| facts.others()).max().unwrap_or(0);
                    Resynced { row, before, after, margin, others }.judge(&mut self.findings.seen)
                }
                None => Err("no row of seq_resync names it".to_owned()),
            };
            match outcome {
                Ok(Reached::All) => {}
                Ok(Reached::NotAll) => still_behind.push(name.to_owned()),
                Err(wrong) => self.findings.wrong_resyncs.push(format!("{name}: {wrong}")),
            }
        }

        self.judge_verdicts(&after)?;
        // Each call keeps the margin free anew: with less left, other ids may lie apart by more than half of that.
        let left_alone = |row: &ResyncRow| row.detail.as_ref().is_some_and(|detail| detail.contains("not passed"));
        if self.plan.margin == 0 || !real.values().any(left_alone) {
            let again = self.resync(false)?;
            self.must_be_as(&after, "a second resync")?;
            let active = again.values().find(|row| !["unchanged", "skipped"].contains(&row.outcome.as_str()));
            self.findings.wrong_resyncs.extend(active.map(|row| format!("a second resync says {row:?}")));
        }

        for facts in
            after.iter().filter(|facts| !facts.fed.may_be_unknown && !still_behind.contains(&facts.sequence_name))
        {
            let met = facts.try_inserts(self.transaction, 3)?;
            if met.1.as_deref() == Some("23505") {
                let wrong = format!("{}.{}: after the resync {met:?}", facts.table, facts.fed.column);
                self.findings.wrong_resyncs.push(wrong);
            }
        }
        Ok(())
    }

    fn judge_verdicts(&mut self, facts: &[Facts]) -> Result<(), Error> {
        let rows = self.audit()?;
        for facts in &Facts::as_told(facts) {
            let wrong = verdict::judge(facts, &rows, &mut self.findings.seen);
            let wrong = wrong.map(|wrong| format!("{}.{}: {wrong}", facts.table, facts.fed.column));
            self.findings.wrong_verdicts.extend(wrong);
        }
        for child in facts.iter().filter(|facts| facts.fed.told_by.is_some()) {
            let is_its_own = |row: &AuditRow| row.table.as_ref() == Some(&child.table);
            let may_have_one = |row: &AuditRow| child.fed.may_be_unknown && row.status == "unknown";
            if rows.iter().any(|row| is_its_own(row) && !may_have_one(row)) {
                self.findings.wrong_verdicts.push(format!("{}: has a row of its own", child.table));
            }
        }
        Ok(())
    }

    /// The model is what the extension is compared with; the server's own answer decides about the model.
    fn check_model(&mut self, facts: &Facts) -> Result<(), Error> {
        let met = facts.try_inserts(self.transaction, TRIES)?;
        let (outlook, setup) = (facts.outlook(), &self.case.setup);
        assert!(facts.agrees(TRIES, &met), "the model says {outlook:?}, inserts met {met:?}\n{setup}");
        Ok(())
    }

    fn gather(&mut self) -> Result<Vec<Facts>, Error> {
        self.case.columns.iter().map(|fed| Facts::gather(self.transaction, fed)).collect()
    }

    fn audit(&mut self) -> Result<Vec<AuditRow>, Error> {
        let schema = if self.case.temporary { "NULL".to_owned() } else { literal(&self.case.schema) };
        let call = format!("{}.seq_audit({schema})", self.subject.schema);
        self.findings.sql.push(format!("SELECT * FROM {call};"));
        audit(self.transaction, &call)
    }

    /// Resyncs the schema, or each of the tables, and returns the row for each sequence.
    fn resync(&mut self, dry_run: bool) -> Result<BTreeMap<String, ResyncRow>, Error> {
        let options = format!("dry_run => {dry_run}, margin => {}", self.plan.margin);
        let calls = if self.plan.by_table {
            let mut tables: Vec<_> = self.case.columns.iter().map(|fed| literal(&fed.table)).collect();
            tables.dedup();
            tables.iter().map(|table| format!("seq_resync_table({table}, {options})")).collect()
        } else {
            vec![format!("seq_resync({}, {options})", literal(&self.case.schema))]
        };
        let mut rows = BTreeMap::new();
        for call in calls {
            let call = format!("{}.{call}", self.subject.schema);
            self.findings.sql.push(format!("SELECT * FROM {call};"));
            for row in resync(self.transaction, &call)? {
                // The first call moves what several tables share, the next finds it moved.
                rows.entry(row.sequence.clone().unwrap_or_default()).or_insert(row);
            }
        }
        Ok(rows)
    }

    fn must_be_as(&mut self, facts: &[Facts], after: &str) -> Result<(), Error> {
        for facts in facts {
            let now = read_sequence(self.transaction, &facts.sequence_name)?;
            if now != facts.sequence {
                let wrong = format!("{}: {after} moved it from {:?} to {now:?}", facts.sequence_name, facts.sequence);
                self.findings.wrong_resyncs.push(wrong);
            }
        }
        Ok(())
    }

    fn compare_dry_run(&mut self, dry: &BTreeMap<String, ResyncRow>, real: &BTreeMap<String, ResyncRow>) {
        for (name, real) in real {
            let expected = if real.outcome == "advanced" { "would advance" } else { &real.outcome };
            let agrees = dry.get(name).is_some_and(|dry| {
                (dry.outcome.as_str(), dry.old_next, dry.new_next) == (expected, real.old_next, real.new_next)
            });
            if !agrees {
                self.findings.wrong_resyncs.push(format!("{name}: dry run {:?}, then {real:?}", dry.get(name)));
            }
        }
    }
}

/// The facts about the columns of each sequence, before and after.
fn by_sequence<'a>(before: &'a [Facts], after: &'a [Facts]) -> BTreeMap<&'a str, (Vec<&'a Facts>, Vec<&'a Facts>)> {
    let mut groups = BTreeMap::<_, (Vec<_>, Vec<_>)>::new();
    for (before, after) in before.iter().zip(after).filter(|(facts, _)| !facts.fed.may_be_unknown) {
        let group = groups.entry(before.sequence_name.as_str()).or_default();
        group.0.push(before);
        group.1.push(after);
    }
    groups
}
