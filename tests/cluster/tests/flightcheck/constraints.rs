//! Constraints that are NOT VALID, and the VALIDATE that each needs.

use crate::fixtures::Scene;
use anyhow::Result;

const NOT_VALID: &str = "constraint_not_valid";

#[test]
fn constraint_not_valid_is_validated_by_fix() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE TABLE prices (price int);
         CREATE DOMAIN amount AS int;
         CREATE TABLE parents (a int); CREATE TABLE children () INHERITS (parents); CREATE TABLE grandchildren () INHERITS (children);
         CREATE TABLE parts (a int, b int) PARTITION BY LIST (a);
         CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1) PARTITION BY LIST (b);
         CREATE TABLE part_1_1 PARTITION OF part_1 FOR VALUES IN (1);
         CREATE SCHEMA \"Ü s\"; CREATE TABLE \"Ü s\".\"select\" (\"A\"\"b\" int);
         CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
         CREATE FOREIGN TABLE far (a int) SERVER nowhere;",
    )?;
    for (damage, object) in [
        ("ALTER TABLE prices ADD CONSTRAINT above CHECK (price > 0) NOT VALID", "above on table public.prices"),
        ("ALTER DOMAIN amount ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID", "above on domain public.amount"),
        // One row: VALIDATE recurses to the children.
        ("ALTER TABLE parents ADD CONSTRAINT pos CHECK (a > 0) NOT VALID", "pos on table public.parents"),
        ("ALTER TABLE children ADD CONSTRAINT small CHECK (a < 9) NOT VALID", "small on table public.children"),
        ("ALTER TABLE parents ADD CONSTRAINT own CHECK (a <> 5) NO INHERIT NOT VALID", "own on table public.parents"),
        ("ALTER TABLE parts ADD CONSTRAINT pos CHECK (a > 0) NOT VALID", "pos on table public.parts"),
        ("ALTER TABLE part_1_1 ADD CONSTRAINT small CHECK (b < 9) NOT VALID", "small on table public.part_1_1"),
        (
            "ALTER TABLE \"Ü s\".\"select\" ADD CONSTRAINT \"c'\n\"\"d\" CHECK (\"A\"\"b\" > 0) NOT VALID",
            "\"c'\n\"\"d\" on table \"Ü s\".\"select\"",
        ),
        ("ALTER TABLE far ADD CONSTRAINT pos CHECK (a > 0) NOT VALID", "pos on table public.far"),
    ] {
        scene.break_and_fix(damage, "warning", NOT_VALID, &format!("constraint {object}"))?;
    }
    // A child's own constraint that its parent's merges with: one row, whose fix repairs both.
    scene.run("CREATE TABLE a (x int); CREATE TABLE b () INHERITS (a); ALTER TABLE b ADD CONSTRAINT c CHECK (x > 0) NOT VALID")?;
    scene.break_and_fix(
        "ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
        "warning",
        NOT_VALID,
        "constraint c on table public.a",
    )?;
    Ok(())
}

#[test]
fn constraint_of_child_is_reported_without_parent() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE SCHEMA old; CREATE TABLE parents (a int); CREATE TABLE old.children () INHERITS (parents);
         ALTER TABLE parents ADD CONSTRAINT pos CHECK (a > 0) NOT VALID",
    )?;
    let rows = crate::finding::of_check(&mut scene.client, "'old'", NOT_VALID)?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0].object, "constraint pos on table old.children");
    scene.paste(&rows[0])?;
    assert_eq!(crate::finding::of_check(&mut scene.client, "'old'", NOT_VALID)?.len(), 0);
    let row = scene.only()?;
    scene.paste(&row)?;
    scene.assert_no_findings()
}

#[test]
fn constraint_violation_makes_fix_fail() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE TABLE prices (price int); INSERT INTO prices VALUES (-1)")?;
    scene.run("ALTER TABLE prices ADD CONSTRAINT above CHECK (price > 0) NOT VALID")?;
    let row = scene.only()?;
    assert!(row.says("23514") && scene.paste(&row).is_err(), "{row:?}");
    scene.run("DELETE FROM prices")?;
    scene.paste(&row)?;
    scene.assert_no_findings()
}

/// Since 18 a constraint may be NOT ENFORCED, and NOT NULL may be NOT VALID.
#[test]
fn constraint_of_version_18_is_reported() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    if scene.server.major() < 18 {
        return Ok(());
    }
    scene.run(
        "CREATE TABLE prices (price int, note text);
         CREATE TABLE more () INHERITS (prices); ALTER TABLE more ALTER note SET NOT NULL; ALTER TABLE more ALTER note DROP NOT NULL",
    )?;
    let row = scene.break_and_fix(
        "ALTER TABLE prices ADD CONSTRAINT there NOT NULL price NOT VALID",
        "warning",
        NOT_VALID,
        "constraint there on table public.prices",
    )?;
    assert!(row.says("23502"), "{row:?}");
    // A child's constraint may have a different name.
    scene.run("ALTER TABLE more ADD CONSTRAINT \"another name\" NOT NULL note NOT VALID")?;
    let damage = "ALTER TABLE prices ADD CONSTRAINT there_too NOT NULL note NOT VALID";
    scene.break_and_fix(damage, "warning", NOT_VALID, "constraint there_too on table public.prices")?;
    scene.run("ALTER TABLE prices ADD CONSTRAINT above CHECK (price > 0) NOT ENFORCED")?;
    let row = scene.only()?;
    let seen = (row.severity.as_str(), row.check.as_str(), row.object.as_str(), &row.fix);
    assert_eq!(seen, ("info", "constraint_not_enforced", "constraint above on table public.prices", &None));
    Ok(())
}
