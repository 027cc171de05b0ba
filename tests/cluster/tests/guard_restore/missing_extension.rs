//! A guarded database restored on a server without the extension.

use crate::fixtures::{Mode, SOURCE, Target, limited_source, rows};
use crate::programs::Programs;
use anyhow::{Result, ensure};
use cluster::report;
use std::fs;

/// What the errors may be about. The last one: without the extension's table, some versions of psql
/// take its row for a statement.
const ABOUT_THE_GUARD: [&str; 4] = ["pg_flightcheck", "seq_guard_", "extension \"absent\"", "schema \"tools\""];

pub fn restore_without_extension_keeps_rows() -> Result<()> {
    let server = Mode::Armed.start()?;
    let programs = Programs::new(&server)?;
    limited_source(&server)?;
    for source in [SOURCE, "limited"] {
        for (format, options) in [("COPY", &[][..]), ("INSERT", &["--inserts"])] {
            let file = programs.dump(source, "dump", options)?;
            // The extension's files are installed. Renaming it in the dump yields the error of an
            // extension that is not.
            let dump = fs::read_to_string(&file)?;
            fs::write(&file, dump.replace("EXTENSION IF NOT EXISTS pg_flightcheck", "EXTENSION IF NOT EXISTS absent"))?;
            Target::Empty.create(&server, "target")?;
            let heard = programs.run("psql", &["-X", "-q", "-o", "/dev/null", "-d", "target", "-f", &file])?;
            let (there, here) = (rows(&mut server.connect(source)?)?, rows(&mut server.connect("target")?)?);
            let lost: Vec<_> = there.iter().filter(|table| !here.contains(table)).collect();
            let errors = heard.errors();
            let others: Vec<_> =
                errors.iter().filter(|error| !ABOUT_THE_GUARD.iter().any(|about| error.contains(about))).collect();
            ensure!(!errors.is_empty(), "the extension exists");
            ensure!(lost.is_empty(), "{source}, {format}: lost {lost:#?}\n{}", heard.0);
            ensure!(others.is_empty(), "{source}, {format}: {others:#?}");
            report!("{source}, {format}: {} errors about the guard, every row of {} tables", errors.len(), here.len());
            server.connect("postgres")?.batch_execute("DROP DATABASE target WITH (FORCE)")?;
        }
    }
    Ok(())
}
