//! The guard against a model: random steps in long-lived sessions, and for the end of each
//! transaction whether there must be a WARNING.
//!
//! `FLIGHTCHECK_GUARD_SEQUENCES` sets the number of sequences of steps, `FLIGHTCHECK_GUARD_SEED`
//! the random seed.

mod change;
mod contents;
mod expected;
mod naive;
mod past_warnings;
mod runner;
mod sequence;
mod server_session;
mod shapes;
mod steps;
mod transaction;
mod trial;
mod world;

use anyhow::{Context, Result, ensure};
use cluster::{Server, report, setting, sized};
use fastrand::Rng;
use naive::Naive;
use runner::{Counts, Runner};
use steps::Step;

const WORKERS: u64 = 2;
const SESSIONS: usize = 3;
/// After this many, the tables are recreated. The sessions stay.
const SEQUENCES_WITH_THE_SAME_TABLES: u64 = 10;

const FUNCTIONS: &str = "
    CREATE FUNCTION attempt(statement text, fails boolean) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE statement;
        IF fails THEN RAISE EXCEPTION 'requested'; END IF;
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE;
    END $$;
    CREATE FUNCTION nest() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO plain (id, note) VALUES (NEW.note::bigint, 'nested');
        RETURN NULL;
    END $$;";

/// How the guard sees what is written.
#[derive(Clone, Copy)]
enum Way {
    Armed,
    Preloaded,
}

impl Way {
    fn start(self) -> Result<Server> {
        let mut settings = vec!["max_prepared_transactions = 50", "autovacuum = off", "lock_timeout = '3s'"];
        if matches!(self, Self::Preloaded) {
            settings.extend(["session_preload_libraries = 'pg_flightcheck'", "pg_flightcheck.guard_scope = all"]);
        }
        Server::start(&settings)
    }

    fn prepare(self, server: &Server, database: &str) -> Result<()> {
        let mut client = server.database(database)?;
        client.batch_execute(FUNCTIONS)?;
        for target in &shapes::TARGETS {
            client.batch_execute(&format!(
                "CREATE FUNCTION put_{0}(bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO {0} (id, note) OVERRIDING SYSTEM VALUE VALUES ($1, 'supplied');
                END $$",
                target.name
            ))?;
        }
        for unit in &shapes::UNITS {
            client.batch_execute(unit.create)?;
        }
        if matches!(self, Self::Armed) {
            client.batch_execute("SELECT seq_guard_enable()")?;
        }
        Ok(())
    }
}

/// The results of a worker's sequences.
#[derive(Default)]
struct Summary {
    sequences: u64,
    steps: u64,
    seen: Counts,
    naive: Naive,
    failures: Vec<String>,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.sequences += other.sequences;
        self.steps += other.steps;
        self.naive.judged += other.naive.judged;
        self.failures.extend(other.failures);
        for (what, count) in other.seen {
            *self.seen.entry(what).or_default() += count;
        }
        for (rule, count) in other.naive.wrong {
            *self.naive.wrong.entry(rule).or_default() += count;
        }
    }
}

/// Runs one worker's sequences, up to the first that fails.
fn play(server: &Server, database: String, seed: u64, count: u64) -> Result<Summary> {
    let mut play = Runner::new(server, database, SESSIONS)?;
    let mut random = Rng::with_seed(seed);
    let (mut summary, mut names) = (Summary::default(), seed << 32);
    for number in 0..count {
        if number % SEQUENCES_WITH_THE_SAME_TABLES == 0 {
            play.renew()?;
        }
        let wrong =
            sequence(&mut play, &mut random, &mut names, &mut summary.steps).with_context(|| play.log.join("\n"))?;
        summary.sequences += 1;
        if let Some(wrong) = wrong {
            summary.failures.push(format!("sequence {number}: {wrong}\n{}", play.log.join("\n")));
            break;
        }
    }
    summary.seen = play.seen;
    summary.naive = play.naive;
    Ok(summary)
}

/// Runs one sequence of steps, after which no session is in a transaction.
fn sequence(play: &mut Runner, random: &mut Rng, names: &mut u64, steps: &mut u64) -> Result<runner::Wrong> {
    let mut wrong = None;
    for _ in 0..random.usize(10..40) {
        let session = random.usize(..SESSIONS);
        let step = Step::random(&play.world, session, random, names);
        wrong = play.take(session, &step)?;
        *steps += 1;
        if wrong.is_some() {
            return Ok(wrong);
        }
    }
    for session in 0..SESSIONS {
        if play.world.sessions[session].transaction.is_some() {
            let step = if random.u8(..4) == 0 { Step::Rollback } else { Step::Commit };
            wrong = wrong.or(play.take(session, &step)?);
        }
    }
    while let Some(name) = play.world.prepared.keys().next().cloned() {
        let step = if random.bool() { Step::RollbackPrepared(name) } else { Step::CommitPrepared(name) };
        wrong = wrong.or(play.take(random.usize(..SESSIONS), &step)?);
    }
    Ok(wrong.or(play.compare_contents()?))
}

fn run(way: Way) -> Result<()> {
    let count: u64 = sized("FLIGHTCHECK_GUARD_SEQUENCES", 300, 1200);
    let seed: u64 = setting("FLIGHTCHECK_GUARD_SEED", u64::from(std::process::id()));
    report!("FLIGHTCHECK_GUARD_SEED={seed}");
    let server = way.start()?;
    let mut total = Summary::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let server = &server;
                scope.spawn(move || {
                    let database = format!("model_{worker}");
                    way.prepare(server, &database)?;
                    play(server, database, seed * WORKERS + worker, count / WORKERS)
                })
            })
            .collect();
        for worker in workers {
            total.add(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        anyhow::Ok(())
    })
    .context("running the steps")?;
    for failure in &total.failures {
        report!("{failure}");
    }
    for (what, count) in &total.seen {
        report!("{count:>7} {what}");
    }
    report!("{} sequences, {} steps, {} failures", total.sequences, total.steps, total.failures.len());
    ensure!(total.failures.is_empty(), "{} sequences failed", total.failures.len());
    // Checks that the model is strict enough: each naive rule is wrong somewhere on the same steps.
    for (rule, wrong) in &total.naive.wrong {
        report!("naming {rule} instead: wrong at {wrong} of {} ends", total.naive.judged);
        ensure!(*wrong > 0, "naming {rule} instead is never wrong");
    }
    Ok(())
}

#[test]
fn guard_with_triggers_matches_model() -> Result<()> {
    run(Way::Armed)
}

#[test]
fn preloaded_guard_matches_model() -> Result<()> {
    run(Way::Preloaded)
}
