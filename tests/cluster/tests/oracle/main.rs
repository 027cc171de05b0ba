//! The oracle: random schemas and rows, and for each of them what the extension says against what is true.
//!
//! The truth comes from INSERTs that leave the column to its default, and from a model that is checked by them.
//! `FLIGHTCHECK_ORACLE_CASES` sets how many cases are made and `FLIGHTCHECK_ORACLE_SEED` which ones.

mod cases;
mod check;
mod facts;
mod feeds;
mod model;
mod names;
mod numbers;
mod outcome;
mod outside;
mod partitions;
mod shapes;
mod verdict;

use anyhow::{Context, Result, ensure};
use check::{Subject, examine};
use cluster::{Server, report, setting, share_out, sized};
use fastrand::Rng;
use std::collections::BTreeMap;

/// So many cases share a database; with more, the catalogs' growth is what takes the time.
const CASES_IN_A_DATABASE: u64 = 100;
const WORKERS: usize = 2;

const EXTENSION: Subject = Subject { schema: "public" };
const NAIVE: Subject = Subject { schema: "naive" };

/// What a run has seen.
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

/// Examines the cases from `first` on, in a database of their own.
fn examine_some(server: &Server, subject: Subject, seed: u64, first: u64, count: u64) -> Result<Summary> {
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
        let told = match examine(&mut client, subject, &case, &mut random) {
            Ok(findings) => {
                summary.wrong_verdicts += u64::from(!findings.wrong_verdicts.is_empty());
                if !findings.wrong_verdicts.is_empty() {
                    *summary.wrong_shapes.entry(case.shape).or_default() += 1;
                }
                summary.wrong_resyncs += u64::from(!findings.wrong_resyncs.is_empty());
                let told = (!findings.is_clean()).then(|| {
                    format!(
                        "{}\n\n{}",
                        [findings.wrong_verdicts, findings.wrong_resyncs].concat().join("\n"),
                        findings.sql.join("\n")
                    )
                });
                for seen in findings.seen {
                    *summary.seen.entry(seen).or_default() += 1;
                }
                told
            }
            Err(error) => {
                summary.errors += 1;
                Some(cluster::explain(&error))
            }
        };
        summary.failures.extend(told.map(|told| {
            format!(
                "---- FLIGHTCHECK_ORACLE_SEED={case_seed} FLIGHTCHECK_ORACLE_CASES=1: {}\n{}\n{told}\n",
                case.shape, case.setup
            )
        }));
    }
    drop(client);
    server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {database}"))?;
    Ok(summary)
}

/// Examines `count` cases with all workers.
fn run(subject: Subject, seed: u64, count: u64) -> Result<Summary> {
    let server = Server::start(&["shared_buffers = '256MB'", "autovacuum = off"])?;
    let mut template = server.database("oracle")?;
    template.batch_execute("CREATE SCHEMA oracle; CREATE SCHEMA naive; SET check_function_bodies = off")?;
    template.batch_execute(include_str!("helpers.sql"))?;
    template.batch_execute(include_str!("naive.sql"))?;
    drop(template);

    let firsts: Vec<u64> = (0..count).step_by(CASES_IN_A_DATABASE as usize).collect();
    let summaries = share_out(&firsts, WORKERS, |&first| {
        let count = CASES_IN_A_DATABASE.min(count - first);
        examine_some(&server, subject, seed, first, count)
    })
    .context("running the cases")?;
    let mut total = Summary::default();
    for summary in summaries {
        total.add(summary);
    }
    Ok(total)
}

#[test]
fn verdicts_and_resyncs_agree_with_inserts() -> Result<()> {
    let count = sized("FLIGHTCHECK_ORACLE_CASES", 500, 2000);
    let seed = setting("FLIGHTCHECK_ORACLE_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_ORACLE_SEED={seed}");
    let summary = run(EXTENSION, seed, count)?;
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

/// The oracle has to be able to fail: it finds what is wrong with the functions people write by hand.
#[test]
fn the_oracle_sees_through_naive_functions() -> Result<()> {
    let summary = run(NAIVE, 1, 100)?;
    assert!(summary.wrong_verdicts > 0, "next_value <= max(id) passed for an audit");
    assert!(summary.wrong_resyncs > 0, "setval(max(id)) passed for a resync");
    for shape in outside::SHAPES {
        let (all, wrong) = (summary.shapes.get(shape), summary.wrong_shapes.get(shape));
        assert!(all.is_some() && all == wrong, "{shape}: {wrong:?} of {all:?} verdicts wrong, all should be");
    }
    report!(
        "next_value <= max(id) and setval(max(id)) instead, {} cases: {} wrong verdicts, {} wrong resyncs, {} errors",
        summary.cases,
        summary.wrong_verdicts,
        summary.wrong_resyncs,
        summary.errors
    );
    Ok(())
}
