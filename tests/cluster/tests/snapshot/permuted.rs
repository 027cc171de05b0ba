//! The order of tables and rows, and how rows are stored, is not a difference, and that of columns
//! does not change the checksum; a single changed value is one. `FLIGHTCHECK_SNAPSHOT_CASES` sets
//! the number of cases and `FLIGHTCHECK_SNAPSHOT_SEED` the seed.

use crate::difference::{compare, snapshot};
use crate::random_table::{Table, random_tables};
use anyhow::{Result, anyhow, ensure};
use cluster::{Server, explain, report, setting, sized};
use fastrand::Rng;
use postgres::Client;

const CHECKSUMS: &str = "'s', checksum => true";

/// Creates the tables again, in a random order and each in one of several ways.
fn create(client: &mut Client, tables: &[Table], random: &mut Rng) -> Result<()> {
    client.batch_execute("DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s")?;
    let mut tables: Vec<&Table> = tables.iter().collect();
    random.shuffle(&mut tables);
    for table in tables {
        for statement in table.create_statements(random) {
            // Some statements cannot run in a transaction, as several statements in one query do.
            for part in
                if statement.contains("BEGIN") { vec![statement.as_str()] } else { statement.split("; ").collect() }
            {
                client.batch_execute(part).map_err(|error| anyhow!("{part}\n{}", explain(&error)))?;
            }
        }
    }
    Ok(())
}

/// Computes a checksum as one would by hand.
fn naive_checksum(client: &mut Client, table: &Table) -> Result<Option<String>> {
    let query = format!("SELECT md5(string_agg(t::text, '')) FROM {} t", table.qualified());
    Ok(client.query_one(&query, &[])?.get(0))
}

fn naive_checksums(client: &mut Client, tables: &[Table]) -> Result<Vec<Option<String>>> {
    tables.iter().map(|table| naive_checksum(client, table)).collect()
}

/// Changes a value and fails unless this is the only difference. Returns whether there was a value.
fn check_changed_value(client: &mut Client, tables: &[Table], random: &mut Rng) -> Result<bool> {
    let Some(table) = tables.iter().find(|table| table.has_rows()) else { return Ok(false) };
    let source = snapshot(client, CHECKSUMS)?;
    let statement = table.damage(random);
    client.batch_execute(&statement).map_err(|error| anyhow!("{statement}\n{}", explain(&error)))?;
    let found = compare(client, &source, None)?;
    ensure!(found.len() == 1 && found[0].kind == "checksum", "{statement}\n{found:#?}");
    Ok(true)
}

#[test]
fn snapshot_of_permuted_tables_has_no_difference() -> Result<()> {
    let cases: u64 = sized("FLIGHTCHECK_SNAPSHOT_CASES", 15, 60);
    let seed = setting("FLIGHTCHECK_SNAPSHOT_SEED", u64::from(std::process::id()) << 32);
    report!("FLIGHTCHECK_SNAPSHOT_SEED={seed}");
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("permuted")?;
    client.batch_execute("SET client_min_messages = warning")?;
    let (mut tables_seen, mut naive_wrong, mut damages_seen, mut orders_seen) = (0, 0, 0, 0);
    for case in 0..cases {
        let here = || format!("FLIGHTCHECK_SNAPSHOT_SEED={} FLIGHTCHECK_SNAPSHOT_CASES=1", seed.wrapping_add(case));
        let mut random = Rng::with_seed(seed.wrapping_add(case));
        let tables = random_tables(&mut random);
        create(&mut client, &tables, &mut random)?;
        let source = snapshot(&mut client, CHECKSUMS)?;
        let by_hand = naive_checksums(&mut client, &tables)?;
        for settings in [
            "",
            "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = -5; SET bytea_output = 'escape'",
        ] {
            create(&mut client, &tables, &mut random)?;
            client.batch_execute(settings)?;
            let mut found = compare(&mut client, &source, None)?;
            // How a column is stored is chosen at random each time; a dump carries it.
            found.retain(|row| !row.source.iter().chain(&row.target).any(|value| value.starts_with("STORAGE ")));
            // The order of the columns is a difference, but not of the rows.
            let count = found.len();
            found.retain(|row| !row.source.as_deref().unwrap_or_default().starts_with("columns in the order "));
            orders_seen += count - found.len();
            ensure!(found.is_empty(), "{}: {found:#?}", here());
            client.batch_execute("RESET ALL; SET client_min_messages = warning")?;
        }
        naive_wrong += u64::from(naive_checksums(&mut client, &tables)? != by_hand);
        tables_seen += tables.len();
        let seen = check_changed_value(&mut client, &tables, &mut random).map_err(|error| error.context(here()))?;
        damages_seen += u64::from(seen);
    }
    // Proves that the test can fail.
    assert!(naive_wrong > 0, "md5(string_agg(t::text, '')) did not depend on the order of rows");
    assert!(orders_seen > 0, "the columns were never in another order");
    report!(
        "{cases} cases of {tables_seen} tables created three times: no difference; {damages_seen} changed values: one row each; \
         md5(string_agg(t::text, '')) is wrong in {naive_wrong} cases"
    );
    Ok(())
}
