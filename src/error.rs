//! Defines the error type, with the fields that PostgreSQL shows of an error.

use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::{PgSqlErrorCode, spi};

/// An error to be sent to the client, or to be shown in the `detail` of a row if one object must
/// not stop the others.
#[derive(Clone, Debug)]
pub struct Error {
    pub sqlstate: PgSqlErrorCode,
    /// Lower case, one line, no full stop.
    pub message: String,
    /// Full sentences.
    pub detail: Option<String>,
    /// A sentence that starts with a verb.
    pub hint: Option<String>,
}

impl Error {
    pub fn new(sqlstate: PgSqlErrorCode, message: impl Into<String>) -> Self {
        Error { sqlstate, message: message.into(), detail: None, hint: None }
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the error for the argument `name`, which was NULL and must not be.
    pub fn null_argument(name: &str) -> Self {
        Error::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, format!("argument \"{name}\" must not be null"))
    }

    /// Returns the error for the array `name`, which contains a NULL.
    pub fn null_element(name: &str) -> Self {
        let message = format!("argument \"{name}\" must not contain nulls");
        Error::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, message)
    }

    /// Converts a caught error; `None` for a Rust panic, which is a bug and must not be mistaken
    /// for a finding.
    pub fn from_caught(caught: &CaughtError) -> Option<Self> {
        match caught {
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => Some(Error {
                sqlstate: report.sql_error_code(),
                message: report.message().to_owned(),
                detail: report.detail().map(str::to_owned),
                hint: report.hint().map(str::to_owned),
            }),
            CaughtError::RustPanic { .. } => None,
        }
    }
}

impl From<spi::Error> for Error {
    fn from(error: spi::Error) -> Self {
        Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, error.to_string())
    }
}

impl From<pgrx::datum::TryFromDatumError> for Error {
    fn from(error: pgrx::datum::TryFromDatumError) -> Self {
        Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, error.to_string())
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let mut report = ErrorReport::new(error.sqlstate, error.message, "pg_flightcheck");
        if let Some(detail) = error.detail {
            report = report.set_detail(detail);
        }
        if let Some(hint) = error.hint {
            report = report.set_hint(hint);
        }
        report
    }
}
