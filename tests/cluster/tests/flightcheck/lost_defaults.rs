//! Columns that have lost the default with their sequence.

use crate::finding::flightcheck;
use crate::fixtures::Scene;
use anyhow::Result;
use cluster::state_of;
use postgres::error::SqlState;

const MISSING: &str = "sequence_default_missing";

/// Tables whose columns use their sequences, as serial and identity create them.
const OTHERS: &str =
    "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);";

#[test]
fn lost_default_is_detected_by_name_and_majority() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(OTHERS)?;
    scene.run(
        "CREATE TABLE d (id serial PRIMARY KEY, n text); INSERT INTO d (n) SELECT 'x' FROM generate_series(1, 10); INSERT INTO d VALUES (15); ANALYZE d;
         SELECT setval('d_id_seq', 20)",
    )?;
    scene.assert_no_findings()?;
    // Rows were inserted without the sequence, and it was set back.
    let damage =
        "ALTER SEQUENCE d_id_seq OWNED BY NONE; ALTER TABLE d ALTER id DROP DEFAULT; SELECT setval('d_id_seq', 1)";
    scene.run(damage)?;
    let insert = "INSERT INTO d (n) VALUES ('y')";
    assert_eq!(state_of(scene.client.batch_execute(insert)), SqlState::NOT_NULL_VIOLATION);
    let rows = scene.findings(MISSING)?;
    assert_eq!(rows.len(), 1, "{:?}", scene.summary()?);
    assert_eq!((rows[0].severity.as_str(), rows[0].object.as_str()), ("warning", "column public.d.id"));
    assert!(rows[0].says("public.d_id_seq") && rows[0].says("23502"), "{rows:?}");
    scene.paste(&rows[0])?;
    for _ in 0..5 {
        scene.run(insert)?;
    }
    assert_eq!(scene.client.query_one("SELECT max(id) FROM d", &[])?.get::<_, i32>(0), 20);
    scene.assert_no_findings()
}

#[test]
fn lost_default_of_owner_is_warning_by_majority() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(OTHERS)?;
    scene.run("CREATE SCHEMA \"S'\"; CREATE TABLE \"S'\".\"D\"\"d\" (\"I d\" serial PRIMARY KEY); CREATE TABLE \"S'\".a (id serial); CREATE TABLE \"S'\".b (id serial)")?;
    scene.run("ALTER TABLE \"S'\".a ADD PRIMARY KEY (id); ALTER TABLE \"S'\".b ADD PRIMARY KEY (id)")?;
    let object = "column \"S'\".\"D\"\"d\".\"I d\"";
    let damage = "ALTER TABLE \"S'\".\"D\"\"d\" ALTER \"I d\" DROP DEFAULT";
    scene.break_and_fix(damage, "warning", MISSING, object)?;
    scene.run("INSERT INTO \"S'\".\"D\"\"d\" DEFAULT VALUES")?;
    scene.run(damage)?;
    assert_eq!(flightcheck(&mut scene.client, "'public'")?.len(), 0);
    Ok(())
}

/// The application fetches values from the sequences of Doctrine and SQLAlchemy.
#[test]
fn lost_default_is_not_reported_if_application_uses_sequence() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    let tables = ["orders", "lines", "users"];
    for table in tables {
        scene.run(&format!("CREATE SEQUENCE {table}_id_seq; CREATE TABLE {table} (id int PRIMARY KEY, n text); INSERT INTO {table} SELECT nextval('{table}_id_seq')"))?;
    }
    let silent = |scene: &mut Scene| -> Result<()> {
        assert_eq!(scene.findings(MISSING)?.len(), 0, "{:?}", scene.summary()?);
        Ok(())
    };
    silent(&mut scene)?;
    // One of four has a default, like a queue's table in a Symfony application: not a majority.
    scene.run("CREATE TABLE messages (id bigserial PRIMARY KEY)")?;
    silent(&mut scene)?;
    scene.run("DROP TABLE orders, lines, users; DROP SEQUENCE lines_id_seq, users_id_seq, orders_id_seq")?;
    scene.run("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id serial PRIMARY KEY); CREATE TABLE d (id int PRIMARY KEY, n text)")?;
    // A sequence as frameworks create it, different from serial's.
    scene.run("CREATE SEQUENCE d_id_seq")?;
    silent(&mut scene)?;
    // Blocks of values are fetched by applications.
    scene.run("ALTER SEQUENCE d_id_seq AS integer INCREMENT 50")?;
    silent(&mut scene)?;
    scene.run("ALTER SEQUENCE d_id_seq INCREMENT 1")?;
    assert_eq!(scene.findings(MISSING)?.len(), 1);
    // A function fetches from it, for any caller.
    scene
        .run("CREATE FUNCTION next_d() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN nextval(''D_ID_SEQ''); END'")?;
    silent(&mut scene)?;
    scene.run("DROP FUNCTION next_d(); CREATE FUNCTION next_id(t text) RETURNS bigint LANGUAGE sql AS 'SELECT nextval(t || ''_id_seq'')'")?;
    silent(&mut scene)?;
    // A function that uses another sequence is not evidence for this one.
    scene.run("DROP FUNCTION next_id(text); CREATE FUNCTION next_a() RETURNS bigint LANGUAGE sql AS 'SELECT NextVal( ''a_id_seq''::regclass )'")?;
    assert_eq!(scene.findings(MISSING)?.len(), 1);
    // Another column uses it, or the column may be omitted.
    scene.run("CREATE TABLE e (id int PRIMARY KEY DEFAULT nextval('d_id_seq'))")?;
    silent(&mut scene)?;
    scene.run("DROP TABLE e; ALTER TABLE d DROP CONSTRAINT d_pkey; ALTER TABLE d ALTER id DROP NOT NULL")?;
    silent(&mut scene)
}

#[test]
fn lost_default_is_not_reported_if_trigger_sets_column() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(OTHERS)?;
    scene.run(
        "CREATE SEQUENCE ids; CREATE FUNCTION number() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := pg_catalog.nextval(''ids''::regclass); RETURN NEW; END';
         CREATE TABLE named (id bigint PRIMARY KEY, n text); CREATE SEQUENCE named_id_seq;
         CREATE TABLE owned (id serial PRIMARY KEY, n text); ALTER TABLE owned ALTER id DROP DEFAULT;
         CREATE TABLE c (id serial PRIMARY KEY); CREATE TABLE d (id serial PRIMARY KEY); CREATE TABLE e (id serial PRIMARY KEY);
         CREATE TABLE f (id serial PRIMARY KEY);
         CREATE TABLE parted (id serial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); ALTER TABLE parted ALTER id DROP DEFAULT;
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);",
    )?;
    let named = ["column public.named.id", "column public.owned.id", "column public.parted.id"];
    let rows = scene.findings(MISSING)?;
    assert!(rows.iter().map(|row| row.object.as_str()).eq(named), "{rows:?}");
    for table in ["named", "owned", "parted_1"] {
        scene.run(&format!(
            "CREATE TRIGGER number BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION number()"
        ))?;
    }
    scene.run(
        "INSERT INTO named (n) VALUES ('x'); INSERT INTO owned (n) VALUES ('x'); INSERT INTO parted (at) VALUES (1)",
    )?;
    assert_eq!(scene.findings(MISSING)?.len(), 0, "{:?}", scene.summary()?);
    // A disabled trigger, an AFTER trigger and a statement-level trigger do not set the column.
    scene.run(
        "ALTER TABLE named DISABLE TRIGGER number; DROP TRIGGER number ON owned; DROP TRIGGER number ON parted_1;
         CREATE TRIGGER number AFTER INSERT ON owned FOR EACH ROW EXECUTE FUNCTION number();
         CREATE TRIGGER number BEFORE INSERT ON parted FOR EACH STATEMENT EXECUTE FUNCTION number()",
    )?;
    let rows = scene.findings(MISSING)?;
    assert!(rows.iter().map(|row| row.object.as_str()).eq(named), "{rows:?}");
    Ok(())
}
