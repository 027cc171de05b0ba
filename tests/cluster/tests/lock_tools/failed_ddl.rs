//! Prisma migrations whose DDL fails: what the report takes from Prisma's log, and how to go on.

use crate::fixture::Fixture;
use crate::tool::PRISMA;
use anyhow::Result;
use cluster::report;
use std::fs;

fn write_migration(fixture: &Fixture, name: &str, sql: &str) -> Result<()> {
    let folder = fixture.project(PRISMA)?.join("migrations").join(name);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join("migration.sql"), sql)?)
}

#[test]
fn prisma_failed_foreign_key_names_fk_precheck() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[PRISMA])? else { return Ok(()) };
    fixture.open_gate()?;
    fixture.start(PRISMA)?.succeed()?;
    fixture.client.batch_execute(
        "CREATE TABLE public.customers (id int PRIMARY KEY); CREATE TABLE public.orders (id int, customer int);
         INSERT INTO public.orders VALUES (1, 7)",
    )?;
    let name = "20260201000000_key";
    write_migration(
        &fixture,
        name,
        "ALTER TABLE orders ADD CONSTRAINT orders_fk FOREIGN KEY (customer) REFERENCES customers (id);",
    )?;
    fixture.start(PRISMA)?.fail_with("Foreign key constraint failed: orders_fk")?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("failed", Some(name)), "{row:#?}");
    let detail = row.detail.unwrap_or_default();
    assert!(detail.contains(": Foreign key constraint failed: orders_fk; "), "{detail}");
    assert!(detail.ends_with("fk_precheck(…) on the table of orders_fk counts them"), "{detail}");
    // If it is only marked as rolled back, it fails on the same rows.
    fixture.paste(row.fix.as_deref())?;
    fixture.start(PRISMA)?.fail_with("Foreign key constraint failed: orders_fk")?;
    fixture.client.batch_execute("DELETE FROM public.orders")?;
    let fix = fixture.migration(PRISMA.name)?.fix;
    fixture.paste(fix.as_deref())?;
    fixture.start(PRISMA)?.succeed()?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(name)), "{row:#?}");
    report!("a foreign key that rows violate is named, and Prisma works again once they are repaired");
    Ok(())
}

#[test]
fn prisma_index_that_exists_is_resolved_as_applied() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[PRISMA])? else { return Ok(()) };
    fixture.open_gate()?;
    fixture.start(PRISMA)?.succeed()?;
    let name = "20260202000000_index";
    write_migration(&fixture, name, "CREATE INDEX CONCURRENTLY ship_name ON ship (name);")?;
    // The state after an attempt whose container was killed.
    fixture.client.batch_execute("CREATE INDEX ship_name ON public.ship (name)")?;
    fixture.start(PRISMA)?.fail_with("already exists")?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref(), &row.fix), ("failed", Some(name), &None), "{row:#?}");
    let detail = row.detail.unwrap_or_default();
    assert!(
        detail.contains(": ERROR: relation \"ship_name\" already exists; index public.ship_name exists and is valid"),
        "{detail}"
    );
    assert!(detail.contains(&format!("prisma migrate resolve --applied {name}")), "{detail}");
    let direct = format!("{}:5432", fixture.address());
    fixture.start_through(&direct, PRISMA, &["prisma", "migrate", "resolve", "--applied", name])?.succeed()?;
    fixture.start(PRISMA)?.succeed()?;
    let row = fixture.migration(PRISMA.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(name)), "{row:#?}");
    report!("an index that exists already: after --applied, Prisma works again");
    Ok(())
}
