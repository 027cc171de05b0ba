//! Sums the findings up for monitoring: one row for each check_name, whether it has findings or
//! not, so that no series of measurements ends.

use super::finding::{CHECK_FAILED, Finding, Severity, UNREADABLE, printable};
use super::list::{CHECKS, Check, Cost};
use super::run::{Outcome, failed, outcomes, unreadable};
use super::target::Target;
use crate::error::Error;
use crate::report::table_locks::within_budget;
use crate::report::wording;
use std::collections::HashSet;

/// The worst that is known about a check_name, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worst {
    Error,
    Warning,
    /// The check could not run or could not read everything, and found nothing worse than an info.
    Unknown,
    Info,
    Ok,
    /// The check costs too much.
    LeftOut,
}

impl Worst {
    pub fn as_str(self) -> &'static str {
        match self {
            Worst::Unknown => "unknown",
            Worst::Ok => "ok",
            Worst::LeftOut => "left_out",
            Worst::Error => Severity::Error.as_str(),
            Worst::Warning => Severity::Warning.as_str(),
            Worst::Info => Severity::Info.as_str(),
        }
    }
}

/// A row of `flightcheck_summary`.
#[derive(Debug)]
pub struct Row {
    pub worst: Worst,
    pub check_name: &'static str,
    /// How many objects have an error, a warning and an info; `None` if the check did not run.
    pub counts: Option<[i64; 3]>,
    /// The object of the worst finding.
    pub object: Option<String>,
    pub detail: Option<String>,
}

const TOO_DEAR: &str = "takes too long for every minute; flightcheck_summary(complete => true) includes it";
const IN_ROWS: &str = "requires reading the rows of all foreign keys; flightcheck(deep => true) does";

/// Returns one row for each check_name, worst first. Unless `is_complete`, checks of high cost are
/// left out. Waits for locks for five seconds altogether, or for lock_timeout.
pub fn summary(is_complete: bool) -> Result<Vec<Row>, Error> {
    // Folded findings could not be counted.
    let target = Target::look_up(None, None, false, false)?;
    let (run, dear): (Vec<&Check>, Vec<&Check>) =
        CHECKS.iter().partition(|check| is_complete || check.cost == Cost::Low);
    let outcomes = within_budget(|| outcomes(&target, &run));
    let mut rows = of_outcomes(&outcomes, unreadable(&target));
    for check in dear {
        rows.extend(check.finds.iter().map(|name| Row::without_findings(name, Worst::LeftOut, TOO_DEAR.to_owned())));
        rows.extend(left_out_rows(check));
    }
    // A stable sort keeps the order of the checks.
    rows.sort_by_key(|row| row.worst);
    Ok(rows)
}

fn left_out_rows(check: &Check) -> impl Iterator<Item = Row> {
    check.finds_in_rows.iter().map(|name| Row::without_findings(name, Worst::LeftOut, IN_ROWS.to_owned()))
}

/// Returns the rows of the checks that ran.
fn of_outcomes(outcomes: &[Outcome], unreadable: Option<Finding>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut failures: Vec<Finding> = Vec::new();
    for outcome in outcomes {
        match &outcome.result {
            Ok(findings) => rows.extend(of_findings(outcome.check, findings, &outcome.unread)),
            Err(error) => {
                let failure = failed(outcome.check.name, error);
                let names = outcome.check.finds.iter();
                rows.extend(names.map(|name| Row::without_findings(name, Worst::Unknown, failure.detail.clone())));
                failures.push(failure);
            }
        }
        rows.extend(left_out_rows(outcome.check));
    }
    let (unread, others): (Vec<Finding>, Vec<Finding>) =
        unreadable.into_iter().partition(|finding| finding.check_name == UNREADABLE);
    failures.extend(others);
    rows.push(Row::of(CHECK_FAILED, &failures.iter().collect::<Vec<_>>(), None));
    rows.push(Row::of(UNREADABLE, &unread.iter().collect::<Vec<_>>(), None));
    rows
}

fn of_findings(check: &Check, findings: &[Finding], unread: &[String]) -> Vec<Row> {
    let labels: Vec<&str> = unread.iter().map(String::as_str).collect();
    let unread = (!labels.is_empty())
        .then(|| printable(format!("{} could not be read: {}", labels.len(), wording::list("", &labels).trim_start())));
    let row = |name: &&'static str| {
        let (of_name, others): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.check_name == *name);
        Row::of(name, &of_name, not_judged(&others, unread.as_deref()).as_deref())
    };
    let rows = check.finds.iter().map(row);
    rows.collect()
}

/// Says what a check could not judge: what the current user may not read, and what has a finding
/// with another name that says so.
fn not_judged(findings: &[&Finding], unread: Option<&str>) -> Option<String> {
    let unjudged: Vec<&&Finding> = findings.iter().filter(|finding| finding.is_unjudged()).collect();
    let unjudged =
        unjudged.first().map(|first| format!("{} could not be judged: see {}", unjudged.len(), first.check_name));
    let clauses: Vec<String> = unread.map(str::to_owned).into_iter().chain(unjudged).collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

impl Row {
    fn without_findings(check_name: &'static str, worst: Worst, detail: String) -> Row {
        Row { worst, check_name, counts: None, object: None, detail: Some(detail) }
    }

    /// Sums up the findings with one name. `not_judged` says what could not be read, if anything.
    fn of(check_name: &'static str, findings: &[&Finding], not_judged: Option<&str>) -> Row {
        let count = |severity: Severity| {
            // Several steps of a fix may be findings of their own. Names with characters that
            // cannot be converted may look the same although they are not.
            let of_severity = findings.iter().enumerate().filter(|(_, finding)| finding.severity == severity);
            let key =
                |(number, finding): (usize, &&Finding)| (finding.object.clone(), finding.is_lossy().then_some(number));
            of_severity.map(key).collect::<HashSet<_>>().len() as i64
        };
        let first = findings.iter().min_by_key(|finding| finding.severity);
        let worst = match first.map(|finding| finding.severity) {
            Some(Severity::Error) => Worst::Error,
            Some(Severity::Warning) => Worst::Warning,
            Some(Severity::Info) if not_judged.is_none() => Worst::Info,
            None if not_judged.is_none() => Worst::Ok,
            Some(Severity::Info) | None => Worst::Unknown,
        };
        // What was not read comes first, since a detail may end with a statement.
        let details = not_judged.into_iter().chain(first.map(|finding| finding.detail.as_str()));
        let details: Vec<&str> = details.collect();
        Row {
            worst,
            check_name,
            counts: Some([Severity::Error, Severity::Warning, Severity::Info].map(count)),
            object: first.map(|finding| finding.object.clone()),
            detail: (!details.is_empty()).then(|| details.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity, object: &str) -> Finding {
        let detail = format!("detail of {object}");
        Finding { severity, check_name: "index_invalid", object: object.to_owned(), detail, fix: None }
    }

    fn seen(findings: &[Finding], not_judged: Option<&str>) -> (&'static str, Option<[i64; 3]>, Option<String>) {
        let row = Row::of("index_invalid", &findings.iter().collect::<Vec<_>>(), not_judged);
        (row.worst.as_str(), row.counts, row.object)
    }

    #[test]
    fn row_counts_objects_and_names_the_worst() {
        let found = [
            finding(Severity::Info, "a"),
            finding(Severity::Warning, "b"),
            finding(Severity::Warning, "b"),
            finding(Severity::Warning, "c"),
        ];
        assert_eq!(seen(&found, None), ("warning", Some([0, 2, 1]), Some("b".to_owned())));
        assert_eq!(seen(&[], None), ("ok", Some([0, 0, 0]), None));
    }

    #[test]
    fn row_with_unread_objects_is_never_ok() {
        let row = |findings: &[Finding]| seen(findings, Some("2 could not be read: x and y")).0;
        assert_eq!(row(&[]), "unknown");
        assert_eq!(row(&[finding(Severity::Info, "a")]), "unknown");
        assert_eq!(row(&[finding(Severity::Warning, "a")]), "warning");
        assert_eq!(row(&[finding(Severity::Error, "a")]), "error");
    }
}
