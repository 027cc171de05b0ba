//! advisory_lock_report and advisory_lock_terminate with real sessions: which session is named,
//! which one is reported as the cause, and which one is ended.

mod at_work;
mod client_gone;
mod encodings;
mod fixes;
mod fixtures;
mod hostile;
#[path = "matrix/main.rs"]
mod matrix;
mod not_cached;
mod privileges;
mod queue;
mod recheck;
mod scale;
mod self_blocked;
mod stress;
mod terminate;
mod verdicts;
