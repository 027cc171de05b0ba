//! `portable ROOT FOLDER VERSION` writes the files of the portable edition into FOLDER.

use eyre::{Result, WrapErr, bail};
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, folder, version] = arguments.as_slice() else {
        bail!("usage: portable ROOT FOLDER VERSION");
    };
    let folder = Path::new(folder);
    let files = portable::render(Path::new(root), version)?;
    std::fs::create_dir_all(folder)?;
    // Parts of an earlier version, which may have had more of them.
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            std::fs::remove_file(path)?;
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, &text).wrap_err_with(|| format!("writing {}", path.display()))?;
        println!("{} ({} bytes)", path.display(), text.len());
    }
    Ok(())
}
