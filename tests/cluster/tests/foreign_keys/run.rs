//! Runs many cases, several databases at a time, and summarizes the results.

use crate::case::Case;
use crate::judge::Findings;
use crate::shapes::{Abilities, Purpose, random_case};
use anyhow::{Context, Result};
use cluster::{Server, explain, report, setting, share_out};
use fastrand::Rng;
use postgres::{Client, Error};
use std::collections::BTreeMap;

/// The number of cases that share a database. With more, growing catalogs dominate the run time.
const CASES_IN_A_DATABASE: u64 = 50;
const WORKERS: usize = 2;

/// The results of a run.
#[derive(Default)]
pub struct Summary {
    pub cases: u64,
    pub wrong: u64,
    pub errors: u64,
    traits: BTreeMap<&'static str, u64>,
    pub seen: BTreeMap<String, u64>,
    /// The error messages, and the case as SQL.
    pub failures: Vec<(String, String)>,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.wrong += other.wrong;
        self.errors += other.errors;
        self.failures.extend(other.failures);
        for (word, count) in other.traits {
            *self.traits.entry(word).or_default() += count;
        }
        for (what, count) in other.seen {
            *self.seen.entry(what).or_default() += count;
        }
    }

    fn note(&mut self, seed: u64, case: &Case, result: Result<Findings, Error>) {
        self.cases += 1;
        for word in &case.traits {
            *self.traits.entry(word).or_default() += 1;
        }
        let told = match result {
            Ok(findings) => {
                for seen in findings.seen {
                    *self.seen.entry(seen).or_default() += 1;
                }
                findings.wrong.join("\n")
            }
            Err(error) => {
                self.errors += 1;
                explain(&error)
            }
        };
        if !told.is_empty() {
            self.wrong += 1;
            let sql = format!(
                "---- FLIGHTCHECK_FK_SEED={seed} FLIGHTCHECK_FK_CASES=1: {}\n{}\n{};\n{}{}",
                case.traits.join(", "),
                case.tables,
                case.add(case.standing),
                case.load(),
                case.switch
            );
            self.failures.push((told, sql));
        }
    }

    pub fn tell(&self) {
        for (told, sql) in self.failures.iter().take(setting("FLIGHTCHECK_FK_SHOWN", 5)) {
            report!("{sql}\n{told}\n");
        }
        for (told, sql) in &self.failures {
            report!("{}\n    {}", sql.lines().next().unwrap_or_default(), told.lines().next().unwrap_or_default());
        }
        for (what, count) in &self.seen {
            report!("{count:>6} × {what}");
        }
        let traits: Vec<_> = self.traits.iter().map(|(word, count)| format!("{word} {count}")).collect();
        report!("{} cases: {}", self.cases, traits.join(", "));
        report!("{} cases failed, {} of them with an error", self.wrong, self.errors);
    }
}

/// Examines a case.
pub type Examine = dyn Fn(&Server, &str, &mut Client, &Case, &mut Rng) -> Result<Findings, Error> + Sync;

/// Called for a database when all its cases have been examined.
pub type Finish = dyn Fn(&mut Client) -> Result<()> + Sync;

/// Examines `count` cases with all workers.
pub fn run(purpose: Purpose, seed: u64, count: u64, examine: &Examine, finish: &Finish) -> Result<Summary> {
    let server = Server::start(&["shared_buffers = '256MB'", "autovacuum = off", "timezone = 'Asia/Kolkata'"])?;
    let mut template = server.database("cases")?;
    for part in [include_str!("prelude.sql"), include_str!("reference_result.sql"), include_str!("naive.sql")] {
        template.batch_execute(part)?;
    }
    let abilities = template.query_one(
        "SELECT to_regtype('public.citext') IS NOT NULL, to_regcollation('kinds.\"Ignores case\"') IS NOT NULL",
        &[],
    )?;
    let abilities = Abilities { major: server.major(), citext: abilities.get(0), icu: abilities.get(1) };
    drop(template);

    let firsts: Vec<u64> = (0..count).step_by(CASES_IN_A_DATABASE as usize).collect();
    let summaries = share_out(&firsts, WORKERS, |&first| {
        let seeds = (first..count.min(first + CASES_IN_A_DATABASE)).map(|number| seed.wrapping_add(number));
        run_some(&server, &format!("cases_{first}"), seeds, (abilities, purpose), examine, finish)
    })
    .context("running the cases")?;
    let mut total = Summary::default();
    for summary in summaries {
        total.add(summary);
    }
    Ok(total)
}

/// Examines some cases in their own database.
fn run_some(
    server: &Server,
    database: &str,
    seeds: impl Iterator<Item = u64>,
    (abilities, purpose): (Abilities, Purpose),
    examine: &Examine,
    finish: &Finish,
) -> Result<Summary> {
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE cases"))?;
    let mut client = server.connect(database)?;
    client.batch_execute("SET client_min_messages = warning")?;
    let mut summary = Summary::default();
    for case_seed in seeds {
        let mut random = Rng::with_seed(case_seed);
        let case = random_case(&mut random, case_seed % 1_000_000, abilities, purpose);
        let result = examine(server, database, &mut client, &case, &mut random);
        summary.note(case_seed, &case, result);
        if client.is_closed() {
            client = server.connect(database)?;
        }
        client.batch_execute("ROLLBACK; RESET ALL; DISCARD TEMP; SET client_min_messages = warning")?;
    }
    finish(&mut client)?;
    drop(client);
    server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {database}"))?;
    Ok(summary)
}
