//! Thousands of tables under the guard, while other sessions need the lock table as well.

mod enable;
mod enable_all;
mod fixtures;
