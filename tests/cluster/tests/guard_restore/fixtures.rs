//! Guarded databases, and queries for the state of the guard.

use crate::programs::wait_until_left;
use anyhow::Result;
use cluster::Server;
use postgres::Client;

pub const SOURCE: &str = "source";

/// How the guard sees what is written. The triggers exist in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Armed,
    Preloaded,
}

impl Mode {
    /// Starts a server with the guarded source.
    pub fn start(self) -> Result<Server> {
        let mut settings = vec!["autovacuum = off"];
        if self == Self::Preloaded {
            settings.extend(["session_preload_libraries = 'pg_flightcheck'", "pg_flightcheck.guard_scope = all"]);
        }
        let server = Server::start(&settings)?;
        let mut client = server.database(SOURCE)?;
        client.batch_execute("SELECT seq_guard_enable()")?;
        client.batch_execute(include_str!("source.sql"))?;
        Ok(server)
    }
}

/// What a database contains before the restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Empty,
    Extension,
    Enabled,
}

impl Target {
    pub fn create(self, server: &Server, name: &str) -> Result<()> {
        server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let mut client = server.connect(name)?;
        if self != Self::Empty {
            client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        }
        if self == Self::Enabled {
            client.batch_execute("SELECT seq_guard_enable()")?;
        }
        Ok(())
    }
}

/// Returns the state of the guard in a database: the status of each column, the triggers and the
/// event triggers. Excludes what new sessions preload, which a dump does not contain.
pub fn guard(client: &mut Client, schema: &str) -> Result<Vec<String>> {
    texts(
        client,
        &format!(
            "SELECT concat_ws(' ', status, table_name, sequence_name, detail) FROM {schema}.seq_guard_status()
             WHERE detail IS NULL OR detail NOT LIKE '%session_preload_libraries%'
             UNION ALL
             SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled, tgtype) FROM pg_trigger
             WHERE tgfoid = '{schema}._seq_guard_note'::regproc
             UNION ALL
             SELECT concat_ws(' ', evtname, evtevent, evtenabled, evttags, evtfoid::regproc) FROM pg_event_trigger
             UNION ALL
             SELECT coalesce(obj_description(oid, 'pg_event_trigger'), 'all') FROM pg_event_trigger
             ORDER BY 1"
        ),
    )
}

/// Returns what is left of the guard after it is turned off.
pub fn traces(client: &mut Client) -> Result<Vec<String>> {
    texts(
        client,
        "SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE tgname LIKE 'pg_flightcheck%'
         UNION ALL
         SELECT evtname FROM pg_event_trigger",
    )
}

/// Returns the tables whose sequences are behind after a restore without their values; for
/// partitions, the root.
pub fn loaded(client: &mut Client) -> Result<Vec<String>> {
    let query = "SELECT DISTINCT coalesce(pg_partition_root(table_name), table_name)::regclass::text
                 FROM public.seq_guard_status() JOIN pg_class c ON c.oid = table_name
                 WHERE status = 'armed' AND c.relkind = 'r'";
    let mut tables = texts(client, query)?;
    tables.sort();
    Ok(tables)
}

/// Returns the number of rows in each table.
pub fn rows(client: &mut Client) -> Result<Vec<String>> {
    let query = "SELECT format('SELECT %L || '' '' || count(*) FROM ONLY %s', oid::regclass, oid::regclass)
                 FROM pg_class WHERE relkind = 'r'
                     AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')";
    let counts = texts(client, query)?.join(" UNION ALL ");
    texts(client, &format!("{counts} ORDER BY 1"))
}

pub fn texts(client: &mut Client, query: &str) -> Result<Vec<String>> {
    client.batch_execute("SET search_path = ''")?;
    Ok(client.query(query, &[])?.iter().map(|row| row.get(0)).collect())
}

pub fn copy_source(server: &Server, name: &str) -> Result<()> {
    wait_until_left(server, SOURCE)?;
    Ok(server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {SOURCE}"))?)
}

/// Makes a copy of the source in which the extension has its own schema, and guards one schema.
pub fn limited_source(server: &Server) -> Result<()> {
    copy_source(server, "limited")?;
    Ok(server.connect("limited")?.batch_execute(
        "DROP EXTENSION pg_flightcheck;
         CREATE SCHEMA tools;
         CREATE EXTENSION pg_flightcheck SCHEMA tools;
         SELECT tools.seq_guard_enable('shop')",
    )?)
}
