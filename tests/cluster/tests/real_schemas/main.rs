//! Schemas of real packages: while they are healthy, nothing is reported as damaged; with their
//! sequences set back, each column is reported. A package that is not installed (see
//! tools/setup-clients) is skipped with a message, and fails the test only with
//! `FLIGHTCHECK_CLIENTS=all`.

mod assert;
mod catalogue;
mod clone;
mod fill;
mod fixes;
mod guarded_restore;
mod schema;

use anyhow::{Context, Result, ensure};
use catalogue::SCHEMAS;
use cluster::{Server, program, report, share_out};
use schema::Schema;

const WORKERS: usize = 2;

fn examine(server: &Server, other: Option<&Server>, schema: &Schema) -> Result<()> {
    let mut client = server.database(schema.name)?;
    if let Some(extension) = schema.extension {
        let query = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)";
        let is_there: bool = client.query_one(query, &[&extension])?.get(0);
        ensure!(is_there || !program::is_demanded(), "this PostgreSQL has no {extension}");
        if !is_there {
            report!("{}: this PostgreSQL has no {extension}", schema.name);
            return Ok(());
        }
    }
    schema.load(server)?;
    assert::as_shipped(&mut client, schema).context("as shipped")?;
    clone::check(server, other, &mut client, schema).context("cloned")?;
    fill::prepare(&mut client, schema)?;
    fill::fill(&mut client, schema, 1, 5)?;
    let healthy = assert::in_use(&mut client, schema).context("in use")?;
    guarded_restore::check(server, &mut client, schema).context("restored under guard")?;
    let found = assert::set_back(&mut client, schema, &healthy).context("set back")?;
    fixes::check(server, &mut client, schema).context("damaged and repaired")?;
    report!(
        "{}: {} columns, {} by name, {} sequences without a link: no false alarm; all {found} reported when set back",
        schema.name,
        healthy.iter().filter(|row| row.column.is_some()).count(),
        schema.by_name.len(),
        schema.unlinked.len()
    );
    Ok(())
}

#[test]
fn real_schemas_in_use_raise_no_false_alarm() -> Result<()> {
    let (installed, missing): (Vec<&Schema>, Vec<&Schema>) = SCHEMAS.iter().partition(|schema| schema.is_installed());
    for schema in missing {
        report!("{} is not installed here (tools/setup-clients installs it)", schema.name);
    }
    let server = Server::start(&[])?;
    let other = Server::start_other(&[])?.filter(|other| other.major() > server.major());
    let examine = |schema: &&Schema| {
        let outcome = examine(&server, other.as_ref(), schema);
        Ok(outcome.err().map(|error| format!("{}: {error:?}", schema.name)))
    };
    let failures: Vec<String> = share_out(&installed, WORKERS, examine)?.into_iter().flatten().collect();
    ensure!(failures.is_empty(), "{}", failures.join("\n\n"));
    Ok(())
}
