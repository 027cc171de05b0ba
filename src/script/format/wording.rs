//! Says how a script was read. Pure.

use super::layout::Layout;
use super::section::{How, Section};

impl Layout {
    /// Returns how the script was read, for a row of its own; `None` if nothing of it is a tool's.
    pub fn describe(&self) -> Option<String> {
        let tool = self.tool?;
        let mut clauses = vec![format!("read as a script of {tool}: {}", self.transactions())];
        clauses.extend(self.lines_left_out());
        clauses.extend(self.notes.iter().cloned());
        Some(clauses.join("; "))
    }

    /// Says that the tool ends a statement in the middle of a token.
    pub fn cut_within_token(&self) -> String {
        let tool = self.tool.unwrap_or("the tool");
        let remedy = match tool {
            "goose" => ": put -- +goose StatementBegin and -- +goose StatementEnd around it",
            "sql-migrate" => ": put -- +migrate StatementBegin and -- +migrate StatementEnd around it",
            "play" => ": write two semicolons within it",
            _ => "",
        };
        format!("{tool} ends the statement here, within a string or a quoted name{remedy}")
    }

    fn transactions(&self) -> String {
        if self.is_overruled {
            let is_one = self.sections.iter().all(|section| section.how == How::Transaction);
            return format!("{}, as the argument mode says", if is_one { "one transaction" } else { EACH });
        }
        let run: Vec<&Section> = self.sections.iter().filter(|section| section.statements > 0).collect();
        match run.as_slice() {
            [] if self.is_unread => "no statement is read".to_owned(),
            [] => "no statement runs".to_owned(),
            [one] => of_section(one).to_owned(),
            all => {
                let wrapped = all.iter().filter(|section| section.how == How::Transaction).count();
                let strings = all.iter().filter(|section| section.how == How::String).count();
                match all.len() {
                    count if wrapped == count => format!("{count} parts, each in one transaction"),
                    count if strings == count => format!("{count} strings, each sent without a transaction"),
                    count => format!("{count} parts, {wrapped} of them in one transaction each"),
                }
            }
        }
    }

    fn lines_left_out(&self) -> Option<String> {
        let mut ranges: Vec<(i32, i32)> = Vec::new();
        for &(first, last) in &self.left_out {
            match ranges.last_mut() {
                Some(before) if before.1 + 1 >= first => before.1 = last.max(before.1),
                _ => ranges.push((first, last)),
            }
        }
        let is_single = matches!(ranges.as_slice(), [(first, last)] if first == last);
        let shown: Vec<String> = ranges.iter().take(SHOWN).map(range).collect();
        let more = if ranges.len() > SHOWN { " and others" } else { "" };
        let (noun, verb) = if is_single { ("line", "does") } else { ("lines", "do") };
        (!ranges.is_empty()).then(|| format!("{noun} {}{more} {verb} not run", shown.join(", ")))
    }
}

const SHOWN: usize = 5;
const EACH: &str = "each statement is a transaction";

fn range((first, last): &(i32, i32)) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

fn of_section(section: &Section) -> &'static str {
    match section.how {
        How::Transaction | How::AsPossible | How::AsWritten => "one transaction",
        How::Statements => EACH,
        How::String if section.statements > 1 => "one string, which the server runs as one transaction",
        How::String => "a single statement, sent without a transaction",
    }
}
