//! Statements that do the same with weaker locks, each a transaction of its own.

use crate::pg::encoded_text;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Constraint as Definition, ConstraintKind};
use crate::precheck::model::relation::{Id, Relation};
use crate::precheck::run::Run;
use crate::report::one_line::one_line;

/// Returns the statement with NOT VALID behind it, and VALIDATE.
pub fn not_valid(run: &Run, id: Id, constraint: &str) -> Vec<String> {
    let text = encoded_text::decode(run.text.to_bytes());
    let text = text.trim().trim_end_matches(';').trim_end();
    if text.contains("--") || text.contains("/*") {
        return Vec::new();
    }
    let validate =
        format!("ALTER TABLE {} VALIDATE CONSTRAINT {};", run.model.get(id).quoted(), quote_identifier(constraint));
    vec![one_line(format!("{text} NOT VALID;")), validate]
}

/// Returns the statements that build the index of a key concurrently.
pub fn using_index(run: &Run, id: Id, name: &str, columns: &[String], definition: &Definition<'_>) -> Vec<String> {
    let (table, index) = (run.model.get(id).quoted(), quote_identifier(name));
    let listed =
        |columns: &[String]| columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ");
    let kind = if definition.kind == ConstraintKind::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
    let including = match definition.key.including.as_slice() {
        [] => String::new(),
        columns => format!(" INCLUDE ({})", listed(columns)),
    };
    let nulls = if definition.key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let deferrable = match (definition.is_deferrable, definition.is_initially_deferred) {
        (_, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, false) => "",
    };
    vec![
        format!("CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({}){including}{nulls};", listed(columns)),
        format!("ALTER TABLE {table} ADD CONSTRAINT {index} {kind} USING INDEX {index}{deferrable};"),
    ]
}

/// Returns what drops and creates a view in place of CREATE OR REPLACE VIEW.
pub fn drop_and_create(run: &Run, view: &str) -> Vec<String> {
    let text = encoded_text::decode(run.text.to_bytes());
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let is_plain = words.len() == 3
        && words.iter().zip(["CREATE", "OR", "REPLACE"]).all(|(word, wanted)| word.eq_ignore_ascii_case(wanted));
    let rest = text.split_whitespace().skip(3).collect::<Vec<_>>().join(" ");
    if !is_plain || text.contains('\'') || text.contains('"') || text.contains("--") || text.contains("/*") {
        return vec![format!("DROP VIEW {view};")];
    }
    vec![format!("DROP VIEW {view};"), one_line(format!("CREATE {};", rest.trim_end_matches(';').trim_end()))]
}

/// Returns the statements that set NOT NULL without reading the table under AccessExclusiveLock.
pub fn set_not_null(relation: &Relation, column: &str) -> Vec<String> {
    let (table, quoted) = (relation.quoted(), quote_identifier(column));
    let check = quote_identifier(&crate::pg::relation_names::object_name(&relation.name, Some(column), "not_null"));
    if cfg!(since_18) {
        return vec![
            format!("ALTER TABLE {table} ADD CONSTRAINT {check} NOT NULL {quoted} NOT VALID;"),
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};"),
        ];
    }
    vec![
        format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID;"),
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check};"),
        format!("ALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL;"),
        format!("ALTER TABLE {table} DROP CONSTRAINT {check};"),
    ]
}

/// Whether a valid CHECK constraint says that the column is not null, so that SET NOT NULL need not
/// read the table (NotNullImpliedByRelConstraints in commands/tablecmds.c).
pub fn is_proven_not_null(relation: &Relation, column: &str) -> bool {
    let quoted = quote_identifier(column);
    let table = quote_identifier(&relation.name);
    let tests = [format!("{quoted} IS NOT NULL"), format!("{table}.{quoted} IS NOT NULL")];
    relation.constraints.iter().any(|constraint| {
        let condition = constraint.condition.as_deref().unwrap_or_default().trim();
        let condition = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(condition);
        constraint.kind == b'c' && constraint.is_valid && tests.iter().any(|test| test == condition)
    })
}
