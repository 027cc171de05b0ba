//! The oracle of fk_precheck: compares its verdict with the result of adding the constraint, and
//! runs its statements with psql.

use crate::case::Case;
use crate::judge::{AuditRow, Findings, compare_sample};
use crate::reference_result::{Made, ReferenceResult, make};
use crate::run::run;
use crate::shapes::Purpose;
use anyhow::{Context, Result, ensure};
use cluster::{Server, literal, report, setting, sized};
use fastrand::Rng;
use postgres::{Client, Error};

/// A row of `fk_precheck`.
#[derive(Debug)]
struct Verdict {
    status: String,
    orphans: Option<i64>,
    sample: Option<String>,
    detail: Option<String>,
    choices: Option<Vec<String>>,
    ddl: Option<Vec<String>>,
}

fn names(columns: impl Iterator<Item = String>) -> String {
    let columns: Vec<_> = columns.map(|column| literal(&column)).collect();
    format!("ARRAY[{}]::pg_catalog.name[]", columns.join(", "))
}

fn precheck(client: &mut Client, case: &Case, random: &mut Rng) -> Result<Verdict, Error> {
    let child_columns = names(case.columns.iter().map(|column| column.child.clone()));
    let mut parent_columns = names(case.columns.iter().map(|column| column.parent.clone()));
    let primary = format!(
        "SELECT EXISTS (SELECT FROM pg_constraint k WHERE contype = 'p' AND conrelid = {}::regclass AND {parent_columns} =
             (SELECT array_agg(attname ORDER BY u.place) FROM unnest(conkey) WITH ORDINALITY AS u(number, place)
              JOIN pg_attribute ON attrelid = conrelid AND attnum = u.number))",
        literal(&case.parent)
    );
    let is_primary: bool = client.query_one(&primary, &[])?.get(0);
    if is_primary && random.bool() {
        parent_columns = "NULL".to_owned();
    }
    let path = ["hostile, pg_catalog, public", "''", "public"][random.usize(..3)];
    client.batch_execute(&format!("SET search_path = {path}"))?;
    let call = format!(
        "SELECT status, orphans, sample::pg_catalog.text, detail, choices, ddl
         FROM public.fk_precheck({}::pg_catalog.regclass, {child_columns}, {}::pg_catalog.regclass, {parent_columns})",
        literal(&case.child),
        literal(&case.parent)
    );
    let row = client.query_one(&call, &[]);
    client.batch_execute("RESET search_path")?;
    let row = row?;
    Ok(Verdict {
        status: row.get(0),
        orphans: row.get(1),
        sample: row.get(2),
        detail: row.get(3),
        choices: row.get(4),
        ddl: row.get(5),
    })
}

fn examine(
    server: &Server,
    database: &str,
    client: &mut Client,
    case: &Case,
    random: &mut Rng,
) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let made = make(client, case)?;
    let is_there = matches!(made, Made::Case(_)) && random.u8(..8) == 0;
    if matches!(made, Made::Case(_)) && !is_there {
        client.batch_execute(&case.drop())?;
    }
    let attempt = format!("ALTER TABLE {} ADD {}", case.child, case.key());
    let ended: Option<String> = client.query_one("SELECT truth.attempt($1)", &[&attempt])?.get(0);
    let expected = match &ended {
        _ if is_there => "exists",
        None => "ok",
        Some(state) if state.starts_with("23503") => "violated",
        Some(_) => "impossible",
    };
    let row = precheck(client, case, random)?;
    let composite = case.columns.iter().any(|column| column.kind.is_composite());
    if composite && expected == "ok" && row.status == "violated" {
        // ADD CONSTRAINT skips keys that contain a NULL, which its trigger refuses.
        return Ok(findings);
    }
    findings.seen.push(row.status.clone());
    if row.status != expected {
        findings.wrong.push(format!("{attempt}\nended with {ended:?}, but {row:?}"));
        return Ok(findings);
    }
    if let Made::Case(truth) = &made {
        compare(client, case, truth, &row, is_there, &mut findings.wrong)?;
    }
    if let Some(ddl) = &row.ddl {
        let ran = run_ddl(server, database, ddl);
        let wrong = judge_ddl(client, server, case, expected, ran)?;
        findings.wrong.extend(wrong.map(|wrong| format!("{wrong}\n{ddl:#?}")));
    } else if expected == "ok" || expected == "violated" {
        findings.wrong.push(format!("no ddl: {row:?}"));
    }
    let texts = row.ddl.iter().chain(&row.choices).flatten();
    if let Some(text) = texts.into_iter().find(|text| text.contains(char::is_control)) {
        findings.wrong.push(format!("not one line: {text:?}"));
    }
    if row.detail.is_none() && expected != "ok" {
        findings.wrong.push(format!("no detail: {row:?}"));
    }
    Ok(findings)
}

fn compare(
    client: &mut Client,
    case: &Case,
    truth: &ReferenceResult,
    row: &Verdict,
    is_there: bool,
    wrong: &mut Vec<String>,
) -> Result<(), Error> {
    let right = i64::try_from(truth.orphans.len()).ok();
    if row.orphans != right && !(is_there && row.orphans.is_none()) {
        wrong.push(format!("{:?} orphans instead of {:?}: {row:?}", row.orphans, truth.orphans));
    }
    if row.orphans.is_none() {
        return Ok(());
    }
    let like_audit = AuditRow {
        status: row.status.clone(),
        constraint: String::new(),
        table: 0,
        referenced: 0,
        orphans: row.orphans,
        sample: row.sample.clone(),
        detail: row.detail.clone(),
        choices: row.choices.clone(),
        fix: None,
    };
    compare_sample(client, case, truth, &like_audit, wrong)
}

/// Passes the statements unchanged to psql, which stops at the first error, and returns that error.
fn run_ddl(server: &Server, database: &str, ddl: &[String]) -> Option<String> {
    let file = server.scratch(&format!("{database}.sql"));
    let run = || {
        std::fs::write(&file, ddl.join("\n"))?;
        let path = file.to_str().context("the path is not UTF-8")?;
        server.client(
            "psql",
            &["-X", "-q", "-d", database, "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", path],
        )
    };
    run().err().map(|error| format!("{error:#}"))
}

fn judge_ddl(
    client: &mut Client,
    server: &Server,
    case: &Case,
    expected: &str,
    ran: Option<String>,
) -> Result<Option<String>, Error> {
    let query = format!(
        "SELECT convalidated,
             (SELECT count(*) FROM pg_index WHERE indrelid = conrelid AND indisvalid AND indpred IS NULL AND conkey <@
                  (indkey::int2[])[0:array_length(conkey, 1) - 1])
         FROM pg_constraint WHERE contype = 'f' AND conrelid = {}::regclass AND confrelid = {}::regclass AND conparentid = 0",
        literal(&case.child),
        literal(&case.parent)
    );
    let row = client.query_opt(&query, &[])?;
    let (is_valid, has_index) = match &row {
        Some(row) => (Some(row.get::<_, bool>(0)), row.get::<_, i64>(1) > 0),
        None => (None, false),
    };
    let unvalidated = !case.child_is_partitioned || server.major() >= 18;
    let refused = ran.as_deref().is_some_and(|said| said.contains("ERROR:  23503"));
    let right = match expected {
        "ok" => ran.is_none() && is_valid == Some(true) && has_index,
        "violated" if unvalidated => (ran.is_none() || refused) && is_valid == Some(false) && has_index,
        "violated" => (ran.is_none() || refused) && is_valid.is_none(),
        // Statements that come before the constraint, as far as the rows allow.
        "impossible" => ran.as_deref().is_none_or(|said| said.contains("ERROR:  23505") || refused),
        "exists" => ran.is_none(),
        _ => false,
    };
    let wrong = || {
        format!("{expected}: psql reported {ran:?}; constraint valid: {is_valid:?}, index on the child: {has_index}")
    };
    Ok((!right).then(wrong))
}

#[test]
fn precheck_verdict_matches_add_constraint() -> Result<()> {
    let count = sized("FLIGHTCHECK_FK_CASES", 120, 500) / 2;
    let seed = setting("FLIGHTCHECK_FK_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_FK_SEED={seed}");
    let summary = run(Purpose::Precheck, seed, count.max(1), &examine, &|_| Ok(()))?;
    summary.tell();
    ensure!(summary.failures.is_empty(), "{} of {} cases failed", summary.failures.len(), summary.cases);
    Ok(())
}
