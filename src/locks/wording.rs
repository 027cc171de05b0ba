//! Describes sessions that hold or await locks.

use super::at_work::Work;
use super::session::{Session, State};
use crate::pg::names::quote_identifier;
use crate::report::session_label::{self, SessionLabel};
use crate::report::wording;

/// How many sessions are listed individually.
const MOST: usize = 3;

/// Returns `pid 4711 (role app, psql, idle in transaction for 3 min)`.
pub fn describe(session: &Session) -> String {
    session_label::session(&label(session))
}

/// Returns the same with the session's statement.
pub fn describe_with_statement(session: &Session) -> String {
    with_statement(describe(session), session)
}

/// Returns `idle in transaction for 3 min`; `None` if the caller may not see the session's state.
pub fn state_and_age(session: &Session) -> Option<String> {
    session_label::doing(&label(session))
}

fn label(session: &Session) -> SessionLabel<'_> {
    let is_shown =
        !matches!(session.state, State::Hidden | State::Untracked) && (session.may_be_read || session.may_be_ended);
    SessionLabel {
        pid: session.pid,
        role: session.role.as_deref().map(quote_identifier),
        application: session.application_name.as_deref(),
        backend_type: None,
        state: session.state_text.as_deref().filter(|_| is_shown),
        state_age: session.state_age,
    }
}

/// Returns what the session does that a lock depends on: `pid 4711 (…) is at work: UPDATE t …`.
pub fn activity(session: &Session) -> String {
    let who = describe(session);
    match session.work {
        Work::Unknown if session.state == State::Untracked => {
            format!("track_activities is off for {who}, so it may be at work")
        }
        Work::Unknown => format!("the activity of {who} is hidden"),
        Work::MayWrite => with_statement(format!("{who} may be at work"), session),
        Work::Reads => with_statement(format!("{who} only reads"), session),
        work if work.is_at_work() => with_statement(format!("{who} is at work"), session),
        _ => who,
    }
}

/// Returns what several sessions do; lists the first of them individually.
pub fn activities(sessions: &[&Session]) -> String {
    list(sessions, activity)
}

/// Returns the sessions as `word` describes them: the first of them individually, then how many
/// more.
pub fn list(sessions: &[&Session], word: impl Fn(&Session) -> String) -> String {
    let mut listed: Vec<String> = sessions.iter().take(MOST).map(|session| word(session)).collect();
    if let Some(more) = sessions.len().checked_sub(MOST).filter(|more| *more > 0) {
        listed.push(format!("{more} more"));
    }
    series(&listed)
}

/// Joins what is said about sessions. The items contain commas themselves.
pub fn series(items: &[String]) -> String {
    wording::series(items, ", and ")
}

/// Appends the session's statement, if the caller may see it.
pub fn with_statement(text: String, session: &Session) -> String {
    session_label::with_statement(text, session.query.as_deref().filter(|_| session.may_be_read))
}
