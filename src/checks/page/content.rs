//! Defines what the page shows.

use super::script::content::Script;
use crate::checks::finding::Finding;
use crate::report::severity::Severity;

/// The content of a page. A part that could not be read is an error message.
pub struct Content {
    pub header: Header,
    /// `None` if no script was given.
    pub script: Option<Script>,
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
    /// What the snapshot was limited to; `None` if no snapshot was given.
    pub compared: Option<Compared>,
}

/// What a snapshot was limited to.
pub struct Compared {
    pub schema: Option<String>,
    /// Whether rows were counted, not estimated.
    pub is_exact: bool,
    pub has_checksums: bool,
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
        let mut notes: Vec<String> = self.script.iter().filter_map(Script::not_known).collect();
        notes.extend(unjudged.map(|finding| sentence(format!("{}: {}", finding.object, finding.detail))));
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
        notes.extend(header.compared.iter().flat_map(Compared::left_out));
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
        self.script.as_ref().is_some_and(Script::is_incomplete)
            || self.findings.iter().any(Finding::is_unjudged)
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

impl Compared {
    /// Returns what a comparison with the snapshot does not show, one sentence each.
    fn left_out(&self) -> Vec<String> {
        let schema = self.schema.iter().map(|schema| {
            format!("Only schema {schema} was compared: the snapshot has no other, nor partitions or inheriting tables elsewhere.")
        });
        let rows = match (self.is_exact, self.has_checksums) {
            (false, _) => Some(
                "The rows were not compared: the snapshot estimates their numbers, and takes exact => true to count them.",
            ),
            (true, false) => Some(
                "Only the numbers of rows were compared, not their contents: that takes a snapshot with checksum => true.",
            ),
            (true, true) => None,
        };
        schema.chain(rows.map(str::to_owned)).collect()
    }
}

impl Difference {
    /// Whether it says that something could not be compared.
    pub fn is_unjudged(&self) -> bool {
        self.kind.ends_with("_unknown")
    }
}
