//! Every kind of lock, held by a session in every state, with and without other sessions that
//! request it: the four functions agree, and offer a fix only where running it cannot run a
//! migration twice.

mod answers;
mod cell;
mod kind;

use answers::Answers;
use anyhow::{Context, Result};
use cell::{Cell, Doing, Others};
use cluster::{Server, report};
use kind::Kind;
use std::thread::scope;

#[test]
fn lock_matrix_functions_agree() -> Result<()> {
    let Some((server, address)) = super::client_gone::listening_server()? else { return Ok(()) };
    for kind in Kind::ALL {
        server.database(kind.database())?.batch_execute(kind.tables())?;
    }
    let played: usize = scope(|scope| {
        let kinds: Vec<_> = Kind::ALL.iter().map(|kind| scope.spawn(|| play(&server, &address, *kind))).collect();
        kinds
            .into_iter()
            .map(|kind| kind.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum::<Result<usize>>()
    })?;
    report!("{played} cells: the same words, and a fix only where no session is at work");
    Ok(())
}

/// Runs the cells of one kind of lock, in its own database.
fn play(server: &Server, address: &str, kind: Kind) -> Result<usize> {
    let mut played = 0;
    for doing in Doing::ALL {
        for others in Others::ALL {
            if let Some(mut cell) = Cell::set(server, address, kind, doing, others)? {
                let said = Answers::ask_all(&mut cell).with_context(|| cell.name())?;
                said.assert_expected(&cell);
                cell.run_fix(said.fix()).with_context(|| cell.name())?;
                played += 1;
            }
        }
    }
    Ok(played)
}
