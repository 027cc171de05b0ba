//! seq_resync writes its WAL record's position into the sequence's page, as nextval does. With a
//! wrong one, recovery skips records that it should replay, or the checkpointer writes the page
//! before its WAL.

use anyhow::Result;
use cluster::{Server, report, resync};
use postgres::Client;
use std::io::Read;

/// Returns WAL positions of the sequence's page, as numbers, from each source that exists:
/// `pg_get_sequence_data` since version 19, pageinspect if it is installed, and the file.
fn page_positions(server: &Server, client: &mut Client) -> Result<Vec<(&'static str, i64)>> {
    let mut positions = vec![("the file", position_in_file(server, client)?)];
    if server.major() >= 19 {
        positions.push(("pg_get_sequence_data", position(client, "(pg_get_sequence_data('drawn_id_seq')).page_lsn")?));
    }
    if is_available(client, "pageinspect")? {
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS pageinspect")?;
        positions.push(("pageinspect", position(client, "(page_header(get_raw_page('drawn_id_seq', 0))).lsn")?));
    }
    Ok(positions)
}

fn is_available(client: &mut Client, extension: &str) -> Result<bool> {
    let query = "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = $1";
    Ok(client.query_one(query, &[&extension])?.get(0))
}

/// Reads the page from disk: it begins with the position's high and low half.
fn position_in_file(server: &Server, client: &mut Client) -> Result<i64> {
    client.batch_execute("CHECKPOINT")?;
    let path: String = client.query_one("SELECT pg_relation_filepath('drawn_id_seq')", &[])?.get(0);
    let mut halves = [[0; 4]; 2];
    let mut file = std::fs::File::open(server.data().join(path))?;
    for half in &mut halves {
        file.read_exact(half)?;
    }
    let [high, low] = halves.map(u32::from_ne_bytes);
    Ok(i64::from(high) << 32 | i64::from(low))
}

fn position(client: &mut Client, expression: &str) -> Result<i64> {
    let query = format!("SELECT pg_wal_lsn_diff({expression}, '0/0')::bigint");
    Ok(client.query_one(&query, &[])?.get(0))
}

#[test]
fn resync_sets_lsn_of_sequence_page() -> Result<()> {
    let server = Server::start(&["autovacuum = off", "bgwriter_lru_maxpages = 0"])?;
    let mut client = server.database("page_lsn")?;
    client.batch_execute("CREATE TABLE drawn (id bigserial PRIMARY KEY); INSERT INTO drawn VALUES (50)")?;
    let mut sources = Vec::new();
    // The server's own change shows that the sources are read correctly.
    for change in ["SELECT nextval('drawn_id_seq')", "seq_resync()"] {
        let before = position(&mut client, "pg_current_wal_insert_lsn()")?;
        if change == "seq_resync()" {
            assert_eq!(resync(&mut client, change)?[0].outcome, "advanced");
        } else {
            client.batch_execute(change)?;
        }
        let after = position(&mut client, "pg_current_wal_insert_lsn()")?;
        let positions = page_positions(&server, &mut client)?;
        for (source, found) in &positions {
            assert!(before < *found && *found <= after, "{change}: {source}: {found:#x} in {before:#x}..{after:#x}");
        }
        sources = positions.iter().map(|(source, _)| *source).collect();
    }
    report!("the page's LSN lies between those before and after: by {}", sources.join(", "));
    Ok(())
}
