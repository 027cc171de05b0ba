//! Runs the checks that have to pass before writes are allowed again.

use crate::checks::finding::{Finding, UNREADABLE};
use crate::checks::run::run;
use crate::checks::target::Target;
use crate::error::Error;
use crate::pg::encoded_text::{Json, printable};
use crate::report::severity::Severity;
use crate::report::wording::counted;
use crate::snapshot;

/// How many obstacles an error lists.
const LISTED: usize = 20;

/// Something that is wrong with the database, or was not judged.
pub struct Obstacle {
    object: String,
    detail: String,
    fix: Option<String>,
}

/// Returns the errors of flightcheck, with rows, and what it could not read; before them, if a
/// snapshot is given, the errors of db_compare.
pub fn find(source: Option<&Json>) -> Result<Vec<Obstacle>, Error> {
    let mut obstacles = source.map(of_snapshot).transpose()?.unwrap_or_default();
    let findings = run(&Target::look_up(None, None, true, true)?);
    let stands = |finding: &Finding| finding.severity == Severity::Error || finding.check_name == UNREADABLE;
    let of_finding = |finding: Finding| Obstacle { object: finding.object, detail: finding.detail, fix: finding.fix };
    obstacles.extend(findings.into_iter().filter(stands).map(of_finding));
    Ok(obstacles)
}

fn of_snapshot(source: &Json) -> Result<Vec<Obstacle>, Error> {
    let (differences, _) = snapshot::differences(source, None)?;
    let errors = differences.into_iter().filter(|difference| difference.severity == Severity::Error);
    let obstacle = |difference: snapshot::Difference| Obstacle {
        detail: difference.detail.unwrap_or_else(|| difference.kind.as_str().replace('_', " ")),
        object: difference.object,
        fix: difference.fix,
    };
    Ok(errors.map(obstacle).collect())
}

/// Returns one line for each obstacle, with its fix.
pub fn lines(obstacles: &[Obstacle]) -> String {
    let line = |obstacle: &Obstacle| {
        let fix = obstacle.fix.as_ref().map(|fix| format!(" Run {fix}")).unwrap_or_default();
        printable(format!("{}: {}.{fix}", obstacle.object, obstacle.detail))
    };
    let mut lines: Vec<String> = obstacles.iter().take(LISTED).map(line).collect();
    if obstacles.len() > LISTED {
        lines.push(format!("And {} more.", obstacles.len() - LISTED));
    }
    lines.join("\n")
}

/// Returns `2 errors`.
pub fn count(obstacles: &[Obstacle]) -> String {
    counted(obstacles.len() as u64, "error")
}
