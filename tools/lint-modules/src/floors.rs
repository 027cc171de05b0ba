//! The table of floors: which module may import which.

/// The floors, lowest first. A module imports only modules of lower floors, never one of its own.
/// A new top-level module has to be added here.
pub const FLOORS: &[&[&str]] = &[
    &["error", "ids", "row_hash"],
    &["pg"],
    &["script", "settings"],
    &["report"],
    &["foreign_keys", "guard", "locks", "migrations", "precheck", "rehearsal", "sequences", "snapshot"],
    &["checks"],
    &["maintenance"],
];

/// Imports that the floors forbid and that are allowed anyway: (importing module, imported module).
pub const ALLOWED_IMPORTS: &[(&str, &str)] = &[
    // The guard judges inserted ids by the sequences that generate them, and repairs these.
    ("guard", "sequences"),
    // A migration tool's history says "locked" where one of its locks is held: by the same verdict
    // on the lock.
    ("migrations", "locks"),
    // Before a script runs, the sequence of the tool's own table is looked at.
    ("precheck", "migrations"),
    // seq_resync takes positions from a snapshot, which only `snapshot` can read.
    ("sequences", "snapshot"),
];

/// Pure arithmetic and hashing: modules that import nothing of the server.
pub const WITHOUT_SERVER: &[&str] = &["ids", "row_hash"];

/// The only module with `unsafe` in it.
pub const WITH_UNSAFE: &str = "pg";

/// Folders of src whose files may import one another in a circle.
pub const ALLOWED_CIRCLES: &[&str] = &[
    // Which row reports a difference is decided mutually: one row covers what follows from it.
    "snapshot/compare",
];

/// The most lines that a file may have, tests aside.
pub const MAX_LINES: usize = 350;

/// Returns the floor of a top-level module, counted from 0, or None if the table does not have it.
pub fn floor(floors: &[&[&str]], module: &str) -> Option<usize> {
    floors.iter().position(|floor| floor.contains(&module))
}

/// Whether an import runs to the floor of the importing module, or to one above it.
pub fn runs_upwards(floors: &[&[&str]], from: &str, to: &str) -> bool {
    match (floor(floors, from), floor(floors, to)) {
        (Some(from_floor), Some(to_floor)) => to_floor >= from_floor && !ALLOWED_IMPORTS.contains(&(from, to)),
        _ => false,
    }
}
