//! Ids and the positions of sequences: the arithmetic of what comes next, and the search for the furthest id. Pure.

pub mod position;
pub mod search;
