//! Databases with the guard on, and what it is like there.

use crate::programs::wait_until_left;
use anyhow::Result;
use cluster::Server;
use postgres::Client;

pub const SOURCE: &str = "source";

/// How the guard comes to know of what is written. It is armed in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Armed,
    Preloaded,
}

impl Way {
    /// A server with the guarded source.
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

/// What is in a database before something is restored there.
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

/// The guard in a database: the status of each column, the triggers and the event triggers with their states. Not what new sessions
/// preload, which no dump carries.
pub fn guard(client: &mut Client, schema: &str) -> Result<Vec<String>> {
    texts(
        client,
        &format!(
            "SELECT concat_ws(' ', state, table_name, sequence_name, detail) FROM {schema}.seq_guard_status()
             WHERE detail IS NULL OR detail NOT LIKE '%session_preload_libraries%'
             UNION ALL
             SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled, tgtype) FROM pg_trigger
             WHERE tgfoid = '{schema}.seq_guard_note'::regproc
             UNION ALL
             SELECT concat_ws(' ', evtname, evtevent, evtenabled, evttags, evtfoid::regproc) FROM pg_event_trigger
             UNION ALL
             SELECT coalesce(obj_description(oid, 'pg_event_trigger'), 'all') FROM pg_event_trigger
             ORDER BY 1"
        ),
    )
}

/// What is left of the guard once it is off.
pub fn traces(client: &mut Client) -> Result<Vec<String>> {
    texts(
        client,
        "SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE tgname LIKE 'pg_flightcheck%'
         UNION ALL
         SELECT evtname FROM pg_event_trigger",
    )
}

/// The tables whose sequences a restore without their values leaves behind: of partitions, the table at the top.
pub fn loaded(client: &mut Client) -> Result<Vec<String>> {
    let query = "SELECT DISTINCT coalesce(pg_partition_root(table_name), table_name)::regclass::text
                 FROM public.seq_guard_status() JOIN pg_class c ON c.oid = table_name
                 WHERE state = 'armed' AND c.relkind = 'r'";
    let mut tables = texts(client, query)?;
    tables.sort();
    Ok(tables)
}

/// The number of rows in each table.
pub fn rows(client: &mut Client) -> Result<Vec<String>> {
    let query = "SELECT format('SELECT %L || '' '' || count(*) FROM ONLY %s', oid::regclass, oid::regclass)
                 FROM pg_class WHERE relkind = 'r'
                     AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')";
    let counts = texts(client, query)?.join(" UNION ALL ");
    texts(client, &format!("{counts} ORDER BY 1"))
}

fn texts(client: &mut Client, query: &str) -> Result<Vec<String>> {
    client.batch_execute("SET search_path = ''")?;
    Ok(client.query(query, &[])?.iter().map(|row| row.get(0)).collect())
}

pub fn copy_source(server: &Server, name: &str) -> Result<()> {
    wait_until_left(server, SOURCE)?;
    Ok(server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {SOURCE}"))?)
}

/// A copy of the source in which the extension has a schema of its own, and guards one schema.
pub fn limited_source(server: &Server) -> Result<()> {
    copy_source(server, "limited")?;
    Ok(server.connect("limited")?.batch_execute(
        "DROP EXTENSION pg_flightcheck;
         CREATE SCHEMA tools;
         CREATE EXTENSION pg_flightcheck SCHEMA tools;
         SELECT tools.seq_guard_enable('shop')",
    )?)
}
