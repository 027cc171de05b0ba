//! What is known of a migration tool. Pure.

use super::section::How;

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// What follows runs.
    Up,
    /// What follows does not run.
    Down,
    /// The file is run without a transaction.
    WithoutTransaction,
    /// Up to `End`, semicolons do not end a statement.
    Begin,
    End,
    /// The statement before it ends.
    Cut,
    /// The file is one of this tool.
    Sign,
    /// A changeset of Liquibase begins.
    Changeset,
    /// The rest of the line is the text that ends statements.
    Delimiter,
    /// The file is an archive of files, of which `migration.sql` runs.
    Archive,
    /// Environment variables are replaced from here on, or no longer.
    SubstituteOn,
    SubstituteOff,
    /// The tool takes the line for a mark, and knows none such.
    Unknown,
}

/// Where a mark counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    /// On the first line.
    First,
    /// Before the first statement.
    Header,
    /// In the comment at the top, which an empty line ends.
    Top,
    /// On the first line behind the headers of graphile-migrate.
    Body,
    /// Also behind a statement.
    Behind,
    /// Anywhere in a line.
    Within,
}

/// What may follow the words of a mark on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    Anything,
    /// Anything; this word says that the file is run without a transaction.
    Option(&'static str),
    /// Anything behind the end of the last word.
    WordEnd,
    /// Anything, also the rest of the last word, which then does not tell the tool.
    Prefix,
    /// The same. As ordinary comments contain these words, further words do not tell the tool.
    Prose,
}

/// In which order a file has the marks for what runs and for what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each one counts.
    Any,
    /// The first one of each kind counts.
    First,
    /// goose refuses any but Up and then Down, once each, and statements before Up.
    Goose,
    /// dbmate refuses a file without Down, and statements before Up.
    Dbmate,
}

/// A line that a tool obeys: the words behind the introducer.
#[derive(Debug)]
pub struct Mark {
    pub words: &'static [&'static str],
    pub act: Act,
    pub place: Place,
    pub rest: Rest,
}

/// What a tool does with a file that lacks its mark for what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Fails,
    RunsAll,
    RunsNothing,
}

/// How the tool finds the end of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As the server does, or not at all.
    Server,
    /// At a line that ends with a semicolon, also inside quotes.
    Line,
    /// At each semicolon, also inside quotes; two of them stand for one.
    Doubled,
}

/// How marks are written.
#[derive(Debug)]
pub struct Style {
    pub introducers: &'static [&'static str],
    pub may_be_indented: bool,
    pub ignores_case: bool,
    /// Whether further hyphens and spaces may follow the introducer.
    pub strips_hyphens: bool,
    /// Whether each space counts.
    pub is_literal: bool,
}

/// A migration tool.
#[derive(Debug)]
pub struct Tool {
    /// As the argument `mode` names it.
    pub name: &'static str,
    pub how: How,
    /// How it runs a file that is marked to run without a transaction.
    pub without: How,
    pub ends: Ends,
    pub missing: Missing,
    pub order: Order,
    /// What begins a text that the tool replaces in each statement.
    pub placeholders: &'static [&'static str],
    pub style: Style,
    pub marks: &'static [Mark],
}

impl Tool {
    /// Whether a mark says what runs.
    pub fn has_up(&self) -> bool {
        self.marks.iter().any(|mark| mark.act == Act::Up)
    }

    /// Whether a file with this mark is one of the tool.
    pub fn is_told_by(&self, act: Act) -> bool {
        match act {
            Act::Up => true,
            Act::Begin | Act::End | Act::Changeset | Act::SubstituteOn | Act::SubstituteOff | Act::Unknown => false,
            _ => !self.has_up(),
        }
    }
}
