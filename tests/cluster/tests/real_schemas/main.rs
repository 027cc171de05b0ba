//! Schemas that packages carry: in use and healthy, they raise no alarm, and what is said of them is true; with their sequences
//! set back, each column is named. What is not installed here (see tools/setup-clients) is said, and fails the test only if
//! `FLIGHTCHECK_CLIENTS=all` demands it.

mod catalogue;
mod fill;
mod healed;
mod judge;
mod restored;
mod schema;

use anyhow::{Context, Result, ensure};
use catalogue::SCHEMAS;
use cluster::{Server, program, report, share_out};
use schema::Schema;

const WORKERS: usize = 2;

fn examine(server: &Server, schema: &Schema) -> Result<()> {
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
    judge::as_shipped(&mut client, schema).context("as shipped")?;
    fill::prepare(&mut client, schema)?;
    fill::fill(&mut client, schema, 1, 5)?;
    let healthy = judge::in_use(&mut client, schema).context("in use")?;
    restored::silently(server, &mut client, schema).context("restored under guard")?;
    let found = judge::set_back(&mut client, schema, &healthy).context("set back")?;
    healed::by_its_fixes(server, &mut client, schema).context("broken and healed")?;
    report!(
        "{}: {} columns, {} by name, {} sequences without a link: no false alarm; all {found} found when set back",
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
    let examine =
        |schema: &&Schema| Ok(examine(&server, schema).err().map(|error| format!("{}: {error:?}", schema.name)));
    let failures: Vec<String> = share_out(&installed, WORKERS, examine)?.into_iter().flatten().collect();
    ensure!(failures.is_empty(), "{}", failures.join("\n\n"));
    Ok(())
}
