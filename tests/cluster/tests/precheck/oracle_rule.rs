//! The rule that precheck's rows have to follow, given those of the rehearsal. Pure.

/// A row of `migration_precheck()`.
#[derive(Clone, Debug)]
pub struct Said {
    pub severity: String,
    pub statement: Option<i32>,
    pub check: String,
    pub sqlstate: Option<String>,
    pub detail: String,
}

/// A row of `migration_rehearse()`.
#[derive(Clone, Debug)]
pub struct Happened {
    pub status: String,
    pub statement: Option<i32>,
    pub command: Option<String>,
    pub sqlstate: Option<String>,
}

/// How the script ended in the rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All statements succeeded, this many.
    Succeeded(i32),
    /// This statement failed.
    Failed(i32, String),
    /// Deferred constraints failed after this statement, or in it.
    FailedAtCommit(i32, String),
    /// This statement was not rehearsed.
    Untold(i32),
}

impl End {
    /// Returns the number of the last statement about which the rehearsal tells something.
    fn last(&self) -> i32 {
        match self {
            Self::Succeeded(number) | Self::Failed(number, _) | Self::FailedAtCommit(number, _) => *number,
            Self::Untold(number) => number - 1,
        }
    }

    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Failed(_, state) | Self::FailedAtCommit(_, state) => Some(state),
            Self::Succeeded(_) | Self::Untold(_) => None,
        }
    }
}

/// Returns how the script ended.
pub fn ending(rows: &[Happened]) -> End {
    let mut last = 0;
    for row in rows.iter().filter(|row| row.command.as_deref() != Some("REHEARSAL")) {
        let state = || row.sqlstate.clone().unwrap_or_default();
        match (row.status.as_str(), row.statement) {
            ("failed", Some(number)) if is_check(row) => return End::FailedAtCommit(number, state()),
            ("failed", Some(number)) => return End::Failed(number, state()),
            ("failed", None) => return End::FailedAtCommit(last, state()),
            ("not_rehearsed", number) => return End::Untold(number.unwrap_or(last + 1)),
            _ => last = row.statement.unwrap_or(last),
        }
    }
    End::Succeeded(last)
}

/// Whether the statement checks rows that others have written.
fn is_check(row: &Happened) -> bool {
    ["COMMIT", "SET CONSTRAINTS"].contains(&row.command.as_deref().unwrap_or_default())
}

/// What precheck said wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// An `error` for a statement that succeeds.
    FalseError(i32),
    /// A statement fails, without `error` and without `unknown`.
    Missed(i32, String),
    /// A statement fails with another SQLSTATE.
    OtherState(i32, String),
}

/// Returns what is wrong with the rows of precheck, up to the first statement that fails.
pub fn judge(said: &[Said], end: &End) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for number in 1..=end.last() {
        let mut states = of(said, "error", number).map(|row| row.sqlstate.as_deref()).peekable();
        let has_error = states.peek().is_some();
        match end {
            End::Failed(failed, state) if *failed == number => {
                if has_error && !states.any(|known| known == Some(state)) && !may_raise(said, number, state) {
                    wrong.push(Wrong::OtherState(number, state.clone()));
                }
                if !has_error && !is_unknown(said, number) {
                    wrong.push(Wrong::Missed(number, state.clone()));
                }
            }
            End::FailedAtCommit(after, state) if *after == number => {
                // Without a transaction around it, the commit belongs to the statement. Otherwise
                // any statement before may have written the rows.
                if has_error && !states.any(|known| known == Some(state)) && !may_raise(said, number, state) {
                    wrong.push(Wrong::OtherState(number, state.clone()));
                }
                if !has_error && !(1..=number).any(|number| is_unknown(said, number)) {
                    wrong.push(Wrong::Missed(number, state.clone()));
                }
            }
            _ if has_error => wrong.push(Wrong::FalseError(number)),
            _ => {}
        }
    }
    wrong
}

fn of<'a>(said: &'a [Said], severity: &'a str, number: i32) -> impl Iterator<Item = &'a Said> {
    said.iter().filter(move |row| row.severity == severity && row.statement == Some(number))
}

/// Whether the failure has a row with its SQLSTATE.
pub fn is_foreseen(said: &[Said], end: &End) -> bool {
    match end {
        End::Failed(number, state) | End::FailedAtCommit(number, state) => {
            of(said, "error", *number).any(|row| row.sqlstate.as_ref() == Some(state))
        }
        End::Succeeded(_) | End::Untold(_) => false,
    }
}

/// Whether a row says that the statement fails with this SQLSTATE under a condition.
fn may_raise(said: &[Said], number: i32, state: &str) -> bool {
    of(said, "unknown", number).any(|row| row.sqlstate.as_deref() == Some(state))
}

fn is_unknown(said: &[Said], number: i32) -> bool {
    of(said, "unknown", number).next().is_some()
}

/// Returns the rows that leave a statement open, of those that the rehearsal tells about.
pub fn open<'a>(said: &'a [Said], end: &End) -> Vec<&'a Said> {
    (1..=end.last())
        .filter(|number| of(said, "error", *number).next().is_none())
        .flat_map(|number| of(said, "unknown", number))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(severity: &str, statement: i32, sqlstate: Option<&str>) -> Said {
        Said {
            severity: severity.to_owned(),
            statement: Some(statement),
            check: "a_check".to_owned(),
            sqlstate: sqlstate.map(str::to_owned),
            detail: String::new(),
        }
    }

    fn happened(status: &str, statement: Option<i32>, sqlstate: Option<&str>) -> Happened {
        Happened {
            status: status.to_owned(),
            statement,
            command: Some("SELECT".to_owned()),
            sqlstate: sqlstate.map(str::to_owned),
        }
    }

    fn failed(number: i32) -> End {
        End::Failed(number, "23505".to_owned())
    }

    #[test]
    fn ending_is_the_first_failure_or_what_was_not_rehearsed() {
        let ok = |number| happened("ok", Some(number), None);
        let last = Happened { command: Some("REHEARSAL".to_owned()), ..happened("failed", None, None) };
        assert_eq!(ending(&[ok(1), ok(2), last.clone()]), End::Succeeded(2));
        let second = happened("failed", Some(2), Some("23505"));
        assert_eq!(ending(&[ok(1), second, happened("not_reached", Some(3), None), last]), failed(2));
        let commit = happened("failed", None, Some("23503"));
        assert_eq!(ending(&[ok(1), ok(2), commit]), End::FailedAtCommit(2, "23503".to_owned()));
        assert_eq!(ending(&[ok(1), happened("not_rehearsed", Some(2), None)]), End::Untold(2));
    }

    #[test]
    fn judge_accepts_the_error_of_the_statement_that_fails() {
        let rows = [said("error", 2, Some("42P01")), said("error", 2, Some("23505"))];
        assert_eq!(judge(&rows, &failed(2)), []);
        let later = [said("error", 2, Some("23505")), said("error", 3, Some("42703"))];
        assert_eq!(judge(&later, &failed(2)), []);
        assert_eq!(judge(&[said("warning", 1, None)], &End::Succeeded(2)), []);
    }

    #[test]
    fn judge_refuses_false_errors_misses_and_other_states() {
        assert_eq!(judge(&[], &failed(2)), [Wrong::Missed(2, "23505".to_owned())]);
        let other = [said("error", 2, Some("42P01"))];
        assert_eq!(judge(&other, &failed(2)), [Wrong::OtherState(2, "23505".to_owned())]);
        let open = [said("error", 2, Some("42P01")), said("unknown", 2, Some("23505"))];
        assert_eq!(judge(&open, &failed(2)), []);
        let early = [said("error", 1, Some("23505")), said("error", 2, Some("23505"))];
        assert_eq!(judge(&early, &failed(2)), [Wrong::FalseError(1)]);
        assert_eq!(judge(&early, &End::Succeeded(2)), [Wrong::FalseError(1), Wrong::FalseError(2)]);
        assert_eq!(judge(&early, &End::Untold(2)), [Wrong::FalseError(1)]);
        assert_eq!(judge(&[said("warning", 2, None)], &failed(2)), [Wrong::Missed(2, "23505".to_owned())]);
    }

    #[test]
    fn judge_excuses_misses_by_unknown_at_the_statement_but_no_false_errors() {
        assert_eq!(judge(&[said("unknown", 2, None)], &failed(2)), []);
        let missed = [Wrong::Missed(2, "23505".to_owned())];
        assert_eq!(judge(&[said("unknown", 1, None)], &failed(2)), missed);
        assert_eq!(judge(&[said("unknown", 3, None)], &failed(2)), missed);
        let rows = [said("unknown", 1, None), said("error", 1, Some("23505"))];
        assert_eq!(judge(&rows, &End::Succeeded(2)), [Wrong::FalseError(1)]);
        assert_eq!(open(&rows, &End::Succeeded(2)).len(), 0);
        assert_eq!(open(&[said("unknown", 2, None), said("unknown", 3, None)], &failed(2)).len(), 1);
    }

    #[test]
    fn judge_of_a_commit_takes_the_error_of_the_statement_before_it() {
        let end = End::FailedAtCommit(2, "23503".to_owned());
        assert_eq!(judge(&[], &end), [Wrong::Missed(2, "23503".to_owned())]);
        assert_eq!(judge(&[said("unknown", 1, None)], &end), []);
        assert_eq!(judge(&[said("error", 2, Some("23503"))], &end), []);
        assert_eq!(judge(&[said("error", 2, Some("23505"))], &end), [Wrong::OtherState(2, "23503".to_owned())]);
        assert_eq!(judge(&[said("error", 1, Some("23503")), said("unknown", 2, None)], &end), [Wrong::FalseError(1)]);
    }
}
