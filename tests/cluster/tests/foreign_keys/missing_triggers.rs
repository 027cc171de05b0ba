//! Foreign keys that have lost triggers, or the constraints of their partitions that own the
//! triggers.

use crate::judge::{AuditRow, audit};
use crate::oracle::EXTENSION;
use anyhow::{Context, Result};
use cluster::{Server, report, state_of};
use postgres::Client;

/// Complete keys that exist in every case: plain keys and keys over nested partitions, some
/// self-referencing, with partitions attached and detached, all created by the server itself.
const COMPLETE: &str = "
    CREATE TABLE parent (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE parent1 PARTITION OF parent FOR VALUES FROM (0) TO (100);
    CREATE TABLE parent2 PARTITION OF parent FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id);
    CREATE TABLE parent21 PARTITION OF parent2 FOR VALUES FROM (100) TO (200);
    CREATE TABLE child (id int, pid int, CONSTRAINT k FOREIGN KEY (pid) REFERENCES parent) PARTITION BY RANGE (id);
    CREATE TABLE child1 PARTITION OF child FOR VALUES FROM (0) TO (1000);
    CREATE TABLE child2 PARTITION OF child FOR VALUES FROM (1000) TO (2000) PARTITION BY RANGE (id);
    CREATE TABLE child21 PARTITION OF child2 FOR VALUES FROM (1000) TO (2000);
    CREATE TABLE own (id int PRIMARY KEY, up int CONSTRAINT own_key REFERENCES own) PARTITION BY RANGE (id);
    CREATE TABLE own1 PARTITION OF own FOR VALUES FROM (0) TO (100);
    CREATE TABLE own2 PARTITION OF own FOR VALUES FROM (100) TO (200);
    CREATE TABLE plain_parent (id int PRIMARY KEY);
    CREATE TABLE plain (id int, pid int CONSTRAINT plain_key REFERENCES plain_parent ON DELETE SET NULL DEFERRABLE);
    CREATE TABLE loop (id int PRIMARY KEY, up int CONSTRAINT loop_key REFERENCES loop ON UPDATE CASCADE);
    INSERT INTO parent SELECT generate_series(1, 150);
    INSERT INTO child SELECT g, g FROM generate_series(1, 150) g;
    INSERT INTO child SELECT 1000 + g, g FROM generate_series(1, 50) g;
    INSERT INTO plain_parent VALUES (1); INSERT INTO plain VALUES (1, 1);
    ALTER TABLE child DETACH PARTITION child1; ALTER TABLE own DETACH PARTITION own2;
    ALTER TABLE child DETACH PARTITION child2; ALTER TABLE child ATTACH PARTITION child2 FOR VALUES FROM (1000) TO (2000);";

/// Deletes constraints and their triggers, or triggers only, from the catalogs.
fn remove(client: &mut Client, constraints: &str, triggers: &str) -> Result<()> {
    client.batch_execute(&format!(
        "SET allow_system_table_mods = on;
         CREATE TEMP TABLE bad AS SELECT oid FROM pg_constraint WHERE contype = 'f' AND {constraints};
         CREATE TEMP TABLE bad_triggers AS SELECT oid FROM pg_trigger WHERE tgconstraint IN (SELECT oid FROM bad)
             OR (tgconstraint IN (SELECT oid FROM pg_constraint WHERE contype = 'f') AND {triggers});
         DELETE FROM pg_depend WHERE objid IN (SELECT oid FROM bad UNION SELECT oid FROM bad_triggers)
             OR refobjid IN (SELECT oid FROM bad UNION SELECT oid FROM bad_triggers);
         DELETE FROM pg_trigger WHERE oid IN (SELECT oid FROM bad_triggers);
         DELETE FROM pg_constraint WHERE oid IN (SELECT oid FROM bad);
         DROP TABLE bad, bad_triggers; RESET allow_system_table_mods"
    ))?;
    Ok(())
}

struct Case {
    name: &'static str,
    constraints: &'static str,
    triggers: &'static str,
    constraint: &'static str,
    table: &'static str,
    said: &'static str,
    /// A statement that the constraint has to refuse.
    refused: &'static str,
    /// Whether the constraint can be recreated in two steps before version 18.
    in_steps: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "a detached partition, no triggers on its parent's partitions",
        constraints: "conrelid = 'child1'::regclass AND confrelid <> 'parent'::regclass",
        triggers: "false",
        constraint: "k",
        table: "child1",
        said: "deleted and changed parent rows are not checked: its triggers are missing on public.parent1 and public.parent2",
        refused: "DELETE FROM parent WHERE id = 120",
        in_steps: true,
    },
    Case {
        name: "a partition without its part of the constraint",
        constraints: "conrelid = 'child21'::regclass AND confrelid = 'parent'::regclass",
        triggers: "false",
        constraint: "k",
        table: "child",
        said: "new rows are not checked: its triggers are missing on public.child21",
        refused: "INSERT INTO child VALUES (1500, 7777)",
        in_steps: false,
    },
    Case {
        name: "a plain child table without one of its two triggers",
        constraints: "false",
        triggers: "tgrelid = 'plain'::regclass AND tgfoid = 'pg_catalog.\"RI_FKey_check_upd\"'::regproc",
        constraint: "plain_key",
        table: "plain",
        said: "new rows are not checked: its triggers are missing on public.plain",
        refused: "UPDATE plain SET pid = 7777",
        in_steps: true,
    },
    Case {
        name: "a self-referencing table, no trigger for deleted parents",
        constraints: "false",
        triggers: "tgrelid = 'loop'::regclass AND tgfoid = 'pg_catalog.\"RI_FKey_noaction_del\"'::regproc",
        constraint: "loop_key",
        table: "loop",
        said: "deleted and changed parent rows are not checked: its triggers are missing on public.loop",
        refused: "INSERT INTO loop VALUES (1, 1), (2, 1); DELETE FROM loop WHERE id = 1",
        in_steps: true,
    },
];

fn row<'a>(rows: &'a [AuditRow], case: &Case, table: i64) -> Result<&'a AuditRow> {
    rows.iter().find(|row| row.constraint == case.constraint && row.table == table).context(case.name)
}

#[test]
fn missing_triggers_fix_recreates_them() -> Result<()> {
    let server = Server::start(&[])?;
    for (number, case) in CASES.iter().enumerate() {
        let database = format!("gaps{number}");
        let mut client = server.database(&database)?;
        client.batch_execute(COMPLETE)?;
        let before = audit(&mut client, EXTENSION, None)?;
        assert!(before.iter().all(|row| row.status == "ok" && row.detail.is_none()), "{before:#?}");
        let definition = "SELECT string_agg(conname || pg_get_constraintdef(oid) || convalidated, ' ' ORDER BY conname, conrelid, confrelid)
            FROM pg_constraint WHERE contype = 'f' AND conparentid = 0";
        let made: String = client.query_one(definition, &[])?.get(0);

        remove(&mut client, case.constraints, case.triggers)?;
        // A new session: the old one's relation cache still holds the triggers.
        let mut client = server.connect(&database)?;
        let table: i64 = client.query_one(&format!("SELECT '{}'::regclass::oid::int8", case.table), &[])?.get(0);
        let mut attempt = client.transaction()?;
        attempt
            .batch_execute(case.refused)
            .with_context(|| format!("{}: refused although the triggers are missing", case.name))?;
        attempt.rollback()?;
        let rows = audit(&mut client, EXTENSION, None)?;
        let found = row(&rows, case, table)?;
        assert_eq!((found.status.as_str(), found.orphans), ("triggers_off", Some(0)), "{}: {found:#?}", case.name);
        let detail = found.detail.as_deref().unwrap_or_default();
        assert!(detail.contains(case.said), "{}: {found:#?}", case.name);
        assert_eq!(rows.iter().filter(|row| row.status != "ok").count(), 1, "{}: {rows:#?}", case.name);
        let checks = client
            .query("SELECT check_name, fix FROM public.flightcheck() WHERE check_name LIKE 'foreign_key%'", &[])?;
        assert_eq!(checks.len(), 1, "{}", case.name);
        assert_eq!(checks[0].get::<_, String>(0), "foreign_key_triggers_off");
        let fix = found.fix.clone().unwrap_or_default();
        assert_eq!(checks[0].get::<_, Option<String>>(1), found.fix, "{}", case.name);
        assert!(!fix.contains('\n'), "{}: {fix}", case.name);
        let in_steps = case.in_steps || server.major() >= 18;
        assert_eq!(fix.contains("NOT VALID"), in_steps, "{}: {fix}", case.name);
        assert_eq!(detail.contains("while all rows are read"), !in_steps, "{}: {detail}", case.name);

        client.batch_execute(&fix).with_context(|| fix.clone())?;
        let mut rows = audit(&mut client, EXTENSION, None)?;
        if in_steps {
            let validate = row(&rows, case, table)?.fix.clone().context("no VALIDATE is offered")?;
            client.batch_execute(&validate).with_context(|| validate.clone())?;
            rows = audit(&mut client, EXTENSION, None)?;
        }
        assert!(rows.iter().all(|row| row.status == "ok"), "{}: {rows:#?}", case.name);
        assert_eq!(state_of(client.batch_execute(case.refused)).code(), "23503", "{}", case.name);
        assert_eq!(client.query_one(definition, &[])?.get::<_, String>(0), made, "{}", case.name);
    }
    report!("{} kinds of missing triggers: found, reported and recreated as they were", CASES.len());
    Ok(())
}

#[test]
fn missing_triggers_with_orphans_lists_orphans_first() -> Result<()> {
    let server = Server::start(&[])?;
    for (number, case) in CASES[..2].iter().enumerate() {
        let database = format!("gaps{number}");
        let mut client = server.database(&database)?;
        client.batch_execute(COMPLETE)?;
        remove(&mut client, case.constraints, case.triggers)?;
        let mut client = server.connect(&database)?;
        client.batch_execute(case.refused)?;
        let table: i64 = client.query_one(&format!("SELECT '{}'::regclass::oid::int8", case.table), &[])?.get(0);
        let rows = audit(&mut client, EXTENSION, None)?;
        let found = row(&rows, case, table)?;
        assert_eq!((found.status.as_str(), found.orphans), ("violated", Some(1)), "{found:#?}");
        let choices = found.choices.clone().unwrap_or_default();
        assert!(choices[0].starts_with("SELECT "), "{choices:#?}");
        let in_steps = case.in_steps || server.major() >= 18;
        assert_eq!(found.fix.as_deref().is_some_and(|fix| fix.ends_with(" NOT VALID;")), in_steps, "{found:#?}");
        assert_eq!(found.fix.is_some(), in_steps, "{found:#?}");
        client.batch_execute(found.fix.as_deref().unwrap_or_default())?;
        let mut choices = choices.iter().filter_map(|choice| choice.strip_prefix("-- "));
        let delete = choices.find(|choice| choice.starts_with("DELETE"));
        client.batch_execute(delete.context("no DELETE is offered")?)?;
        let rows = audit(&mut client, EXTENSION, None)?;
        let fix = row(&rows, case, table)?.fix.clone().context("no VALIDATE is offered")?;
        assert_eq!(fix.contains("VALIDATE"), in_steps, "{fix}");
        client.batch_execute(&fix)?;
        let rows = audit(&mut client, EXTENSION, None)?;
        assert!(rows.iter().all(|row| row.status == "ok"), "{}: {rows:#?}", case.name);
    }
    report!("missing triggers and orphans: the orphans are repaired before the key is validated");
    Ok(())
}
