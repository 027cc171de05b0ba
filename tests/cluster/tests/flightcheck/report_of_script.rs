//! `flightcheck_report()` with a script: what precheck says, what a rehearsal measures, and the
//! locks as a time line.

use crate::report::{must_show, page};
use anyhow::{Context, Result, ensure};
use cluster::{Server, literal, report, sized, state_of};
use postgres::Client;
use std::collections::BTreeSet;

const SETTINGS: [&str; 1] = ["autovacuum_naptime = '1h'"];

/// Media, some of which belong to articles that do not exist.
const TABLES: &str = "CREATE TABLE articles (id bigserial PRIMARY KEY, title text NOT NULL);
    CREATE TABLE media (id bigserial PRIMARY KEY, article_id bigint, file text NOT NULL);
    INSERT INTO articles (title) SELECT 'Article ' || n FROM generate_series(1, 2000) n;
    INSERT INTO media (article_id, file) SELECT n * 3, n || '.png' FROM generate_series(1, 800) n; ANALYZE";

const SCRIPT: &str = "UPDATE media SET article_id = NULL WHERE article_id > 2000;
ALTER TABLE media ADD CONSTRAINT media_article_id_fkey
    FOREIGN KEY (article_id) REFERENCES articles;
ALTER TABLE articles ADD COLUMN slug text;
CREATE INDEX media_article_id_idx ON media (article_id);";

fn arguments(script: &str, others: &str) -> String {
    format!("script => {}{others}", literal(script))
}

/// Returns the rows of the time line in this section, as relation and text.
fn lanes<'a>(page: &'a str, section: &str) -> Result<Vec<(&'a str, &'a str)>> {
    let section = page.split(&format!("<section id=\"{section}\">")).nth(1).context("no such section")?;
    let section = section.split("</section>").next().unwrap_or_default();
    let rows = section.split("<li><div class=\"label\"><bdi>").skip(1);
    rows.map(|row| row.split_once("</bdi>").context("no name")).collect()
}

/// Returns what `migration_rehearse` says of locks: relation and mode.
fn rehearsed_locks(client: &mut Client, script: &str) -> Result<BTreeSet<(String, String)>> {
    let query = "SELECT l FROM migration_rehearse($1), unnest(locks) l";
    let rows = client.query(query, &[&script])?;
    let lock = |text: String| text.split_once(" on ").map(|(mode, name)| (name.to_owned(), mode.to_owned()));
    rows.iter().map(|row| lock(row.get(0)).context("not a lock")).collect()
}

#[test]
fn report_of_script_shows_each_statement_and_its_locks() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("shop")?;
    client.batch_execute(TABLES)?;
    let checked = page(&mut client, &arguments(SCRIPT, ""))?;
    must_show(
        &checked,
        &[
            "Only a rehearsal can tell whether 1 statement of the script fails.",
            "Not everything could be judged.",
            "Statement 2, line 2",
            "FOREIGN KEY (article_id) REFERENCES articles",
            "statement 1 may change how many rows have no matching row",
            "<b class=\"exclusive\">AccessExclusiveLock</b> from statement 3 until COMMIT after statement 4.",
            "Readers and writers are kept out during statements 3 to 4. Writers are kept out during statements 2 to 4.",
            "All rows are read by statement 2 (800 rows)",
            "No findings in what was checked.",
        ],
    )?;
    ensure!(!checked.contains("measured-locks") && !checked.contains(", for up to"), "{checked}");
    let names: Vec<&str> = lanes(&checked, "planned-locks")?.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["public.articles", "public.media"]);
    // Each finding of precheck is on the page, with its statement.
    let found: i64 = client.query_one("SELECT count(*) FROM migration_precheck($1)", &[&SCRIPT])?.get(0);
    let section = checked.split("id=\"script\"").nth(1).and_then(|rest| rest.split("id=\"findings\"").next());
    let shown = section.context("no script")?.matches("<span class=\"kind\">").count();
    assert_eq!(shown, usize::try_from(found)? + 4, "{checked}");

    let rehearsed = page(&mut client, &arguments(SCRIPT, ", rehearse => true"))?;
    must_show(&rehearsed, &["every statement succeeded.", "134 rows", "public.media (934 rows)", ", for up to"])?;
    ensure!(!rehearsed.contains("planned-locks") && !rehearsed.contains("not everything"), "{rehearsed}");
    let locks = rehearsed_locks(&mut client, SCRIPT)?;
    let lanes = lanes(&rehearsed, "measured-locks")?;
    assert_eq!(lanes.len(), locks.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len());
    for (relation, mode) in &locks {
        let lane = lanes.iter().find(|(name, _)| name == relation).with_context(|| relation.clone())?;
        ensure!(lane.1.contains(mode.as_str()), "{relation}: no {mode}: {}", lane.1);
    }
    // Nothing of the script is left.
    let columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'articles'::regclass AND attname = 'slug'";
    assert_eq!(client.query_one(columns, &[])?.get::<_, i64>(0), 0);
    Ok(())
}

#[test]
fn report_of_failing_script_shows_the_error_and_what_was_not_reached() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("shop")?;
    client.batch_execute(TABLES)?;
    let script = "BEGIN;\nSAVEPOINT s;\nLOCK TABLE media;\nROLLBACK TO s;\nLOCK TABLE articles;\nCOMMIT AND CHAIN;\nCOMMIT;\n\
                  ALTER TABLE media ADD FOREIGN KEY (article_id) REFERENCES articles;\nDROP TABLE media;";
    let failed = page(&mut client, &arguments(script, ", rehearse => true"))?;
    must_show(
        &failed,
        &[
            "The script was rehearsed, and failed.",
            "1 statement of the script did not run in the rehearsal.",
            "article class=\"error\" id=\"statement-8\"",
            "(SQLSTATE 23503)",
            "is not present in table",
            "AccessExclusiveLock</b> from statement 3 until statement 4 rolls it back.",
            "AccessExclusiveLock</b> from statement 5 until statement 6 ends the transaction.",
            "rehearsal: not reached",
            "planned-locks",
        ],
    )?;
    // Code that is not read may lock more than is known.
    let hidden = page(&mut client, &arguments("DO $$ BEGIN DROP TABLE media; END $$", ""))?;
    must_show(&hidden, &["Not all locks are known of statement 1", "No locks on tables that exist are known."])?;
    let hidden = page(&mut client, &arguments("DO $$ BEGIN DROP TABLE media; END $$", ", rehearse => true"))?;
    must_show(&hidden, &["<bdi>public.media</bdi>", "AccessExclusiveLock</b> from statement 1 until COMMIT"])?;
    // Without CONCURRENTLY, the rehearsal's locks are not those of the real run.
    let script = "CREATE INDEX CONCURRENTLY i ON media (file)";
    let other = page(&mut client, &arguments(script, ", mode => 'autocommit', rehearse => true"))?;
    must_show(&other, &["Rehearsed without CONCURRENTLY: statement 1.", "planned-locks", "ShareUpdateExclusiveLock"])
}

#[test]
fn report_of_script_invalid_argument_is_error() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("shop")?;
    client.batch_execute("CREATE TABLE t (a int); CREATE ROLE app; CREATE ROLE plain LOGIN")?;
    let mut state = |arguments: &str| {
        let result = client.query(&format!("SELECT flightcheck_report({arguments})"), &[]);
        state_of(result).code().to_owned()
    };
    for (arguments, expected) in [
        ("as_role => 'app'", "22023"),
        ("mode => 'transaction'", "22023"),
        ("rehearse => true", "22023"),
        ("rehearse => NULL", "22004"),
        ("script => 'SELECT 1', mode => 'both'", "22023"),
        ("script => 'SELECT 1', as_role => 'nobody at all'", "42704"),
        ("script => (SELECT 'SELECT ' || count(*) FROM t), rehearse => true", "55000"),
    ] {
        assert_eq!(state(arguments), expected, "{arguments}");
    }
    let mut plain = server.connect_as("plain", "shop")?;
    // The other client is in the way of a rehearsal, and of nothing else.
    assert_eq!(state("script => 'SELECT 1', rehearse => true"), "55000");
    page(&mut plain, "script => 'SELECT 1'")?;
    let result = plain.query("SELECT flightcheck_report(script => 'SELECT 1', as_role => 'app')", &[]);
    assert_eq!(state_of(result).code(), "42501");
    plain.batch_execute("BEGIN READ ONLY")?;
    page(&mut plain, "script => 'DROP TABLE t'")?;
    let result = plain.query("SELECT flightcheck_report(script => 'SELECT 1', rehearse => true)", &[]);
    assert_eq!(state_of(result).code(), "25006");
    Ok(())
}

/// Scripts with names, comments, literals and messages that try to end an element.
#[test]
fn report_of_hostile_script_stays_text() -> Result<()> {
    const HOSTILE: &str = "</pre></style></section><script>alert(\"1\")</script> '&amp; \u{1b}[2J";
    let server = Server::start(&SETTINGS)?;
    let mut postgres = server.connect("postgres")?;
    for encoding in ["UTF8", "SQL_ASCII", "LATIN1", "EUC_JP"] {
        let database = format!("in_{}", encoding.to_lowercase());
        postgres.batch_execute(&format!("CREATE DATABASE {database} ENCODING '{encoding}' TEMPLATE template0"))?;
        let mut client = server.connect(&database)?;
        client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        let special = match encoding {
            "UTF8" => "\u{202e}é表",
            "EUC_JP" => "表",
            _ => "é",
        };
        for name in [HOSTILE.to_owned(), format!("{special}<b>")] {
            let (table, text) = (cluster::identifier(&name), literal(&name));
            client.batch_execute(&format!("CREATE TABLE {table} (a text); INSERT INTO {table} VALUES ({text})"))?;
            let script = format!(
                "/* {name} */ ALTER TABLE {table} ADD {table} text DEFAULT {text};\r\n\
                 CREATE INDEX ON {table} (a);\nCOMMENT ON TABLE {table} IS {text}; \\echo {name}\n\
                 DO $x$ BEGIN RAISE EXCEPTION USING MESSAGE = {text}, DETAIL = {text}, HINT = {text}; END $x$;\n\
                 DROP TABLE {table}; SELECT :{table}; SELECT $y${name}"
            );
            for more in ["", ", rehearse => true"] {
                let found = page(&mut client, &arguments(&script, more))?;
                ensure!(found.is_ascii(), "{encoding}: {found}");
                for forbidden in ["<script", "<b></", "\u{1b}", "</style></section>"] {
                    ensure!(!found.contains(forbidden), "{encoding}: {forbidden}: {found}");
                }
                ensure!(found.matches("<style>").count() == 1, "{encoding}: {found}");
                let open = found.matches("<article").count();
                assert_eq!(open, found.matches("</article>").count(), "{encoding}");
                assert!(open >= 3, "{encoding}: {found}");
                must_show(&found, &["&lt;", "ALTER TABLE", "RAISE EXCEPTION"])?;
            }
        }
    }
    Ok(())
}

#[test]
fn report_of_long_script_is_shorter_than_a_megabyte() -> Result<()> {
    let server = Server::start(&["max_locks_per_transaction = 1000", "autovacuum = off"])?;
    let mut client = server.database("long")?;
    client.batch_execute(
        "DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE %I (a int)', i || repeat('W', 60)); END LOOP; END $$",
    )?;
    let count = sized("FLIGHTCHECK_REPORT_STATEMENTS", 3_000, 20_000);
    let table = |number: usize| format!("\"{}{}\"", number % 500 + 1, "W".repeat(60));
    let mut script: String = (1..=count)
        .map(|number| {
            format!("ALTER TABLE {} ALTER a SET DEFAULT {number}; -- {}\n", table(number), "\u{202e}".repeat(9))
        })
        .collect();
    script += "ALTER TABLE nowhere ADD b int";
    for more in ["", ", rehearse => true"] {
        let found = page(&mut client, &arguments(&script, more))?;
        ensure!(found.len() < 1_000_000, "{} bytes", found.len());
        must_show(&found, &["statements are left out", "further relations with weaker or later locks are left out"])?;
        // The statement that fails is the last one.
        must_show(&found, &[&format!("id=\"statement-{}\"", count + 1), "42P01"])?;
        report!("{count} statements on 500 tables: {} kB{more}", found.len() / 1024);
    }
    Ok(())
}
