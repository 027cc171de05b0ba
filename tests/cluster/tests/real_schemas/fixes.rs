//! A real schema, damaged as restores damage it: flightcheck reports each kind of damage, and
//! \gexec of its fixes leaves only the findings that were there before.

use crate::schema::Schema;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::collections::BTreeSet;
use std::fs;

/// Damages owners, triggers, statistics, indexes and sequences of some tables each.
const DAMAGE: &str = "
    DO $$
    DECLARE
        broken record;
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stray') THEN
            CREATE ROLE stray;
        END IF;
        FOR broken IN
            SELECT c.oid::regclass AS name, row_number() OVER (ORDER BY c.oid) AS number
              FROM pg_class c
             WHERE c.oid >= 16384 AND c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence = 'p'
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        LOOP
            IF broken.number % 3 = 0 THEN
                EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', broken.name);
            END IF;
            IF broken.number % 5 = 0 THEN
                EXECUTE format('ALTER TABLE %s OWNER TO stray', broken.name);
            END IF;
            IF broken.number % 4 = 0 THEN
                DELETE FROM pg_statistic WHERE starelid = broken.name;
            END IF;
        END LOOP;
        UPDATE pg_index SET indisvalid = false
         WHERE indexrelid >= 16384 AND NOT indisprimary AND NOT indisunique AND indrelid::bigint % 3 = 0
           AND indexrelid IN (SELECT oid FROM pg_class WHERE relkind = 'i' AND NOT relispartition);
    END $$;
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
      FROM pg_sequences WHERE last_value IS NOT NULL;";

/// Checks, each with a query that has rows if there is something it must report.
const DAMAGES: [(&str, &str); 3] = [
    ("wrong_owner", "SELECT FROM pg_class WHERE relkind = 'r' AND relowner = 'stray'::regrole"),
    ("index_invalid", "SELECT FROM pg_index WHERE NOT indisvalid"),
    (
        "foreign_key_triggers_off",
        "SELECT FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint WHERE c.contype = 'f' AND t.tgenabled = 'D'",
    ),
];

const ARGUMENTS: &str = "expected_owner => 'postgres'";
/// Some fixes are only the first of several steps.
const MAX_ROUNDS: usize = 4;

fn findings(client: &mut Client) -> Result<BTreeSet<(String, String)>> {
    let query = format!(
        "SELECT DISTINCT check_name, object FROM flightcheck({ARGUMENTS}, fold => false) WHERE severity <> 'info'"
    );
    Ok(client.query(&query, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub fn check(server: &Server, client: &mut Client, schema: &Schema) -> Result<()> {
    let before = findings(client)?;
    client.batch_execute(DAMAGE).context("damaging")?;
    let broken = findings(client)?;
    let kinds: BTreeSet<&str> = broken.difference(&before).map(|(check, _)| check.as_str()).collect();
    for (kind, damage) in DAMAGES {
        let is_damaged: bool = client.query_one(&format!("SELECT EXISTS ({damage})"), &[])?.get(0);
        ensure!(kinds.contains(kind) == is_damaged, "{kind} is present: {is_damaged}; reported: {kinds:?}");
    }
    let script = server.scratch(&format!("{}_fixes.sql", schema.name));
    // Constraints that the application leaves NOT VALID are violated by the rows of fill.sql.
    let fixes = format!(
        "SELECT fix FROM flightcheck({ARGUMENTS}, fold => false)
          WHERE severity <> 'info' AND check_name <> 'foreign_key_not_validated' AND fix IS NOT NULL \\gexec\n"
    );
    fs::write(&script, fixes)?;
    let mut rounds = 0;
    while rounds < MAX_ROUNDS && !findings(client)?.is_subset(&before) {
        let errors = server.psql_file(schema.name, &script)?;
        ensure!(errors == 0, "{errors} fixes failed");
        rounds += 1;
    }
    let left = findings(client)?;
    ensure!(left.is_subset(&before), "after {rounds} rounds: {:#?}", left.difference(&before).collect::<Vec<_>>());
    report!("{}: {} findings of {} kinds, repaired in {rounds} rounds", schema.name, broken.len(), kinds.len());
    Ok(())
}
