//! Reads Markdown: fenced blocks, the comments before them, headings and links.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The language after the opening fence; may be empty.
    pub language: String,
    /// Number of the first line inside the fence, from 1.
    pub line: usize,
    pub lines: Vec<String>,
    /// How far the fence is indented, for a block in a list.
    pub indent: usize,
    /// The HTML comments above the block since the block before it, such as `fixture: restored`.
    pub comments: Vec<String>,
}

impl Block {
    /// Returns the value of the last comment `name: value` or `name` above the block.
    pub fn comment(&self, name: &str) -> Option<&str> {
        self.comments.iter().rev().find_map(|comment| {
            let rest = comment.strip_prefix(name)?;
            if rest.is_empty() { Some("") } else { rest.strip_prefix(':').map(str::trim) }
        })
    }
}

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace").to_path_buf()
}

/// Returns the README and all pages below docs, relative to the root.
pub fn documentation() -> Result<Vec<PathBuf>> {
    let mut pages = vec![PathBuf::from("README.md")];
    collect(&root().join("docs"), &mut pages)?;
    pages.sort();
    Ok(pages)
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path.strip_prefix(root())?.to_path_buf());
        }
    }
    Ok(())
}

pub fn read(page: &Path) -> Result<String> {
    fs::read_to_string(root().join(page)).with_context(|| format!("reading {}", page.display()))
}

/// Returns the fenced blocks of a page.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut comments = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        match (&mut open, trimmed.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.trim().to_owned(),
                    line: number + 2,
                    lines: Vec::new(),
                    indent: line.len() - line.trim_start().len(),
                    comments: std::mem::take(&mut comments),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line.get(block.indent..).unwrap_or("").to_owned()),
            (None, None) => {
                if let Some(comment) = trimmed.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")) {
                    comments.push(comment.trim().to_owned());
                }
            }
        }
    }
    blocks
}

/// Returns the lines outside fenced blocks, with their numbers from 1.
pub fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number + 1, line));
        }
    }
    lines
}
