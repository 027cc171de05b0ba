//! advisory_lock_report and advisory_lock_terminate among real sessions: who is named, who is blamed, and who is ended.

mod at_work;
mod cast;
mod client_gone;
mod encodings;
mod fixes;
mod fresh;
mod hostile;
#[path = "matrix/main.rs"]
mod matrix;
mod privileges;
mod queue;
mod recheck;
mod scale;
mod self_blocked;
mod storm;
mod terminate;
mod verdicts;
