//! Contains what all reports share: wording, statements, severities, scopes, and the rule for what
//! the current user may read.

pub mod do_block;
pub mod dropped;
pub mod duration;
pub mod lock_blocker;
pub mod object_name;
pub mod one_line;
pub mod progress;
pub mod quoting;
pub mod readable;
pub mod refresh_order;
pub mod schema_argument;
pub mod scope;
pub mod session_label;
pub mod severity;
pub mod statement_text;
pub mod statements;
pub mod table_locks;
pub mod wording;
