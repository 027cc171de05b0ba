//! Shows the statements of a script as a tool runs them.

use crate::error::Error;
use crate::pg::{encoded_text, memory};
use crate::script::{Control, Kind, Piece, Script, split};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Statement,
    /// COPY with its data.
    Copy,
    /// A line that psql handles itself.
    Psql,
    /// The rest of the script, whose tokens cannot be read.
    Unreadable,
}

impl Part {
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Statement => "statement",
            Part::Copy => "copy",
            Part::Psql => "psql",
            Part::Unreadable => "unreadable",
        }
    }

    fn of(kind: &Kind) -> Part {
        match kind {
            Kind::Statement => Part::Statement,
            Kind::CopyData(_) => Part::Copy,
            Kind::Psql => Part::Psql,
            Kind::Broken { .. } => Part::Unreadable,
        }
    }
}

/// A statement that the tool runs.
pub struct Row {
    pub part: Part,
    /// The number of the transaction that it shares with others; `None` if it is one of its own.
    pub transaction: Option<i32>,
    pub statement: Option<i32>,
    pub line: i32,
    /// The text, with the data of COPY.
    pub sql: String,
}

/// Returns the statements of the script that run, in their order.
pub fn statements(text: &str, mode: Option<&str>) -> Result<Vec<Row>, Error> {
    let script = split(text, mode)?;
    let mut turns = script.turns();
    let (mut count, mut is_open) = (0i32, false);
    let mut rows = Vec::with_capacity(script.pieces.len());
    for piece in &script.pieces {
        memory::step();
        let turn = turns.before(piece, is_open);
        is_open &= !turn.ends;
        if turn.begins || piece.control == Control::Begin && !is_open {
            count = count.saturating_add(1);
            is_open = true;
        }
        rows.push(Row {
            part: Part::of(&piece.kind),
            transaction: is_open.then_some(count),
            statement: piece.number,
            line: piece.line,
            sql: sql(&script, piece),
        });
        is_open &= !matches!(piece.control, Control::Commit | Control::Rollback);
    }
    Ok(rows)
}

fn sql(script: &Script, piece: &Piece) -> String {
    let text = encoded_text::decode(script.sql(piece).to_bytes());
    match &piece.kind {
        Kind::Statement => format!("{text};"),
        Kind::CopyData(data) => {
            let data = encoded_text::decode(script.text().to_bytes().get(data.clone()).unwrap_or_default());
            format!("{text};\n{data}\\.\n")
        }
        Kind::Psql => {
            let line = script.text().to_bytes().get(piece.bytes.clone()).unwrap_or_default();
            encoded_text::decode(line)
        }
        Kind::Broken { .. } => text,
    }
}
