//! Any role can take a snapshot of any database, and it contains nothing of rows that the role
//! cannot select.

use crate::difference::{compare, parse, portable_snapshot, snapshot};
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, install_portable, report};
use postgres::Client;
use serde_json::Value;

/// A role's privileges on the table `t` of the schema `s`, and the rows that its snapshot shows.
struct Role {
    name: &'static str,
    attributes: &'static str,
    grants: &'static str,
    sees: Sees,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sees {
    /// Not even the number of rows.
    Nothing,
    /// The number of rows, for which SELECT on any column suffices.
    Count,
    /// The number of rows and their keys.
    Keys,
    All,
}

const fn role(name: &'static str, grants: &'static str, sees: Sees) -> Role {
    Role { name, attributes: "", grants, sees }
}

const READER: &str = "GRANT USAGE ON SCHEMA s TO {r}; GRANT SELECT ON s.t TO {r};";

const ROLES: [Role; 19] = [
    role("nothing", "", Sees::Nothing),
    role("usage", "GRANT USAGE ON SCHEMA s TO {r}", Sees::Nothing),
    role("select_without_usage", "GRANT SELECT ON s.t TO {r}", Sees::Nothing),
    role(
        "writer",
        "GRANT USAGE ON SCHEMA s TO {r}; GRANT INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES ON s.t TO {r}",
        Sees::Nothing,
    ),
    role("reader", "{reader}", Sees::All),
    role("one_column", "GRANT USAGE ON SCHEMA s TO {r}; GRANT SELECT (note) ON s.t TO {r}", Sees::Count),
    role("key_column", "GRANT USAGE ON SCHEMA s TO {r}; GRANT SELECT (id) ON s.t TO {r}", Sees::Keys),
    role("all_columns", "GRANT USAGE ON SCHEMA s TO {r}; GRANT SELECT (id, note, secret) ON s.t TO {r}", Sees::All),
    role("policy", "{reader} ALTER TABLE s.t ENABLE ROW LEVEL SECURITY", Sees::Nothing),
    role(
        "open_policy",
        "{reader} ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON s.t USING (true)",
        Sees::Nothing,
    ),
    role(
        "half_policy",
        "{reader} ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON s.t USING (id > 5)",
        Sees::Nothing,
    ),
    Role {
        name: "bypasses",
        attributes: "BYPASSRLS",
        grants: "{reader} ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; ALTER TABLE s.t FORCE ROW LEVEL SECURITY",
        sees: Sees::All,
    },
    role(
        "owner",
        "GRANT USAGE ON SCHEMA s TO {r}; ALTER TABLE s.t OWNER TO {r}; ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
        Sees::All,
    ),
    role(
        "forced_owner",
        "GRANT USAGE ON SCHEMA s TO {r}; ALTER TABLE s.t OWNER TO {r}; ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; ALTER TABLE s.t FORCE ROW LEVEL SECURITY",
        Sees::Nothing,
    ),
    role("forced_without_security", "{reader} ALTER TABLE s.t FORCE ROW LEVEL SECURITY", Sees::All),
    role("reads_all", "GRANT pg_read_all_data TO {r}", Sees::All),
    role(
        "reads_all_but_rows",
        "GRANT pg_read_all_data TO {r}; ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
        Sees::Nothing,
    ),
    role(
        "of_a_group",
        "CREATE ROLE group_of_{r} ROLE {r}; GRANT USAGE ON SCHEMA s TO group_of_{r}; GRANT SELECT ON s.t TO group_of_{r}",
        Sees::All,
    ),
    Role {
        name: "super",
        attributes: "SUPERUSER",
        grants: "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; ALTER TABLE s.t FORCE ROW LEVEL SECURITY",
        sees: Sees::All,
    },
];

/// Keys and values that are easily found in a snapshot that contains them.
const SETUP: &str = "
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    CREATE SCHEMA s; CREATE SEQUENCE s.numbers START 770077;
    CREATE TABLE s.t (id int PRIMARY KEY DEFAULT nextval('s.numbers'), note text, secret text);
    INSERT INTO s.t SELECT 880000 + i, 'note', 'secret' FROM generate_series(1, 11) i;
    CREATE TABLE s.open (id int PRIMARY KEY); INSERT INTO s.open VALUES (1);
    GRANT SELECT ON s.open TO PUBLIC;
    CREATE TABLE public.own (id int PRIMARY KEY); INSERT INTO public.own VALUES (5); GRANT SELECT ON public.own TO PUBLIC;
    ANALYZE";

fn create(server: &Server, role: &Role) -> Result<Client> {
    let mut client = server.database(role.name)?;
    let grants = role.grants.replace("{reader}", READER).replace("{r}", role.name);
    client.batch_execute(SETUP)?;
    client.batch_execute(&format!("CREATE ROLE {} LOGIN {}; {grants}", role.name, role.attributes))?;
    Ok(client)
}

/// Returns what a snapshot contains about the table's rows.
fn shown(table: &Value) -> Sees {
    let has = |field: &str| !table[field].is_null();
    match (has("rows"), has("key_range"), has("checksum")) {
        (false, false, false) => Sees::Nothing,
        (true, false, false) => Sees::Count,
        (true, true, false) => Sees::Keys,
        _ => Sees::All,
    }
}

fn check_shown(role: &Role, taken: &str) -> Result<()> {
    let snapshot = parse(taken)?;
    let table = &snapshot["schemas"]["s"]["tables"]["t"];
    ensure!(table["columns"]["secret"]["type"] == "text", "every role can read the catalogs: {table}");
    ensure!(shown(table) == role.sees, "{}: shows {:?} instead of {:?}: {table}", role.name, shown(table), role.sees);
    match role.sees {
        Sees::All => ensure!(table["unread"].is_null(), "{}: {table}", role.name),
        _ => {
            let why = table["unread"].as_str().with_context(|| format!("{}: without a reason: {table}", role.name))?;
            ensure!(!why.is_empty(), "{table}");
        }
    }
    let shows_keys = taken.contains("880001") || taken.contains("880011");
    ensure!(shows_keys == matches!(role.sees, Sees::Keys | Sees::All), "{}: keys in {taken}", role.name);
    ensure!(snapshot["schemas"]["public"]["tables"]["own"]["rows"]["count"] == 1, "{taken}");
    Ok(())
}

#[test]
fn snapshot_shows_only_rows_that_the_role_can_select() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    for role in &ROLES {
        let mut superuser = create(&server, role)?;
        let full = snapshot(&mut superuser, "checksum => true")?;
        let mut client = server.connect_as(role.name, role.name)?;
        for row_security in ["on", "off"] {
            client.batch_execute(&format!("SET row_security = {row_security}"))?;
            let taken = snapshot(&mut client, "checksum => true")?;
            check_shown(role, &taken)?;
            // Except for the rows, there is no difference from a superuser's snapshot.
            let found = compare(&mut client, &full, Some(&taken))?;
            let other = found.iter().find(|row| !["rows_unknown", "sequence_unknown"].contains(&row.kind.as_str()));
            ensure!(other.is_none(), "{}: {found:#?}", role.name);
            let unknown = found.iter().any(|row| row.kind == "rows_unknown" && row.object == "s.t");
            ensure!(unknown == (role.sees != Sees::All), "{}: {found:#?}", role.name);
            // Rows that neither snapshot has read are not known to be equal.
            let found = compare(&mut client, &taken, None)?;
            ensure!(found.iter().all(|row| row.severity == "warning" && row.kind.ends_with("_unknown")), "{found:#?}");
        }
        // An estimate shows no values either.
        let estimated = parse(&snapshot(&mut client, "exact => false")?)?;
        let table = &estimated["schemas"]["s"]["tables"]["t"];
        ensure!(table["key_range"].is_null() && table["checksum"].is_null(), "{table}");
    }
    report!("{} roles: each is shown what it can select, and why not more", ROLES.len());
    Ok(())
}

/// The portable edition reads as the caller; the table belongs to a superuser, whom it trusts.
#[test]
fn portable_snapshot_shows_only_rows_that_the_role_can_select() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    // One of each kind of reason.
    let names =
        ["nothing", "select_without_usage", "one_column", "key_column", "half_policy", "bypasses", "forced_owner"];
    for role in ROLES.iter().filter(|role| names.contains(&role.name)) {
        let mut superuser = create(&server, role)?;
        install_portable(&mut superuser)?;
        superuser.batch_execute("GRANT USAGE ON SCHEMA flightcheck TO PUBLIC")?;
        let full = snapshot(&mut superuser, "")?;
        let sees = if role.sees == Sees::All { Sees::Keys } else { role.sees };
        let mut client = server.connect_as(role.name, role.name)?;
        let taken = portable_snapshot(&mut client, "")?;
        let table = &parse(&taken)?["schemas"]["s"]["tables"]["t"];
        ensure!(shown(table) == sees, "{}: shows {:?} instead of {sees:?}: {table}", role.name, shown(table));
        ensure!(table["unread"].is_null() == (role.sees >= Sees::Count), "{}: {table}", role.name);
        let found = compare(&mut client, &full, Some(&taken))?;
        let other = found.iter().find(|row| !["rows_unknown", "sequence_unknown"].contains(&row.kind.as_str()));
        ensure!(other.is_none(), "{}: {found:#?}", role.name);
        ensure!(found.iter().any(|row| row.kind == "rows_unknown") == (sees == Sees::Nothing), "{found:#?}");
        let estimated = parse(&portable_snapshot(&mut client, "exact => false")?)?;
        let table = &estimated["schemas"]["s"]["tables"]["t"];
        ensure!(table["key_range"].is_null() && table["rows"]["exact"] == false, "{table}");
    }
    Ok(())
}

/// A snapshot that is written into a file is rarely looked at.
#[test]
fn snapshot_of_unreadable_tables_raises_warning() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    create(&server, &ROLES[0])?;
    let (mut client, notices) = server.connect_noting("nothing")?;
    let full = snapshot(&mut client, "")?;
    assert!(notices.take().is_empty());
    client.batch_execute("SET ROLE nothing")?;
    let taken = snapshot(&mut client, "")?;
    let warnings = notices.take();
    let [warning] = warnings.as_slice() else { bail!("expected one warning: {warnings:?}") };
    assert_eq!((warning.severity(), warning.message()), ("WARNING", "could not read 2 tables and 1 sequence"));
    assert!(
        warning.detail().is_some_and(|detail| detail.ends_with("says why: s.open, s.t and s.numbers.")),
        "{warning:?}"
    );
    assert!(warning.hint().is_some_and(|hint| hint.starts_with("Run db_snapshot() as a role")), "{warning:?}");
    // Rows that are no longer known to exist are an error, which needs no warning.
    let found = compare(&mut client, &full, Some(&taken))?;
    assert!(found.iter().any(|row| row.summary() == ("error", "rows_unknown", "s.t")), "{found:#?}");
    assert!(notices.take().is_empty());
    Ok(())
}

/// A sequence's position is shown to a role that can select from it.
#[test]
fn snapshot_reports_unreadable_sequence_as_unread() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut superuser = create(&server, &ROLES[4])?;
    let full = snapshot(&mut superuser, "")?;
    assert!(full.contains("770077"));
    let mut client = server.connect_as("reader", "reader")?;
    let taken = snapshot(&mut client, "")?;
    let sequence = &parse(&taken)?["schemas"]["s"]["sequences"]["numbers"];
    assert!(sequence["next_value"].is_null() && sequence["unread"].is_string(), "{sequence}");
    assert_eq!(sequence["increment"], 1);
    superuser.batch_execute("GRANT SELECT ON s.numbers TO reader")?;
    let sequence = &parse(&snapshot(&mut client, "")?)?["schemas"]["s"]["sequences"]["numbers"];
    assert_eq!(sequence["next_value"], 770_077, "{sequence}");
    Ok(())
}
