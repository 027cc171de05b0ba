//! Real dumps and restores that leave sequences behind, and the repair.

mod extension;
mod methods;

use anyhow::Result;
use cluster::{Server, audit, report, resync};
use methods::{METHODS, Method};
use postgres::Client;

const SOURCE: &str = "source";

/// The tables of the source that have a column with a sequence.
const FED: [&str; 8] = [
    r#"shop."_PostToTag""s""#,
    "shop.customers",
    "shop.events",
    "shop.old_events",
    "shop.orders",
    "shop.positions",
    "shop.refunds",
    "shop.small",
];

/// Returns the tables whose column is behind, without the partitions that are listed with their
/// root.
fn behind(client: &mut Client) -> Result<Vec<String>> {
    let rows = audit(client, "seq_audit('shop')")?;
    let mut tables: Vec<_> = rows
        .into_iter()
        .filter(|row| row.status == "behind")
        .filter_map(|row| row.table)
        .filter(|table| FED.contains(&table.as_str()))
        .collect();
    tables.sort();
    Ok(tables)
}

fn insert_into_all(client: &mut Client) -> Result<()> {
    for table in FED {
        client.batch_execute(&format!("INSERT INTO {table} DEFAULT VALUES"))?;
    }
    Ok(())
}

/// Restores with one method. Checks that every sequence it leaves behind is reported and repaired.
fn restore(server: &Server, number: usize, method: &Method) -> Result<()> {
    let target = format!("target_{number}");
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {target}"))?;
    (method.restore)(&methods::Restore { server, source: SOURCE, target: &target })?;

    let mut client = server.connect(&target)?;
    client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    assert_eq!(behind(&mut client)?, method.leaves_behind(), "{}", method.name);
    let rows = resync(&mut client, "seq_resync('shop')")?;
    assert!(
        rows.iter().all(|row| ["advanced", "unchanged"].contains(&row.outcome.as_str())),
        "{}: {rows:#?}",
        method.name
    );
    assert!(behind(&mut client)?.is_empty(), "{}", method.name);
    client.batch_execute("SELECT seq_assert()")?;
    insert_into_all(&mut client)?;
    report!(
        "{}: {} columns reported as behind, all repaired by one seq_resync",
        method.name,
        method.leaves_behind().len()
    );
    Ok(())
}

#[test]
fn restore_reports_and_repairs_sequences_left_behind() -> Result<()> {
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {SOURCE}"))?;
    server.connect(SOURCE)?.batch_execute(include_str!("source.sql"))?;
    for (number, method) in METHODS.iter().enumerate() {
        restore(&server, number, method)?;
    }
    Ok(())
}
