//! Object-relational mappers that write into a restored database whose sequences are behind: each
//! collides, and none does after one seq_resync.

use anyhow::{Context, Result, ensure};
use cluster::{Server, audit, output, program, report, resync};
use postgres::Client;
use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

struct Mapper {
    name: &'static str,
    /// A folder of tests/cluster/clients.
    project: &'static str,
    /// Creates the tables.
    create: &'static [&'static str],
    /// Writes rows into every table that has a sequence, in one transaction.
    write: &'static [&'static str],
    /// The kind of sequence of each column that has one.
    fed: &'static [(&'static str, &'static str)],
}

const SQLALCHEMY: Mapper = Mapper {
    name: "sqlalchemy",
    project: "sqlalchemy",
    create: &["python", "app.py", "create"],
    write: &["python", "app.py", "write"],
    fed: &[
        ("invoice.id", "by_name"),
        ("invoice.number", "by_name"),
        ("product.id", "serial"),
        ("shipment.id", "default"),
        ("tag.id", "identity_by_default"),
    ],
};

const DJANGO: Mapper = Mapper {
    name: "django",
    project: "django-contrib",
    create: &["python", "manage.py", "migrate", "--skip-checks"],
    write: &["python", "write.py"],
    fed: &[
        ("auth_group.id", "identity_by_default"),
        ("auth_group_permissions.id", "identity_by_default"),
        ("auth_permission.id", "identity_by_default"),
        ("auth_user.id", "identity_by_default"),
        ("auth_user_groups.id", "identity_by_default"),
        ("auth_user_user_permissions.id", "identity_by_default"),
        ("django_admin_log.id", "identity_by_default"),
        ("django_content_type.id", "identity_by_default"),
        ("django_flatpage.id", "identity_by_default"),
        ("django_flatpage_sites.id", "identity_by_default"),
        ("django_migrations.id", "identity_by_default"),
        ("django_redirect.id", "identity_by_default"),
        ("django_site.id", "identity_by_default"),
    ],
};

const SEQUELIZE: Mapper = Mapper {
    name: "sequelize",
    project: "sequelize",
    create: &["node", "app.cjs", "create"],
    write: &["node", "app.cjs", "write"],
    fed: &[
        (r#""Products".id"#, "serial"),
        (r#""Taggeds".id"#, "serial"),
        ("invoices.id", "identity_by_default"),
        ("tags.tag_id", "serial"),
    ],
};

impl Mapper {
    fn is_installed(&self) -> bool {
        let is_installed = program::find(self.create[0]).is_some();
        if !is_installed {
            report!("{} is not installed here (tools/setup-clients installs it)", self.name);
        }
        is_installed
    }

    /// Returns the project with the packages that it imports.
    fn project(&self, server: &Server) -> Result<PathBuf> {
        let project = server.scratch(self.project);
        if !project.exists() {
            output(Command::new("cp").arg("-r").arg(program::projects().join(self.project)).arg(&project))?;
            symlink(program::installed().join("node/node_modules"), project.join("node_modules"))?;
        }
        Ok(project)
    }

    fn run(&self, server: &Server, database: &str, command: &[&str]) -> Result<()> {
        let program = program::find(command[0]).with_context(|| format!("{} is not installed", command[0]))?;
        let mut process = Command::new(program);
        process
            .args(&command[1..])
            .current_dir(self.project(server)?)
            .envs(server.environment(database))
            .env("PATH", program::path())
            .env("PYTHONWARNINGS", "ignore");
        output(&mut process).map(drop)
    }

    /// Returns the wanted columns that have a sequence, each with its kind.
    fn columns(client: &mut Client, is_wanted: fn(&str) -> bool) -> Result<BTreeSet<(String, String)>> {
        let rows = audit(client, "seq_audit()")?;
        let rows = rows.into_iter().filter(|row| is_wanted(&row.status));
        let column = |row: &cluster::AuditRow| Some(format!("{}.{}", row.table.as_deref()?, row.column.as_deref()?));
        Ok(rows.map(|row| (column(&row).unwrap_or_default(), row.kind.unwrap_or_default())).collect())
    }

    fn expected(&self) -> BTreeSet<(String, String)> {
        self.fed.iter().map(|(column, kind)| ((*column).to_owned(), (*kind).to_owned())).collect()
    }
}

/// Restores schema and rows without the sequences' state.
fn restore(server: &Server, source: &str, target: &str) -> Result<()> {
    let mut client = server.connect(source)?;
    let sequences = client.query("SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences", &[])?;
    let left_out: Vec<String> =
        sequences.iter().map(|row| format!("--exclude-table-data={}", row.get::<_, String>(0))).collect();
    let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
    for (part, options) in [
        ("schema", &["--schema-only"][..]),
        ("data", &[&["--data-only", "--disable-triggers"], &left_out[..]].concat()),
    ] {
        let file = server.scratch(&format!("{target}_{part}.sql"));
        let to_file = format!("--file={}", file.display());
        server.client("pg_dump", &[&[source, &to_file], options].concat())?;
        let errors = server.psql_file(target, &file)?;
        ensure!(errors == 0, "{part}: {errors} errors");
    }
    Ok(())
}

fn restored(mapper: &Mapper) -> Result<()> {
    if !mapper.is_installed() {
        return Ok(());
    }
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute("CREATE DATABASE source")?;
    mapper.run(&server, "source", mapper.create)?;
    mapper.run(&server, "source", mapper.write)?;
    server.connect("postgres")?.batch_execute("CREATE DATABASE target")?;
    restore(&server, "source", "target")?;

    let mut client = server.connect("target")?;
    client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    assert_eq!(Mapper::columns(&mut client, |status| status == "behind")?, mapper.expected());
    let Err(error) = mapper.run(&server, "target", mapper.write) else { panic!("no id collided") };
    assert!(format!("{error:?}").contains("duplicate key value"), "{error:?}");

    let rows = resync(&mut client, "seq_resync()")?;
    assert!(rows.iter().all(|row| row.outcome == "advanced"), "{rows:#?}");
    client.batch_execute("SELECT seq_assert(strict => true)")?;
    for _ in 0..2 {
        mapper.run(&server, "target", mapper.write)?;
    }
    assert_eq!(Mapper::columns(&mut client, |status| status == "ok")?, mapper.expected());
    report!("{}: {} columns behind, an id collided; none after one seq_resync", mapper.name, mapper.fed.len());
    Ok(())
}

#[test]
fn sqlalchemy_writes_after_resync() -> Result<()> {
    restored(&SQLALCHEMY)
}

#[test]
fn django_writes_after_resync() -> Result<()> {
    restored(&DJANGO)
}

#[test]
fn sequelize_writes_after_resync() -> Result<()> {
    restored(&SEQUELIZE)
}
