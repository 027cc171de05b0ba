//! Finds out which tool a script is written for. Pure.

use super::layout::Layout;
use super::marks::{self, Found};
use super::quoted;
use super::read;
use super::section::How;
use super::table::{self, TOOLS};
use super::tool::{Act, Order, Tool};

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

type Marked = (&'static Tool, Found);

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
    if prose(&all).is_none() && !all.iter().any(|(tool, found)| tells(tool, found)) {
        return Layout::plain(How::AsWritten);
    }
    let (hidden, open) = by_quotes(text, all);
    let prose = prose(&open);
    let mut told: Vec<&'static Tool> = Vec::new();
    for (tool, found) in &open {
        if tells(tool, found) && !told.iter().any(|known| known.name == tool.name) {
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
    if told.is_empty()
        && let Some((first, second, tool)) = prose
    {
        let text = format!(
            "lines {first} and {second} are marks of {name} with further words, and are not obeyed here: with mode \
             {name} they are",
            name = tool.name
        );
        layout.problem(false, Some(first), text);
    }
    // A mark in a string or comment, which the tool itself would obey.
    let matters = |tool: &Tool, found: &Found| tells(tool, found) || layout.tool == Some(tool.name);
    if let Some((tool, found)) = hidden.iter().find(|(tool, found)| matters(tool, found)) {
        let line = found.line.number;
        let text = format!(
            "line {line} is a mark of {name} within a string or comment, and is not obeyed here: with mode {name} it is",
            name = tool.name
        );
        layout.problem(false, Some(line), text);
    }
    layout
}

/// Whether a mark tells the tool of the script.
fn tells(tool: &Tool, found: &Found) -> bool {
    found.is_plain && tool.is_told_by(found.act)
}

/// Returns the lines of the marks for what runs and for what does not, if the script has both and
/// ordinary comments may look like them.
fn prose(marked: &[Marked]) -> Option<(i32, i32, &'static Tool)> {
    let of = |act: Act| marked.iter().find(move |(tool, found)| tool.order == Order::First && found.act == act);
    let (up, down) = (of(Act::Up)?, of(Act::Down)?);
    let (up_line, down_line) = (up.1.line.number, down.1.line.number);
    Some((up_line.min(down_line), up_line.max(down_line), up.0))
}

/// Separates the marks within strings and comments from the others. What a tool refuses, it does
/// also there.
fn by_quotes(text: &[u8], all: Vec<Marked>) -> (Vec<Marked>, Vec<Marked>) {
    let ranges = quoted::ranges(text);
    let (mut hidden, mut open) = (Vec::new(), Vec::new());
    for (tool, found) in all {
        let is_hidden = quoted::contains(&ranges, found.line.bytes.start);
        match found.refusal {
            Some(_) if is_hidden => open.push((tool, Found { act: Act::Unknown, is_plain: false, ..found })),
            None if is_hidden => hidden.push((tool, found)),
            _ => open.push((tool, found)),
        }
    }
    (hidden, open)
}
