//! Checks the order of a tool's marks, where the tool itself does. Pure.

use super::layout::{Layout, Problem};
use super::marks::{self, Found};
use super::tool::{Act, Order, Tool};

/// Returns the marks that count.
pub fn counted(tool: &Tool, found: &[Found]) -> Vec<Found> {
    let is_first = |index: usize| !found[..index].iter().any(|before| before.act == found[index].act);
    let counts = |index: &usize| tool.order != Order::First || is_first(*index);
    (0..found.len()).filter(counts).map(|index| found[index].clone()).collect()
}

/// Reports the first mark that the tool refuses, if it finds the one for what runs.
pub fn check(layout: &mut Layout, tool: &Tool, text: &[u8], found: &[Found]) {
    let problem = match tool.order {
        Order::Any | Order::First => None,
        Order::Goose => {
            let earlier = statement_before_up(tool, text, found).into_iter().chain(goose(found));
            earlier.min_by_key(|problem| problem.line)
        }
        Order::Dbmate => statement_before_up(tool, text, found).or_else(|| dbmate(found)),
    };
    layout.problems.extend(problem);
}

fn statement_before_up(tool: &Tool, text: &[u8], found: &[Found]) -> Option<Problem> {
    let up = found.iter().find(|found| found.act == Act::Up)?;
    let before = marks::lines(text).take_while(|line| line.number < up.line.number);
    let first = before.into_iter().find(|line| !marks::is_empty_or_comment(&text[line.bytes.clone()]))?;
    let mark = tool.marks.iter().find(|mark| mark.act == Act::Up)?;
    let text = format!(
        "{} accepts only empty lines and line comments before -- {}, and fails",
        tool.name,
        mark.words.join(" ")
    );
    Some(Problem { is_error: true, line: Some(first.number), text })
}

/// Goes through the marks as goose does.
fn goose(found: &[Found]) -> Option<Problem> {
    let mut part: Option<Act> = None;
    let mut is_block = false;
    for found in found {
        if let Some(text) = found.refusal.map(str::to_owned).or_else(|| misplaced(found.act, part, is_block)) {
            return Some(Problem { is_error: true, line: Some(found.line.number), text });
        }
        match found.act {
            Act::Up | Act::Down => part = Some(found.act),
            Act::Begin | Act::End => is_block = found.act == Act::Begin,
            _ => {}
        }
    }
    None
}

/// Says what goose does not accept of a mark, in which part of the file it is.
fn misplaced(act: Act, part: Option<Act>, is_block: bool) -> Option<String> {
    let what = match (act, part, is_block) {
        (Act::Up, Some(_), _) => "a second -- +goose Up",
        (Act::Down, None, _) => "-- +goose Down before -- +goose Up",
        (Act::Down, Some(_), true) => "-- +goose Down before the StatementEnd",
        (Act::Down, Some(Act::Down), false) => "a second -- +goose Down",
        (Act::Begin, None, _) => "StatementBegin before -- +goose Up",
        (Act::Begin, Some(_), true) => "a StatementBegin before the StatementEnd",
        (Act::End, _, false) => "a StatementEnd without StatementBegin",
        _ => return None,
    };
    Some(format!("goose finds {what} and fails"))
}

/// dbmate 2 requires both marks. What its versions do with further ones differs.
fn dbmate(found: &[Found]) -> Option<Problem> {
    let up = found.iter().position(|found| found.act == Act::Up)?;
    let Some(down) = found[up..].iter().position(|found| found.act == Act::Down) else {
        let text = "dbmate finds no line -- migrate:down after this line and fails".to_owned();
        return Some(Problem { is_error: true, line: Some(found[up].line.number), text });
    };
    let is_other = |index: &usize| *index != up && *index != up + down;
    let further = (0..found.len()).filter(is_other).find(|index| matches!(found[*index].act, Act::Up | Act::Down))?;
    let text = "some versions of dbmate fail at this line and others do not: it accepts -- migrate:up and \
                -- migrate:down once each, in this order";
    Some(Problem { is_error: false, line: Some(found[further].line.number), text: text.to_owned() })
}
