//! Calls the function.

use postgres::{Client, Error};

/// A row of the result.
#[derive(Clone, Debug)]
pub struct Row {
    pub status: String,
    pub statement: Option<i32>,
    pub command: Option<String>,
    pub sqlstate: Option<String>,
    pub locks: Vec<String>,
    pub milliseconds: f64,
}

/// Returns the rows for a script. `arguments` begin with a comma.
pub fn rehearse(client: &mut Client, script: &str, arguments: &str) -> Result<Vec<Row>, Error> {
    let query = format!(
        "SELECT status, statement, command, sqlstate, coalesce(locks, '{{}}'),
                (extract(epoch FROM duration) * 1000)::float8
         FROM migration_rehearse($1{arguments})"
    );
    let rows = client.query(&query, &[&script])?;
    Ok(rows
        .iter()
        .map(|row| Row {
            status: row.get(0),
            statement: row.get(1),
            command: row.get(2),
            sqlstate: row.get(3),
            locks: row.get(4),
            milliseconds: row.get::<_, Option<f64>>(5).unwrap_or(0.0),
        })
        .collect())
}

/// Returns the first failure as `statement SQLSTATE`, or `commit SQLSTATE`, or `ok`; if a statement
/// before it was not rehearsed, `not_rehearsed`.
pub fn verdict(rows: &[Row]) -> String {
    let statements = rows.iter().filter(|row| row.command.as_deref() != Some("REHEARSAL"));
    for row in statements {
        let state = row.sqlstate.as_deref().unwrap_or("");
        match (row.status.as_str(), row.statement, row.command.as_deref()) {
            ("failed", None, _) => return format!("commit {state}"),
            ("failed", Some(number), _) => return format!("{number} {state}"),
            ("not_rehearsed", ..) => return "not_rehearsed".to_owned(),
            _ => {}
        }
    }
    "ok".to_owned()
}
