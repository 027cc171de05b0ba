//! Damaged files: the row says so, and nothing else is affected.

use anyhow::Result;
use cluster::{Ending, Server, audit, literal, report, resync};

const DATABASE: &str = "broken";
const PAGE: usize = 8192;

/// A table, its damaged relation, the offset in the first page, and the bytes written there.
const DAMAGED: [(&str, &str, usize, &[u8]); 4] = [
    ("no_magic", "no_magic_id_seq", PAGE - 8, &[0x5a; 8]),
    ("no_header", "no_header_id_seq", 0, &[0x5a; 24]),
    ("no_tuple", "no_tuple_id_seq", 24, &[0xff; 100]),
    ("no_index", "no_index_pkey", 24, &[0x00; 60]),
];

#[test]
fn damaged_page_is_reported_in_one_row() -> Result<()> {
    let mut server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    let mut files = Vec::new();
    for table in ["healthy", "also_healthy"].into_iter().chain(DAMAGED.map(|(table, ..)| table)) {
        client.batch_execute(&format!(
            "CREATE TABLE {table} (id serial PRIMARY KEY); INSERT INTO {table} VALUES (1), (2)"
        ))?;
    }
    for (_, relation, ..) in DAMAGED {
        files.push(
            client.query_one(&format!("SELECT pg_relation_filepath({})", literal(relation)), &[])?.get::<_, String>(0),
        );
    }
    drop(client);
    server.end(Ending::Fast)?;
    for (file, (_, _, at, bytes)) in files.iter().zip(DAMAGED) {
        server.overwrite(file, at as u64, bytes)?;
    }
    server.resume()?;

    let mut client = server.connect(DATABASE)?;
    let rows = audit(&mut client, "seq_audit()")?;
    assert_eq!(rows.len(), 2 + DAMAGED.len(), "{rows:#?}");
    for row in &rows {
        let table = row.table.as_deref().unwrap_or_default();
        let is_broken = DAMAGED.iter().any(|(broken, ..)| *broken == table);
        assert_eq!(row.status, if is_broken { "unknown" } else { "behind" }, "{row:?}");
        if is_broken {
            assert!(row.detail.is_some() && row.sequence.is_some(), "{row:?}");
            report!("{table}: {}", row.detail.as_deref().unwrap_or_default());
        }
    }
    let rows = resync(&mut client, "seq_resync()")?;
    for row in &rows {
        let sequence = row.sequence.as_deref().unwrap_or_default();
        let is_broken = DAMAGED.iter().any(|(broken, ..)| sequence == format!("{broken}_id_seq"));
        assert_eq!(row.outcome, if is_broken { "skipped" } else { "advanced" }, "{row:?}");
    }
    for table in ["healthy", "also_healthy"] {
        client.batch_execute(&format!("INSERT INTO {table} DEFAULT VALUES"))?;
    }
    // The session still works.
    assert_eq!(audit(&mut client, "seq_audit()")?.iter().filter(|row| row.status == "ok").count(), 2);
    report!(
        "{} damaged files: each reported as unknown and skipped, 2 healthy tables repaired in the same call",
        DAMAGED.len()
    );
    Ok(())
}
