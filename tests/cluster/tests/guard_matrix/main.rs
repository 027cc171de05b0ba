//! Every kind of statement that can insert ids into a table, in both ways to guard a database: the
//! guard warns of what will fail later, and of nothing else.

mod case;
mod copies;
mod functions;
mod guarded_database;
mod indirect;
mod inserts;
mod message_details;
mod session;
mod settings;
mod shapes;
mod transactions;
mod transactions_in_progress;

use anyhow::Result;
use case::{Case, Mode, Step};
use cluster::report;
use guarded_database::{Guard, Guarded};

const GROUPS: [(&str, &[Case]); 14] = [
    ("supplied", inserts::SUPPLIED),
    ("on conflict", inserts::ON_CONFLICT),
    ("ordinary", inserts::ORDINARY),
    ("copy", copies::COPIES),
    ("table", shapes::TABLES),
    ("column", shapes::COLUMNS),
    ("sequence", shapes::SEQUENCES),
    ("function", functions::FUNCTIONS),
    ("rewritten", functions::REWRITTEN),
    ("trigger", functions::TRIGGERS),
    ("nothing left", transactions::SILENT),
    ("transaction", transactions::WARNED),
    ("setting", settings::CASES),
    ("indirect", indirect::INDIRECT),
];

fn cases() -> impl Iterator<Item = (&'static str, &'static Case)> {
    GROUPS.into_iter().flat_map(|(group, cases)| cases.iter().map(move |case| (group, case)))
}

#[derive(Clone, Copy, Debug)]
enum Reuse {
    /// Each case has a new session.
    NewSessions,
    /// One session runs all cases.
    OneSession,
}

/// Runs all applicable cases and returns the result of each.
fn run(guarded: &mut Guarded, guard: Guard, reuse: Reuse) -> Result<Vec<(&'static Case, Result<(), String>)>> {
    guarded.set(guard)?;
    let mode = guarded.mode;
    let mut outcomes = Vec::new();
    let mut warmed = guarded.warmed_session()?;
    for (group, case) in cases().filter(|(_, case)| is_applicable(case, mode, guard)) {
        let outcome = match reuse {
            Reuse::NewSessions => {
                let mut session = guarded.session()?;
                guarded.check(case, guard, &mut session)
            }
            Reuse::OneSession => guarded.check(case, guard, &mut warmed),
        };
        if outcome.is_err() && matches!(reuse, Reuse::OneSession) {
            // The session may be in the middle of a transaction.
            warmed = guarded.warmed_session()?;
        }
        let named = outcome.map_err(|wrong| format!("{mode:?}, {guard:?}, {reuse:?}, {group}: {}: {wrong}", case.name));
        outcomes.push((case, named));
    }
    Ok(outcomes)
}

/// A case without a warning behaves the same for every value. And the driver does not report an
/// error at the commit of a COPY that is its own transaction.
fn is_applicable(case: &Case, mode: Mode, guard: Guard) -> bool {
    let shows_its_error = || {
        !case.steps.iter().any(|step| matches!(step, Step::Copy(..)))
            || case.steps.iter().any(|step| matches!(step, Step::Sql(sql) if sql.starts_with("BEGIN")))
    };
    match guard {
        Guard::Warn => true,
        Guard::Error => !case.expected(mode).is_empty() && shows_its_error(),
        Guard::Advance | Guard::Off => !case.expected(mode).is_empty(),
    }
}

fn matrix(mode: Mode) -> Result<()> {
    let mut guarded = Guarded::start(mode)?;
    let mut wrong = Vec::new();
    let mut runs = 0;
    for (guard, reuse) in [
        (Guard::Warn, Reuse::NewSessions),
        (Guard::Warn, Reuse::OneSession),
        (Guard::Error, Reuse::OneSession),
        (Guard::Advance, Reuse::OneSession),
    ] {
        let outcomes = run(&mut guarded, guard, reuse)?;
        runs += outcomes.len();
        wrong.extend(outcomes.into_iter().filter_map(|(_, outcome)| outcome.err()));
    }
    // A case that passes without the guard would be void.
    let unguarded = run(&mut guarded, Guard::Off, Reuse::NewSessions)?;
    runs += unguarded.len();
    let satisfied =
        unguarded.iter().filter(|(_, outcome)| !matches!(outcome, Err(wrong) if wrong.contains("warnings for []")));
    wrong.extend(satisfied.map(|(case, outcome)| format!("{mode:?}: {}: with the guard off: {outcome:?}", case.name)));

    assert!(wrong.is_empty(), "{} of {runs} runs:\n{}", wrong.len(), wrong.join("\n"));
    report!("{mode:?}: {} cases in {runs} runs: new and reused sessions; warn, error, advance, off", cases().count());
    Ok(())
}

#[test]
fn guard_matrix_with_triggers() -> Result<()> {
    matrix(Mode::Triggers)
}

#[test]
fn guard_matrix_with_preloaded_library() -> Result<()> {
    matrix(Mode::Preloaded)
}
