//! Defines the row that every check returns.

use crate::report::one_line::pasteable;

pub use crate::report::severity::Severity;

/// The check_name of the finding that a check could not run.
pub const CHECK_FAILED: &str = "check_failed";
/// The check_name of the finding on what the checks could not read.
pub const UNREADABLE: &str = "unreadable";

/// A row of `flightcheck`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    /// The kind of finding, which monitoring selects by.
    pub check_name: &'static str,
    /// The kind of the object and its name as SQL spells it, e.g. `table public.orders`.
    pub object: String,
    pub detail: String,
    /// SQL that repairs it, or the first of several steps; `None` if no SQL repairs it, or if there
    /// is a choice to make.
    pub fix: Option<String>,
}

impl Finding {
    /// Whether it says that something could not be judged.
    pub fn is_unjudged(&self) -> bool {
        matches!(self.check_name, "check_failed" | "unreadable" | "owner_unclear")
            || self.check_name.ends_with("_unknown")
    }

    /// Whether the object's name, as shown, has a character that may stand for another one.
    pub fn is_lossy(&self) -> bool {
        self.object.contains(STAND_IN)
    }

    /// Replaces characters that cannot be converted from another encoding, drops a fix that
    /// contains one, and puts the fix on one line.
    pub fn printable(mut self) -> Finding {
        self.fix = self.fix.and_then(pasteable);
        for text in [&mut self.object, &mut self.detail] {
            *text = printable(std::mem::take(text));
        }
        self
    }
}

/// What is shown for a character that cannot be converted.
const STAND_IN: &str = "?";

/// Replaces characters that cannot be converted from another encoding.
pub fn printable(text: String) -> String {
    if text.contains(char::REPLACEMENT_CHARACTER) { text.replace(char::REPLACEMENT_CHARACTER, STAND_IN) } else { text }
}
