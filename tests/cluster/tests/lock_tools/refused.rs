//! Migrations that the server refuses, with Prisma itself: what its log tells, and the way out.

use crate::tool::PRISMA;
use crate::world::World;
use anyhow::Result;
use cluster::report;
use std::fs;

fn write_migration(world: &World, name: &str, sql: &str) -> Result<()> {
    let folder = world.project(PRISMA)?.join("migrations").join(name);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join("migration.sql"), sql)?)
}

#[test]
fn a_refused_foreign_key_points_at_its_rows() -> Result<()> {
    let Some(mut world) = World::with(&[PRISMA])? else { return Ok(()) };
    world.open_gate()?;
    world.start(PRISMA)?.succeed()?;
    world.client.batch_execute(
        "CREATE TABLE public.customers (id int PRIMARY KEY); CREATE TABLE public.orders (id int, customer int);
         INSERT INTO public.orders VALUES (1, 7)",
    )?;
    let name = "20260201000000_key";
    write_migration(
        &world,
        name,
        "ALTER TABLE orders ADD CONSTRAINT orders_fk FOREIGN KEY (customer) REFERENCES customers (id);",
    )?;
    world.start(PRISMA)?.fail_with("Foreign key constraint failed: orders_fk")?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("failed", Some(name)), "{row:#?}");
    let detail = row.detail.unwrap_or_default();
    assert!(detail.contains(": Foreign key constraint failed: orders_fk; "), "{detail}");
    assert!(detail.ends_with("fk_precheck(…) on the table of orders_fk counts them"), "{detail}");
    // Marked rolled back alone, it fails on the same rows.
    world.paste(row.fix.as_deref())?;
    world.start(PRISMA)?.fail_with("Foreign key constraint failed: orders_fk")?;
    world.client.batch_execute("DELETE FROM public.orders")?;
    let fix = world.migration(PRISMA.name)?.fix;
    world.paste(fix.as_deref())?;
    world.start(PRISMA)?.succeed()?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(name)), "{row:#?}");
    report!("a foreign key that refuses rows: named, and Prisma goes on once they are repaired");
    Ok(())
}

#[test]
fn an_index_that_was_finished_is_applied() -> Result<()> {
    let Some(mut world) = World::with(&[PRISMA])? else { return Ok(()) };
    world.open_gate()?;
    world.start(PRISMA)?.succeed()?;
    let name = "20260202000000_index";
    write_migration(&world, name, "CREATE INDEX CONCURRENTLY ship_name ON ship (name);")?;
    // As an attempt has left it whose container was killed.
    world.client.batch_execute("CREATE INDEX ship_name ON public.ship (name)")?;
    world.start(PRISMA)?.fail_with("already exists")?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref(), &row.fix), ("failed", Some(name), &None), "{row:#?}");
    let detail = row.detail.unwrap_or_default();
    assert!(
        detail.contains(": ERROR: relation \"ship_name\" already exists; index public.ship_name is there and valid"),
        "{detail}"
    );
    assert!(detail.contains(&format!("prisma migrate resolve --applied {name}")), "{detail}");
    let direct = format!("{}:5432", world.address());
    world.start_through(&direct, PRISMA, &["prisma", "migrate", "resolve", "--applied", name])?.succeed()?;
    world.start(PRISMA)?.succeed()?;
    let row = world.migration(PRISMA.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(name)), "{row:#?}");
    report!("an index that is there already: --applied is the way out, and Prisma goes on");
    Ok(())
}
