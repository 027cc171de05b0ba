//! `lint-modules [--figures] [SRC]` checks the invariants of the extension's modules (floors.rs,
//! rules.rs), or prints figures about its code. SRC is `src` by default.

mod attributes;
mod circles;
mod edges;
mod figures;
mod floors;
mod rules;
mod source;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lint-modules: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (mut figures, mut root) = (false, None);
    for argument in std::env::args_os().skip(1) {
        if argument == "--figures" {
            figures = true;
        } else if root.is_some() || argument.to_string_lossy().starts_with('-') {
            return Err("usage: lint-modules [--figures] [SRC]".into());
        } else {
            root = Some(PathBuf::from(argument));
        }
    }
    let root = root.unwrap_or_else(|| PathBuf::from("src"));
    let tree = tree::Tree::read(&root)?;
    if figures {
        print!("{}", figures::figures(&tree, floors::FLOORS));
        return Ok(ExitCode::SUCCESS);
    }
    let complaints = rules::check(&tree);
    for complaint in &complaints {
        print_complaint(&root, complaint);
    }
    Ok(if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_complaint(root: &Path, complaint: &rules::Complaint) {
    println!("{}:{}: {}", root.join(&complaint.file).display(), complaint.line, complaint.message);
    for (file, line, message) in &complaint.others {
        println!("  {}:{line}: {message}", root.join(file).display());
    }
}
