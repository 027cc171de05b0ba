//! Compares the results of the extension with the reference result.

use crate::cases::Case;
use crate::facts::{Facts, TRIES, read_sequence};
use crate::outcome::{Reached, Resynced};
use crate::verdict;
use cluster::{AuditRow, ResyncRow, audit, identifier, literal, resync};
use fastrand::Rng;
use postgres::{Client, Error, Transaction};
use std::collections::BTreeMap;

/// The functions under test: the extension's, or naive ones that must fail.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The schema of `seq_audit`, `seq_resync` and `seq_resync_table`.
    pub schema: &'static str,
    /// Whether seq_resync moves a sequence by drawing values, as many at a time as it caches.
    pub draws: bool,
}

/// The results of one case.
#[derive(Default)]
pub struct Findings {
    pub wrong_verdicts: Vec<String>,
    pub wrong_resyncs: Vec<String>,
    /// The statuses and outcomes, with the reasons for `unknown` and `skipped`.
    pub seen: Vec<String>,
    pub sql: Vec<String>,
}

impl Findings {
    pub fn is_clean(&self) -> bool {
        self.wrong_verdicts.is_empty() && self.wrong_resyncs.is_empty()
    }
}

/// Random parameters of the check.
struct Plan {
    /// Whether to check in the transaction that creates the schema, where the sequences are new.
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

/// Checks one case and rolls back everything, apart from the creation of the case's schema.
pub fn check_case(client: &mut Client, subject: Subject, case: &Case, random: &mut Rng) -> Result<Findings, Error> {
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
    let checked = Check { transaction: &mut transaction, subject, case, plan, findings: &mut findings }.run();
    transaction.rollback()?;
    if case.temporary {
        client.batch_execute("DISCARD TEMP")?;
    }
    checked.map(|()| findings)
}

struct Check<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    subject: Subject,
    case: &'a Case,
    plan: Plan,
    findings: &'a mut Findings,
}

impl Check<'_, '_> {
    fn run(&mut self) -> Result<(), Error> {
        let before = self.read()?;
        self.check_audit(&before)?;
        for facts in before.iter().filter(|facts| facts.fed.holds_numbers) {
            self.check_model(facts)?;
        }

        let dry = self.resync(true)?;
        self.check_unmoved(&before, "a dry run")?;
        let real = self.resync(false)?;
        self.compare_dry_run(&dry, &real);
        let after = self.read()?;
        let mut still_behind = Vec::new();
        for (name, (before, after)) in by_sequence(&before, &after) {
            let margin = self.plan.margin.into();
            let outcome = match real.get(name) {
                Some(row) => {
                    let block_radius = before.iter().map(|facts| facts.block_radius()).max().unwrap_or(0);
                    let draws_at_once = if self.subject.draws { before[0].cache } else { 1 };
                    Resynced { row, before, after, margin, block_radius, draws_at_once }.check(&mut self.findings.seen)
                }
                None => Err("seq_resync has no row for it".to_owned()),
            };
            match outcome {
                Ok(Reached::All) => {}
                Ok(Reached::NotAll) => still_behind.push(name.to_owned()),
                Err(wrong) => self.findings.wrong_resyncs.push(format!("{name}: {wrong}")),
            }
        }

        self.check_audit(&after)?;
        // Each call keeps the margin free again, so less is left, and other ids may now be more
        // than half of the rest away.
        let has_ids_not_passed =
            |row: &ResyncRow| row.detail.as_ref().is_some_and(|detail| detail.contains("not passed"));
        if self.plan.margin == 0 || !real.values().any(has_ids_not_passed) {
            let again = self.resync(false)?;
            self.check_unmoved(&after, "a second resync")?;
            let active = again.values().find(|row| !["unchanged", "skipped"].contains(&row.outcome.as_str()));
            self.findings.wrong_resyncs.extend(active.map(|row| format!("a second resync has {row:?}")));
        }

        for facts in
            after.iter().filter(|facts| !facts.fed.may_be_unknown && !still_behind.contains(&facts.sequence_name))
        {
            let result = facts.count_inserts(self.transaction, 3)?;
            if result.1.as_deref() == Some("23505") {
                let wrong = format!("{}.{}: after the resync {result:?}", facts.table, facts.fed.column);
                self.findings.wrong_resyncs.push(wrong);
            }
        }
        Ok(())
    }

    fn check_audit(&mut self, facts: &[Facts]) -> Result<(), Error> {
        let rows = self.audit()?;
        for facts in &Facts::merge_inherited(facts) {
            let wrong = verdict::check(facts, &rows, &mut self.findings.seen);
            let wrong = wrong.map(|wrong| format!("{}.{}: {wrong}", facts.table, facts.fed.column));
            self.findings.wrong_verdicts.extend(wrong);
        }
        for child in facts.iter().filter(|facts| facts.fed.reported_with.is_some()) {
            let is_its_own = |row: &AuditRow| row.table.as_ref() == Some(&child.table);
            let may_have_one = |row: &AuditRow| child.fed.may_be_unknown && row.status == "unknown";
            if rows.iter().any(|row| is_its_own(row) && !may_have_one(row)) {
                self.findings.wrong_verdicts.push(format!("{}: has a row of its own", child.table));
            }
        }
        Ok(())
    }

    /// Checks the model, with which the extension is compared, against the server's own behavior.
    fn check_model(&mut self, facts: &Facts) -> Result<(), Error> {
        let result = facts.count_inserts(self.transaction, TRIES)?;
        let (outlook, setup) = (facts.outlook(), &self.case.setup);
        assert!(facts.agrees(TRIES, &result), "the model says {outlook:?}, inserts had the result {result:?}\n{setup}");
        Ok(())
    }

    fn read(&mut self) -> Result<Vec<Facts>, Error> {
        self.case.columns.iter().map(|fed| Facts::read(self.transaction, fed)).collect()
    }

    fn audit(&mut self) -> Result<Vec<AuditRow>, Error> {
        let schema = if self.case.temporary { "NULL".to_owned() } else { literal(&self.case.schema) };
        let call = format!("{}.seq_audit({schema})", self.subject.schema);
        self.findings.sql.push(format!("SELECT * FROM {call};"));
        audit(self.transaction, &call)
    }

    /// Resyncs the schema, or each of the tables, and returns the row of each sequence.
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
                // The first call moves a sequence that several tables share.
                rows.entry(row.sequence.clone().unwrap_or_default()).or_insert(row);
            }
        }
        Ok(rows)
    }

    fn check_unmoved(&mut self, facts: &[Facts], after: &str) -> Result<(), Error> {
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
            let expected = if real.outcome == "advanced" { "would_advance" } else { &real.outcome };
            let agrees = dry.get(name).is_some_and(|dry| {
                (dry.outcome.as_str(), dry.old_next, dry.new_next) == (expected, real.old_next, real.new_next)
            });
            if !agrees {
                self.findings.wrong_resyncs.push(format!("{name}: dry run {:?}, then {real:?}", dry.get(name)));
            }
        }
    }
}

/// Groups the facts before and after by sequence.
fn by_sequence<'a>(before: &'a [Facts], after: &'a [Facts]) -> BTreeMap<&'a str, (Vec<&'a Facts>, Vec<&'a Facts>)> {
    let mut groups = BTreeMap::<_, (Vec<_>, Vec<_>)>::new();
    for (before, after) in before.iter().zip(after).filter(|(facts, _)| !facts.fed.may_be_unknown) {
        let group = groups.entry(before.sequence_name.as_str()).or_default();
        group.0.push(before);
        group.1.push(after);
    }
    groups
}
