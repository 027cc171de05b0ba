//! `portable ROOT FOLDER VERSION` renders the portable edition from ROOT/sql/portable into FOLDER:
//! a file for a schema, one for a single session, one for pg_tle, and one that uninstalls the
//! first. See sql/portable/README.md.

mod body;
mod catalogue;
mod comments;
mod forms;
mod includes;
mod rules;
mod signature;
mod text;

use eyre::{Result, WrapErr, bail};
use std::path::Path;

/// The size that no file exceeds: some consoles of managed services accept little more.
const LARGEST: usize = 200_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, folder, version] = arguments.as_slice() else {
        bail!("usage: portable ROOT FOLDER VERSION");
    };
    let (root, folder) = (Path::new(root), Path::new(folder));
    let functions = body::read(root)?;
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            std::fs::remove_file(path)?;
        }
    }
    for (name, text) in forms::render(root, &functions, version, LARGEST)? {
        let path = folder.join(name);
        std::fs::write(&path, &text).wrap_err_with(|| format!("writing {}", path.display()))?;
        println!("{} ({} bytes)", path.display(), text.len());
    }
    Ok(())
}
