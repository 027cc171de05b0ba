//! What a call may leave in the database or the session.

use postgres::{Client, Error};

/// Creates what [`state`] uses.
pub const SETUP: &str = "
    CREATE FUNCTION fc.digest(columns text, relation regclass) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        found text;
    BEGIN
        EXECUTE format('SELECT md5(string_agg(q::text, '','')) FROM (SELECT %s FROM %s) q', columns, relation)
        INTO found;
        RETURN found;
    END $$";

/// Locks come first, since the others lock what they read. Other databases have roles of their own,
/// whose names contain theirs.
const STATE: &str = "
    SELECT format('lock: %s %s %s %s', locktype, relation, objid, mode) FROM pg_locks
    WHERE pid = pg_backend_pid() AND (locktype = 'advisory' OR relation >= 16384)
    UNION ALL SELECT format('setting: %s = %s', name, setting) FROM pg_settings WHERE name NOT LIKE '%.%'
    UNION ALL SELECT format('session: %s %s', current_user, session_user)
    UNION ALL SELECT format('prepared: %s %s', name, statement) FROM pg_prepared_statements WHERE from_sql
    UNION ALL SELECT format('cursor: %s', name) FROM pg_cursors WHERE name <> ''
    UNION ALL SELECT format('channel: %s', name) FROM pg_listening_channels() AS name
    UNION ALL SELECT format('schema: %s', n) FROM pg_namespace AS n WHERE nspname NOT LIKE 'pg\\_%'
    UNION ALL SELECT format('role: %s %s', rolname, rolconfig) FROM pg_roles WHERE rolname LIKE '%' || current_database() || '%'
    UNION ALL SELECT format('member: %s %s', roleid, member) FROM pg_auth_members
    WHERE pg_get_userbyid(roleid) LIKE '%' || current_database() || '%'
    UNION ALL SELECT format('default privileges: %s', d) FROM pg_default_acl AS d
    UNION ALL SELECT format('function: %s %s', oid::regprocedure, md5(prosrc)) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT format('type: %s %s', oid, typname) FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT format('enum: %s', e) FROM pg_enum AS e
    UNION ALL SELECT format('constraint: %s %s %s %s', conrelid::regclass, conname, convalidated, condeferred)
    FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT format('trigger: %s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT format('column: %s %s %s %s %s', attrelid, attname, atttypid, attnotnull, attisdropped)
    FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT format('index: %s %s %s', indexrelid::regclass, indisvalid, indisclustered)
    FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT format('comment: %s %s', objoid, description) FROM pg_description WHERE objoid >= 16384
    UNION ALL
    SELECT format('relation: %s %s %s %s %s %s', oid, relname, relnamespace, relowner, relfilenode, relacl)
    FROM pg_class WHERE oid >= 16384
    UNION ALL
    SELECT format('rows of %s: %s', oid::regclass, fc.digest(
        CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END, oid))
    FROM pg_class WHERE relkind IN ('r', 'm', 'S') AND relnamespace = 'public'::regnamespace";

/// Returns everything that must be as before, in lines.
pub fn state(client: &mut Client) -> Result<Vec<String>, Error> {
    Ok(client.query(STATE, &[])?.iter().map(|row| row.get(0)).collect())
}

/// Returns the lines that differ.
pub fn differences(before: &[String], after: &[String]) -> Vec<String> {
    // They nearly always have the same order.
    if before == after {
        return Vec::new();
    }
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{line}"));
    gone.chain(new).collect()
}
