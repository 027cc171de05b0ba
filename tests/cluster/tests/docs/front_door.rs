//! The README is short and lists every function, and the runbooks have the messages of incidents.

use crate::pages;
use anyhow::Result;
use cluster::Server;
use std::path::Path;

/// The most lines and columns that the README may have.
const README_LINES: usize = 150;
const README_COLUMNS: usize = 100;

/// The messages that a victim searches for, and the page that helps.
const MESSAGES: [(&str, &str); 21] = [
    ("duplicate key value violates unique constraint", "duplicate-key"),
    ("permission denied for sequence", "duplicate-key"),
    ("reached maximum value of sequence", "duplicate-key"),
    ("P2002", "duplicate-key"),
    ("RecordNotUnique", "duplicate-key"),
    ("P1002", "migration-hangs"),
    ("ConcurrentMigrationError", "migration-hangs"),
    ("Number of retries exceeded while attempting to acquire PostgreSQL advisory lock", "migration-hangs"),
    ("Waiting for changelog lock", "migration-hangs"),
    ("can't acquire database lock", "migration-hangs"),
    ("PgBouncer", "migration-hangs"),
    ("P3009", "migration-failed"),
    ("P3018", "migration-failed"),
    ("Detected failed migration to version", "migration-failed"),
    ("Dirty database version", "migration-failed"),
    ("violates foreign key constraint", "migration-failed"),
    ("must be owner of table", "data-only-load"),
    ("permission denied for sequence", "data-only-load"),
    ("violates foreign key constraint", "before-a-foreign-key"),
    ("this is not the expected database", "wrong-database"),
    ("cannot execute INSERT in a read-only transaction", "restore"),
];

#[test]
fn docs_runbooks_have_the_messages_that_are_searched_for() -> Result<()> {
    for (message, page) in MESSAGES {
        let text = pages::read(&Path::new("docs/runbooks").join(page).with_extension("md"))?;
        assert!(text.contains(message), "{page} lacks {message:?}");
    }
    Ok(())
}

#[test]
fn docs_readme_is_short() -> Result<()> {
    let text = pages::read(Path::new("README.md"))?;
    let lines = text.lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines, {README_LINES} at most");
    let wide: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.chars().count() > README_COLUMNS)
        .map(|(number, line)| format!("{}: {line}", number + 1))
        .collect();
    assert!(wide.is_empty(), "README.md has lines of more than {README_COLUMNS} columns:\n{}", wide.join("\n"));
    Ok(())
}

#[test]
fn docs_readme_lists_every_function() -> Result<()> {
    let server = Server::start(&[])?;
    let functions = server.database("app")?.query(
        "SELECT DISTINCT p.proname::text FROM pg_proc p
         JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
         JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_flightcheck'
         WHERE NOT starts_with(p.proname, '_')",
        &[],
    )?;
    let text = pages::read(Path::new("README.md"))?;
    let is_listed = |name: &str| text.lines().any(|line| line.starts_with(&format!("- [{name}](docs/")));
    let missing: Vec<String> =
        functions.iter().map(|row| row.get(0)).filter(|name: &String| !is_listed(name)).collect();
    assert!(missing.is_empty(), "README.md does not list {missing:?}");
    assert!(functions.len() >= 19 && !is_listed("seq_guard"), "{} functions", functions.len());
    Ok(())
}
