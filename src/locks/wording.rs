//! Sessions in words: the same in every function.

use super::at_work::Work;
use super::session::{Session, State};
use super::statement_kind::without_comments;
use crate::pg::names::quote_identifier;
use crate::report::duration::in_words;

/// As many sessions are named one by one.
const MOST: usize = 3;
/// As many characters of a statement are shown.
const LONGEST: usize = 60;

/// `pid 4711 (role app, psql, idle in transaction for 3 min)`
pub fn who(session: &Session) -> String {
    let role = session.role.as_deref().map(|role| format!("role {}", quote_identifier(role)));
    let application = session.application_name.as_deref().filter(|name| !name.is_empty()).map(printable);
    let about: Vec<String> = role.into_iter().chain(application).chain(doing(session)).collect();
    match about.as_slice() {
        [] => format!("pid {}", session.pid),
        about => format!("pid {} ({})", session.pid, about.join(", ")),
    }
}

/// The same with its statement.
pub fn who_and_what(session: &Session) -> String {
    with_statement(who(session), session)
}

/// `idle in transaction for 3 min`; nothing for a session whose state is hidden, or not for the caller to know.
pub fn doing(session: &Session) -> Option<String> {
    let is_shown =
        !matches!(session.state, State::Hidden | State::Untracked) && (session.may_be_read || session.may_be_ended);
    let state = session.state_text.as_deref().filter(|_| is_shown)?;
    Some(match session.state_age {
        Some(age) => format!("{state} for {}", in_words(age)),
        None => state.to_owned(),
    })
}

/// What the session does, as far as a lock depends on it: `pid 4711 (…) is at work: UPDATE t SET …`.
pub fn activity(session: &Session) -> String {
    let who = who(session);
    match session.work {
        Work::Unknown if session.state == State::Untracked => {
            format!("track_activities is off for {who}, so it may be at work")
        }
        Work::Unknown => format!("what {who} does is hidden"),
        Work::MayWrite => with_statement(format!("{who} may be at work"), session),
        Work::Reads => with_statement(format!("{who} only reads"), session),
        work if work.is_at_work() => with_statement(format!("{who} is at work"), session),
        _ => who,
    }
}

/// What several do, the first of them one by one.
pub fn activities(sessions: &[&Session]) -> String {
    list(sessions, activity)
}

pub fn list(sessions: &[&Session], word: impl Fn(&Session) -> String) -> String {
    let mut said: Vec<String> = sessions.iter().take(MOST).map(|session| word(session)).collect();
    if let Some(more) = sessions.len().checked_sub(MOST).filter(|more| *more > 0) {
        said.push(format!("{more} more"));
    }
    said.join(", ")
}

pub fn with_statement(text: String, session: &Session) -> String {
    match session.query.as_deref().filter(|query| session.may_be_read && !query.trim().is_empty()) {
        Some(query) => format!("{text}: {}", beginning(query)),
        None => text,
    }
}

/// A statement's first words on one line, without the comments before it.
fn beginning(query: &str) -> String {
    // What is cut off need not be looked at.
    let line: Vec<&str> = without_comments(query).split_whitespace().take(LONGEST).collect();
    let line = line.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", printable(&line[..end])),
        None => printable(&line),
    }
}

/// Without what a terminal might act upon.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_shown_by_its_first_words() {
        let cases = [
            ("UPDATE t SET a = 1", "UPDATE t SET a = 1"),
            ("-- V42__fill.sql\n/* by hand */\n UPDATE t\n\tSET a = 1;\n", "UPDATE t SET a = 1;"),
            ("SELECT '\u{1b}[2J'", "SELECT '?[2J'"),
            ("", ""),
        ];
        for (query, shown) in cases {
            assert_eq!(beginning(query), shown, "{query:?}");
        }
        assert_eq!(beginning(&"é".repeat(61)), format!("{}...", "é".repeat(60)));
        assert_eq!(beginning(&"é".repeat(60)), "é".repeat(60));
    }
}
