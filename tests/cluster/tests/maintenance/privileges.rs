//! Who may call the procedures, and what they can do about sessions of others.

use crate::fixture::{DATABASE, error_of, start, state};
use anyhow::{Result, ensure};

const ROLES: &str = "
    CREATE ROLE stranger LOGIN; CREATE ROLE app LOGIN; CREATE ROLE owner LOGIN; CREATE ROLE full_owner LOGIN;
    GRANT pg_signal_backend, pg_read_all_stats, pg_read_all_data TO full_owner;
    -- As the first role of RDS: it is not a superuser, but a member of predefined roles.
    CREATE ROLE rds_superuser; GRANT pg_monitor, pg_signal_backend, pg_read_all_data TO rds_superuser;
    CREATE ROLE rds_admin LOGIN CREATEDB CREATEROLE; GRANT rds_superuser TO rds_admin;
    ALTER TABLE written OWNER TO app; GRANT USAGE ON SCHEMA public TO PUBLIC;";

#[test]
fn role_without_privileges_changes_nothing() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute(ROLES)?;
    client.batch_execute("ALTER DATABASE shop OWNER TO owner")?;
    let mut app = server.connect_as("app", DATABASE)?;
    for (role, hint) in
        [("stranger", "\\l"), ("rds_admin", "\\l"), ("owner", "GRANT pg_signal_backend, pg_read_all_stats TO owner;")]
    {
        let mut caller = server.connect_as(role, DATABASE)?;
        for call in ["CALL maintenance_begin()", "CALL maintenance_end()"] {
            let error = error_of(&mut caller, call)?;
            ensure!(error.code().code() == "42501", "{role}: {error:?}");
            ensure!(error.hint().is_some_and(|found| found.contains(hint)), "{role}: {error:?}");
        }
        ensure!(state(&server)? == "off", "{role} has changed something");
    }
    app.batch_execute("INSERT INTO written (kind) VALUES ('app')")?;
    // The printed GRANT is enough.
    client.batch_execute("GRANT pg_signal_backend, pg_read_all_stats TO owner;")?;
    server.connect_as("owner", DATABASE)?.batch_execute("CALL maintenance_begin()")?;
    Ok(())
}

#[test]
fn owner_with_both_roles_ends_all_but_superusers() -> Result<()> {
    for role in ["full_owner", "rds_admin"] {
        let (server, mut client) = start(&[])?;
        client.batch_execute(ROLES)?;
        client.batch_execute(&format!("ALTER DATABASE shop OWNER TO {role}"))?;
        let mut app = server.connect_as("app", DATABASE)?;
        let mut owner = server.connect_as(role, DATABASE)?;
        owner.batch_execute("CALL maintenance_begin(grace => '300 ms')")?;
        ensure!(app.batch_execute("SELECT 1").is_err(), "{role}: the application's session was not ended");
        // The superuser's could not be: it is named, and begin has not finished.
        let row = owner.query_one("SELECT state FROM maintenance_status() LIMIT 1", &[])?;
        ensure!(row.get::<_, String>(0) == "draining", "{role}: {row:?}");
        let named = "SELECT count(*) FROM maintenance_status() WHERE state = 'can_write' AND role = 'postgres'";
        ensure!(owner.query_one(named, &[])?.get::<_, i64>(0) == 1, "{role}: the superuser's session is not listed");
        client.batch_execute("INSERT INTO written (kind) VALUES ('superuser')")?;
        drop(client);
        owner.batch_execute("CALL maintenance_begin(grace => '5 s')")?;
        ensure!(state(&server)? == "on", "{role}");
        owner.batch_execute("CALL maintenance_end(grace => '300 ms')")?;
        server.connect_as("app", DATABASE)?.batch_execute("INSERT INTO written (kind) VALUES ('again')")?;
    }
    Ok(())
}

#[test]
fn status_without_privileges_says_what_is_hidden() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute(ROLES)?;
    client.batch_execute("CALL maintenance_begin()")?;
    let _other = server.connect_as("app", DATABASE)?;
    let mut stranger = server.connect_as("stranger", DATABASE)?;
    let rows = stranger.query("SELECT state, role::text, fix FROM maintenance_status()", &[])?;
    let hidden: Vec<_> = rows.iter().filter(|row| row.get::<_, String>(0) == "hidden").collect();
    ensure!(rows[0].get::<_, String>(0) == "on" && hidden.len() == 2, "{rows:?}");
    ensure!(hidden[0].get::<_, String>(2) == "GRANT pg_read_all_stats TO stranger;", "{hidden:?}");
    Ok(())
}
