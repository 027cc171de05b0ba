//! Defines what the page shows.

use crate::checks::finding::Finding;
use crate::report::severity::Severity;

/// The content of a page. A part that could not be read is an error message.
pub struct Content {
    pub header: Header,
    pub findings: Vec<Finding>,
    pub sequences: Result<Vec<Sequence>, String>,
    pub waits: Result<Vec<Session>, String>,
    /// `None` if no snapshot was given.
    pub comparison: Option<Vec<Difference>>,
}

pub struct Header {
    pub database: String,
    pub server_version: String,
    /// In UTC.
    pub time: String,
    pub role: String,
    pub is_standby: bool,
    pub sees_sessions: bool,
    /// The schema that the report is limited to.
    pub schema: Option<String>,
    pub is_deep: bool,
    /// The schema that the snapshot is limited to.
    pub compared_schema: Option<String>,
}

/// A row of seq_audit.
pub struct Sequence {
    pub column: Option<String>,
    pub sequence: Option<String>,
    pub status: &'static str,
    /// In hundredths of a percent; `None` if it is unknown.
    pub used: Option<u16>,
    pub inserts_left: Option<i64>,
}

/// A session that waits for a lock, or that another session waits for.
pub struct Session {
    /// 0 for a prepared transaction.
    pub pid: i32,
    pub role: Option<String>,
    pub application: Option<String>,
    /// `idle in transaction for 3 min`; `None` if it is hidden.
    pub doing: Option<String>,
    /// The locks that it holds or awaits, as far as they are known.
    pub locks: Vec<String>,
    pub waits_for: Vec<i32>,
}

/// A row of db_compare.
pub struct Difference {
    pub severity: Severity,
    pub kind: &'static str,
    pub object: String,
    pub source: Option<String>,
    pub target: Option<String>,
    pub detail: Option<String>,
}

impl Content {
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Returns what the page says nothing about, one sentence each.
    pub fn not_checked(&self) -> Vec<String> {
        let header = &self.header;
        let unjudged = self.findings.iter().filter(|finding| finding.is_unjudged());
        let mut notes: Vec<String> =
            unjudged.map(|finding| sentence(format!("{}: {}", finding.object, finding.detail))).collect();
        for (part, error) in
            [("The sequences", self.sequences.as_ref().err()), ("The waiting sessions", self.waits.as_ref().err())]
        {
            notes.extend(error.map(|error| sentence(format!("{part} could not be read: {error}"))));
        }
        if let Some(differences) = &self.comparison {
            let unknown = differences.iter().filter(|difference| difference.is_unjudged());
            notes.extend(unknown.map(|difference| match &difference.detail {
                Some(detail) => sentence(format!("{} was not compared: {detail}", difference.object)),
                None => format!("{} was not compared.", difference.object),
            }));
        }
        if !header.sees_sessions {
            notes.push(format!(
                "Sessions of other roles are hidden from role {}, which is not a member of pg_read_all_stats.",
                header.role
            ));
        }
        if let Some(schema) = &header.schema {
            notes.push(format!("Schemas other than {schema} were not checked."));
        }
        if let Some(schema) = &header.compared_schema {
            notes.push(format!(
                "Only schema {schema} was compared: the snapshot has no other, nor partitions or inheriting tables elsewhere."
            ));
        }
        if !header.is_deep {
            notes.push("Rows were not checked against foreign keys: this takes deep => true.".to_owned());
        }
        if self.comparison.is_none() {
            notes.push("The database was not compared with a snapshot: this takes the argument source.".to_owned());
        }
        notes.push("Other databases of the server were not checked, except for sessions that wait.".to_owned());
        notes
    }

    /// Whether something that the call asked for could not be judged.
    pub fn is_incomplete(&self) -> bool {
        self.findings.iter().any(Finding::is_unjudged)
            || self.sequences.is_err()
            || self.waits.is_err()
            || self.comparison.iter().flatten().any(Difference::is_unjudged)
            || !self.header.sees_sessions
    }
}

/// Adds a full stop, unless the text ends with a sentence or a statement.
fn sentence(text: String) -> String {
    if text.ends_with(['.', ';']) { text } else { text + "." }
}

impl Difference {
    /// Whether it says that something could not be compared.
    pub fn is_unjudged(&self) -> bool {
        self.kind.ends_with("_unknown")
    }
}
