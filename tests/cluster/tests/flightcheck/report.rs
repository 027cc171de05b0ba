//! `flightcheck_report()`: what the page says, for every role and in every encoding.

use anyhow::{Result, ensure};
use cluster::{Server, explain, report, state_of};
use postgres::Client;

/// Makes the page.
pub fn page(client: &mut Client, arguments: &str) -> Result<String> {
    let query = format!("SELECT public.flightcheck_report({arguments})");
    let row = client.query_one(&query, &[]).map_err(|error| anyhow::anyhow!("{query}: {}", explain(&error)))?;
    Ok(row.get(0))
}

/// Fails if the page lacks one of the texts.
pub fn must_show(page: &str, texts: &[&str]) -> Result<()> {
    for text in texts {
        ensure!(page.contains(text), "the page does not show {text}:\n{page}");
    }
    Ok(())
}

#[test]
fn report_shows_findings_sequences_and_differences() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = server.database("shop")?;
    client.batch_execute(
        "CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 1000); ANALYZE orders;
         CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); ALTER SEQUENCE items_id_seq RESTART 2100000000;
         CREATE TABLE gone (id int PRIMARY KEY); ANALYZE; CREATE TABLE kept AS SELECT db_snapshot() AS snapshot; ANALYZE kept;
         ALTER TABLE kept ADD PRIMARY KEY (snapshot); DROP TABLE gone",
    )?;
    let plain = page(&mut client, "")?;
    let fix = "<pre>SELECT * FROM public.seq_resync_table('public.orders');</pre>";
    let severity = "article class=\"error\"";
    must_show(&plain, &[fix, severity, "sequence_behind", "97.78 %", "Not checked", "No session waited for a lock."])?;
    must_show(&plain, &["The database was not compared with a snapshot", "takes deep =&gt; true", "PostgreSQL 1"])?;
    let compared = page(&mut client, "deep => true, source => (SELECT snapshot FROM kept)")?;
    must_show(&compared, &["table_missing", "public.gone"])?;
    ensure!(!compared.contains("not compared with a snapshot") && !compared.contains("takes deep"), "{compared}");
    let limited = page(&mut client, "'public'")?;
    must_show(&limited, &["Schemas other than public were not checked."])?;
    // A row of flightcheck is a finding of the page.
    let rows: i64 = client.query_one("SELECT count(*) FROM flightcheck()", &[])?.get(0);
    assert_eq!(plain.matches("<article").count(), usize::try_from(rows)?, "{plain}");
    client.batch_execute("BEGIN READ ONLY")?;
    page(&mut client, "")?;
    client.batch_execute("COMMIT")?;
    Ok(())
}

#[test]
fn report_invalid_argument_is_error() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("shop")?;
    for (arguments, state) in [
        ("'nowhere'", "3F000"),
        ("expected_owner => 'nobody at all'", "42704"),
        ("deep => NULL", "22004"),
        ("source => '{}'", "22023"),
        ("source => '[1]'", "22023"),
    ] {
        let result = client.query(&format!("SELECT flightcheck_report({arguments})"), &[]);
        assert_eq!(state_of(result).code(), state, "{arguments}");
    }
    Ok(())
}

/// What a role cannot read is on the page, and locks of others do not stop it.
#[test]
fn report_without_privileges_says_what_was_not_checked() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = server.database("shop")?;
    client.batch_execute(
        "CREATE ROLE reader LOGIN; GRANT CONNECT ON DATABASE shop TO reader;
         CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 10)",
    )?;
    let mut reader = server.connect_as("reader", "shop")?;
    let all = page(&mut client, "")?;
    ensure!(!all.contains("Not everything could be judged."), "{all}");
    let some = page(&mut reader, "")?;
    must_show(&some, &["Not everything could be judged.", "Sessions of other roles are hidden from role reader"])?;
    must_show(&some, &["lacks privileges to judge 1 sequence", "not known for 1 sequence"])?;
    // A table that is locked is not judged, and the session that waits is drawn.
    let mut holder = server.connect("shop")?;
    holder.batch_execute("BEGIN; LOCK TABLE orders")?;
    client.batch_execute("SET lock_timeout = '50ms'")?;
    let locked = page(&mut client, "")?;
    must_show(&locked, &["Not everything could be judged.", "sequence_unknown", "could not obtain lock"])?;
    Ok(())
}

/// Names that try to end an element, and bytes that are not characters.
#[test]
fn report_hostile_names_stay_text() -> Result<()> {
    const HOSTILE: &str = "</pre></style><script>alert(\"1\")</script> '&amp; \u{1b}[2J";
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut postgres = server.connect("postgres")?;
    let mut tags = Vec::new();
    for encoding in ["UTF8", "SQL_ASCII", "LATIN1", "EUC_JP"] {
        let database = format!("in_{}", encoding.to_lowercase());
        postgres.batch_execute(&format!("CREATE DATABASE {database} ENCODING '{encoding}' TEMPLATE template0"))?;
        let mut client = server.connect(&database)?;
        let special = match encoding {
            "UTF8" => "\u{202e}é表",
            "EUC_JP" => "表",
            _ => "é",
        };
        let names = [HOSTILE, &format!("{special}<b>")];
        client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        for name in names {
            let (table, column) = (cluster::identifier(name), cluster::identifier(&name.replace("</", "c</")));
            client.batch_execute(&format!(
                "CREATE TABLE {table} ({column} serial PRIMARY KEY); INSERT INTO {table} SELECT generate_series(1, 10);
                 ANALYZE {table}"
            ))?;
        }
        if encoding == "SQL_ASCII" {
            client.batch_execute(
                "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id serial PRIMARY KEY)', 'a' || convert_from('\\xff3c623eff', 'SQL_ASCII')); END $$",
            )?;
        }
        client.batch_execute("CREATE TABLE kept AS SELECT db_snapshot() AS s; ALTER TABLE kept ADD PRIMARY KEY (s)")?;
        for name in names {
            client.batch_execute(&format!(
                "ALTER TABLE {0} RENAME TO {1}",
                cluster::identifier(name),
                cluster::identifier(&format!("{}x", &name[..name.len() - 1]))
            ))?;
        }
        let found = page(&mut client, "source => (SELECT s FROM kept)")?;
        ensure!(found.is_ascii(), "{encoding}: {found}");
        ensure!(
            !found.contains("<script") && !found.contains("<b></") && !found.contains('\u{1b}'),
            "{encoding}: {found}"
        );
        must_show(&found, &["&lt;/pre&gt;&lt;/style&gt;&lt;script&gt;", "table_missing"])?;
        ensure!(found.matches("<style>").count() == 1 && found.matches("</style>").count() == 1, "{encoding}: {found}");
        // The bytes do not depend on the client's encoding.
        client.batch_execute("SET client_encoding = 'SQL_ASCII'")?;
        ensure!(page(&mut client, "source => (SELECT s FROM kept)")?.is_ascii(), "{encoding}");
        tags.push(found.matches('<').count());
    }
    report!("{tags:?} tags in pages with hostile names in four encodings");
    Ok(())
}
