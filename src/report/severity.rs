//! Orders findings by severity. Pure.

/// The severity of a finding, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something fails or data is wrong, now or at the next ordinary statement.
    Error,
    /// Something will fail, is slow, or is less protected than it looks.
    Warning,
    /// Something to know that may be intended.
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
