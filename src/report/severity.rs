//! How bad a finding is. Pure.

/// How bad it is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something fails, or data is wrong, now or at the next ordinary statement.
    Error,
    /// Something will fail, or is slow, or is not protected as it looks.
    Warning,
    /// Worth knowing, and may be meant so.
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
