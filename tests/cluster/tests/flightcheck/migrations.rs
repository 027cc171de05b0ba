//! Failed and hanging migrations, as migration_report sees them.

use crate::fixtures::Scene;
use anyhow::Result;

#[test]
fn migration_failed_and_locked_are_reported() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL,
             finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
             started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
         CREATE SCHEMA go; CREATE TABLE go.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
         CREATE TABLE knex_migrations_lock (index int PRIMARY KEY, is_locked integer);
         INSERT INTO knex_migrations_lock VALUES (1, 0);
         INSERT INTO go.schema_migrations VALUES (6, false)",
    )?;
    scene.assert_no_findings()?;
    let row = scene.break_and_fix(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, logs)
         VALUES ('1', '', '2026_add_key', '2026-01-01', 'ERROR: violates foreign key constraint')",
        "error",
        "migration_failed",
        "table public._prisma_migrations",
    )?;
    assert!(row.says("Prisma Migrate 2026_add_key: "), "{row:?}");
    // Only a person can tell what golang-migrate has left undone.
    scene.run("UPDATE go.schema_migrations SET version = 7, dirty = true")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.check.as_str(), &row.fix), ("error", "migration_failed", &None), "{row:?}");
    assert!(row.object == "table go.schema_migrations" && row.says("golang-migrate 7: "), "{row:?}");
    scene.run("UPDATE go.schema_migrations SET dirty = false")?;
    let locked = "UPDATE knex_migrations_lock SET is_locked = 1";
    scene.break_and_fix(locked, "warning", "migration_locked", "table public.knex_migrations_lock")?;
    // No findings of another schema.
    scene.run("UPDATE go.schema_migrations SET dirty = true")?;
    assert_eq!(crate::finding::flightcheck(&mut scene.client, "'public'")?.len(), 0);
    assert_eq!(crate::finding::flightcheck(&mut scene.client, "'go'")?.len(), 1);
    Ok(())
}
