//! seq_resync with fence => true: which transactions it waits for, which it does not, and that it
//! harms no other session.

mod fixtures;
mod index_builds;
mod races;
mod waits;
