//! Every kind of statement that can bring ids into a table, in both ways to guard a database: the guard warns of
//! what will fail later, and of nothing else.

mod case;
mod copies;
mod doors;
mod guarded;
mod inserts;
mod others;
mod programs;
mod session;
mod settings;
mod shapes;
mod transactions;
mod words;

use anyhow::Result;
use case::{Case, Mode, Step};
use cluster::report;
use guarded::{Guard, Guarded};

const GROUPS: [(&str, &[Case]); 14] = [
    ("supplied", inserts::SUPPLIED),
    ("on conflict", inserts::ON_CONFLICT),
    ("ordinary", inserts::ORDINARY),
    ("copy", copies::COPIES),
    ("table", shapes::TABLES),
    ("column", shapes::COLUMNS),
    ("sequence", shapes::SEQUENCES),
    ("function", programs::FUNCTIONS),
    ("rewritten", programs::REWRITTEN),
    ("trigger", programs::TRIGGERS),
    ("nothing left", transactions::SILENT),
    ("transaction", transactions::WARNED),
    ("setting", settings::CASES),
    ("door", doors::DOORS),
];

fn cases() -> impl Iterator<Item = (&'static str, &'static Case)> {
    GROUPS.into_iter().flat_map(|(group, cases)| cases.iter().map(move |case| (group, case)))
}

#[derive(Clone, Copy, Debug)]
enum Temperature {
    /// Each case is the first that a session does.
    First,
    /// One session does all cases.
    Warmed,
}

/// Runs all cases that are fit for it and returns the complaints about each.
fn run(
    guarded: &mut Guarded,
    guard: Guard,
    temperature: Temperature,
) -> Result<Vec<(&'static Case, Result<(), String>)>> {
    guarded.set(guard)?;
    let mode = guarded.mode;
    let mut outcomes = Vec::new();
    let mut warmed = guarded.warmed_session()?;
    for (group, case) in cases().filter(|(_, case)| is_fit(case, mode, guard)) {
        let outcome = match temperature {
            Temperature::First => {
                let mut session = guarded.session()?;
                guarded.check(case, guard, &mut session)
            }
            Temperature::Warmed => guarded.check(case, guard, &mut warmed),
        };
        if outcome.is_err() && matches!(temperature, Temperature::Warmed) {
            // It may be in the middle of a transaction.
            warmed = guarded.warmed_session()?;
        }
        let named =
            outcome.map_err(|wrong| format!("{mode:?}, {guard:?}, {temperature:?}, {group}: {}: {wrong}", case.name));
        outcomes.push((case, named));
    }
    Ok(outcomes)
}

/// What nobody is warned of is the same whatever warnings are turned into. And the driver does not show an error at the
/// commit of a COPY that is a transaction of its own.
fn is_fit(case: &Case, mode: Mode, guard: Guard) -> bool {
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
    for (guard, temperature) in [
        (Guard::Warn, Temperature::First),
        (Guard::Warn, Temperature::Warmed),
        (Guard::Error, Temperature::Warmed),
        (Guard::Advance, Temperature::Warmed),
    ] {
        let outcomes = run(&mut guarded, guard, temperature)?;
        runs += outcomes.len();
        wrong.extend(outcomes.into_iter().filter_map(|(_, outcome)| outcome.err()));
    }
    // A case that is satisfied without the guard shows nothing.
    let unguarded = run(&mut guarded, Guard::Off, Temperature::First)?;
    runs += unguarded.len();
    let satisfied =
        unguarded.iter().filter(|(_, outcome)| !matches!(outcome, Err(wrong) if wrong.contains("warnings for []")));
    wrong.extend(satisfied.map(|(case, outcome)| format!("{mode:?}: {}: with the guard off: {outcome:?}", case.name)));

    assert!(wrong.is_empty(), "{} of {runs} runs:\n{}", wrong.len(), wrong.join("\n"));
    report!("{mode:?}: {} cases in {runs} runs: first and warmed; warn, error, advance, off", cases().count());
    Ok(())
}

#[test]
fn triggers() -> Result<()> {
    matrix(Mode::Triggers)
}

#[test]
fn preloaded() -> Result<()> {
    matrix(Mode::Preloaded)
}
