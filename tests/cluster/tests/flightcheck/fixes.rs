//! Every kind of fix is run through psql in each usual way: afterwards the finding is gone, and
//! there is no new one.

use crate::finding::{Finding, flightcheck};
use crate::psql_output::{WAYS, Way};
use crate::versioned_collation::VersionedCollation;
use anyhow::{Result, anyhow, bail, ensure};
use cluster::{Server, explain, report};
use postgres::Client;

/// More rounds of fixes than any damage takes.
const ROUNDS: usize = 12;

/// A case has its own schema, which its statements find through the search_path.
struct Case {
    check: &'static str,
    healthy: &'static str,
    damage: &'static str,
    /// Whether it affects the whole database, so that no other case can share it.
    is_alone: bool,
}

const fn case(check: &'static str, healthy: &'static str, damage: &'static str) -> Case {
    Case { check, healthy, damage, is_alone: false }
}

const fn alone(check: &'static str, healthy: &'static str, damage: &'static str) -> Case {
    Case { check, healthy, damage, is_alone: true }
}

const TABLES: &str = "
    CREATE TABLE parent (id serial PRIMARY KEY, note text UNIQUE);
    CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int CONSTRAINT \"k\n'\" REFERENCES parent);
    CREATE TABLE other (id serial PRIMARY KEY);
    INSERT INTO parent (note) SELECT i || repeat('x', 50) FROM generate_series(1, 2000) i; INSERT INTO child (parent) VALUES (1), (2);";

const PARTS: &str = "
    CREATE TABLE root (id int NOT NULL, at int NOT NULL, note text) PARTITION BY RANGE (at);
    CREATE TABLE leaf_1 PARTITION OF root FOR VALUES FROM (0) TO (10);
    CREATE TABLE leaf_2 PARTITION OF root FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (at);
    CREATE TABLE \"leaf\n3\" PARTITION OF leaf_2 FOR VALUES FROM (10) TO (20);
    INSERT INTO root SELECT i, i % 20, i FROM generate_series(1, 100) i;";

const HOSTILE: &str = "
    CREATE SCHEMA \"S\n\t'\"; CREATE TABLE \"S\n\t'\".\"T\r\"\"\" (\"i\nd\" serial PRIMARY KEY);
    INSERT INTO \"S\n\t'\".\"T\r\"\"\" SELECT FROM generate_series(1, 3000);
    CREATE TABLE \"S\n\t'\".\"c\n\" (id int PRIMARY KEY, \"p\n\" int CONSTRAINT \"f\n\" REFERENCES \"S\n\t'\".\"T\r\"\"\",
        CONSTRAINT \"n\n\" CHECK (\"p\n\" <> 7));";

const CASES: &[Case] = &[
    case("sequence_behind", TABLES, "SELECT setval('parent_id_seq', 1)"),
    case("sequence_default_missing", TABLES, "ALTER TABLE parent ALTER id DROP DEFAULT"),
    case(
        "sequence_owned_elsewhere",
        "CREATE TABLE a (id serial PRIMARY KEY, old int)",
        "ALTER SEQUENCE a_id_seq OWNED BY a.old",
    ),
    case(
        "identity_sequence_missing",
        TABLES,
        "DELETE FROM pg_depend WHERE refobjid = 'child'::regclass AND refobjsubid = 1 AND classid = 'pg_class'::regclass AND deptype = 'i';
         ALTER SEQUENCE child_id_seq RENAME TO gone; DROP SEQUENCE gone",
    ),
    case(
        "foreign_key_triggers_off",
        TABLES,
        "ALTER TABLE child DISABLE TRIGGER ALL; ALTER TABLE parent DISABLE TRIGGER ALL",
    ),
    case(
        "foreign_key_triggers_off",
        TABLES,
        "SET allow_system_table_mods = on; DELETE FROM pg_depend WHERE objid IN (SELECT oid FROM pg_trigger WHERE tgrelid = 'child'::regclass);
         DELETE FROM pg_trigger WHERE tgrelid = 'child'::regclass",
    ),
    case("foreign_key_not_validated", TABLES, "UPDATE pg_constraint SET convalidated = false WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"),
    case(
        "trigger_disabled",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER \"t\n\" BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); CREATE RULE r AS ON DELETE TO a DO ALSO NOTHING",
        "ALTER TABLE a DISABLE TRIGGER ALL; ALTER TABLE a DISABLE RULE r",
    ),
    case(
        "constraint_not_valid",
        "CREATE TABLE a (id int PRIMARY KEY CONSTRAINT \"c\n\" CHECK (id > 0)); CREATE DOMAIN d AS int CHECK (VALUE > 0)",
        "UPDATE pg_constraint SET convalidated = false WHERE contype = 'c' AND connamespace = current_schema()::regnamespace",
    ),
    case(
        "index_invalid",
        TABLES,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'parent_note_key'::regclass",
    ),
    case(
        "index_invalid",
        "{parts}; CREATE INDEX notes ON root (note) WHERE note <> E'\\n'",
        "DROP INDEX notes; CREATE INDEX notes ON ONLY root (note) WHERE note <> E'\\n'",
    ),
    case(
        "index_invalid",
        "{parts}; ALTER TABLE root ADD CONSTRAINT \"the'\nkey\" PRIMARY KEY (id, at)",
        "ALTER TABLE root DROP CONSTRAINT \"the'\nkey\"; ALTER TABLE ONLY root ADD CONSTRAINT \"the'\nkey\" PRIMARY KEY (id, at)",
    ),
    case(
        "index_invalid",
        "{parts}; CREATE INDEX notes ON root (note)",
        "DROP INDEX notes; CREATE TABLE late PARTITION OF root FOR VALUES FROM (30) TO (40) PARTITION BY RANGE (at); CREATE INDEX notes ON ONLY root (note);
         CREATE INDEX one ON leaf_1 (note); ALTER INDEX notes ATTACH PARTITION one;
         CREATE INDEX two ON leaf_2 (note); ALTER INDEX notes ATTACH PARTITION two; DROP TABLE late",
    ),
    case("primary_key_missing", TABLES, "ALTER TABLE other DROP CONSTRAINT other_pkey"),
    case("never_analyzed", TABLES, "DELETE FROM pg_statistic WHERE starelid = 'parent'::regclass"),
    alone("enforcement_off", TABLES, "ALTER ROLE ALL SET session_replication_role = replica"),
    alone("enforcement_off", TABLES, "ALTER SYSTEM SET session_replication_role = replica"),
    alone("guard_off", "SELECT seq_guard_enable()", "ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE"),
    alone("guard_off", "SELECT seq_guard_enable()", "ALTER SYSTEM SET pg_flightcheck.guard = off"),
    alone(
        "guard_disarmed",
        "DO $$ BEGIN FOR n IN 1..12 LOOP EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY)', n); END LOOP; END $$;
         SELECT seq_guard_enable()",
        "DO $$ BEGIN FOR n IN 1..12 LOOP EXECUTE format('ALTER TABLE t%s DISABLE TRIGGER pg_flightcheck_guard', n); END LOOP; END $$",
    ),
    case(
        "migration_failed",
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
         success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)",
        "INSERT INTO _sqlx_migrations VALUES (1, 'd', '2026-01-01', false, '', -1)",
    ),
    case(
        "sequence_behind",
        HOSTILE,
        "ALTER TABLE \"S\n\t'\".\"c\n\" DISABLE TRIGGER ALL; DELETE FROM pg_statistic WHERE starelid = E'\"S\\n\\t''\".\"T\\r\"\"\"'::regclass;
         UPDATE pg_constraint SET convalidated = false WHERE connamespace = E'\"S\\n\\t''\"'::regnamespace AND contype IN ('c', 'f');
         UPDATE pg_index SET indisvalid = false WHERE indrelid = E'\"S\\n\\t''\".\"c\\n\"'::regclass;
         SELECT setval(pg_get_serial_sequence(E'\"S\\n\\t''\".\"T\\r\"\"\"', E'i\\nd'), 1)",
    ),
    case(
        "wrong_owner",
        "ALTER SCHEMA {schema} OWNER TO app; SET ROLE app; CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (); CREATE TABLE c ();
         CREATE FUNCTION f(\"a\nb\" int) RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE",
        "ALTER TABLE a OWNER TO other; ALTER FUNCTION f(int) OWNER TO other",
    ),
    case(
        "sequence_forbidden",
        "GRANT USAGE ON SCHEMA {schema} TO app; CREATE TABLE a (id serial PRIMARY KEY); GRANT INSERT ON a TO app; GRANT USAGE ON SEQUENCE a_id_seq TO app",
        "REVOKE USAGE ON SEQUENCE a_id_seq FROM app",
    ),
    alone(
        "collation_version",
        "CREATE TABLE a (id text COLLATE \"{collation}\" PRIMARY KEY)",
        "UPDATE pg_collation SET collversion = '0.1' WHERE collname = '{collation}'",
    ),
    alone(
        "collation_version",
        "CREATE TABLE a (id text COLLATE \"{collation}\" PRIMARY KEY);
         DO $$ BEGIN FOR n IN 1..25 LOOP EXECUTE 'CREATE INDEX ON a (id)'; END LOOP; END $$",
        "UPDATE pg_collation SET collversion = '0.1' WHERE collname = '{collation}'",
    ),
];

fn seen(rows: &[Finding]) -> Vec<(&str, &str, &str)> {
    rows.iter().map(|row| (row.severity.as_str(), row.check.as_str(), row.object.as_str())).collect()
}

fn run(client: &mut Client, sql: &str) -> Result<()> {
    client.batch_execute(sql).map_err(|error| anyhow!("{sql}: {}", explain(&error)))
}

/// Returns the findings in a new session, with its settings and relation cache.
fn fresh_findings(server: &Server, database: &str) -> Result<Vec<Finding>> {
    flightcheck(&mut server.connect(database)?, "deep => true")
}

/// Breaks a database, and runs the fixes until there are no findings.
struct Trial<'a> {
    server: &'a Server,
    database: &'a str,
    way: Way,
    cases: &'a [(usize, &'a Case)],
    collation: &'a str,
}

impl Trial<'_> {
    fn in_schema(&self, number: usize, sql: &str) -> Result<()> {
        let mut client = self.server.connect(self.database)?;
        run(
            &mut client,
            &format!("CREATE SCHEMA IF NOT EXISTS case_{number}; SET search_path = case_{number}, public"),
        )?;
        run(
            &mut client,
            &sql.replace("{collation}", self.collation)
                .replace("{schema}", &format!("case_{number}"))
                .replace("{parts}", PARTS),
        )
    }

    fn run_fixes(&self, before: &[Finding]) -> Result<usize> {
        let is_new = |row: &Finding| !before.iter().any(|old| (&old.check, &old.object) == (&row.check, &row.object));
        let mut ran = 0;
        for round in 0..ROUNDS {
            // The server reloads its configuration a moment after the request.
            std::thread::sleep(std::time::Duration::from_millis(30));
            let found: Vec<Finding> = fresh_findings(self.server, self.database)?.into_iter().filter(is_new).collect();
            for (_, case) in self.cases.iter().filter(|_| round == 0) {
                ensure!(found.iter().any(|row| row.check == case.check), "{} is not seen: {found:#?}", case.check);
            }
            if found.is_empty() {
                return Ok(ran);
            }
            for row in &found {
                let errors = self.way.run(self.server, self.database, row.fix()?)?;
                ensure!(errors == 0, "failed: {row:#?}\n{}", self.server.log());
                ran += 1;
            }
        }
        bail!("the fixes do not end: {:#?}", fresh_findings(self.server, self.database)?)
    }

    fn run(&self) -> Result<usize> {
        self.server.database(self.database)?;
        for (number, case) in self.cases {
            self.in_schema(*number, case.healthy)?;
        }
        let mut client = self.server.connect(self.database)?;
        run(&mut client, "ANALYZE")?;
        let snapshot: String = client.query_one("SELECT db_snapshot(checksum => true)::text", &[])?.get(0);
        let before = fresh_findings(self.server, self.database)?;
        ensure!(before.iter().all(|row| row.severity == "info"), "findings before: {before:#?}");
        for (number, case) in self.cases {
            self.in_schema(*number, case.damage)?;
        }
        run(&mut client, "SELECT pg_reload_conf()")?;
        let ran = self.run_fixes(&before)?;
        let after = fresh_findings(self.server, self.database)?;
        ensure!(seen(&after) == seen(&before), "afterwards: {after:#?}");
        let differences = "SELECT kind || ' ' || object || ' ' || coalesce(detail, '') FROM db_compare($1::text::jsonb)
            WHERE kind <> 'index_renamed'";
        let differences: Vec<String> = client.query(differences, &[&snapshot])?.iter().map(|row| row.get(0)).collect();
        ensure!(differences.is_empty(), "differs: {differences:#?}");
        Ok(ran)
    }
}

#[test]
fn fixes_run_as_shown_by_psql() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut postgres = server.connect("postgres")?;
    run(&mut postgres, "CREATE ROLE app; CREATE ROLE other")?;
    let sorting = VersionedCollation::of(&server)?;
    let collation = sorting.as_ref().map_or("C", |sorting| sorting.ready);
    let cases = CASES.iter().filter(|case| case.check != "collation_version" || sorting.is_some()).enumerate();
    let (alone, together): (Vec<_>, Vec<_>) = cases.partition(|(_, case)| case.is_alone);
    let groups: Vec<&[(usize, &Case)]> = alone.chunks(1).chain([together.as_slice()]).collect();
    let (mut ran, mut complaints) = (0, Vec::new());
    for (number, cases) in groups.iter().enumerate() {
        for way in WAYS {
            let database = format!("group_{number}_{}", format!("{way:?}").to_lowercase());
            let trial = Trial { server: &server, database: &database, way, cases, collation };
            match trial.run() {
                Ok(fixes) => ran += fixes,
                Err(error) => complaints.push(format!("{way:?} {}\n{error:#}", cases[0].1.check)),
            }
            for statement in ["ALTER SYSTEM RESET ALL", "ALTER ROLE ALL RESET ALL"] {
                run(&mut postgres, statement)?;
            }
        }
    }
    ensure!(
        complaints.is_empty(),
        "{} of {}:\n{}",
        complaints.len(),
        groups.len() * WAYS.len(),
        complaints.join("\n\n")
    );
    report!("{} kinds of damage, each repaired in {} ways, by {ran} fixes as psql shows them", CASES.len(), WAYS.len());
    Ok(())
}
