//! A guarded database on a server that does not have the extension.

use crate::guarded::{SOURCE, Target, Way, limited_source, rows};
use crate::programs::Programs;
use anyhow::{Result, ensure};
use cluster::report;
use std::fs;

/// What the errors are allowed to be about. The last: without the extension's table, some psql take its row for a statement.
const ABOUT_THE_GUARD: [&str; 4] = ["pg_flightcheck", "seq_guard_", "extension \"absent\"", "schema \"tools\""];

pub fn rows_come_without_the_extension() -> Result<()> {
    let server = Way::Armed.start()?;
    let programs = Programs::new(&server)?;
    limited_source(&server)?;
    for source in [SOURCE, "limited"] {
        for (format, options) in [("COPY", &[][..]), ("INSERT", &["--inserts"])] {
            let file = programs.dump(source, "dump", options)?;
            // The stage has its files. Of an extension by another name it says what it says of one that is not there.
            let dump = fs::read_to_string(&file)?;
            fs::write(&file, dump.replace("EXTENSION IF NOT EXISTS pg_flightcheck", "EXTENSION IF NOT EXISTS absent"))?;
            Target::Empty.create(&server, "target")?;
            let heard = programs.run("psql", &["-X", "-q", "-o", "/dev/null", "-d", "target", "-f", &file])?;
            let (there, here) = (rows(&mut server.connect(source)?)?, rows(&mut server.connect("target")?)?);
            let lost: Vec<_> = there.iter().filter(|table| !here.contains(table)).collect();
            let errors = heard.errors();
            let others: Vec<_> =
                errors.iter().filter(|error| !ABOUT_THE_GUARD.iter().any(|about| error.contains(about))).collect();
            ensure!(!errors.is_empty(), "the extension is there");
            ensure!(lost.is_empty(), "{source}, {format}: lost {lost:#?}\n{}", heard.0);
            ensure!(others.is_empty(), "{source}, {format}: {others:#?}");
            report!("{source}, {format}: {} errors about the guard, every row of {} tables", errors.len(), here.len());
            server.connect("postgres")?.batch_execute("DROP DATABASE target WITH (FORCE)")?;
        }
    }
    Ok(())
}
