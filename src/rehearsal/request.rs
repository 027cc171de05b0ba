//! What a call asks for.

use crate::script::Script;

pub struct Request {
    pub script: Script,
    pub role: Option<String>,
    /// Whether to go on after a statement that failed.
    pub continues: bool,
    /// In milliseconds; `None` leaves the session's setting.
    pub lock_timeout: Option<i64>,
    pub allows_others: bool,
}
