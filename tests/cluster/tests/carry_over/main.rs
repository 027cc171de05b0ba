//! seq_resync with a source: random sequences in two databases, and a model that says where each
//! one has to go. `FLIGHTCHECK_CARRY_CASES` sets the number of cases and `FLIGHTCHECK_CARRY_SEED`
//! the seed.

mod case;
mod limits;

use anyhow::{Context, Result};
use case::Case;
use cluster::{Server, report, setting, sized};
use fastrand::Rng;
use postgres::Client;
use std::collections::{BTreeMap, HashMap};

const DRAW: &str = "
    CREATE FUNCTION draw(sequence regclass, how_many int) RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE drawn bigint[] := '{}';
    BEGIN
      FOR i IN 1..how_many LOOP
        drawn := drawn || nextval(sequence);
      END LOOP;
      RETURN drawn;
    EXCEPTION WHEN sequence_generator_limit_exceeded THEN
      RETURN drawn;
    END $$;";

/// A row of seq_resync.
#[derive(Debug)]
pub struct Row {
    outcome: String,
    old_next: Option<i64>,
    new_next: Option<i64>,
    detail: String,
}

/// Runs a call of seq_resync, with the snapshot as `$1` if it takes one.
pub fn resync(target: &mut Client, call: &str, source: Option<&str>) -> Result<HashMap<String, Row>> {
    let query = format!(
        "SELECT outcome, coalesce(sequence_name::text, '-'), old_next, new_next, coalesce(detail, '') FROM {call}"
    );
    let rows = match source {
        Some(source) => target.query(&query, &[&source])?,
        None => target.query(&query, &[])?,
    };
    let row = |row: &postgres::Row| {
        let read = Row { outcome: row.get(0), old_next: row.get(2), new_next: row.get(3), detail: row.get(4) };
        (row.get(1), read)
    };
    Ok(rows.iter().map(row).collect())
}

pub fn snapshot(source: &mut Client) -> Result<String> {
    Ok(source.query_one("SELECT db_snapshot()::text", &[])?.get(0))
}

/// Returns how many cases are wrong, by what is wrong, with the first few of them.
fn check(server: &Server, seed: u64, count: u64, call: &str) -> Result<(BTreeMap<&'static str, u64>, Vec<String>)> {
    let mut postgres = server.connect("postgres")?;
    for database in ["source", "target"] {
        postgres.batch_execute(&format!("DROP DATABASE IF EXISTS {database}"))?;
    }
    let (mut source, mut target) = (server.database("source")?, server.database("target")?);
    source.batch_execute(DRAW)?;
    target.batch_execute(DRAW)?;
    let mut cases: Vec<Case> =
        (0..count).map(|number| Case::random(&mut Rng::with_seed(seed.wrapping_add(number)), number)).collect();
    for case in &mut cases {
        case.make_source(&mut source).with_context(|| format!("{case:#?}"))?;
        case.make_target(&mut target).with_context(|| format!("{case:#?}"))?;
    }
    let taken = snapshot(&mut source)?;
    let takes_source = call.contains("$1");
    let would: HashMap<_, _> = if takes_source {
        resync(&mut target, &call.replace("source", "dry_run => true, source"), Some(&taken))?
    } else {
        HashMap::new()
    };
    let rows = resync(&mut target, call, takes_source.then_some(&taken))?;
    let (mut wrong, mut shown) = (BTreeMap::new(), Vec::new());
    for case in &cases {
        let row = rows.get(&case.sequence());
        let dry = would.get(&case.sequence()).filter(|_| takes_source);
        if takes_source && dry.map(|dry| (dry.old_next, dry.new_next)) != row.map(|row| (row.old_next, row.new_next)) {
            *wrong.entry("dry run").or_default() += 1;
            shown.push(format!("{dry:?}, but {row:?}: {case:#?}"));
        }
        if let Some(what) = case.verdict(&mut target, row)? {
            *wrong.entry(what).or_default() += 1;
            shown.push(format!("{what}: {row:?}: seed {}: {case:#?}", seed.wrapping_add(case.number)));
        }
    }
    Ok((wrong, shown))
}

#[test]
fn carry_over_passes_rows_and_drawn_values_as_the_model_does() -> Result<()> {
    let count: u64 = sized("FLIGHTCHECK_CARRY_CASES", 300, 2_000);
    let seed: u64 = setting("FLIGHTCHECK_CARRY_SEED", fastrand::u64(..));
    report!("{count} sequences, FLIGHTCHECK_CARRY_SEED={seed}");
    let server = Server::start(&["autovacuum = off"])?;
    let (wrong, shown) = check(&server, seed, count, "seq_resync(source => $1::text::jsonb)")?;
    assert!(wrong.is_empty(), "{wrong:?}\n{}", shown.iter().take(5).cloned().collect::<Vec<_>>().join("\n"));

    // The same without the source draws values again that the source drew.
    let (wrong, _) = check(&server, seed, count, "seq_resync()")?;
    let again = wrong.get("drawn again").copied().unwrap_or_default();
    assert!(again * 10 > count, "the rows alone draw only {again} of {count} again: {wrong:?}");
    report!("with the source, no value is drawn again; with the rows only, in {again} of {count} sequences");
    Ok(())
}
