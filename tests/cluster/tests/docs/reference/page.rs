//! Reads the pages of docs/reference in the form that docs/reference/README.md describes.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// A part of a page, from one heading to the next.
#[derive(Clone, Debug)]
pub struct Section {
    /// The file's name.
    pub page: String,
    pub level: usize,
    pub title: String,
    pub lines: Vec<String>,
}

/// A table: its header, and the rows below it.
#[derive(Debug)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Returns the repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the sections of all pages, in the order of the pages' names.
pub fn sections() -> Result<Vec<Section>> {
    let folder = repository().join("docs/reference");
    let files = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut paths: Vec<_> = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.sort();
    ensure!(!paths.is_empty(), "no pages in {}", folder.display());
    let mut sections = Vec::new();
    for path in paths {
        let name = path.file_name().context("no name")?.to_string_lossy().into_owned();
        sections.extend(split(&name, &fs::read_to_string(&path)?));
    }
    Ok(sections)
}

/// Splits a page at its headings; code blocks have none.
pub fn split(page: &str, text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if level > 0 && !is_code {
            let title = line[level..].trim().to_owned();
            sections.push(Section { page: page.to_owned(), level, title, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line.to_owned());
        }
    }
    sections
}

impl Section {
    /// Whether it describes a function or a setting.
    pub fn is_entry(&self) -> bool {
        self.level == 3
    }

    /// Returns the lines of the first code block.
    pub fn code(&self) -> Vec<&str> {
        let lines = self.lines.iter().map(String::as_str);
        lines.skip_while(|line| !line.starts_with("```")).skip(1).take_while(|line| !line.starts_with("```")).collect()
    }

    pub fn tables(&self) -> Vec<Table> {
        let is_row = |line: &&String| line.starts_with('|');
        let mut tables = Vec::new();
        let mut lines = self.lines.iter();
        while let Some(header) = lines.find(is_row) {
            // The line after the header is |---|---|.
            let rows = lines.by_ref().take_while(is_row).skip(1).map(|row| cells(row)).collect();
            tables.push(Table { header: cells(header), rows });
        }
        tables
    }

    /// Returns the table of the result's columns: header `column`, `type`.
    pub fn columns(&self) -> Option<Vec<(String, String)>> {
        let table =
            self.tables().into_iter().find(|table| table.header.starts_with(&["column".into(), "type".into()]))?;
        Some(table.rows.iter().map(|row| (row[0].replace('`', ""), row[1].clone())).collect())
    }

    /// Returns the values of each column that has a table of them, whose first header is the
    /// column's name in backticks.
    pub fn values(&self) -> Vec<(String, Vec<String>)> {
        let tables = self.tables().into_iter().filter(|table| table.header[0].starts_with('`'));
        let of_rows = |table: &Table| table.rows.iter().flat_map(|row| words(&row[0])).collect();
        tables.map(|table| (table.header[0].replace('`', ""), of_rows(&table))).collect()
    }

    /// Returns the function whose result it has, from "The result is that of [name](…)".
    pub fn same_result(&self) -> Option<String> {
        let text = self.lines.join(" ");
        let (_, rest) = text.split_once("The result is that of [")?;
        rest.split(']').next().map(str::to_owned)
    }

    /// Returns the paragraph that starts with a word in italics.
    pub fn paragraph(&self, word: &str) -> Option<String> {
        let start = format!("*{word}:*");
        let lines = self.lines.iter().skip_while(|line| !line.starts_with(&start));
        let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).map(String::as_str).collect();
        (!paragraph.is_empty()).then(|| paragraph.join(" "))
    }
}

/// Returns the cells of a table's row, with `\|` for a bar in one.
fn cells(row: &str) -> Vec<String> {
    let row = row.replace("\\|", "\0");
    let inner = row.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// Returns the words in backticks, separated by commas; anything else in the cell is returned too,
/// and is then not a known word.
pub fn words(cell: &str) -> Vec<String> {
    let word = |part: &str| match part.strip_prefix('`').and_then(|part| part.strip_suffix('`')) {
        Some(word) => word.to_owned(),
        None => format!("not in backticks: {part}"),
    };
    cell.split(", ").map(word).collect()
}

/// Returns the SQLSTATEs in a text.
pub fn sqlstates(text: &str) -> Vec<String> {
    let is_sqlstate = |word: &&str| {
        word.len() == 5
            && word.starts_with(|first: char| first.is_ascii_digit())
            && word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    };
    let mut found: Vec<String> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(is_sqlstate).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}
