//! pg_dump is the oracle: each entry of an archive of a database that has everything, when it is
//! dropped or altered, is exactly one row of db_compare. So is its owner, given to another role.
//! The statements are made from what pg_restore prints for the entry.

use crate::difference::{Difference, compare, snapshot};
use anyhow::{Context, Result, anyhow};
use cluster::{Server, explain, report, sized};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const EVERYTHING: &str = include_str!("everything.sql");
const NAIVE: &str = include_str!("naive.sql");
const ROLES: &str = "CREATE ROLE owner_of_all; CREATE ROLE reader; CREATE ROLE writer";

/// The kinds of entries that are not tried, and why.
const NOT_TRIED: [(&str, &str); 4] = [
    ("SHELL TYPE", "it becomes the type of the same name"),
    ("INDEX ATTACH", "no statement detaches an index"),
    ("STATISTICS DATA", "what ANALYZE collects is not part of a snapshot"),
    ("EXTENSION pg_flightcheck", "without it, nothing can be compared"),
];

/// An entry of the archive.
struct Entry {
    /// The line of `pg_restore -l`.
    line: String,
    kind: String,
    name: String,
}

/// Returns the kinds of entries, longest first, since some begin like others.
fn kinds() -> Vec<&'static str> {
    let mut kinds = vec![
        "ACCESS METHOD",
        "ACL",
        "AGGREGATE",
        "BLOB",
        "BLOB METADATA",
        "BLOBS",
        "CAST",
        "CHECK CONSTRAINT",
        "COLLATION",
        "COMMENT",
        "CONSTRAINT",
        "CONVERSION",
        "DEFAULT",
        "DEFAULT ACL",
        "DOMAIN",
        "EVENT TRIGGER",
        "EXTENSION",
        "FK CONSTRAINT",
        "FOREIGN DATA WRAPPER",
        "FOREIGN TABLE",
        "FUNCTION",
        "INDEX",
        "INDEX ATTACH",
        "MATERIALIZED VIEW",
        "MATERIALIZED VIEW DATA",
        "OPERATOR",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "POLICY",
        "PROCEDURAL LANGUAGE",
        "PROCEDURE",
        "PUBLICATION",
        "PUBLICATION TABLE",
        "PUBLICATION TABLES IN SCHEMA",
        "ROW SECURITY",
        "RULE",
        "SCHEMA",
        "SEQUENCE",
        "SEQUENCE OWNED BY",
        "SEQUENCE SET",
        "SERVER",
        "SHELL TYPE",
        "STATISTICS",
        "STATISTICS DATA",
        "SUBSCRIPTION",
        "TABLE",
        "TABLE ATTACH",
        "TABLE DATA",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "TRANSFORM",
        "TRIGGER",
        "TYPE",
        "USER MAPPING",
        "VIEW",
    ];
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
    kinds
}

fn entries(server: &Server, archive: &Path) -> Result<Vec<Entry>> {
    let list = server.client("pg_restore", &["-l", &archive.display().to_string()])?;
    let kinds = kinds();
    let mut entries = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with(';') && !line.is_empty()) {
        // The identifiers of the entry, the catalog and the object precede the kind.
        let rest = line.splitn(4, ' ').nth(3).with_context(|| line.to_owned())?;
        let kind = kinds.iter().find(|kind| rest.strip_prefix(**kind).is_some_and(|rest| rest.starts_with(' ')));
        let kind = (*kind.with_context(|| format!("unknown kind of entry: {line}"))?).to_owned();
        let name = rest[kind.len() + 1..].to_owned();
        entries.push(Entry { line: line.to_owned(), kind, name });
    }
    Ok(entries)
}

impl Entry {
    fn not_tried(&self) -> Option<&'static str> {
        let own = format!("{} {}", self.kind, self.name);
        let (_, why) = NOT_TRIED.iter().find(|(kind, _)| {
            *kind == self.kind || own.contains("pg_flightcheck") && kind.contains("pg_flightcheck")
        })?;
        Some(why)
    }

    /// Returns what pg_restore prints for this entry, with the statement that drops it first.
    fn script(&self, server: &Server, archive: &Path) -> Result<String> {
        let list: PathBuf = server.scratch("one.list");
        std::fs::write(&list, format!("{}\n", self.line))?;
        let [list, archive] = [list, archive.to_owned()].map(|path| path.display().to_string());
        server.client("pg_restore", &["--clean", "-f", "-", "-L", &list, &archive])
    }

    /// Returns the statements that drop the entry, or undo a part of it; none if it can only be
    /// dropped with another entry.
    fn drop(&self, script: &str) -> Result<Vec<String>> {
        let body = statements(script);
        let first = |start: &str| body.iter().find(|statement| statement.starts_with(start)).cloned();
        let statement = match self.kind.as_str() {
            // Each role is a row.
            "ACL" | "DEFAULT ACL" => return Ok(body.iter().filter_map(|statement| inverse(statement)).collect()),
            "COMMENT" => {
                let comment = first("COMMENT ON").context("no comment")?;
                let end = comment.rfind(" IS '").context("no text")?;
                format!("{} IS NULL;", &comment[..end])
            }
            "TABLE DATA" => {
                let copy = first("COPY ").context("no data")?;
                format!(
                    "SET LOCAL session_replication_role = replica; DELETE FROM ONLY {};",
                    copy["COPY ".len()..].split(" (").next().unwrap_or_default()
                )
            }
            "SEQUENCE SET" => first("SELECT pg_catalog.setval").context("no position")?.replace(", true)", ", false)"),
            "SEQUENCE OWNED BY" => {
                let owned = first("ALTER SEQUENCE").context("no owner")?;
                format!("{} OWNED BY NONE;", owned.split(" OWNED BY").next().unwrap_or_default())
            }
            "PUBLICATION TABLE" | "PUBLICATION TABLES IN SCHEMA" => {
                let added = first("ALTER PUBLICATION").context("not in a publication")?.replacen(
                    " ADD TABLE",
                    " DROP TABLE",
                    1,
                );
                // DROP names neither columns nor rows.
                format!(
                    "{};",
                    added.split([';', '(']).next().unwrap_or_default().split(" WHERE ").next().unwrap_or_default()
                )
            }
            "TABLE ATTACH" => {
                let attach = first("ALTER TABLE").context("not attached")?;
                let detached =
                    attach.replace("ATTACH PARTITION", "DETACH PARTITION").replace("ALTER TABLE ONLY", "ALTER TABLE");
                format!(
                    "{};",
                    detached
                        .split(" FOR VALUES")
                        .next()
                        .unwrap_or_default()
                        .trim_end_matches(';')
                        .trim_end_matches(" DEFAULT")
                )
            }
            "ROW SECURITY" => first("ALTER TABLE").context("no table")?.replace("ENABLE ROW", "DISABLE ROW"),
            "MATERIALIZED VIEW DATA" => first("REFRESH").context("no view")?.replace(';', " WITH NO DATA;"),
            // An identity column's sequence.
            "SEQUENCE" if dropped(script).is_empty() => {
                let added = first("ALTER TABLE").context("no identity")?;
                added.replace("ADD GENERATED ALWAYS AS IDENTITY (", "DROP IDENTITY;")
            }
            "BLOBS" => "SELECT lo_put(4712, 0, 'A');".to_owned(),
            _ => dropped(script),
        };
        Ok(if statement.is_empty() { Vec::new() } else { vec![statement] })
    }

    /// Sets the position of a sequence again, which no rollback does.
    fn restore(&self, client: &mut Client, script: &str) -> Result<()> {
        let body = if self.kind == "SEQUENCE SET" { statements(script) } else { Vec::new() };
        body.iter()
            .filter(|statement| statement.starts_with("SELECT pg_catalog.setval"))
            .try_for_each(|statement| Ok(client.batch_execute(statement)?))
    }
}

/// Returns the statements that drop the entry, which precede its comment.
fn dropped(script: &str) -> String {
    let before = script.split("; Type: ").next().unwrap_or_default();
    let is_setting = |line: &&str| {
        line.starts_with("SET ")
            || line.starts_with("SELECT pg_catalog.set_config")
            || line.starts_with("--")
            || line.starts_with('\\')
    };
    before.lines().filter(|line| !is_setting(line) && !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Returns the statements after the entry's comment, each on one line if it was.
fn statements(script: &str) -> Vec<String> {
    let body = script.split_once("; Type: ").map_or("", |(_, body)| body);
    body.split('\n').skip(1).filter(|line| !line.starts_with("--") && !line.is_empty()).map(str::to_owned).collect()
}

/// Returns the statement that undoes a GRANT or a REVOKE.
fn inverse(statement: &str) -> Option<String> {
    let swap = |from: &str, to: &str, before: &str, after: &str| {
        let place = statement.rfind(before)?;
        let head = statement[..place].replacen(from, to, 1);
        let tail = statement[place + before.len()..].trim_end_matches(';').trim_end_matches(" WITH GRANT OPTION");
        Some(format!("{head}{after}{tail};"))
    };
    if statement.contains("GRANT ") && !statement.contains("REVOKE ") {
        swap("GRANT ", "REVOKE ", " TO ", " FROM ")
    } else if statement.contains("REVOKE ") {
        swap("REVOKE ", "GRANT ", " FROM ", " TO ")
    } else {
        None
    }
}

/// Returns the statements that give the entry to another role, if it has an owner of its own.
fn other_owner(script: &str) -> Option<String> {
    let lines = script.lines().filter(|line| line.starts_with("ALTER ") && line.contains(" OWNER TO "));
    let owner = lines.map(|line| format!("{} OWNER TO other;", line.split(" OWNER TO ").next().unwrap_or_default()));
    owner.reduce(|statements, statement| format!("{statements} {statement}"))
}

/// Runs the statement, with CASCADE if other objects depend on what it drops, and compares.
fn differences(client: &mut Client, statement: &str, source: &str) -> Result<(Vec<Difference>, i64)> {
    let mut transaction = client.transaction()?;
    let mut attempt = transaction.transaction()?;
    match attempt.batch_execute(statement) {
        Ok(()) => attempt.commit()?,
        Err(error) if error.code().is_some_and(|code| code.code() == "2BP01") => {
            attempt.rollback()?;
            let cascade = statement.replace(';', " CASCADE;");
            transaction.batch_execute(&cascade).map_err(|error| anyhow!("{cascade}: {}", explain(&error)))?;
        }
        Err(error) => return Err(anyhow!("{statement}: {}", explain(&error))),
    }
    transaction.batch_execute("SET LOCAL session_replication_role = DEFAULT")?;
    let target = snapshot(&mut transaction, "checksum => true")?;
    let rows = compare(&mut transaction, source, Some(&target))?;
    let query = "SELECT count(*) FROM naive.compare($1::text::jsonb, $2::text::jsonb)";
    let naive = transaction.query_one(query, &[&source, &target])?.get(0);
    transaction.rollback()?;
    Ok((rows, naive))
}

/// Starts a server with the roles of the database.
pub fn server() -> Result<Server> {
    let server = Server::start(&["autovacuum = off", "wal_level = logical"])?;
    create_roles(&server)?;
    Ok(server)
}

/// Creates the roles that the database `everything` needs.
pub fn create_roles(server: &Server) -> Result<()> {
    Ok(server.connect("postgres")?.batch_execute(ROLES)?)
}

/// Whether the server has the extension that the database `everything` uses.
pub fn has_extension(server: &Server) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext')";
    Ok(server.connect("postgres")?.query_one(query, &[])?.get(0))
}

/// Creates the database `everything`, and connects to it.
pub fn create(server: &Server) -> Result<Client> {
    create_with(server, has_extension(server)?)
}

/// Creates it with or without the extension.
pub fn create_with(server: &Server, extension: bool) -> Result<Client> {
    let mut client = server.database("everything")?;
    let mut script = EVERYTHING.to_owned();
    if !extension {
        let lines = script.lines().filter(|line| !line.contains("EXTENSION citext"));
        script = lines.collect::<Vec<_>>().join("\n").replace("tools.citext", "text");
    }
    client.batch_execute(&script).map_err(|error| anyhow!(explain(&error)))?;
    Ok(client)
}

#[test]
fn oracle_each_entry_of_a_dump_is_one_row() -> Result<()> {
    let server = server()?;
    server.connect("postgres")?.batch_execute("CREATE ROLE other SUPERUSER")?;
    let mut client = create(&server)?;
    let archive = server.scratch("everything.archive");
    server.client("pg_dump", &["--format=custom", "--file", &archive.display().to_string(), "everything"])?;
    client.batch_execute(NAIVE)?;
    let source = snapshot(&mut client, "checksum => true")?;
    let entries = entries(&server, &archive)?;
    // The same ones each time, so that a commit that passed once passes again.
    let step = sized("FLIGHTCHECK_ORACLE_STEP", 5, 1);
    let (mut failures, mut tried, mut naive_right) = (Vec::new(), 0, 0);
    let (mut kinds, mut reasons) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for entry in entries.iter() {
        let position = kinds.entry(entry.kind.clone()).or_default();
        *position += 1;
        if let Some(why) = entry.not_tried() {
            reasons.insert(format!("{}: {why}", entry.kind));
            continue;
        }
        // The first one of each kind, and some of the others.
        if *position > 1 && *position % step != 0 {
            continue;
        }
        let script = entry.script(&server, &archive)?;
        let dropped = entry.drop(&script).with_context(|| entry.line.clone())?;
        if dropped.is_empty() {
            reasons.insert(format!("{} {}: it is dropped only with another entry", entry.kind, entry.name));
            continue;
        }
        for statement in dropped.into_iter().chain(other_owner(&script)) {
            let outcome = differences(&mut client, &statement, &source);
            entry.restore(&mut client, &script)?;
            let (rows, naive) = match outcome {
                Ok(found) => found,
                Err(error) if error.to_string().contains("is linked to table") => {
                    reasons.insert("owner of a sequence that a column owns: it is the table's".to_owned());
                    continue;
                }
                Err(error) => {
                    failures.push(format!("{}: {error:#}", entry.line));
                    continue;
                }
            };
            tried += 1;
            naive_right += usize::from(naive == 1);
            if rows.len() != 1 {
                let rows: Vec<_> = rows
                    .iter()
                    .map(|row| format!("{:?} {:?} {:?} {}", row.summary(), row.source, row.target, row.detail()))
                    .collect();
                failures.push(format!("{statement}\n    {} rows: {}", rows.len(), rows.join("\n    ")));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n"));
    let rest = compare(&mut client, &source, None)?;
    assert!(rest.is_empty(), "still there after the rollback: {rest:#?}");
    // Proves that the test can fail.
    assert!(naive_right < tried, "a comparison value by value is one row for each entry as well");
    report!(
        "{} entries of {} kinds; {tried} times one was dropped or got another owner, one row each; value by value, {naive_right} are one row; not tried: {}",
        entries.len(),
        kinds.len(),
        Vec::from_iter(reasons).join("; ")
    );
    Ok(())
}
