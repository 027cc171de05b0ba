//! The oracle: random scripts over random schemas, for which the verdicts of the precheck, which
//! runs nothing, are compared with the rehearsal, which runs everything.
//!
//! `FLIGHTCHECK_PRECHECK_CASES` sets the number of cases and `FLIGHTCHECK_PRECHECK_SEED` the seed.

use crate::oracle_case::{Case, Outcome, Subject};
use crate::oracle_left::SETUP;
use crate::oracle_rule::{End, Said, is_foreseen, judge, open};
use crate::oracle_writer::Roles;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report, setting, share_out, sized};
use fastrand::Rng;
use std::collections::BTreeMap;

/// How many cases share a database. With more, its growing catalogs would slow them down.
const CASES_PER_DATABASE: u64 = 100;
const WORKERS: usize = 2;

/// The reference page, whose table has the names of all checks.
const REFERENCE: &str = include_str!("../../../../docs/reference/precheck.md");

/// The results of many cases.
#[derive(Default)]
struct Summary {
    cases: u64,
    untold: u64,
    /// The cases with a failure, by its SQLSTATE.
    failing: BTreeMap<String, u64>,
    /// Those of them that were foreseen with their SQLSTATE.
    foreseen: u64,
    /// Those that an `unknown` excuses.
    excused: u64,
    /// The cases that were left open, and the checks that did so.
    open: u64,
    reasons: BTreeMap<String, u64>,
    wrong: u64,
    /// Those of them with a failure.
    wrong_failing: u64,
    /// The first cases that went wrong, as SQL.
    failures: Vec<String>,
    planted: Planted,
}

/// Faults that were put into right rows, and how many of them the rule found.
#[derive(Default)]
struct Planted {
    faults: u64,
    found: u64,
}

fn count_in(counts: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (what, count) in more {
        *counts.entry(what).or_default() += count;
    }
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.untold += other.untold;
        self.foreseen += other.foreseen;
        self.excused += other.excused;
        self.open += other.open;
        self.wrong += other.wrong;
        self.wrong_failing += other.wrong_failing;
        self.planted.faults += other.planted.faults;
        self.planted.found += other.planted.found;
        self.failures.extend(other.failures);
        count_in(&mut self.failing, other.failing);
        count_in(&mut self.reasons, other.reasons);
    }

    fn count(&mut self, outcome: &Outcome) {
        let Outcome { said, end, wrong, .. } = outcome;
        self.cases += 1;
        self.untold += u64::from(matches!(end, End::Untold(_)));
        let open = open(said, end);
        self.open += u64::from(!open.is_empty());
        for row in open {
            *self.reasons.entry(row.check.clone()).or_default() += 1;
        }
        self.wrong += u64::from(!wrong.is_empty());
        if let Some(state) = end.sqlstate() {
            *self.failing.entry(state.to_owned()).or_default() += 1;
            self.wrong_failing += u64::from(!wrong.is_empty());
            self.foreseen += u64::from(wrong.is_empty() && is_foreseen(said, end));
        }
        self.excused += u64::from(wrong.is_empty() && !is_foreseen(said, end) && end.sqlstate().is_some());
        if wrong.is_empty() {
            self.planted.plant(said, end);
        }
    }

    fn failing(&self) -> u64 {
        self.failing.values().sum()
    }
}

impl Planted {
    /// Puts faults into the rows, which follow the rule, and counts those that it finds.
    fn plant(&mut self, said: &[Said], end: &End) {
        let mut doctored: Vec<Vec<Said>> = Vec::new();
        let failed = match end {
            End::Failed(number, _) => *number,
            _ => 0,
        };
        if failed > 0 {
            // The failure is passed over, or is another one.
            doctored.push(said.iter().filter(|row| row.statement > Some(failed)).cloned().collect());
            let is_error = |row: &Said| row.severity == "error" && row.statement == Some(failed);
            if said.iter().any(is_error) {
                let mut rows = said.to_vec();
                for row in rows.iter_mut().filter(|row| row.statement == Some(failed)) {
                    row.sqlstate = is_error(row).then(|| "XX000".to_owned());
                }
                doctored.push(rows);
            }
        }
        if failed > 1 || matches!(end, End::Succeeded(1..)) {
            // The first statement, which succeeds, is said to fail.
            let error = Said {
                severity: "error".to_owned(),
                statement: Some(1),
                check: "planted".to_owned(),
                sqlstate: end.sqlstate().map(str::to_owned),
                detail: String::new(),
            };
            doctored.push(said.iter().cloned().chain([error]).collect());
        }
        self.faults += doctored.len() as u64;
        self.found += doctored.iter().filter(|rows| !judge(rows, end).is_empty()).count() as u64;
    }
}

/// Returns what is wrong with an outcome, in lines.
fn complaints(outcome: &Outcome) -> Vec<String> {
    let mut lines: Vec<String> = outcome.wrong.iter().map(|wrong| format!("{wrong:?}")).collect();
    lines.extend(outcome.left.iter().map(|line| format!("left: {line:.200}")));
    let undocumented = |row: &&Said| !REFERENCE.contains(&format!("`{}`", row.check));
    lines.extend(outcome.said.iter().filter(undocumented).map(|row| format!("not in the reference: {}", row.check)));
    if !lines.is_empty() {
        lines.push(format!("the rehearsal: {:?}", outcome.end));
        let severe = outcome.said.iter().filter(|row| ["error", "unknown"].contains(&row.severity.as_str()));
        lines.extend(severe.map(|row| {
            let (number, state) = (row.statement.unwrap_or_default(), row.sqlstate.as_deref().unwrap_or_default());
            format!("{number}: {} {} {state}: {}", row.severity, row.check, row.detail)
        }));
    }
    lines
}

/// Checks `count` cases from `first` on in a database of their own.
fn check_batch(server: &Server, subject: Subject, seed: u64, first: u64, count: u64) -> Result<Summary> {
    let database = format!("oracle_{first}");
    let roles = Roles { own: format!("own_{database}"), other: format!("other_{database}") };
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute(&format!("CREATE ROLE {}; CREATE ROLE {}", roles.own, roles.other))?;
    postgres.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE oracle"))?;
    let mut client = server.connect(&database)?;
    client.batch_execute("SET client_min_messages = error")?;
    let mut summary = Summary::default();
    for number in first..first + count {
        let case_seed = seed.wrapping_add(number);
        let mut case = Case::random(&mut Rng::with_seed(case_seed), &roles);
        let outcome = case.run(&mut client, subject).with_context(|| case.text())?;
        summary.count(&outcome);
        let complaints = complaints(&outcome);
        if !complaints.is_empty() {
            let repeat = format!("FLIGHTCHECK_PRECHECK_SEED={case_seed} FLIGHTCHECK_PRECHECK_CASES=1");
            summary.failures.push(format!("---- {repeat}\n{}{}\n", case.text(), complaints.join("\n")));
        }
    }
    drop(client);
    postgres.batch_execute(&format!("DROP DATABASE {database}"))?;
    postgres.batch_execute(&format!("DROP ROLE {}, {}", roles.own, roles.other))?;
    Ok(summary)
}

/// Checks `count` cases with all workers.
fn run(subject: Subject, seed: u64, count: u64) -> Result<Summary> {
    let server = Server::start(&["shared_buffers = '256MB'", "autovacuum = off"])?;
    server.connect("postgres")?.batch_execute("CREATE DATABASE oracle")?;
    let mut template = server.connect("oracle")?;
    template.batch_execute("CREATE SCHEMA fc; CREATE EXTENSION pg_flightcheck SCHEMA fc")?;
    template.batch_execute(SETUP)?;
    drop(template);
    let firsts: Vec<u64> = (0..count).step_by(CASES_PER_DATABASE as usize).collect();
    let summaries = share_out(&firsts, WORKERS, |&first| {
        check_batch(&server, subject, seed, first, CASES_PER_DATABASE.min(count - first))
    })?;
    let mut total = Summary::default();
    summaries.into_iter().for_each(|summary| total.add(summary));
    Ok(total)
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    sorted.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn precheck_agrees_with_rehearsal_of_random_scripts() -> Result<()> {
    let count = sized("FLIGHTCHECK_PRECHECK_CASES", 300, 6000);
    let seed = setting("FLIGHTCHECK_PRECHECK_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_PRECHECK_SEED={seed}");
    let summary = run(Subject::Extension, seed, count)?;
    for failure in summary.failures.iter().take(20) {
        report!("{failure}");
    }
    report!("failures: {}", listed(&summary.failing));
    report!("left open by: {}", listed(&summary.reasons));
    report!(
        "{} scripts, {} fail, {} of these foreseen and {} excused; {} wrong, {} left open, {} not rehearsed",
        summary.cases,
        summary.failing(),
        summary.foreseen,
        summary.excused,
        summary.wrong,
        summary.open,
        summary.untold
    );
    report!("{} of {} planted faults found", summary.planted.found, summary.planted.faults);
    ensure!(summary.failures.is_empty(), "{} of {} scripts failed", summary.failures.len(), summary.cases);
    // A single case is one that is repeated.
    if count >= 100 {
        assert!(summary.failing() * 3 > summary.cases, "few scripts fail");
        assert!(summary.open * 10 <= summary.cases, "more than one script in ten is left open");
        assert!(summary.untold * 10 <= summary.cases, "more than one script in ten is not rehearsed");
        assert_eq!(summary.planted.found, summary.planted.faults, "the rule misses faults");
        assert!(summary.planted.faults > summary.cases, "few faults were planted");
    }
    Ok(())
}

/// Proves that the test can fail: rules over the text do not tell what fails.
#[test]
fn linter_disagrees_with_rehearsal_of_random_scripts() -> Result<()> {
    let summary = run(Subject::Linter, 1, 100)?;
    report!(
        "rules over the text are wrong about {} of {} scripts, {} of {} that fail",
        summary.wrong,
        summary.cases,
        summary.wrong_failing,
        summary.failing()
    );
    assert!(summary.wrong_failing * 2 > summary.failing(), "rules over the text passed for a precheck");
    Ok(())
}
