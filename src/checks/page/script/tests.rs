//! Tests of the part about a script that need no server.

use super::content::{Finding, Rehearsal, Script, Statement, TimeLine};
use super::lanes::time_line;
use super::section::{section, verdict};
use super::time_line::{Builder, Effects};
use crate::pg::rehearsal::observed::{Lock, Relation, Scan};
use crate::precheck::{Mode, Severity};
use crate::rehearsal::{Row, Status};
use pgrx::pg_sys::Oid;
use std::time::Duration;

/// A script with the text in every place that a name can reach.
pub fn script_of(text: &str) -> Script {
    let own = || Some(text.to_owned());
    let finding = |severity, safer: Option<Vec<String>>| Finding {
        severity,
        check: "fk_rows",
        object: own(),
        sqlstate: own(),
        detail: text.to_owned(),
        safer,
    };
    let relation = || Relation { oid: Oid::from(1), name: text.to_owned() };
    let mut run = Row::new(Status::Failed);
    run.locks = Some(vec![Lock { mode: 8, mode_name: text.to_owned(), relation: relation() }]);
    run.scanned = Some(vec![Scan { relation: relation(), rows: 5 }]);
    run.rewritten = Some(vec![relation()]);
    (run.sqlstate, run.message, run.hint, run.constraint, run.command) = (own(), own(), own(), own(), own());
    run.detail = vec![text.to_owned()];
    let statement = |number| Statement {
        number,
        line: 3,
        command: own(),
        text: text.to_owned(),
        omitted: 7,
        findings: vec![
            finding(Severity::Error, own().map(|safer| vec![safer])),
            finding(Severity::Info, None),
            finding(Severity::Unknown, Some(Vec::new())),
        ],
        runs: vec![run.clone()],
    };
    let rehearsal = Rehearsal { last: run.clone(), others: vec![run.clone()], measured: line(text, 3, true) };
    Script {
        role: own(),
        is_wrapped: true,
        statements: vec![statement(Some(1)), statement(None)],
        findings: vec![finding(Severity::Warning, None)],
        planned: line(text, 3, false),
        rehearsal: Some(rehearsal),
    }
}

/// A time line of statements that each lock the relation, in a transaction of its own, and one with
/// the others' locks.
fn line(name: &str, count: i32, is_measured: bool) -> TimeLine {
    let mut builder = Builder::default();
    for number in 1..=count {
        let relation = |key: i32| (key, name.to_owned());
        builder.add(Effects {
            number,
            locks: vec![(relation(0), Mode::AccessExclusive), (relation(number), Mode::Share)],
            reads: vec![(relation(0), Some(10))],
            rewrites: vec![relation(0)],
            control: None,
            releases: true,
            duration: Duration::from_millis(10),
        });
        builder.unknown.insert(number);
        builder.differing.insert(number);
    }
    builder.finish(is_measured)
}

fn plain(statements: Vec<Statement>) -> Script {
    Script {
        role: None,
        is_wrapped: true,
        statements,
        findings: Vec::new(),
        planned: TimeLine::default(),
        rehearsal: None,
    }
}

fn statement(number: i32, severity: Severity, text: &str) -> Statement {
    let detail = format!("detail of {number}");
    let finding = Finding { severity, check: "lock", object: None, sqlstate: None, detail, safer: Some(Vec::new()) };
    Statement {
        number: Some(number),
        line: number,
        text: text.to_owned(),
        findings: vec![finding],
        ..Statement::default()
    }
}

fn rehearsed(statuses: &[Status], last: Status) -> Script {
    let run = |(index, status): (usize, &Status)| Statement {
        number: i32::try_from(index + 1).ok(),
        runs: vec![Row::new(*status)],
        ..Statement::default()
    };
    let mut script = plain(statuses.iter().enumerate().map(run).collect());
    script.rehearsal = Some(Rehearsal { last: Row::new(last), others: Vec::new(), measured: TimeLine::default() });
    script
}

#[test]
fn script_of_20000_statements_is_cut_and_keeps_the_worst() {
    let mut statements: Vec<Statement> =
        (1..=20_000).map(|number| statement(number, Severity::Info, &"\u{10ffff}<&".repeat(200))).collect();
    statements.push(statement(20_001, Severity::Error, "the last one"));
    let mut script = plain(statements);
    script.planned = line(&"\u{10ffff}\"&<".repeat(20), 20_000, false);
    let shown = section(&script).0;
    let size = shown.chars().map(|char| if char.is_ascii() { 1 } else { 10 }).sum::<usize>();
    assert!(size < 400_000, "{size} bytes");
    assert!(shown.contains("the last one") && shown.contains("statements are left out"), "{}", &shown[..3000]);
    assert!(shown.contains("further relations with weaker or later locks are left out"));
    assert!(shown.contains("20,000 times, first during statement 1, last during statement 20000"));
    // In the order of the script, although the worst come first when there is no room.
    assert!(shown.find("Statement 1,") < shown.find("Statement 20001,"));
    assert!(shown.contains("Statement 1,") && !shown.contains("Statement 19999,"));
}

#[test]
fn time_line_says_who_is_kept_out_and_for_how_long() {
    let mut builder = Builder::default();
    let relation = || (1, "public.orders".to_owned());
    let effects = |number, mode: Option<Mode>, releases| Effects {
        number,
        locks: mode.map(|mode| (relation(), mode)).into_iter().collect(),
        reads: Vec::new(),
        rewrites: Vec::new(),
        control: None,
        releases,
        duration: Duration::from_millis(if number == 4 { 0 } else { 100 }),
    };
    builder.add(effects(1, Some(Mode::Share), false));
    builder.add(effects(2, Some(Mode::AccessExclusive), false));
    builder.add(effects(3, None, false));
    builder.add(effects(4, None, true));
    let shown = time_line(&builder.finish(true)).0;
    for text in [
        "Readers and writers are kept out during statements 2 to 4, for up to 200 ms.",
        "Writers are kept out during statements 1 to 4, for up to 300 ms.",
        "<b class=\"exclusive\">AccessExclusiveLock</b> from statement 2 until statement 4 ends the transaction.",
        "<span class=\"exclusive\" style=\"left:33.33%;width:66.67%\">",
        "<span class=\"writers\" style=\"left:0.00%;width:100.00%\">",
    ] {
        assert!(shown.contains(text), "{text}:\n{shown}");
    }
}

#[test]
fn verdict_never_promises_more_than_is_known() {
    let of = |severity| plain(vec![statement(1, severity, "SELECT 1")]);
    let cases = [
        (of(Severity::Info), "as far as reading it tells. It was not rehearsed.", false),
        (of(Severity::Unknown), "Only a rehearsal can tell whether 1 statement", true),
        (of(Severity::Error), "1 statement of the script would fail now.", false),
        (rehearsed(&[Status::Ok], Status::Ok), "every statement succeeded.", false),
        (rehearsed(&[Status::Failed, Status::NotReached], Status::Failed), "rehearsed, and failed.", false),
        (rehearsed(&[Status::Ok, Status::NotRehearsed], Status::NotRehearsed), "not all of it could be", true),
    ];
    for (script, words, is_incomplete) in cases {
        assert!(verdict(&script).contains(words), "{}", verdict(&script));
        assert_eq!(script.is_incomplete(), is_incomplete, "{words}");
        let is_known = script.rehearsal.as_ref().is_some_and(Rehearsal::is_complete);
        assert_eq!(script.not_known().is_none(), is_known, "{words}");
        // What a complete rehearsal has measured takes the place of what precheck expects.
        assert_eq!(section(&script).0.contains("planned-locks"), !is_known, "{words}");
    }
}
