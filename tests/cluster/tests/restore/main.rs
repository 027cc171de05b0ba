//! Real dumps and restores that leave sequences behind, and the repair.

mod extension;
mod ways;

use anyhow::Result;
use cluster::{Server, audit, report, resync};
use postgres::Client;
use ways::{WAYS, Way};

const SOURCE: &str = "source";

/// Every column with a sequence in the source, by table.
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

/// The tables whose column is behind, without the partitions that show beside their root.
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

/// Restores in one way, and expects every sequence it left behind to be named and repaired.
fn restore(server: &Server, number: usize, way: &Way) -> Result<()> {
    let target = format!("target_{number}");
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {target}"))?;
    (way.restore)(&ways::Restore { server, source: SOURCE, target: &target })?;

    let mut client = server.connect(&target)?;
    client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    assert_eq!(behind(&mut client)?, way.leaves_behind(), "{}", way.name);
    let rows = resync(&mut client, "seq_resync('shop')")?;
    assert!(
        rows.iter().all(|row| ["advanced", "unchanged"].contains(&row.outcome.as_str())),
        "{}: {rows:#?}",
        way.name
    );
    assert!(behind(&mut client)?.is_empty(), "{}", way.name);
    client.batch_execute("SELECT seq_assert()")?;
    insert_into_all(&mut client)?;
    report!("{}: {} columns named as behind, all repaired by one seq_resync", way.name, way.leaves_behind().len());
    Ok(())
}

#[test]
fn sequences_left_behind_are_named_and_repaired() -> Result<()> {
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {SOURCE}"))?;
    server.connect(SOURCE)?.batch_execute(include_str!("source.sql"))?;
    for (number, way) in WAYS.iter().enumerate() {
        restore(&server, number, way)?;
    }
    Ok(())
}
