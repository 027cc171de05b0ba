//! Describes sessions and their statements, in the same way in every report. Pure.

use crate::report::duration::in_words;
use crate::report::quoting::{literal, printable};
use crate::report::statement_text::shorten;

/// What a label says about a session. A field is `None` if it is hidden from the current user.
#[derive(Clone, Debug, Default)]
pub struct SessionLabel<'a> {
    pub pid: i32,
    /// The quoted name.
    pub role: Option<String>,
    pub application: Option<&'a str>,
    /// What the process is, if it is not a client's backend.
    pub backend_type: Option<&'a str>,
    pub state: Option<&'a str>,
    /// Microseconds in this state.
    pub state_age: Option<i64>,
}

/// Returns `pid 4711 (role app, psql, idle in transaction for 3 min)`.
pub fn session(label: &SessionLabel<'_>) -> String {
    let role = label.role.as_ref().map(|role| format!("role {role}"));
    let application = label.application.filter(|name| !name.is_empty()).map(printable);
    let backend_type = label.backend_type.map(str::to_owned);
    let about: Vec<String> = [role, application, backend_type, doing(label)].into_iter().flatten().collect();
    match about.as_slice() {
        [] => process(label.pid),
        about => format!("{} ({})", process(label.pid), about.join(", ")),
    }
}

/// Returns `idle in transaction for 3 min`; `None` if the state is hidden.
pub fn doing(label: &SessionLabel<'_>) -> Option<String> {
    let state = label.state?;
    Some(match label.state_age {
        Some(age) => format!("{state} for {}", in_words(age)),
        None => state.to_owned(),
    })
}

/// Returns `pid 4711`, or what the pid 0 of pg_blocking_pids stands for.
pub fn process(pid: i32) -> String {
    if pid == 0 { "a prepared transaction".to_owned() } else { format!("pid {pid}") }
}

/// Returns `prepared transaction 'a', 'b'`; without names if they are not known.
pub fn prepared_transaction(gids: &[&str]) -> String {
    match gids {
        [] => process(0),
        gids => format!("prepared transaction {}", gids.iter().map(|gid| literal(gid)).collect::<Vec<_>>().join(", ")),
    }
}

/// Appends the beginning of a statement: `text: UPDATE t SET …`.
pub fn with_statement(text: String, query: Option<&str>) -> String {
    match query.map(shorten).filter(|statement| !statement.is_empty()) {
        Some(statement) => format!("{text}: {statement}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_says_what_is_not_hidden() {
        let hidden = SessionLabel { pid: 4711, ..SessionLabel::default() };
        let client = SessionLabel {
            role: Some("\"App\"".to_owned()),
            application: Some("psql\u{1b}"),
            state: Some("idle in transaction"),
            state_age: Some(200_000_000),
            ..hidden.clone()
        };
        let vacuum = SessionLabel { application: Some(""), backend_type: Some("autovacuum worker"), ..hidden.clone() };
        assert_eq!(session(&hidden), "pid 4711");
        assert_eq!(session(&client), "pid 4711 (role \"App\", psql?, idle in transaction for 3 min 20 s)");
        assert_eq!(session(&vacuum), "pid 4711 (autovacuum worker)");
    }

    #[test]
    fn prepared_transaction_is_named_if_known() {
        assert_eq!(process(0), "a prepared transaction");
        assert_eq!(prepared_transaction(&[]), "a prepared transaction");
        assert_eq!(prepared_transaction(&["a", "b's"]), "prepared transaction 'a', 'b''s'");
    }

    #[test]
    fn statement_is_left_out_if_empty() {
        assert_eq!(with_statement("it runs".to_owned(), Some("-- x\n")), "it runs");
        assert_eq!(with_statement("it runs".to_owned(), Some("/* x */ SELECT 1")), "it runs: SELECT 1");
        assert_eq!(with_statement("it runs".to_owned(), None), "it runs");
    }
}
