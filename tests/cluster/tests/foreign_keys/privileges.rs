//! Privileges: every role audits keys in every state, no call fails, and no key is shown to a role
//! that may not select it.

use crate::judge::{AuditRow, audit};
use crate::oracle::EXTENSION;
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

const DATABASE: &str = "privileges";

/// A role, its grants, and whether it can read the rows with them. `{r}` is the role, `{s}` its
/// schema with the tables `parent` and `child`, `{p}` the parent's schema.
struct Role {
    name: &'static str,
    attributes: &'static str,
    grants: &'static str,
    sees: bool,
}

const fn role(name: &'static str, grants: &'static str, sees: bool) -> Role {
    Role { name, attributes: "", grants, sees }
}

const BOTH: &str = "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT ON {s}.child, {p}.parent TO {r};";

const ROLES: [Role; 20] = [
    role("nothing", "", false),
    role("usage", "GRANT USAGE ON SCHEMA {s}, {p} TO {r}", false),
    role("both_tables", "", true),
    role("only_child", "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT ON {s}.child TO {r}", false),
    role("only_parent", "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT ON {p}.parent TO {r}", false),
    role(
        "key_columns",
        "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT (a, b) ON {s}.child TO {r}; GRANT SELECT (x, y) ON {p}.parent TO {r}",
        true,
    ),
    role(
        "some_columns",
        "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT (a, note) ON {s}.child TO {r}; GRANT SELECT ON {p}.parent TO {r}",
        false,
    ),
    role(
        "writes_only",
        "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT INSERT, UPDATE, DELETE ON {s}.child, {p}.parent TO {r}",
        false,
    ),
    role("outside_child", "GRANT USAGE ON SCHEMA {p} TO {r}; GRANT SELECT ON {s}.child, {p}.parent TO {r}", false),
    role("outside_parent", "GRANT USAGE ON SCHEMA {s} TO {r}; GRANT SELECT ON {s}.child, {p}.parent TO {r}", false),
    role("child_policy", "ALTER TABLE {s}.child ENABLE ROW LEVEL SECURITY", false),
    role(
        "parent_policy",
        "ALTER TABLE {p}.parent ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON {p}.parent USING (true)",
        false,
    ),
    Role {
        name: "bypasses",
        attributes: "BYPASSRLS",
        grants: "ALTER TABLE {s}.child ENABLE ROW LEVEL SECURITY; ALTER TABLE {p}.parent FORCE ROW LEVEL SECURITY",
        sees: true,
    },
    role(
        "owner",
        "ALTER TABLE {s}.child OWNER TO {r}; ALTER TABLE {p}.parent OWNER TO {r}; ALTER TABLE {s}.child ENABLE ROW LEVEL SECURITY; ALTER TABLE {p}.parent ENABLE ROW LEVEL SECURITY",
        true,
    ),
    role(
        "forced_owner",
        "ALTER TABLE {s}.child OWNER TO {r}; ALTER TABLE {s}.child ENABLE ROW LEVEL SECURITY; ALTER TABLE {s}.child FORCE ROW LEVEL SECURITY",
        false,
    ),
    role(
        "forced_parent",
        "ALTER TABLE {p}.parent OWNER TO {r}; ALTER TABLE {p}.parent ENABLE ROW LEVEL SECURITY; ALTER TABLE {p}.parent FORCE ROW LEVEL SECURITY",
        false,
    ),
    role("member", "GRANT pg_read_all_data TO {r}", true),
    role(
        "one_of_a_group",
        "CREATE ROLE group_of_{r} ROLE {r}; GRANT USAGE ON SCHEMA {s}, {p} TO group_of_{r}; GRANT SELECT ON {s}.child, {p}.parent TO group_of_{r}",
        true,
    ),
    Role {
        name: "super",
        attributes: "SUPERUSER",
        grants: "ALTER TABLE {s}.child FORCE ROW LEVEL SECURITY",
        sees: true,
    },
    Role {
        name: "public_revoked",
        attributes: "",
        grants: "GRANT USAGE ON SCHEMA {s}, {p} TO {r}; GRANT SELECT ON {s}.child TO {r}; REVOKE ALL ON {p}.parent FROM PUBLIC",
        sees: false,
    },
];

/// Roles whose grants are added to those of a reader.
const READERS: [&str; 7] =
    ["both_tables", "owner", "forced_owner", "child_policy", "parent_policy", "bypasses", "forced_parent"];

/// A state of the constraint, the SQL that creates it, and its status for roles that can and cannot
/// read the rows.
struct State {
    name: &'static str,
    sql: &'static str,
    seen: &'static str,
    unseen: &'static str,
    orphans: i64,
}

/// A key that must not be revealed.
const SECRET: &str = "4711815";

const STATES: [State; 4] = [
    State { name: "fine", sql: "", seen: "ok", unseen: "unknown", orphans: 0 },
    State { name: "broken", sql: "INSERT INTO {s}.child VALUES (4711815, 4711815)", seen: "violated", unseen: "unknown", orphans: 1 },
    State {
        name: "unvalidated",
        sql: "ALTER TABLE {s}.child DROP CONSTRAINT k; INSERT INTO {s}.child VALUES (4711815, 4711815), (4711815, 4711815);
              ALTER TABLE {s}.child ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES {p}.parent NOT VALID",
        seen: "not_validated",
        unseen: "unknown",
        orphans: 2,
    },
    State { name: "unarmed", sql: "ALTER TABLE {s}.child DISABLE TRIGGER ALL", seen: "triggers_off", unseen: "triggers_off", orphans: 0 },
];

fn make(client: &mut Client, role: &Role, state: &State) -> Result<(String, String)> {
    let (schema, parents) = (format!("{}_{}", role.name, state.name), format!("{}_{}_p", role.name, state.name));
    let fill = |sql: &str| sql.replace("{s}", &schema).replace("{p}", &parents).replace("{r}", role.name);
    let reads = if READERS.contains(&role.name) { BOTH } else { "" };
    client.batch_execute(&fill(&format!(
        "CREATE SCHEMA {{s}}; CREATE SCHEMA {{p}}; SET session_replication_role = replica;
         CREATE TABLE {{p}}.parent (x int, y int, note text, PRIMARY KEY (x, y)); INSERT INTO {{p}}.parent VALUES (1, 4711815);
         CREATE TABLE {{s}}.child (a int, b int, note text, CONSTRAINT k FOREIGN KEY (a, b) REFERENCES {{p}}.parent);
         INSERT INTO {{s}}.child VALUES (1, 4711815);
         {}; {reads} RESET session_replication_role",
        state.sql
    )))?;
    // A group is created for the first of a role's schemas.
    let grants = role.grants.replace("CREATE ROLE group_of_{r} ROLE {r};", "");
    client.batch_execute(&fill(&grants))?;
    Ok((schema, parents))
}

fn judge(role: &Role, state: &State, row: &AuditRow) {
    let context = format!("{} in {}: {row:?}", role.name, state.name);
    let told = [&row.detail, &row.fix, &row.sample].map(|text| text.clone().unwrap_or_default()).concat();
    if role.sees {
        assert_eq!((row.status.as_str(), row.orphans), (state.seen, Some(state.orphans)), "{context}");
        assert_eq!(row.sample.is_some(), state.orphans > 0, "{context}");
    } else {
        assert_eq!((row.status.as_str(), row.orphans), (state.unseen, None), "{context}");
        assert!(!told.contains(SECRET), "{context}");
        let why = row.detail.as_deref().unwrap_or_default();
        assert!(["privilege", "row security"].iter().any(|reason| why.contains(reason)), "{context}");
    }
}

#[test]
fn privileges_missing_select_reveals_no_keys() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    let mut granted = 0;
    for role in &ROLES {
        client.batch_execute(&format!("CREATE ROLE {} LOGIN {}", role.name, role.attributes))?;
        if role.grants.contains("group_of_") {
            client.batch_execute(&format!("CREATE ROLE group_of_{0} ROLE {0}", role.name))?;
        }
        for state in &STATES {
            make(&mut client, role, state)?;
        }
    }
    for role in &ROLES {
        let mut as_role = server.connect_as(role.name, DATABASE)?;
        for state in &STATES {
            let schema = format!("{}_{}", role.name, state.name);
            let rows = audit(&mut as_role, EXTENSION, Some(&schema))?;
            assert_eq!(rows.len(), 1, "{}: {rows:?}", role.name);
            judge(role, state, &rows[0]);
            let precheck = "SELECT status, orphans, concat(detail, ddl, sample)
                FROM fk_precheck({c}::oid::regclass, '{b,a}', {p}::oid::regclass, '{y,x}')"
                .replace("{c}", &rows[0].table.to_string())
                .replace("{p}", &rows[0].referenced.to_string());
            let row = as_role.query_one(&precheck, &[])?;
            let (orphans, told): (Option<i64>, String) = (row.get(1), row.get(2));
            assert!(
                role.sees || orphans.is_none() && !told.contains(SECRET),
                "{} in {}: {told}",
                role.name,
                state.name
            );
        }
        // All keys of the database: most belong to other roles, and none causes an error.
        let all = audit(&mut as_role, EXTENSION, None)?;
        assert_eq!(all.len(), ROLES.len() * STATES.len());
    }
    // The privileges that the row reports as missing are all that is missing.
    for role in ROLES.iter().filter(|role| !role.sees) {
        let mut as_role = server.connect_as(role.name, DATABASE)?;
        let schema = format!("{}_broken", role.name);
        for _ in 0..3 {
            let row = audit(&mut as_role, EXTENSION, Some(&schema))?.remove(0);
            match row.fix.filter(|_| row.status == "unknown") {
                Some(fix) => client.batch_execute(&fix)?,
                None => break,
            }
        }
        let row = audit(&mut as_role, EXTENSION, Some(&schema))?.remove(0);
        let hidden = row.detail.as_deref().is_some_and(|detail| detail.contains("row security"));
        assert!(row.status == "violated" || hidden, "after its fixes: {row:?}");
        granted += u32::from(row.status == "violated");
    }
    report!(
        "{} roles × {} states: a status for each, no key shown without SELECT; {granted} roles can read after the printed fix",
        ROLES.len(),
        STATES.len()
    );
    Ok(())
}

/// A role that owns only its own tables, in a database whose owner revoked the default privileges
/// of PUBLIC.
#[test]
fn privileges_revoked_from_public_do_not_change_results() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE privileges FROM PUBLIC;
         ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
         CREATE ROLE app LOGIN; GRANT CONNECT ON DATABASE privileges TO app; GRANT USAGE ON SCHEMA public TO app;
         CREATE SCHEMA app AUTHORIZATION app; SET ROLE app; SET search_path = app;
         CREATE TYPE app.mood AS ENUM ('good', 'bad'); CREATE DOMAIN app.small AS int CHECK (VALUE < 1000);
         CREATE TABLE app.parent (a app.mood, b app.small, PRIMARY KEY (a, b));
         CREATE TABLE app.child (a app.mood, b app.small, FOREIGN KEY (a, b) REFERENCES app.parent);
         CREATE FUNCTION app.plus(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
         CREATE INDEX ON app.child (app.plus(b)); CREATE INDEX ON app.child (b) WHERE app.plus(b) > 1;
         ALTER TABLE app.child ADD CHECK (app.plus(b) > 0);
         RESET ROLE; SET session_replication_role = replica; INSERT INTO app.child VALUES ('bad', 7); RESET session_replication_role;
         ANALYZE app.child",
    )?;
    for role in ["app", "postgres"] {
        let mut client = server.connect_as(role, DATABASE)?;
        for path in ["app", "app, public", "\"$user\", public", "''"] {
            client.batch_execute(&format!("SET search_path = {path}"))?;
            let rows = audit(&mut client, EXTENSION, Some("app"))?;
            assert_eq!((rows[0].status.as_str(), rows[0].orphans), ("violated", Some(1)), "{role}, {path}: {rows:#?}");
        }
    }
    report!("no privileges for PUBLIC: the same results");
    Ok(())
}
