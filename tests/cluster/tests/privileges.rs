//! Privileges: every role calls every function without an error, and no role is shown an id that it
//! cannot select.

use anyhow::Result;
use cluster::{AuditRow, ResyncRow, Server, audit, report, resync};
use postgres::Client;

const DATABASE: &str = "privileges";

/// A role, its privileges on one table and the table's sequence, and what follows from them.
struct Role {
    name: &'static str,
    attributes: &'static str,
    /// SQL in which `{r}` is the role, `{t}` its table and `{s}` the table's sequence.
    grants: &'static str,
    sees_ids: bool,
    sees_next: bool,
    moves: bool,
}

impl Role {
    const fn new(name: &'static str, grants: &'static str) -> Self {
        Self { name, attributes: "", grants, sees_ids: false, sees_next: false, moves: false }
    }

    const fn sees_ids(self) -> Self {
        Self { sees_ids: true, ..self }
    }

    const fn sees_next(self) -> Self {
        Self { sees_next: true, ..self }
    }

    const fn moves(self) -> Self {
        Self { sees_ids: true, sees_next: true, moves: true, ..self }
    }

    const fn is(self, attributes: &'static str) -> Self {
        Self { attributes, ..self }
    }
}

/// The superuser comes last: its resync moves every sequence that the others could not.
const ROLES: [Role; 15] = [
    Role::new("nothing", ""),
    Role::new("schema_only", "GRANT USAGE ON SCHEMA app TO {r}"),
    Role::new("selects", "GRANT USAGE ON SCHEMA app TO {r}; GRANT SELECT ON {t} TO {r}").sees_ids(),
    Role::new("uses_sequence", "GRANT USAGE ON SEQUENCE {s} TO {r}").sees_next(),
    Role::new("selects_sequence", "GRANT SELECT ON {s} TO {r}; GRANT USAGE ON SCHEMA app TO {r}").sees_next(),
    Role::new("updates_sequence", "GRANT UPDATE ON SEQUENCE {s} TO {r}").sees_next(),
    Role::new("selects_other_column", "GRANT UPDATE ON SEQUENCE {s} TO {r}; GRANT SELECT (note) ON {t} TO {r}").sees_next(),
    Role::new("outside_schema", "GRANT UPDATE ON SEQUENCE {s} TO {r}; GRANT SELECT ON {t} TO {r}").sees_next(),
    Role::new("uses_and_selects", "GRANT USAGE ON SCHEMA app TO {r}; GRANT USAGE ON SEQUENCE {s} TO {r}; GRANT SELECT ON {t} TO {r}").sees_next().sees_ids(),
    Role::new("updates_and_selects_column", "GRANT USAGE ON SCHEMA app TO {r}; GRANT UPDATE ON SEQUENCE {s} TO {r}; GRANT SELECT (id) ON {t} TO {r}").moves(),
    Role::new("row_security", "GRANT USAGE ON SCHEMA app TO {r}; GRANT UPDATE ON SEQUENCE {s} TO {r}; GRANT SELECT ON {t} TO {r}; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY")
        .sees_next(),
    Role::new("bypasses", "GRANT USAGE ON SCHEMA app TO {r}; GRANT UPDATE ON SEQUENCE {s} TO {r}; GRANT SELECT ON {t} TO {r}; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY")
        .is("BYPASSRLS")
        .moves(),
    Role::new("forced_owner", "GRANT USAGE ON SCHEMA app TO {r}; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; ALTER TABLE {t} FORCE ROW LEVEL SECURITY; ALTER TABLE {t} OWNER TO {r}")
        .sees_next(),
    Role::new("owner", "GRANT USAGE ON SCHEMA app TO {r}; ALTER TABLE {t} OWNER TO {r}; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY").moves(),
    Role::new("super", "").is("SUPERUSER").moves(),
];

/// The kinds of tables that each role has.
const KINDS: [&str; 3] = ["plain", "partitioned", "no_index"];

/// One role's table of one kind, with numbers that occur nowhere else.
struct Table {
    role: &'static Role,
    name: String,
    sequence: String,
    next: i64,
    furthest: i64,
}

fn tables() -> Vec<Table> {
    let mut tables = Vec::new();
    for role in &ROLES {
        for kind in KINDS {
            let name = format!("app.{}_{kind}", role.name);
            let number = tables.len() as i64;
            let (next, furthest) = (31_415_001 + 1_010 * number, 92_653_001 + 2_020 * number);
            tables.push(Table { role, sequence: format!("{name}_id_seq"), name, next, furthest });
        }
    }
    tables
}

impl Table {
    fn create(&self, client: &mut Client) -> Result<()> {
        let Self { name, sequence, next, furthest, role } = self;
        let definition = match name {
            name if name.ends_with("partitioned") => format!(
                "CREATE TABLE {name} (id bigserial PRIMARY KEY, note text) PARTITION BY HASH (id);
                 CREATE TABLE {name}_0 PARTITION OF {name} FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                 CREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
            ),
            name if name.ends_with("no_index") => format!("CREATE TABLE {name} (id bigserial, note text);"),
            name => format!("CREATE TABLE {name} (id bigserial PRIMARY KEY, note text);"),
        };
        let grants = role.grants.replace("{r}", role.name).replace("{t}", name).replace("{s}", sequence);
        client.batch_execute(&format!(
            "{definition}
             INSERT INTO {name} SELECT {furthest} - i FROM generate_series(0, 20) i;
             SELECT setval('{sequence}', {next}, false);
             {grants}"
        ))?;
        Ok(())
    }

    /// Returns how far the sequence has to move, which with its next value reveals the furthest id.
    fn distance(&self) -> i64 {
        self.furthest - self.next + 1
    }

    fn inserts_left(&self) -> i64 {
        self.furthest - 20 - self.next
    }

    /// Returns the numbers of this table that `role` must not be shown.
    fn secrets(&self, role: &Role) -> Vec<i64> {
        let mut secrets = Vec::new();
        let is_own = role.name == self.role.name || role.name == "super";
        if !(is_own && role.sees_ids) {
            secrets.extend([self.furthest, self.furthest - 20, self.furthest + 1]);
        }
        if !(is_own && role.sees_next) {
            secrets.push(self.next);
        }
        if !(is_own && role.sees_next && role.sees_ids) {
            secrets.extend([self.distance(), self.inserts_left()]);
        }
        secrets
    }
}

fn positions(client: &mut Client, tables: &[Table]) -> Result<Vec<i64>> {
    tables
        .iter()
        .map(|table| {
            let query = format!("SELECT last_value + is_called::int FROM {}", table.sequence);
            Ok(client.query_one(&query, &[])?.get(0))
        })
        .collect()
}

/// Fails if a row contains a number that the role must not be shown.
fn check_secrets(role: &Role, tables: &[Table], rows: &str) {
    for table in tables {
        for secret in table.secrets(role) {
            assert!(!rows.contains(&secret.to_string()), "{} is shown {secret} of {}:\n{rows}", role.name, table.name);
        }
    }
}

fn own_row<'a>(rows: &'a [AuditRow], table: &Table) -> &'a AuditRow {
    rows.iter()
        .find(|row| row.sequence.as_deref() == Some(&table.sequence) && row.table.as_deref() == Some(&table.name))
        .unwrap_or_else(|| panic!("no row for {}: {rows:#?}", table.name))
}

/// Checks the row of the role's own table.
fn check_own_row(role: &Role, table: &Table, row: &AuditRow) {
    let expected = if role.sees_ids && role.sees_next { "behind" } else { "unknown" };
    assert_eq!(row.status, expected, "{}: {row:?}", role.name);
    assert_eq!(row.next_value, role.sees_next.then_some(table.next), "{}: {row:?}", role.name);
    if expected == "behind" {
        assert_eq!(row.max_id, Some(table.furthest), "{}: {row:?}", role.name);
        assert_eq!(row.behind_by, Some(table.distance()), "{}: {row:?}", role.name);
        assert_eq!(row.inserts_left, Some(table.inserts_left()), "{}: {row:?}", role.name);
    } else {
        assert!(row.detail.is_some(), "{}: unknown without a reason: {row:?}", role.name);
        assert_eq!((row.max_id, row.behind_by, row.inserts_left), (None, None, None), "{}: {row:?}", role.name);
    }
}

fn outcome<'a>(rows: &'a [ResyncRow], table: &Table) -> &'a str {
    let row = rows.iter().find(|row| row.sequence.as_deref() == Some(&table.sequence));
    &row.unwrap_or_else(|| panic!("no row for {}: {rows:#?}", table.sequence)).outcome
}

#[test]
fn privileges_limit_what_each_role_sees_and_moves() -> Result<()> {
    let server = Server::start(&[])?;
    let mut admin = server.database(DATABASE)?;
    admin.batch_execute("CREATE SCHEMA app")?;
    for role in &ROLES {
        admin.batch_execute(&format!("CREATE ROLE {} LOGIN {}", role.name, role.attributes))?;
    }
    let tables = tables();
    for table in &tables {
        table.create(&mut admin)?;
    }

    let (mut calls, mut moved) = (0, 0);
    for role in &ROLES {
        let mut client = server.connect_as(role.name, DATABASE)?;
        let before = positions(&mut admin, &tables)?;
        for call in ["seq_audit()", "seq_audit('app')"] {
            let rows = audit(&mut client, call)?;
            check_secrets(role, &tables, &format!("{rows:#?}"));
            for table in tables.iter().filter(|table| table.role.name == role.name) {
                check_own_row(role, table, own_row(&rows, table));
            }
            calls += 1;
        }
        let dry = resync(&mut client, "seq_resync('app', dry_run => true)")?;
        check_secrets(role, &tables, &format!("{dry:#?}"));
        assert_eq!(positions(&mut admin, &tables)?, before, "a dry run by {} moved something", role.name);

        // One of its tables by name, the others by schema.
        let mine: Vec<_> = tables.iter().filter(|table| table.role.name == role.name).collect();
        let oid: u32 = admin.query_one(&format!("SELECT '{}'::regclass::oid", mine[0].name), &[])?.get(0);
        let mut rows = resync(&mut client, &format!("seq_resync_table({oid}::regclass)"))?;
        rows.extend(resync(&mut client, "seq_resync('app')")?);
        check_secrets(role, &tables, &format!("{rows:#?}"));
        calls += 3;

        let after = positions(&mut admin, &tables)?;
        for (index, table) in tables.iter().enumerate() {
            let may_move = role.moves && (table.role.name == role.name || role.name == "super");
            let was_behind = before[index] <= table.furthest;
            let expected = if may_move && was_behind { table.furthest + 1 } else { before[index] };
            assert_eq!(after[index], expected, "{} after a resync by {}: {rows:#?}", table.sequence, role.name);
            moved += u64::from(after[index] != before[index]);
        }
        for table in mine {
            let expected = if role.moves { ["would_advance", "advanced"] } else { ["skipped"; 2] };
            assert_eq!([outcome(&dry, table), outcome(&rows, table)], expected, "{} by {}", table.name, role.name);
        }
    }
    report!(
        "{} roles × {} kinds of tables: {calls} calls without an error, no id shown to a role that cannot select it, \
         {moved} sequences moved, each by a role with UPDATE on it and SELECT on the column",
        ROLES.len(),
        KINDS.len()
    );
    Ok(())
}
