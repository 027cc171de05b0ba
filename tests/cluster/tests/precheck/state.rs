//! Everything that a precheck must leave as it is.

use anyhow::Result;
use postgres::Client;

/// The place, the inserting and the deleting or locking transaction of each row: an UPDATE that has
/// been undone is seen as well.
const ROWS: &str = "md5(coalesce(string_agg(concat_ws(',', ctid, xmin, xmax), ';' ORDER BY ctid), ''))";

/// What the session and the cluster have, a query each.
const QUERIES: [&str; 9] = [
    "SELECT name, setting FROM pg_settings WHERE name NOT LIKE '%.%' ORDER BY 1",
    "SELECT current_user, session_user",
    "SELECT name, statement FROM pg_prepared_statements WHERE from_sql ORDER BY 1",
    "SELECT locktype, objid, classid, objsubid, mode FROM pg_locks WHERE locktype = 'advisory' ORDER BY 1, 2, 3, 4, 5",
    "SELECT * FROM pg_listening_channels()",
    "SELECT name FROM pg_cursors WHERE name <> ''",
    "SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384",
    "SELECT pg_my_temp_schema()",
    "SELECT count(*) FROM pg_prepared_xacts",
];

/// Returns the state: of the session, and of all catalogs, tables and sequences.
pub fn state(client: &mut Client) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for query in QUERIES {
        let text = format!("SELECT coalesce(string_agg(q::text, E'\\n'), '') FROM ({query}) q");
        found.push(client.query_one(&text, &[])?.get(0));
    }
    let relations = "SELECT c.oid::regclass::text, relkind::text, relfilenode FROM pg_class c
        WHERE relkind IN ('r', 'S', 'm', 't') AND NOT pg_is_other_temp_schema(relnamespace)
          AND relnamespace <> 'information_schema'::regnamespace ORDER BY 1";
    let queries: Vec<String> = client
        .query(relations, &[])?
        .iter()
        .map(|row| {
            let (name, kind, file): (String, String, u32) = (row.get(0), row.get(1), row.get(2));
            let what = if kind == "S" { "max(concat_ws(',', last_value, is_called, log_cnt))" } else { ROWS };
            format!("SELECT '{}: {file} ' || {what} FROM {name}", name.replace('\'', "''"))
        })
        .collect();
    for row in client.query(&queries.join(" UNION ALL "), &[])? {
        found.push(row.get(0));
    }
    Ok(found)
}

/// Returns the lines that differ, cut to a readable length.
pub fn differences(is: &[String], was: &[String]) -> Vec<String> {
    let lines =
        |state: &[String]| -> Vec<String> { state.iter().flat_map(|one| one.lines()).map(str::to_owned).collect() };
    let (is, was) = (lines(is), lines(was));
    let added = is.iter().filter(|line| !was.contains(line)).map(|line| format!("+{line:.200}"));
    let gone = was.iter().filter(|line| !is.contains(line)).map(|line| format!("-{line:.200}"));
    added.chain(gone).collect()
}
