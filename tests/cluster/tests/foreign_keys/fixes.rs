//! Executes the statements in `fix` exactly as printed and checks that they help.

use crate::case::{Case, Standing};
use crate::judge::{AuditRow, Findings, Subject, audit};
use crate::reference_result::ReferenceResult;
use crate::statements::statements;
use cluster::explain;
use postgres::{Client, Error, SimpleQueryMessage, Transaction};

/// The maximum number of successive fixes: orphans, validation, triggers.
const STEPS: usize = 4;

pub fn examine(
    client: &mut Client,
    subject: Subject,
    case: &Case,
    truth: &ReferenceResult,
    row: &AuditRow,
    findings: &mut Findings,
) -> Result<(), Error> {
    let fix = row.fix.as_deref().unwrap_or_default();
    let choices = row.choices.clone().unwrap_or_default();
    if let Some(text) = choices.iter().chain(&row.fix).find(|text| text.contains(char::is_control)) {
        findings.wrong.push(format!("not one line: {text:?}"));
    }
    if truth.orphans.is_empty() && row.fix.is_none() {
        return Ok(());
    }
    if truth.orphans.is_empty() {
        let mut transaction = client.transaction()?;
        let ended = follow(&mut transaction, subject, case, fix.to_owned())?;
        transaction.rollback()?;
        findings.wrong.extend(ended.map(|wrong| format!("{wrong}, after the fix\n{fix}")));
        return Ok(());
    }
    let listed = list(client, &choices)?;
    if listed.as_ref() != Ok(&truth.orphans) {
        findings.wrong.push(format!("lists {listed:?} instead of {:?}:\n{choices:#?}", truth.orphans));
    }
    for choice in choices.iter().filter_map(|choice| choice.strip_prefix("-- ")) {
        let verb = choice.split_whitespace().next().unwrap_or_default().to_owned();
        if !["DELETE", "UPDATE", "INSERT"].contains(&verb.as_str()) {
            continue;
        }
        let mut transaction = client.transaction()?;
        let ended = choose(&mut transaction, subject, case, truth, (fix, choice))?;
        transaction.rollback()?;
        match ended {
            Ok(said) => findings.seen.push(format!("{verb}: {said}")),
            Err(wrong) => findings.wrong.push(format!("{wrong}, after\n{choice}\nof the fix\n{fix}")),
        }
    }
    Ok(())
}

/// The `row_no`s that the offered SELECT lists.
fn list(client: &mut Client, choices: &[String]) -> Result<Result<Vec<i32>, String>, Error> {
    client.batch_execute("SET search_path = ''")?;
    let list = choices.first().filter(|choice| choice.starts_with("SELECT"));
    let messages = list.map(|list| client.simple_query(list));
    client.batch_execute("RESET search_path")?;
    let messages = match messages {
        Some(Ok(messages)) => messages,
        Some(Err(error)) => return Ok(Err(explain(&error))),
        None => return Ok(Err("no statement".to_owned())),
    };
    let number = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get("row_no").and_then(|number| number.parse().ok()),
        _ => None,
    };
    let mut numbers: Vec<i32> = messages.iter().filter_map(number).collect();
    numbers.sort();
    Ok(Ok(numbers))
}

/// Runs a fix with one of its choices and then the fixes that remain.
fn choose(
    transaction: &mut Transaction,
    subject: Subject,
    case: &Case,
    truth: &ReferenceResult,
    (fix, choice): (&str, &str),
) -> Result<Result<String, String>, Error> {
    let mut attempt = transaction.transaction()?;
    let before = fix;
    let ran = attempt
        .batch_execute(&format!("SET search_path = ''; {before}"))
        .and_then(|()| attempt.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {choice}")));
    if let Err(error) = ran {
        attempt.rollback()?;
        let state = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
        return Ok(match refusal(case, choice, &state) {
            Some(reason) => Ok(format!("refused, {reason}")),
            None => Err(explain(&error)),
        });
    }
    attempt.batch_execute("RESET search_path")?;
    attempt.commit()?;
    let mut rows = audit(transaction, subject, Some(&case.schema))?;
    let mut left = rows.first().and_then(|row| row.orphans).unwrap_or(-1);
    // Where nothing checks the key, deleted rows may leave their own children behind.
    let unchecked = case.standing == Standing::NotEnforced;
    for _ in 0..if choice.starts_with("DELETE") && case.refers_to_itself && unchecked { 30 } else { 0 } {
        transaction.batch_execute(choice)?;
        rows = audit(transaction, subject, Some(&case.schema))?;
        left = rows.first().and_then(|row| row.orphans).unwrap_or(-1);
    }
    let allowed = if choice.starts_with("INSERT") { truth.partly_null } else { 0 };
    let lossy = choice.starts_with("INSERT") && case.columns.iter().any(|column| column.kind.is_lossy());
    if left != allowed && !(lossy && left > allowed) {
        return Ok(Err(format!("{left} orphans left instead of {allowed}")));
    }
    if left > 0 {
        return Ok(Ok("keys left for which no parent can exist".to_owned()));
    }
    match rows.first().and_then(|row| row.fix.clone()) {
        Some(fix) => Ok(follow(transaction, subject, case, fix)?.map_or(Ok("ok after further fixes".to_owned()), Err)),
        None => Ok(Ok("ok".to_owned())),
    }
}

/// Why the server may refuse a choice that an audit cannot recognize as wrong.
fn refusal(case: &Case, choice: &str, state: &str) -> Option<&'static str> {
    let verb = choice.split_whitespace().next()?;
    match (verb, state) {
        ("DELETE", "23503" | "23001" | "23502") if case.refers_to_itself => Some("other rows refer to the rows"),
        ("INSERT", "22003" | "22001") => Some("the parent's type cannot hold it"),
        ("INSERT", "23502") if case.refers_to_itself => Some("a new row needs values in its own columns"),
        ("INSERT", "23503") if case.refers_to_itself => Some("a new row is a child as well"),
        ("INSERT", "23514") if case.traits.contains(&"parent is a partition") => Some("not a row of this partition"),
        ("INSERT", "23505") => Some("keys that are distinct in the child but equal in the parent"),
        _ => None,
    }
}

/// Runs fixes until none are left, and returns what is wrong then.
fn follow(
    transaction: &mut Transaction,
    subject: Subject,
    case: &Case,
    mut fix: String,
) -> Result<Option<String>, Error> {
    for _ in 0..STEPS {
        for statement in statements(&fix).iter().filter(|statement| statement.starts_with("ALTER")) {
            let mut attempt = transaction.transaction()?;
            if let Err(error) = attempt.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {statement}")) {
                return Ok(Some(format!("{}\n{statement}", explain(&error))));
            }
            attempt.commit()?;
        }
        let rows = audit(transaction, subject, Some(&case.schema))?;
        let [row] = rows.as_slice() else { return Ok(Some(format!("not one row: {rows:?}"))) };
        if row.status == "ok" || row.status == "not_enforced" && case.standing == Standing::NotEnforced {
            return Ok(None);
        }
        match &row.fix {
            Some(next) => fix = next.clone(),
            None => return Ok(Some(format!("no further fix: {row:?}"))),
        }
    }
    Ok(Some(format!("fixes do not end, the last one:\n{fix}")))
}
