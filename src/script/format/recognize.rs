//! Finds out which tool a script is written for. Pure.

use super::layout::Layout;
use super::marks::{self, Found};
use super::quoted;
use super::read;
use super::section::How;
use super::table::{self, TOOLS, Tool};

/// What the caller says of the script.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// Nothing: its marks tell.
    Marks,
    /// The caller decides about transactions; marks tell what runs.
    Transactions(How),
    /// No tool's marks count.
    Plain,
    Tool(&'static Tool),
}

impl Asked {
    /// Reads the argument `mode`.
    pub fn parse(mode: Option<&str>) -> Option<Asked> {
        Some(match mode {
            None => Asked::Marks,
            Some("transaction") => Asked::Transactions(How::Transaction),
            Some("autocommit") => Asked::Transactions(How::Statements),
            Some("plain") => Asked::Plain,
            Some(name) => Asked::Tool(table::find(name)?),
        })
    }
}

/// Lays out a script.
pub fn layout(asked: Asked, text: &[u8]) -> Layout {
    match asked {
        Asked::Plain => Layout::plain(How::AsWritten),
        Asked::Tool(tool) => {
            let found: Vec<Found> = marks::find(&[tool], text).into_iter().map(|(_, found)| found).collect();
            read::of(tool, text, &found)
        }
        Asked::Marks => by_marks(text),
        Asked::Transactions(how) => {
            let mut layout = by_marks(text);
            layout.sections = Layout::plain(how).sections;
            layout.is_overruled = true;
            layout
        }
    }
}

fn by_marks(text: &[u8]) -> Layout {
    let tools: Vec<&'static Tool> = TOOLS.iter().collect();
    let all = marks::find(&tools, text);
    if !all.iter().any(|(tool, found)| tool.is_told_by(found.act)) {
        return Layout::plain(How::AsWritten);
    }
    let ranges = quoted::ranges(text);
    let (hidden, open): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, found)| quoted::contains(&ranges, found.line.bytes.start));
    let mut told: Vec<&'static Tool> = Vec::new();
    for (tool, found) in &open {
        if tool.is_told_by(found.act) && !told.iter().any(|known| known.name == tool.name) {
            told.push(*tool);
        }
    }
    let mut layout = match told.as_slice() {
        [tool] => {
            let own = open.into_iter().filter(|(found, _)| found.name == tool.name);
            let own: Vec<Found> = own.map(|(_, found)| found).collect();
            read::of(tool, text, &own)
        }
        _ => Layout::plain(How::AsWritten),
    };
    if told.len() > 1 {
        let names = told.iter().map(|tool| tool.name).collect::<Vec<_>>().join(" and ");
        let text = format!("the script has marks of {names}, and is read as plain SQL: name the tool in mode");
        layout.problem(false, None, text);
    }
    // A mark in a string or comment, which the tool itself would obey.
    let matters = |tool: &Tool, act| tool.is_told_by(act) || layout.tool == Some(tool.name);
    if let Some((tool, found)) = hidden.iter().find(|(tool, found)| matters(tool, found.act)) {
        let line = found.line.number;
        let text = format!(
            "line {line} is a mark of {name} within a string or comment, and is not obeyed here: with mode {name} it is",
            name = tool.name
        );
        layout.problem(false, Some(line), text);
    }
    layout
}
