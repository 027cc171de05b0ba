//! The oracle of fk_audit: compares its row for each case with the server's own results.

use crate::judge::{Findings, Subject, audit, examine};
use crate::reference_result::{Made, make};
use crate::run::{Summary, run};
use crate::shapes::Purpose;
use anyhow::{Result, ensure};
use cluster::{report, setting, sized};

pub const EXTENSION: Subject = Subject { schema: "public", thorough: true };
const NAIVE: Subject = Subject { schema: "naive", thorough: false };

/// The statuses, worst first.
const STATUSES: [&str; 6] = ["violated", "triggers_off", "not_validated", "not_enforced", "unknown", "ok"];

fn run_oracle(subject: Subject, seed: u64, count: u64) -> Result<Summary> {
    run(
        Purpose::Audit,
        seed,
        count,
        &move |_, _, client, case, random| match make(client, case)? {
            Made::Case(truth) => examine(client, subject, case, &truth, random),
            Made::Impossible(why) => {
                let why = why.lines().next().unwrap_or_default();
                Ok(Findings { seen: vec![format!("cannot be created: {why}")], wrong: Vec::new() })
            }
        },
        &move |client| {
            if !subject.thorough {
                return Ok(());
            }
            // All cases at once: worst first, then those with the most orphans.
            let rows = audit(client, subject, None)?;
            let rank = |row: &crate::judge::AuditRow| {
                let status = STATUSES.iter().position(|status| *status == row.status);
                (status, -row.orphans.unwrap_or(-1))
            };
            ensure!(rows.is_sorted_by_key(rank), "not in order: {rows:#?}");
            Ok(())
        },
    )
}

#[test]
fn audit_matches_the_server() -> Result<()> {
    let count = sized("FLIGHTCHECK_FK_CASES", 120, 500);
    let seed = setting("FLIGHTCHECK_FK_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_FK_SEED={seed}");
    let summary = run_oracle(EXTENSION, seed, count)?;
    summary.tell();
    ensure!(summary.failures.is_empty(), "{} of {} cases failed", summary.failures.len(), summary.cases);
    Ok(())
}

/// The oracle must be able to fail: it detects the errors in functions that people write by hand.
#[test]
fn oracle_detects_a_naive_audit() -> Result<()> {
    let summary = run_oracle(NAIVE, 1, 100)?;
    let miscounted = summary.failures.iter().filter(|(told, _)| told.contains("orphans instead of")).count();
    assert!(
        miscounted > 5,
        "the oracle accepted the naive NOT EXISTS: {miscounted} of {} cases miscounted",
        summary.cases
    );
    report!(
        "NOT EXISTS (...) instead, {} cases: {} wrong, {miscounted} of them miscounted, {} with an error",
        summary.cases,
        summary.wrong,
        summary.errors
    );
    Ok(())
}
