//! The guard against a model: random steps in sessions that live long, and for each transaction's end whether a
//! WARNING has to come.
//!
//! `FLIGHTCHECK_GUARD_SEQUENCES` sets how many sequences of steps are made, `FLIGHTCHECK_GUARD_SEED` which ones.

mod change;
mod contents;
mod expected;
mod naive;
mod play;
mod sequence;
mod shapes;
mod spoken;
mod steps;
mod told;
mod transaction;
mod trial;
mod world;

use anyhow::{Context, Result, ensure};
use cluster::{Server, report, setting, sized};
use fastrand::Rng;
use naive::Naive;
use play::{Counts, Play};
use steps::Step;

const WORKERS: u64 = 2;
const SESSIONS: usize = 3;
/// Then the tables are made anew. The sessions stay.
const SEQUENCES_WITH_THE_SAME_TABLES: u64 = 10;

const FUNCTIONS: &str = "
    CREATE FUNCTION attempt(statement text, fails boolean) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE statement;
        IF fails THEN RAISE EXCEPTION 'as it was asked to'; END IF;
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE;
    END $$;
    CREATE FUNCTION nest() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO plain (id, note) VALUES (NEW.note::bigint, 'nested');
        RETURN NULL;
    END $$;";

/// How the guard comes to know of what is written.
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

/// What the sequences of a worker have shown.
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
        for (who, count) in other.naive.wrong {
            *self.naive.wrong.entry(who).or_default() += count;
        }
    }
}

/// Plays one worker's sequences, up to the first that goes wrong.
fn play(server: &Server, database: String, seed: u64, count: u64) -> Result<Summary> {
    let mut play = Play::new(server, database, SESSIONS)?;
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

/// Plays one sequence of steps, after which nobody is in a transaction.
fn sequence(play: &mut Play, random: &mut Rng, names: &mut u64, steps: &mut u64) -> Result<play::Wrong> {
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
    .context("playing")?;
    for failure in &total.failures {
        report!("{failure}");
    }
    for (what, count) in &total.seen {
        report!("{count:>7} {what}");
    }
    report!("{} sequences, {} steps, {} failures", total.sequences, total.steps, total.failures.len());
    ensure!(total.failures.is_empty(), "{} sequences went wrong", total.failures.len());
    // The model has to be able to tell: each of these is wrong somewhere on the same steps.
    for (who, wrong) in &total.naive.wrong {
        report!("naming {who} instead: wrong at {wrong} of {} ends", total.naive.judged);
        ensure!(*wrong > 0, "naming {who} passed for the guard");
    }
    Ok(())
}

#[test]
fn triggers_say_what_the_model_says() -> Result<()> {
    run(Way::Armed)
}

#[test]
fn the_preloaded_guard_says_what_the_model_says() -> Result<()> {
    run(Way::Preloaded)
}
