//! A test oracle for seq_audit and seq_resync: random schemas and rows, for which their rows are
//! compared with a reference result.
//!
//! The reference result comes from INSERTs that use the column's default, and from a model that
//! these verify. `FLIGHTCHECK_ORACLE_CASES` sets the number of cases, `FLIGHTCHECK_PORTABLE_CASES`
//! that for the portable edition, and `FLIGHTCHECK_ORACLE_SEED` the seed.

mod application_draws;
mod cases;
mod check;
mod facts;
mod feeds;
mod model;
mod names;
mod numbers;
mod outcome;
mod partitions;
mod shapes;
mod verdict;

use anyhow::{Context, Result, ensure};
use check::{Subject, check_case};
use cluster::{PORTABLE, Server, install_portable, report, setting, share_out, sized};
use fastrand::Rng;
use std::collections::BTreeMap;

/// How many cases share a database. With more, its growing catalogs would slow them down.
const CASES_PER_DATABASE: u64 = 100;
const WORKERS: usize = 2;

const EXTENSION: Subject = Subject { schema: "public", draws: false };
const PORTABLE_EDITION: Subject = Subject { schema: PORTABLE, draws: true };
const NAIVE: Subject = Subject { schema: "naive", draws: false };

/// The results of many cases.
#[derive(Default)]
struct Summary {
    cases: u64,
    shapes: BTreeMap<&'static str, u64>,
    seen: BTreeMap<String, u64>,
    wrong_verdicts: u64,
    /// The shapes of the cases with a wrong verdict.
    wrong_shapes: BTreeMap<&'static str, u64>,
    wrong_resyncs: u64,
    errors: u64,
    /// The first cases that went wrong, as SQL.
    failures: Vec<String>,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.wrong_verdicts += other.wrong_verdicts;
        self.wrong_resyncs += other.wrong_resyncs;
        self.errors += other.errors;
        self.failures.extend(other.failures);
        for (shape, count) in other.wrong_shapes {
            *self.wrong_shapes.entry(shape).or_default() += count;
        }
        for (shape, count) in other.shapes {
            *self.shapes.entry(shape).or_default() += count;
        }
        for (what, count) in other.seen {
            *self.seen.entry(what).or_default() += count;
        }
    }
}

/// Checks `count` cases from `first` on in a database of their own.
fn check_batch(server: &Server, subject: Subject, seed: u64, first: u64, count: u64) -> Result<Summary> {
    let database = format!("{}_{first}", subject.schema);
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE oracle"))?;
    let mut client = server.connect(&database)?;
    client.batch_execute("SET client_min_messages = warning")?;
    let mut summary = Summary::default();
    for number in first..first + count {
        let case_seed = seed.wrapping_add(number);
        let mut random = Rng::with_seed(case_seed);
        let case = shapes::random_case(&mut random, number);
        summary.cases += 1;
        *summary.shapes.entry(case.shape).or_default() += 1;
        let failure = match check_case(&mut client, subject, &case, &mut random) {
            Ok(findings) => {
                summary.wrong_verdicts += u64::from(!findings.wrong_verdicts.is_empty());
                if !findings.wrong_verdicts.is_empty() {
                    *summary.wrong_shapes.entry(case.shape).or_default() += 1;
                }
                summary.wrong_resyncs += u64::from(!findings.wrong_resyncs.is_empty());
                let failure = (!findings.is_clean()).then(|| {
                    format!(
                        "{}\n\n{}",
                        [findings.wrong_verdicts, findings.wrong_resyncs].concat().join("\n"),
                        findings.sql.join("\n")
                    )
                });
                for seen in findings.seen {
                    *summary.seen.entry(seen).or_default() += 1;
                }
                failure
            }
            Err(error) => {
                summary.errors += 1;
                Some(cluster::explain(&error))
            }
        };
        summary.failures.extend(failure.map(|failure| {
            format!(
                "---- FLIGHTCHECK_ORACLE_SEED={case_seed} FLIGHTCHECK_ORACLE_CASES=1: {}\n{}\n{failure}\n",
                case.shape, case.setup
            )
        }));
    }
    drop(client);
    server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {database}"))?;
    Ok(summary)
}

/// Checks `count` cases with all workers.
fn run(subject: Subject, seed: u64, count: u64) -> Result<Summary> {
    let server = Server::start(&["shared_buffers = '256MB'", "autovacuum = off"])?;
    let mut template = server.database("oracle")?;
    install_portable(&mut template)?;
    template.batch_execute("CREATE SCHEMA oracle; CREATE SCHEMA naive; SET check_function_bodies = off")?;
    template.batch_execute(include_str!("helpers.sql"))?;
    template.batch_execute(include_str!("naive.sql"))?;
    drop(template);

    let firsts: Vec<u64> = (0..count).step_by(CASES_PER_DATABASE as usize).collect();
    let summaries = share_out(&firsts, WORKERS, |&first| {
        let count = CASES_PER_DATABASE.min(count - first);
        check_batch(&server, subject, seed, first, count)
    })
    .context("running the cases")?;
    let mut total = Summary::default();
    for summary in summaries {
        total.add(summary);
    }
    Ok(total)
}

#[test]
fn seq_audit_and_seq_resync_agree_with_inserts() -> Result<()> {
    agrees_with_inserts(EXTENSION, sized("FLIGHTCHECK_ORACLE_CASES", 500, 2000))
}

#[test]
fn portable_edition_agrees_with_inserts() -> Result<()> {
    agrees_with_inserts(PORTABLE_EDITION, sized("FLIGHTCHECK_PORTABLE_CASES", 150, 2000))
}

fn agrees_with_inserts(subject: Subject, count: u64) -> Result<()> {
    let seed = setting("FLIGHTCHECK_ORACLE_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_ORACLE_SEED={seed}");
    let summary = run(subject, seed, count)?;
    for failure in summary.failures.iter().take(5) {
        report!("{failure}");
    }
    for (what, count) in &summary.seen {
        report!("{count:>6} × {what}");
    }
    let shapes: Vec<_> = summary.shapes.iter().map(|(shape, count)| format!("{shape} {count}")).collect();
    report!("{} cases: {}", summary.cases, shapes.join(", "));
    report!(
        "{} cases with a wrong verdict, {} with a wrong resync, {} with an error",
        summary.wrong_verdicts,
        summary.wrong_resyncs,
        summary.errors
    );
    ensure!(summary.failures.is_empty(), "{} of {} cases failed", summary.failures.len(), summary.cases);
    Ok(())
}

/// Proves that the test can fail: functions as people write them by hand have wrong results.
#[test]
fn naive_audit_and_resync_disagree_with_inserts() -> Result<()> {
    let summary = run(NAIVE, 1, 100)?;
    assert!(summary.wrong_verdicts > 0, "next_value <= max(id) passed as an audit");
    assert!(summary.wrong_resyncs > 0, "setval(max(id)) passed as a resync");
    for shape in application_draws::SHAPES {
        let (all, wrong) = (summary.shapes.get(shape), summary.wrong_shapes.get(shape));
        assert!(all.is_some() && all == wrong, "{shape}: {wrong:?} of {all:?} verdicts wrong, all should be");
    }
    report!(
        "with next_value <= max(id) and setval(max(id)), {} cases: {} wrong verdicts, {} wrong resyncs, {} errors",
        summary.cases,
        summary.wrong_verdicts,
        summary.wrong_resyncs,
        summary.errors
    );
    Ok(())
}
