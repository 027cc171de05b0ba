//! Ids and the positions of sequences: which values come next, and which id is the furthest. Pure.

pub mod origin;
pub mod position;
pub mod search;
