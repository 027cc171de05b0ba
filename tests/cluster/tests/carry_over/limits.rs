//! What a source does not say, and what does not fit it: each is a row with its reason.

use crate::{resync, snapshot};
use anyhow::{Context, Result};
use cluster::{Server, state_of};
use postgres::Client;
use postgres::error::SqlState;

/// The two databases, with the extension in a schema of its own in the target.
fn databases(server: &Server, sql: &str) -> Result<(Client, Client)> {
    let (mut source, mut target) = (server.database("source")?, server.database("target")?);
    source.batch_execute(sql)?;
    target.batch_execute(sql)?;
    Ok((source, target))
}

/// Returns the outcome, the next value and the detail of the sequence's row; of the row that names
/// it in its detail if it does not exist here.
fn row(target: &mut Client, call: &str, source: &str, text: &str) -> Result<(String, Option<i64>, String)> {
    let query = format!(
        "SELECT outcome, new_next, coalesce(detail, '') FROM {call}
          WHERE coalesce(sequence_name::text, '') = $2 OR sequence_name IS NULL AND detail LIKE '%' || $2 || '%'
          ORDER BY sequence_name NULLS LAST LIMIT 1"
    );
    let row = target.query_one(&query, &[&source, &text]).with_context(|| format!("{call}: {text}"))?;
    Ok((row.get(0), row.get(1), row.get(2)))
}

const ALL: &str = "seq_resync(source => $1::text::jsonb)";

#[test]
fn carry_over_says_what_is_missing_or_renamed() -> Result<()> {
    let server = Server::start(&[])?;
    let (mut source, mut target) = databases(
        &server,
        r#"CREATE TABLE orders (id serial PRIMARY KEY);
           CREATE SEQUENCE tickets; CREATE SEQUENCE gone; CREATE SEQUENCE view_now;
           CREATE SCHEMA "S's"; CREATE SEQUENCE "S's"."se ""q"; CREATE SEQUENCE "S's".other;"#,
    )?;
    source.batch_execute(
        r#"SELECT nextval('orders_id_seq'), nextval('tickets'), nextval('gone') FROM generate_series(1, 50);
           SELECT setval('"S''s"."se ""q"', 700)"#,
    )?;
    target.batch_execute(
        r#"ALTER SEQUENCE orders_id_seq RENAME TO order_numbers;
           DROP SEQUENCE gone, view_now; CREATE VIEW view_now AS SELECT 1;
           CREATE TEMP SEQUENCE tickets;
           SET search_path = pg_temp, public"#,
    )?;
    let taken = snapshot(&mut source)?;

    let (outcome, _, detail) = row(&mut target, ALL, &taken, "public.orders_id_seq")?;
    assert_eq!(outcome, "skipped");
    assert!(detail.contains("public.orders.id draws from public.order_numbers here"), "{detail}");
    let (_, statement) = detail.split_once("to carry the position over: ").context("a statement")?;
    target.batch_execute(statement)?;
    // Run once more, after the sequence has gone on, it does not move it back.
    target.batch_execute(&format!("SELECT nextval('public.order_numbers') FROM generate_series(1, 5); {statement}"))?;
    let next: i64 = target.query_one("SELECT nextval('public.order_numbers')", &[])?.get(0);
    assert_eq!(next, 56);
    let (outcome, _, detail) = row(&mut target, ALL, &taken, "order_numbers")?;
    assert_eq!(outcome, "unchanged");
    assert!(detail.contains("the source has no sequence of this name"), "{detail}");

    assert!(row(&mut target, ALL, &taken, "public.gone")?.2.contains("does not exist here"));
    assert!(row(&mut target, ALL, &taken, "public.view_now")?.2.contains("and not here"));
    // The sequence of the same name in pg_temp is another one.
    assert_eq!(row(&mut target, ALL, &taken, "public.tickets")?.0, "unchanged");
    let last: i64 = target.query_one("SELECT last_value FROM public.tickets", &[])?.get(0);
    assert_eq!(last, 50);

    // A schema that does not exist is one row.
    target.batch_execute(r#"ALTER SCHEMA "S's" RENAME TO renamed"#)?;
    let (outcome, _, detail) = row(&mut target, ALL, &taken, r#"schema "S's""#)?;
    assert_eq!((outcome.as_str(), detail.contains("with 2 sequences")), ("skipped", true), "{detail}");
    target.batch_execute(r#"ALTER SCHEMA renamed RENAME TO "S's""#)?;
    let rows = resync(&mut target, "seq_resync('S''s', source => $1::text::jsonb)", Some(&taken))?;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[r#""S's"."se ""q""#].new_next, Some(701), "{rows:?}");
    Ok(())
}

#[test]
fn carry_over_of_one_table_takes_its_sequences_only() -> Result<()> {
    let server = Server::start(&[])?;
    let tables = "CREATE TABLE a (id serial, other serial); CREATE TABLE b (id serial); CREATE TABLE c (id serial)";
    let (mut source, mut target) = databases(&server, tables)?;
    source.batch_execute("SELECT setval('a_id_seq', 10), setval('a_other_seq', 20), setval('b_id_seq', 30)")?;
    target.batch_execute("DROP SEQUENCE a_other_seq CASCADE; DROP SEQUENCE b_id_seq CASCADE")?;
    let taken = snapshot(&mut source)?;
    let rows = resync(&mut target, "seq_resync_table('a', source => $1::text::jsonb)", Some(&taken))?;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!((rows["a_id_seq"].outcome.as_str(), rows["a_id_seq"].new_next), ("advanced", Some(11)));
    assert!(rows["-"].detail.contains("public.a_other_seq"), "{rows:?}");
    Ok(())
}

#[test]
fn carry_over_with_a_limited_source_skips_the_rest() -> Result<()> {
    let server = Server::start(&[])?;
    let schemas = "CREATE SCHEMA app; CREATE TABLE app.t (id serial); CREATE TABLE other (id serial);
                   INSERT INTO other VALUES (5)";
    let (mut source, mut target) = databases(&server, schemas)?;
    source.batch_execute("SELECT setval('app.t_id_seq', 10)")?;
    let taken: String = source.query_one("SELECT db_snapshot('app')::text", &[])?.get(0);
    assert_eq!(row(&mut target, ALL, &taken, "app.t_id_seq")?.1, Some(11));
    let (outcome, _, detail) = row(&mut target, ALL, &taken, "other_id_seq")?;
    assert_eq!((outcome.as_str(), detail.contains("covers only schema app")), ("skipped", true), "{detail}");

    // A position that could not be read is not taken for one at the start.
    source.batch_execute("CREATE ROLE reader LOGIN")?;
    let mut reader = server.connect_as("reader", "source")?;
    let unread = snapshot(&mut reader)?;
    let (outcome, _, detail) = row(&mut target, ALL, &unread, "other_id_seq")?;
    assert_eq!(outcome, "skipped");
    assert!(detail.contains("its position in the source is unknown: no USAGE or SELECT privilege"), "{detail}");

    // So is the sequence that this role may not move.
    target.batch_execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")?;
    let whole = snapshot(&mut source)?;
    let mut reader = server.connect_as("reader", "target")?;
    let (outcome, _, detail) = row(&mut reader, ALL, &whole, "other_id_seq")?;
    assert_eq!((outcome.as_str(), detail.contains("GRANT UPDATE ON SEQUENCE")), ("skipped", true), "{detail}");
    Ok(())
}

#[test]
fn carry_over_refuses_what_is_not_a_snapshot() -> Result<()> {
    let server = Server::start(&[])?;
    let mut target = server.database("target")?;
    target.batch_execute("CREATE TABLE t (id serial); INSERT INTO t VALUES (5)")?;
    let taken = snapshot(&mut target)?;
    for (source, state) in [
        ("null".to_owned(), SqlState::INVALID_PARAMETER_VALUE),
        ("{}".to_owned(), SqlState::INVALID_PARAMETER_VALUE),
        ("[1]".to_owned(), SqlState::INVALID_PARAMETER_VALUE),
        (taken.replace("\"next_value\": 1", "\"next_value\": \"1\""), SqlState::INVALID_PARAMETER_VALUE),
        (taken.replace("\"next_value\": 1", "\"next_value\": 1e30"), SqlState::INVALID_PARAMETER_VALUE),
        (taken.replace("\"format_version\": 1", "\"format_version\": 99"), SqlState::FEATURE_NOT_SUPPORTED),
        ("{".to_owned(), SqlState::INVALID_TEXT_REPRESENTATION),
    ] {
        for call in [ALL, "seq_resync_table('t', source => $1::text::jsonb)"] {
            let result = target.query(&format!("SELECT * FROM {call}"), &[&source]);
            assert_eq!(state_of(result), state, "{call} {source}");
        }
    }
    let last: i64 = target.query_one("SELECT last_value FROM t_id_seq", &[])?.get(0);
    assert_eq!(last, 1);
    // No source, as in a call from a program with an empty variable.
    target.batch_execute("SELECT seq_resync(source => NULL)")?;
    Ok(())
}

#[test]
fn carry_over_from_a_standby_warns() -> Result<()> {
    let primary = Server::start(&[])?;
    let mut source = primary.database("app")?;
    source.batch_execute("CREATE TABLE t (id serial); SELECT setval('t_id_seq', 40)")?;
    let standby = primary.standby()?;
    let taken = snapshot(&mut standby.connect("app")?)?;
    let (mut target, notices) = primary.connect_noting("app")?;
    target.query("SELECT * FROM seq_resync(source => $1::text::jsonb)", &[&taken])?;
    let said = notices.take();
    assert!(said.iter().any(|notice| format!("{notice:?}").contains("taken on a standby")), "{said:?}");
    // On a standby, only a dry run works.
    let mut read_only = standby.connect("app")?;
    let call = "SELECT * FROM seq_resync(dry_run => true, source => $1::text::jsonb)";
    assert_eq!(read_only.query(call, &[&taken])?.len(), 1);
    let moves = read_only.query("SELECT * FROM seq_resync(source => $1::text::jsonb)", &[&taken]);
    assert_eq!(state_of(moves), SqlState::READ_ONLY_SQL_TRANSACTION);
    Ok(())
}

/// The values that an application took for blocks of ids are passed with their blocks, and a
/// sequence whose values are stored in another form goes to its position, with the ids left to the
/// reader.
#[test]
fn carry_over_moves_sequences_of_applications() -> Result<()> {
    let server = Server::start(&[])?;
    let sql = "CREATE TABLE person (id bigint PRIMARY KEY); CREATE SEQUENCE person_seq INCREMENT 50;
               CREATE SEQUENCE bills; CREATE TABLE bill (no text DEFAULT 'B-' || nextval('bills'));
               CREATE SEQUENCE only_up MINVALUE 1 MAXVALUE 100; CREATE TABLE small (id smallint CHECK (id < 60) DEFAULT nextval('only_up'))";
    let (mut source, mut target) = databases(&server, sql)?;
    source.batch_execute(
        "SELECT nextval('person_seq'), nextval('bills') FROM generate_series(1, 4); SELECT setval('only_up', 80)",
    )?;
    target.batch_execute("INSERT INTO person VALUES (40); INSERT INTO bill VALUES ('B-3')")?;
    let taken = snapshot(&mut source)?;
    assert_eq!(row(&mut target, ALL, &taken, "person_seq")?.1, Some(201));
    target.batch_execute("ALTER SEQUENCE bills RESTART")?;
    let (outcome, next, detail) = row(&mut target, ALL, &taken, "bills")?;
    assert_eq!((outcome.as_str(), next), ("advanced", Some(5)), "{detail}");
    assert!(detail.contains("was ignored"), "{detail}");
    // Once it stands there, the unknown ids are what is left to say.
    let (outcome, _, detail) = row(&mut target, ALL, &taken, "bills")?;
    assert_eq!((outcome.as_str(), detail.contains("was ignored")), ("skipped", true), "{detail}");
    // A position that the column cannot hold is not skipped silently.
    let (outcome, _, detail) = row(&mut target, ALL, &taken, "only_up")?;
    assert_eq!((outcome.as_str(), detail.contains("generated the values before 81")), ("skipped", true), "{detail}");
    Ok(())
}
