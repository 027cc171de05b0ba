//! Advisory locks: who holds them, who waits, which tool a key belongs to, and how to get going again.

mod key;
