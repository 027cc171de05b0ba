//! Statements that fail, and all fields of their errors.

use postgres::Client;
use std::io::Write;

#[derive(Clone, Copy, Debug)]
pub enum Statement {
    /// One message of the simple query protocol.
    Sql(&'static str),
    /// A protocol-level prepared statement, executed with this parameter.
    Prepared(&'static str, &'static str),
    /// The same with an integer parameter.
    Number(&'static str, i32),
    /// COPY FROM STDIN and its data.
    Copy(&'static str, &'static [u8]),
}

impl Statement {
    pub fn run(&self, client: &mut Client) -> Result<(), postgres::Error> {
        match self {
            Self::Sql(sql) => client.batch_execute(sql),
            Self::Prepared(sql, parameter) => client.execute(*sql, &[parameter]).map(|_| ()),
            Self::Number(sql, parameter) => client.execute(*sql, &[parameter]).map(|_| ()),
            Self::Copy(sql, data) => {
                let mut writer = client.copy_in(*sql)?;
                // The error is reported by `finish`.
                let _ = writer.write_all(data);
                writer.finish().map(|_| ())
            }
        }
    }

    /// Returns the error of the statement.
    ///
    /// # Panics
    /// If the statement succeeds, or if the session cannot continue.
    #[track_caller]
    pub fn fail(&self, client: &mut Client) -> ErrorFields {
        let Err(error) = self.run(client) else { panic!("{self:?} succeeded") };
        let said = ErrorFields::new(&error);
        let _ = client.batch_execute("ROLLBACK");
        client.batch_execute("SELECT 1").unwrap_or_else(|error| panic!("after {self:?}: {error}"));
        said
    }
}

/// The fields of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorFields {
    pub hint: Option<String>,
    /// All fields except the hint.
    pub rest: Vec<(&'static str, String)>,
}

impl ErrorFields {
    fn new(error: &postgres::Error) -> Self {
        let error = error.as_db_error().unwrap_or_else(|| panic!("the error has no SQLSTATE: {error}"));
        let position = error.position().map(|position| format!("{position:?}"));
        let line = error.line().map(|line| line.to_string());
        let rest = [
            ("severity", Some(error.severity())),
            ("code", Some(error.code().code())),
            ("message", Some(error.message())),
            ("detail", error.detail()),
            ("context", error.where_()),
            ("position", position.as_deref()),
            ("schema", error.schema()),
            ("table", error.table()),
            ("column", error.column()),
            ("datatype", error.datatype()),
            ("constraint", error.constraint()),
            ("file", error.file()),
            ("line", line.as_deref()),
            ("routine", error.routine()),
        ];
        let rest = rest.into_iter().filter_map(|(part, text)| Some((part, text?.to_owned()))).collect();
        Self { hint: error.hint().map(str::to_owned), rest }
    }

    /// Describes the fields in which another error differs.
    pub fn difference(&self, other: &Self) -> String {
        let without = |these: &Self, others: &Self| {
            let parts = these.rest.iter().filter(|part| !others.rest.contains(part));
            let hint = these.hint.iter().filter(|_| these.hint != others.hint).map(|hint| format!("hint {hint:?}"));
            parts.map(|(part, text)| format!("{part} {text:?}")).chain(hint).collect::<Vec<_>>().join(", ")
        };
        format!("[{}] instead of [{}]", without(other, self), without(self, other))
    }

    pub fn has(&self, part: &str) -> bool {
        self.rest.iter().any(|(name, _)| *name == part)
    }
}
