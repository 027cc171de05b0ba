//! Tells from a tool's marks which part of a script runs, and how. Pure.

use super::cuts;
use super::layout::{Layout, leave_out};
use super::liquibase;
use super::marks::Found;
use super::order;
use super::section::Section;
use super::tool::{Act, Ends, Missing, Tool};

/// Lays out a script as the tool reads it.
pub fn of(tool: &'static Tool, text: &[u8], found: &[Found]) -> Layout {
    let mut layout = Layout { tool: Some(tool.name), ..Layout::default() };
    layout.placeholders.extend(tool.placeholders.iter().map(|begin| (*begin, 0..text.len())));
    if let Some(archive) = found.iter().find(|found| found.act == Act::Archive) {
        cuts::archive(&mut layout, text, archive.line.next);
    }
    if tool.name == "liquibase" {
        liquibase::lay_out(&mut layout, text, found);
        return layout;
    }
    let counted = order::counted(tool, found);
    let found = counted.as_slice();
    let is_without = found.iter().any(|found| found.is_without);
    let how = if is_without { tool.without } else { tool.how };
    layout.sections = vec![Section::new(0, how)];
    let has_up = found.iter().any(|found| found.act == Act::Up);
    let runs_all = !tool.has_up() || !has_up && tool.missing == Missing::RunsAll;
    order::check(&mut layout, tool, text, found);
    if tool.has_up() && !has_up && layout.problems.is_empty() {
        missing(tool, &mut layout);
    }
    if !(tool.has_up() && runs_all) {
        hide(&mut layout, text, found, runs_all);
    }
    substitutions(&mut layout, text, found);
    match tool.ends {
        Ends::Server => {}
        Ends::Line => cuts::at_lines(&mut layout, tool, text, found),
        Ends::Doubled => cuts::at_semicolons(&mut layout, text),
    }
    layout.cuts.extend(found.iter().filter(|found| found.act == Act::Cut).map(|found| found.line.bytes.start));
    if let Some(delimiter) = found.iter().find(|found| found.act == Act::Delimiter) {
        layout.hidden.push(delimiter.line.bytes.clone());
        let escaped = delimiter.rest.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        cuts::at_delimiters(&mut layout, text, delimiter.line.next..text.len(), &escaped, false);
    }
    layout
}

fn missing(tool: &Tool, layout: &mut Layout) {
    let Some(mark) = tool.marks.iter().find(|mark| mark.act == Act::Up) else { return };
    let shown = format!("-- {}", mark.words.join(" "));
    match tool.missing {
        Missing::Fails => layout.problem(true, None, format!("{} finds no line {shown} and fails", tool.name)),
        Missing::RunsNothing => {
            layout.problem(false, None, format!("{} finds no line {shown} and runs nothing", tool.name));
        }
        Missing::RunsAll => {}
    }
}

/// Hides what does not run: before the first mark for what runs, and behind one for what does not.
fn hide(layout: &mut Layout, text: &[u8], found: &[Found], runs_first: bool) {
    let mut runs = runs_first;
    let (mut since, mut first_line) = (0, 1);
    for found in found {
        match found.act {
            Act::Up if !runs => {
                leave_out(layout, text, since..found.line.bytes.start, first_line);
                runs = true;
            }
            Act::Down if runs => {
                runs = false;
                (since, first_line) = (found.line.bytes.start, found.line.number);
            }
            _ => {}
        }
        if matches!(found.act, Act::Up | Act::Down) {
            layout.hidden.push(found.line.bytes.clone());
        }
    }
    if !runs {
        leave_out(layout, text, since..text.len(), first_line);
    }
}

fn substitutions(layout: &mut Layout, text: &[u8], found: &[Found]) {
    let mut since = None;
    for found in found {
        match found.act {
            Act::SubstituteOn => since = since.or(Some(found.line.next)),
            Act::SubstituteOff => {
                layout.placeholders.extend(since.take().map(|start: usize| ("$", start..found.line.bytes.start)));
            }
            _ => {}
        }
    }
    layout.placeholders.extend(since.map(|start| ("$", start..text.len())));
}
