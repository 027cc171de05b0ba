//! What runs code that is not read. Pure.

use super::relation::Number;
use std::fmt::{self, Display, Formatter};

/// A statement, or a line that psql runs itself, of which it is not known what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Statement(Number),
    Line(i32),
}

impl Display for Cause {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Statement(number) => write!(formatter, "statement {number}"),
            Cause::Line(line) => write!(formatter, "line {line}"),
        }
    }
}
