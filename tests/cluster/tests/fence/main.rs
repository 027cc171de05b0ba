//! seq_resync with fence => true: whom it waits for, whom it does not, and that nobody comes to
//! harm by it.

mod builds;
mod races;
mod scene;
mod waits;
