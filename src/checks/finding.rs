//! The row that every check returns.

use crate::report::one_line::one_line;

/// How bad it is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something fails, or data is wrong, now or at the next ordinary statement.
    Error,
    /// Something will fail, or is slow, or is not protected as it looks.
    Warning,
    /// Worth knowing, and may be intended.
    Info,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A row of `flightcheck`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    /// What kind of finding it is; monitoring selects by it.
    pub check_name: &'static str,
    /// What it is about: the kind of object and its name as SQL spells it, e.g. `table
    /// public.orders`.
    pub object: String,
    pub detail: String,
    /// SQL that repairs it, or the first of several steps; `None` where no SQL does, or where
    /// people have to choose.
    pub fix: Option<String>,
}

impl Finding {
    /// Replaces what stands for names in another encoding, drops a fix that contains such a name,
    /// and puts the fix on one line.
    pub fn printable(mut self) -> Finding {
        const UNKNOWN: char = char::REPLACEMENT_CHARACTER;
        self.fix.take_if(|fix| fix.contains(UNKNOWN));
        self.fix = self.fix.map(one_line);
        for text in [&mut self.object, &mut self.detail] {
            if text.contains(UNKNOWN) {
                *text = text.replace(UNKNOWN, "?");
            }
        }
        self
    }
}
