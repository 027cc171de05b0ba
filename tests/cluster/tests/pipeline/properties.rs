//! The owner, the privileges and the settings that migrations find in the copy.

use crate::project::Project;
use anyhow::{Result, ensure};

#[test]
fn pipeline_copy_has_owner_privileges_and_settings_of_database() -> Result<()> {
    let project = Project::new()?;
    project.server.connect("app")?.batch_execute(
        "CREATE ROLE mig; CREATE ROLE guest; CREATE ROLE \"a b\";
         ALTER DATABASE app OWNER TO mig; REVOKE TEMP ON DATABASE app FROM PUBLIC;
         GRANT CREATE ON DATABASE app TO guest WITH GRANT OPTION; GRANT TEMP ON DATABASE app TO \"a b\";
         CREATE SCHEMA app2 AUTHORIZATION mig; CREATE SCHEMA \"b c\"; CREATE TABLE app2.t (id int);
         ALTER TABLE app2.t OWNER TO mig;
         ALTER DATABASE app SET search_path = app2, \"b c\"; ALTER DATABASE app SET \"my.word\" = 'it''s';
         ALTER ROLE guest IN DATABASE app SET my.own = 'x'",
    )?;
    let owner =
        project.folder("owner", &[("1.sql", "CREATE TABLE public.t2 (i int);"), ("2.sql", "CREATE SCHEMA s;")])?;
    let table = project.folder("table", &[("1.sql", "ALTER TABLE t ADD j int;")])?;
    let temporary = project.folder("temporary", &[("1.sql", "CREATE TEMP TABLE t2 (i int);")])?;
    let schema = project.folder("schema", &[("1.sql", "CREATE SCHEMA s;")])?;
    let settings = project.folder(
        "settings",
        &[("1.sql", "SELECT 1 / (current_setting('my.word') = 'it''s' AND current_setting('my.own') = 'x')::int;")],
    )?;
    let mut sources = vec!["--template=app".to_owned(), "--source=dbname=app".to_owned()];
    for format in ["custom", "directory", "tar"] {
        let file = project.server.scratch(format).display().to_string();
        project.server.client("pg_dump", &["-d", "app", "-F", format, "-f", &file])?;
        sources.push(format!("--dump={file}"));
    }
    for source in &sources {
        for (folder, role, code) in [
            (&owner, "mig", 0),
            (&owner, "guest", 1),
            (&table, "mig", 0),
            (&temporary, "a b", 0),
            (&temporary, "guest", 1),
            (&schema, "guest", 0),
            (&schema, "a b", 1),
            (&settings, "guest", 0),
        ] {
            if source.starts_with("--dump") && *folder != table && *folder != schema {
                continue;
            }
            let outcome = project.run_on(&[source, "--json", &format!("--role={role}")], &[folder])?;
            ensure!(outcome.code == code, "{source}: {folder:?}: {role}: {}", outcome.all());
        }
    }
    // A privilege that the copy cannot have is told.
    project.server.connect("app")?.batch_execute("DROP OWNED BY \"a b\"; DROP ROLE \"a b\"")?;
    let outcome = project.run_on(&[&sources[2]], &[&owner])?;
    let told = "the copy lacks a property of the database: role \"a b\" does not exist";
    ensure!(outcome.code == 0 && outcome.errors.contains(told), "{}", outcome.all());
    Ok(())
}

#[test]
fn pipeline_applies_with_settings_of_role() -> Result<()> {
    let project = Project::new()?;
    project.server.connect("app")?.batch_execute(
        "CREATE ROLE mig; GRANT CREATE ON SCHEMA public TO mig; CREATE SCHEMA app2 AUTHORIZATION mig;
         ALTER ROLE mig SET search_path = app2; ALTER ROLE mig SET transaction_timeout.x = '1';
         ALTER ROLE mig SET log_min_messages = 'error'; ALTER ROLE mig IN DATABASE app SET my.word = 'it''s'",
    )?;
    let folder = project.folder(
        "plain",
        &[
            ("1.sql", "CREATE TABLE foo (i int);"),
            ("2.sql", "ALTER TABLE foo ADD j int; SELECT 1 / (current_setting('my.word') = 'it''s')::int;"),
            ("3.sql", "SELECT 1 / count(*) FROM pg_tables WHERE schemaname = 'app2' AND tablename = 'foo';"),
        ],
    )?;
    let outcome = project.run(&["--json", "--role=mig"], &[&folder])?;
    ensure!(outcome.code == 0, "{}", outcome.all());
    // A session of this role becomes another one, which then owns what it creates.
    project.server.connect("app")?.batch_execute(
        "CREATE ROLE login IN ROLE mig; ALTER ROLE login SET role = mig; ALTER ROLE login SET search_path = app2",
    )?;
    let owner = "SELECT 1 / count(*) FROM pg_tables WHERE tablename = 'foo' AND tableowner = 'mig';";
    let folder = project.folder("login", &[("1.sql", "CREATE TABLE foo (i int);"), ("2.sql", owner)])?;
    let outcome = project.run(&["--json", "--role=login"], &[&folder])?;
    ensure!(outcome.code == 0, "{}", outcome.all());
    Ok(())
}
