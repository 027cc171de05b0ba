//! Sequences that statements set.

use super::sequence_options;
use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::parser::tree::{self, Raw};
use crate::precheck::model::Cause;
use crate::precheck::run::Run;

/// Notes that a SELECT sets a sequence.
pub fn by_query(run: &mut Run, query: Raw<'_>) -> Result<(), Error> {
    let names = tree::names(query);
    let calls = |wanted: &str| names.functions.iter().any(|names| names.last().is_some_and(|name| name == wanted));
    let resyncs_all = names.functions.iter().any(|names| names.last().is_some_and(|name| name == "seq_resync"));
    if resyncs_all {
        run.ids_supplied.iter_mut().for_each(|supplied| supplied.is_covered = true);
        let all: Vec<usize> = run.model.loaded().map(|(id, _)| id).collect();
        run.sequences_synced.extend(all);
    }
    for call in names.calls.iter().filter(|call| call.value.is_some() || calls("setval")) {
        sequence_options::set_by(run, call, calls("max"))?;
    }
    let setvals = names.functions.iter().filter(|names| names.last().is_some_and(|name| name == "setval")).count();
    let told = names.calls.iter().filter(|call| !call.is_currval).count();
    if setvals > told && !calls("max") {
        // Any sequence may have been set.
        let all: Vec<usize> = run.model.loaded().map(|(id, _)| id).collect();
        run.sequences_moved.extend(all);
        run.drawn.is_unknown = true;
    }
    if calls("setval") || calls("seq_resync_table") {
        let text = encoded_text::decode(run.text.to_bytes());
        covers(run, &text, calls("seq_resync_table") || calls("max"));
    }
    if calls("set_config") {
        run.model.path.is_changed = true;
        run.model.path.names = None;
        run.model.distrust_names(Cause::Statement(run.number()));
    }
    Ok(())
}

/// Notes that the sequences that the text names are set; with `synced`, past the rows.
pub fn covers(run: &mut Run, text: &str, synced: bool) {
    run.sequence_texts.push(text.to_owned());
    let tables: Vec<(usize, String)> = run.model.loaded().map(|(id, relation)| (id, relation.name.clone())).collect();
    for supplied in &mut run.ids_supplied {
        let table =
            tables.iter().find(|(id, _)| *id == supplied.table).map(|(_, name)| name.as_str()).unwrap_or_default();
        let names =
            supplied.sequence.as_deref().is_some_and(|sequence| text.contains(sequence)) || text.contains(table);
        if names {
            supplied.is_covered = true;
        }
    }
    let moved: Vec<usize> = tables.iter().filter(|(_, name)| text.contains(name.as_str())).map(|(id, _)| *id).collect();
    if synced {
        run.sequences_synced.extend(&moved);
    }
    run.sequences_moved.extend(moved);
}
