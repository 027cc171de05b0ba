//! The guard turned off, permanently or during a load.

use crate::fixtures::{Mode, copy_source, traces};
use anyhow::{Result, ensure};
use cluster::{Notices, Server, report};
use postgres::Client;

fn copy(server: &Server, name: &str) -> Result<(Client, Notices)> {
    copy_source(server, name)?;
    server.connect_noting(name)
}

pub fn check_removal() -> Result<()> {
    let server = Mode::Armed.start()?;
    for (name, off) in [("dropped", "DROP EXTENSION pg_flightcheck"), ("disabled", "SELECT seq_guard_disable()")] {
        let (mut client, notices) = copy(&server, name)?;
        ensure!(!traces(&mut client)?.is_empty(), "{name}: the guard is off");
        client.batch_execute("SET search_path = public")?;
        client.batch_execute(off)?;
        let left = traces(&mut client)?;
        ensure!(left.is_empty(), "{off} left {left:?}");
        client.batch_execute(
            "CREATE TABLE shop.later (id serial PRIMARY KEY);
             INSERT INTO shop.later VALUES (1000);
             INSERT INTO shop.customers VALUES (1000);
             ALTER TABLE shop.customers DISABLE TRIGGER ALL;
             ALTER TABLE shop.customers ENABLE TRIGGER ALL;",
        )?;
        let told = notices.take();
        ensure!(told.is_empty() && traces(&mut client)?.is_empty(), "after {off}: {told:?}");
    }
    Ok(())
}

/// A load with the triggers disabled, by the table's owner.
struct Load {
    name: &'static str,
    sql: &'static str,
    /// Whether the guard must warn.
    is_bad: bool,
}

const LOADS: [Load; 7] = [
    Load {
        name: "one statement after the other",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL; COMMIT;
              INSERT INTO load.ids VALUES (50); COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER ALL; COMMIT;",
        is_bad: true,
    },
    Load {
        name: "in one transaction",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL;
              INSERT INTO load.ids VALUES (50);
              ALTER TABLE load.ids ENABLE TRIGGER ALL; COMMIT;",
        is_bad: true,
    },
    Load {
        name: "TRIGGER USER",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER USER; COMMIT;
              INSERT INTO load.ids VALUES (50); COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER USER; COMMIT;",
        is_bad: true,
    },
    Load {
        name: "setval before the triggers are enabled",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL; COMMIT;
              INSERT INTO load.ids VALUES (50); SELECT setval('load.ids_id_seq', 50); COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER ALL; COMMIT;",
        is_bad: false,
    },
    Load {
        name: "setval in the transaction that enables the triggers",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL; COMMIT;
              INSERT INTO load.ids VALUES (50); COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER ALL; SELECT setval('load.ids_id_seq', 50); COMMIT;",
        is_bad: false,
    },
    Load {
        name: "ordinary inserts",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL; COMMIT;
              INSERT INTO load.ids DEFAULT VALUES; COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER ALL; COMMIT;",
        is_bad: false,
    },
    Load {
        name: "rolled back to before the load",
        sql: "ALTER TABLE load.ids DISABLE TRIGGER ALL; COMMIT;
              SAVEPOINT before; INSERT INTO load.ids VALUES (50); ROLLBACK TO before; COMMIT;
              ALTER TABLE load.ids ENABLE TRIGGER ALL; COMMIT;",
        is_bad: false,
    },
];

pub fn check_loads_with_disabled_triggers() -> Result<()> {
    let server = Mode::Armed.start()?;
    let (mut client, notices) = copy(&server, "loading")?;
    client.batch_execute("CREATE ROLE loader; CREATE SCHEMA load AUTHORIZATION loader")?;
    client.batch_execute("SET SESSION AUTHORIZATION loader")?;
    for load in &LOADS {
        client.batch_execute("CREATE TABLE load.ids (id serial PRIMARY KEY, note text)")?;
        notices.take();
        for transaction in load.sql.split_inclusive("COMMIT;") {
            client.batch_execute(&format!("BEGIN; {transaction}"))?;
        }
        let told = notices.take();
        let told: Vec<_> = told.iter().map(|notice| notice.message()).collect();
        let expected = "sequence load.ids_id_seq will hand out ids that table load.ids already has";
        ensure!(told == [expected][..usize::from(load.is_bad)], "{}: {told:?}", load.name);
        let query = "SELECT tgenabled::text FROM pg_trigger WHERE tgrelid = 'load.ids'::regclass AND tgname = 'pg_flightcheck_guard'";
        let firing: String = client.query_one(query, &[])?.get(0);
        ensure!(firing == "A", "{}: tgenabled is {firing}", load.name);
        client.batch_execute("DROP TABLE load.ids")?;
    }
    report!("{} loads by an ordinary owner with triggers disabled: checked when they are enabled again", LOADS.len());
    Ok(())
}
