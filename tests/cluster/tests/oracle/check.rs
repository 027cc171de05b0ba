//! Compares what the extension says and does with what is true.

use crate::cases::Case;
use crate::facts::{Facts, TRIES, read_sequence};
use crate::model::{Outlook, Sequence};
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
        let rows = self.audit()?;
        for facts in &before {
            if facts.fed.holds_numbers {
                self.check_model(facts)?;
            }
            let wrong = self.judge(facts, &rows);
            self.findings
                .wrong_verdicts
                .extend(wrong.map(|wrong| format!("{}.{}: {wrong}", facts.table, facts.fed.column)));
        }

        let dry = self.resync(true)?;
        self.must_be_as(&before, "a dry run")?;
        let real = self.resync(false)?;
        self.compare_dry_run(&dry, &real);
        let after = self.gather()?;
        let mut still_behind = Vec::new();
        for (name, (before, after)) in by_sequence(&before, &after) {
            let outcome = match real.get(name) {
                Some(row) => self.judge_resync(row, &before, &after),
                None => Err("no row of seq_resync names it".to_owned()),
            };
            match outcome {
                Ok(Reached::All) => {}
                Ok(Reached::NotAll) => still_behind.push(name.to_owned()),
                Err(wrong) => self.findings.wrong_resyncs.push(format!("{name}: {wrong}")),
            }
        }

        let again = self.resync(false)?;
        self.must_be_as(&after, "a second resync")?;
        let active = again.values().find(|row| !["unchanged", "skipped"].contains(&row.outcome.as_str()));
        self.findings.wrong_resyncs.extend(active.map(|row| format!("a second resync says {row:?}")));

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

    /// What is wrong with the verdict on a column.
    fn judge(&mut self, facts: &Facts, rows: &[AuditRow]) -> Option<String> {
        let (table, column) = (Some(&facts.table), Some(&facts.fed.column));
        let mut mine = rows.iter().filter(|row| row.table.as_ref() == table && row.column.as_ref() == column);
        let Some(row) = mine.next() else {
            return Some("no row".to_owned());
        };
        if mine.next().is_some() {
            return Some("more than one row".to_owned());
        }
        let reason = if row.status == "unknown" { reason(row.detail.as_deref()) } else { String::new() };
        self.findings.seen.push(format!("audit: {} {reason}", row.status));
        if row.status == "unknown" && facts.fed.may_be_unknown {
            return None;
        }
        let wrong = wrong_in(facts, row);
        (!wrong.is_empty()).then(|| format!("{} wrong for {:?} in {row:?}", wrong.join(", "), facts.outlook()))
    }

    /// Whether a sequence's resync kept its promises: what it reached, or what is wrong.
    fn judge_resync(&mut self, row: &ResyncRow, before: &[&Facts], after: &[&Facts]) -> Result<Reached, String> {
        let reason = if row.outcome == "skipped" { reason(row.detail.as_deref()) } else { String::new() };
        self.findings.seen.push(format!("resync: {} {reason}", row.outcome));
        let (old, new) = (before[0].sequence, after[0].sequence);
        let is_behind = |facts: &[&Facts]| facts.iter().any(|facts| matches!(facts.outlook(), Outlook::Behind(_)));
        if old.ahead(raw_next(&new)) < old.ahead(raw_next(&old)) {
            return Err(format!("went back from {old:?} to {new:?}"));
        }
        if row.outcome != "advanced" && new != old {
            return Err(format!("{row:?} moved it from {old:?} to {new:?}"));
        }
        match row.outcome.as_str() {
            "skipped" => Ok(Reached::NotAll),
            "unchanged" if is_behind(before) => Err(format!("{row:?}, but it is behind ({old:?})")),
            "unchanged" => Ok(Reached::All),
            "advanced" => self.judge_advance(row, before, after),
            other => Err(format!("unexpected outcome {other}")),
        }
    }

    fn judge_advance(&mut self, row: &ResyncRow, before: &[&Facts], after: &[&Facts]) -> Result<Reached, String> {
        let (old, new) = (before[0].sequence, after[0].sequence);
        let (Some(from), Some(to)) = (old.next(), new.next()) else {
            return Err(format!("{row:?} from {old:?} to {new:?}: no value is left"));
        };
        if [row.old_next, row.new_next].map(|next| next.map(i128::from)) != [Some(from), Some(to)] {
            return Err(format!("{row:?}, but it went from {from} to {to}"));
        }
        if (to - from) % old.increment != 0 {
            return Err(format!("{row:?}: out of phase"));
        }
        let exhausted = |facts: &&Facts| facts.outlook() == Outlook::Exhausted;
        if after.iter().any(exhausted) && !before.iter().any(exhausted) {
            return Err(format!("{row:?} exhausted it ({old:?})"));
        }

        let limit =
            before.iter().map(|facts| old.limit(facts.fed.id_type)).min_by_key(|&limit| old.ahead(limit)).unwrap_or(to);
        let ids = before.iter().flat_map(|facts| &facts.ids).copied();
        let (passed, mut left): (Vec<_>, Vec<_>) =
            ids.filter(|&id| old.ahead(id) <= old.ahead(limit)).partition(|&id| old.ahead(id) < old.ahead(to));
        let margin = i128::from(self.plan.margin);
        let expected = old.beyond(from, &passed, margin);
        if to != expected && margin != i128::from(i64::MAX) {
            return Err(format!("{row:?}: expected {expected} ({old:?}, {passed:?} passed, {left:?} left)"));
        }
        left.sort_by_key(|&id| old.ahead(id));
        left.dedup();
        let Some(&first) = left.first() else {
            return Ok(Reached::All);
        };
        // A few ids far away from all others are left where they are, rather than most of the range given up.
        let nearest = passed.iter().map(|&id| old.ahead(id)).max().unwrap_or(old.ahead(from));
        let is_lone = left.len() <= 8 && 2 * (old.ahead(first) - nearest) > old.ahead(limit) - old.ahead(from);
        if !is_lone {
            return Err(format!("{row:?}: {left:?} left ({old:?})"));
        }
        self.findings.seen.push("resync: lone ids left".to_owned());
        Ok(Reached::NotAll)
    }
}

/// What a resync got past.
enum Reached {
    All,
    NotAll,
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

fn raw_next(sequence: &Sequence) -> i128 {
    sequence.last + if sequence.called { sequence.increment } else { 0 }
}

/// The columns of a row that are not as they have to be.
fn wrong_in(facts: &Facts, row: &AuditRow) -> Vec<&'static str> {
    let Facts { sequence, ids, .. } = facts;
    let mut wrong = Vec::new();
    let mut expect = |name, is_right: bool| {
        if !is_right {
            wrong.push(name);
        }
    };
    let saturated = |number: i128| Some(number.min(i64::MAX.into()) as i64);
    let is_near = row.used_pct.is_some_and(|used| used >= 90.0);
    let status = row.status.as_str();
    match facts.outlook() {
        Outlook::Exhausted => {
            expect("status", status == "exhausted");
            expect("inserts_left", row.inserts_left == Some(0));
        }
        Outlook::Behind(left) => {
            expect("status", status == "behind");
            expect("inserts_left", row.inserts_left == saturated(left));
        }
        Outlook::Free(run) => {
            // One that starts over has no limit to be near to.
            let expected = match (is_near && !sequence.cycle, facts.loses_position) {
                (true, _) => "near_limit",
                (_, true) => "unlogged",
                _ => "ok",
            };
            expect("status", status == expected);
            // One that starts over ends where the column's type does, if anywhere.
            let ends = !sequence.cycle || sequence.bound() != sequence.limit(facts.fed.id_type);
            let is_right = row.inserts_left == saturated(run) && ends;
            expect("inserts_left", is_right || (sequence.cycle && row.inserts_left.is_none()));
        }
    }
    if let (Some(next), false) = (sequence.next(), facts.outlook() == Outlook::Exhausted) {
        expect("next_value", row.next_value.map(i128::from) == Some(next));
        let limit = sequence.ahead(sequence.limit(facts.fed.id_type));
        let reachable: Vec<_> = ids.iter().copied().filter(|&id| sequence.ahead(id) <= limit).collect();
        let steps = (sequence.beyond(next, &reachable, 0) - next) / sequence.increment;
        let is_behind = matches!(facts.outlook(), Outlook::Behind(_));
        expect("behind_by", row.behind_by == if is_behind { saturated(steps) } else { Some(0) });
    }
    if !facts.has_odd_ids {
        expect("max_id", row.max_id.map(i128::from) == sequence.furthest(ids));
    }
    expect("used_pct", row.used_pct.is_none_or(|used| (0.0..=100.0).contains(&used)));
    expect("sequence_name", row.sequence.as_ref() == Some(&facts.sequence_name));
    wrong
}

/// The first words of a detail, up to a name or a number, so that equal reasons can be counted.
fn reason(detail: Option<&str>) -> String {
    let detail = detail.unwrap_or("without a reason");
    let end = detail.find(|c: char| c.is_ascii_digit() || "\"-:;,.".contains(c)).unwrap_or(detail.len());
    detail[..end].trim_end().to_owned()
}
