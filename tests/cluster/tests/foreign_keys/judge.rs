//! Compares what fk_audit returns with the reference result.

use crate::case::{Case, Standing};
use crate::fixes;
use crate::reference_result::ReferenceResult;
use cluster::{identifier, literal};
use fastrand::Rng;
use postgres::{Client, Error, GenericClient, IsolationLevel};

/// The implementation under test: the extension, or the naive functions whose errors the oracle has
/// to detect.
#[derive(Clone, Copy)]
pub struct Subject {
    pub schema: &'static str,
    /// Whether it is called in sessions set up to mislead it, and its fixes are executed.
    pub thorough: bool,
}

/// A row of `fk_audit`.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub status: String,
    pub constraint: String,
    pub table: i64,
    pub referenced: i64,
    pub orphans: Option<i64>,
    pub sample: Option<String>,
    pub detail: Option<String>,
    pub choices: Option<Vec<String>>,
    pub fix: Option<String>,
}

pub fn audit(client: &mut impl GenericClient, subject: Subject, schema: Option<&str>) -> Result<Vec<AuditRow>, Error> {
    // No name in the query is resolved through the search_path.
    let query = format!(
        "SELECT status, constraint_name::pg_catalog.text, table_name::pg_catalog.oid::pg_catalog.int8,
             referenced_table::pg_catalog.oid::pg_catalog.int8, orphans, sample::pg_catalog.text, detail, fix, choices
         FROM {}.fk_audit({})",
        subject.schema,
        schema.map_or("NULL".to_owned(), literal)
    );
    let rows = client.query(&query, &[])?;
    let row = |row: &postgres::Row| AuditRow {
        status: row.get(0),
        constraint: row.get(1),
        table: row.get(2),
        referenced: row.get(3),
        orphans: row.get(4),
        sample: row.get(5),
        detail: row.get(6),
        fix: row.get(7),
        choices: row.get(8),
    };
    Ok(rows.iter().map(row).collect())
}

/// The result of examining one case.
#[derive(Default)]
pub struct Findings {
    pub wrong: Vec<String>,
    /// Statuses, and the outcomes of the fixes, one entry for each occurrence.
    pub seen: Vec<String>,
}

/// The status that the row must have.
pub fn expected_status(case: &Case, orphans: usize, triggers_off: bool) -> &'static str {
    match case.standing {
        Standing::NotEnforced => "not_enforced",
        Standing::NotValid if orphans == 0 && triggers_off => "triggers_off",
        Standing::NotValid => "not_validated",
        Standing::Valid if orphans > 0 => "violated",
        Standing::Valid if triggers_off => "triggers_off",
        Standing::Valid => "ok",
    }
}

/// Sets up the session to mislead an audit.
fn mislead(client: &mut Client, case: &Case, random: &mut Rng) -> Result<(), Error> {
    if random.u8(..4) == 0 {
        client.batch_execute(&format!(
            "DO $do$ DECLARE name text; BEGIN
                FOR name IN SELECT relname FROM pg_class WHERE relnamespace = {}::regnamespace AND relkind IN ('r', 'p') LOOP
                    EXECUTE format('CREATE TEMP TABLE %I (row_no int, note text)', name);
                END LOOP;
             END $do$",
            literal(&identifier(&case.schema))
        ))?;
    }
    let path = match random.u8(..4) {
        0 => "hostile, pg_catalog, public".to_owned(),
        1 => "''".to_owned(),
        2 => format!("{}, hostile, pg_catalog", identifier(&case.schema)),
        _ => "public".to_owned(),
    };
    client.batch_execute(&format!("SET search_path = {path}"))
}

pub fn examine(
    client: &mut Client,
    subject: Subject,
    case: &Case,
    truth: &ReferenceResult,
    random: &mut Rng,
) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let recreate_error = truth.recreated.as_deref();
    let recreate_violated = recreate_error.is_some_and(|state| state.starts_with("23503"));
    // For a composite key, ADD CONSTRAINT tests IS NOT NULL and skips keys that contain a NULL.
    let passed_over = recreate_error.is_none() && case.columns.iter().any(|column| column.kind.is_composite());
    if recreate_error.is_some() && !recreate_violated || recreate_violated == truth.orphans.is_empty() && !passed_over {
        findings.wrong.push(format!("{:?} refused, but recreated: {recreate_error:?}", truth.orphans));
    }
    client.batch_execute(&case.switch)?;
    if subject.thorough {
        mislead(client, case, random)?;
    }
    let isolation = [IsolationLevel::ReadCommitted, IsolationLevel::RepeatableRead, IsolationLevel::Serializable];
    let mut transaction =
        client.build_transaction().read_only(random.bool()).isolation_level(isolation[random.usize(..3)]).start()?;
    let rows = audit(&mut transaction, subject, Some(&case.schema));
    transaction.rollback()?;
    client.batch_execute("RESET search_path; DISCARD TEMP")?;
    let rows = rows?;
    let [row] = rows.as_slice() else {
        findings.wrong.push(format!("not one row: {rows:#?}"));
        return Ok(findings);
    };
    findings.seen.push(row.status.clone());
    compare(client, case, truth, row, &mut findings.wrong)?;
    if findings.wrong.is_empty() && subject.thorough {
        fixes::examine(client, subject, case, truth, row, &mut findings)?;
    }
    Ok(findings)
}

fn compare(
    client: &mut Client,
    case: &Case,
    truth: &ReferenceResult,
    row: &AuditRow,
    wrong: &mut Vec<String>,
) -> Result<(), Error> {
    let status = expected_status(case, truth.orphans.len(), case.triggers_off);
    if row.status != status {
        wrong.push(format!("status {} instead of {status}: {row:?}", row.status));
    }
    if row.orphans != i64::try_from(truth.orphans.len()).ok() {
        wrong.push(format!("{:?} orphans instead of {:?}: {row:?}", row.orphans, truth.orphans));
    }
    let tables =
        format!("SELECT {}::regclass::oid::int8, {}::regclass::oid::int8", literal(&case.child), literal(&case.parent));
    let tables = client.query_one(&tables, &[])?;
    let right = (case.constraint.as_str(), tables.get(0), tables.get(1));
    if (row.constraint.as_str(), row.table, row.referenced) != right {
        wrong.push(format!("names {row:?} instead of {right:?}"));
    }
    match (&row.fix, status) {
        (None, "ok" | "not_enforced") => {}
        // With orphans, the choices come first.
        (None, _) if !truth.orphans.is_empty() => {}
        (None, _) => wrong.push(format!("no fix: {row:?}")),
        (Some(_), "ok") => wrong.push(format!("an unnecessary fix: {row:?}")),
        (Some(_), _) => {}
    }
    if row.choices.is_none() != truth.orphans.is_empty() {
        wrong.push(format!("choices with {} orphans: {row:?}", truth.orphans.len()));
    }
    compare_sample(client, case, truth, row, wrong)
}

pub fn compare_sample(
    client: &mut Client,
    case: &Case,
    truth: &ReferenceResult,
    row: &AuditRow,
    wrong: &mut Vec<String>,
) -> Result<(), Error> {
    let Some(sample) = &row.sample else {
        if !truth.orphans.is_empty() {
            wrong.push(format!("no sample: {row:?}"));
        }
        return Ok(());
    };
    let pairs: Vec<_> = case
        .columns
        .iter()
        .map(|column| format!("{}::text, {}", literal(&column.child), identifier(&column.child)))
        .collect();
    let query = format!(
        "SELECT jsonb_array_length($1::text::jsonb)::int8, count(DISTINCT key::text COLLATE \"C\"),
             count(*) FILTER (WHERE key NOT IN (SELECT jsonb_build_object({}) FROM {} WHERE row_no = ANY ($2)))
         FROM jsonb_array_elements($1::text::jsonb) AS key",
        pairs.join(", "),
        case.seen()
    );
    let counts = client.query_one(&query, &[sample, &truth.orphans])?;
    let (length, distinct, strange): (i64, i64, i64) = (counts.get(0), counts.get(1), counts.get(2));
    // With more than five orphans, a sample may show fewer than five keys: it is drawn while
    // orphans are counted.
    let least = if truth.orphans.len() > 5 { 1 } else { truth.distinct_keys.0 };
    let most = truth.distinct_keys.1.min(5);
    if strange > 0 || distinct < length || !(least..=most).contains(&length) {
        wrong.push(format!(
            "sample {sample}: {strange} of its keys are not orphans, {distinct} are distinct, expected {least} to {most}"
        ));
    }
    Ok(())
}
