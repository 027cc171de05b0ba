//! Decides how each section runs, once its statements are known. Pure.

use super::format::{How, Layout};
use super::piece::{Control, Piece};

/// Assigns the pieces to their sections, counts these' statements, and decides how each section
/// runs.
pub fn resolve(layout: &mut Layout, pieces: &mut [Piece]) {
    for piece in pieces.iter_mut() {
        let after = layout.sections.partition_point(|section| section.start <= piece.bytes.start);
        piece.section = after.saturating_sub(1);
        if let Some(section) = layout.sections.get_mut(piece.section) {
            section.statements += usize::from(piece.is_statement());
        }
    }
    for index in 0..layout.sections.len() {
        let own = |piece: &&Piece| piece.section == index && piece.is_statement();
        let mut statements = pieces.iter().filter(own);
        let has_control = statements.any(|piece| piece.control != Control::None);
        match layout.sections[index].how {
            How::AsWritten if has_control => layout.sections[index].how = How::Statements,
            How::AsWritten => layout.sections[index].how = How::Transaction,
            How::AsPossible => {
                let statements = pieces.iter().filter(own).filter(|piece| piece.control == Control::None);
                let alone: Vec<&Piece> = statements.clone().filter(|piece| piece.is_alone).collect();
                layout.sections[index].how = if alone.is_empty() { How::Transaction } else { How::Statements };
                if let Some(first) = alone.first()
                    && alone.len() < statements.count()
                {
                    let text = "flyway refuses a script that mixes statements that can run in a transaction with this \
                                one, unless its setting mixed is true";
                    layout.problem(false, Some(first.line), text);
                }
            }
            How::Transaction | How::Statements | How::String => {}
        }
    }
}
