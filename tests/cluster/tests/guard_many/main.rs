//! Thousands of tables under the guard, while other sessions need the lock table as well.

mod batches;
mod calls;
mod scene;
