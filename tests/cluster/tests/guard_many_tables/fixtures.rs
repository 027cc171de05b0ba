//! A database with more tables than the lock table has slots.

use anyhow::{Result, ensure};
use cluster::{Notices, Server, sized};
use postgres::Client;

pub const DATABASE: &str = "many";
/// The number of tables that are created in one transaction: their locks must fit.
const BATCH: i64 = 40;

/// A database with the tables `t1`, `t2`, … in schema `public`.
pub struct Scene {
    pub server: Server,
    pub tables: i64,
}

impl Scene {
    /// `FLIGHTCHECK_GUARD_MANY` sets the number of tables. From 10,000 on, the server has its
    /// default settings.
    pub fn start() -> Result<Scene> {
        let tables = sized("FLIGHTCHECK_GUARD_MANY", 1_500, 50_000);
        Self::start_with(tables)
    }

    pub fn start_with(tables: i64) -> Result<Scene> {
        let mut settings = vec!["autovacuum = off", "synchronous_commit = off"];
        if tables < 10_000 {
            settings.extend(["max_connections = 20", "max_locks_per_transaction = 10"]);
        }
        let scene = Scene { server: Server::start(&settings)?, tables };
        let mut client = scene.server.database(DATABASE)?;
        for first in (1..=tables).step_by(BATCH as usize) {
            let last = tables.min(first + BATCH - 1);
            client.batch_execute(&format!(
                "DO $$ BEGIN FOR i IN {first}..{last} LOOP
                    EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY)', i);
                 END LOOP; END $$"
            ))?;
        }
        let slots = scene.slots()?;
        ensure!(tables > slots / 2, "{slots} slots have room for {tables} tables");
        Ok(scene)
    }

    pub fn client(&self) -> Result<Client> {
        self.server.connect(DATABASE)
    }

    pub fn noting(&self) -> Result<(Client, Notices)> {
        self.server.connect_noting(DATABASE)
    }

    /// Returns the number of slots of the lock table: the backends are clients, autovacuum's
    /// launcher and workers, background workers, WAL senders, and since 17 the worker that
    /// synchronizes slots.
    pub fn slots(&self) -> Result<i64> {
        let workers = if self.server.major() < 18 { "autovacuum_max_workers" } else { "autovacuum_worker_slots" };
        let special = if self.server.major() < 17 { 1 } else { 2 };
        let query = format!(
            "SELECT current_setting('max_locks_per_transaction')::bigint
            * (current_setting('max_connections')::bigint + current_setting('{workers}')::bigint + {special}
               + current_setting('max_worker_processes')::bigint + current_setting('max_wal_senders')::bigint
               + current_setting('max_prepared_transactions')::bigint)"
        );
        Ok(self.client()?.query_one(&query, &[])?.get(0))
    }

    /// Returns how many objects are locked or awaited, except through the fast path.
    pub fn locked(client: &mut Client) -> Result<i64> {
        let query = "SELECT count(DISTINCT (locktype, database, relation, page, tuple, virtualxid, transactionid::text, classid, objid, objsubid))
                       FROM pg_locks WHERE NOT fastpath";
        Ok(client.query_one(query, &[])?.get(0))
    }

    /// Returns how many tables have an armed trigger.
    pub fn armed(&self) -> Result<i64> {
        let query = "SELECT count(*) FROM pg_trigger WHERE tgfoid = '_seq_guard_note'::regproc AND tgenabled = 'A'";
        Ok(self.client()?.query_one(query, &[])?.get(0))
    }
}

/// Returns how many rows of the call are about tables with this status or outcome.
pub fn rows(client: &mut impl postgres::GenericClient, call: &str, value: &str) -> Result<i64> {
    let column = if call == "seq_guard_status()" { "status" } else { "outcome" };
    let query = format!("SELECT count(*) FROM {call} WHERE table_name IS NOT NULL AND {column} = '{value}'");
    Ok(client.query_one(&query, &[])?.get(0))
}
