//! Random scripts over a schema.

use crate::oracle_schema::{Schema, Table};
use crate::oracle_values::{Draw, NEW_TYPES};
use crate::{oracle_alter, oracle_kinds, oracle_objects, oracle_parts, oracle_rows, oracle_session};
use fastrand::Rng;

/// The roles of a database: the one that runs scripts, and another.
#[derive(Clone)]
pub struct Roles {
    pub own: String,
    pub other: String,
}

/// Writes statements, which mostly name what exists at that point of the script.
pub struct Writer<'a> {
    pub random: &'a mut Rng,
    pub tables: Vec<Table>,
    /// Tables with the names of their constraints.
    pub constraints: Vec<(String, String)>,
    pub roles: &'a Roles,
    /// Whether one transaction wraps the script.
    pub is_wrapped: bool,
    /// Whether a superuser runs the script. The rehearsal of another role's script can still become
    /// the superuser again, which its real run cannot.
    pub is_superuser: bool,
    /// The number of the statement.
    pub number: usize,
}

type Kind = fn(&mut Writer) -> String;

/// The kinds of statements with their weights.
const KINDS: [(usize, Kind); 55] = [
    (15, oracle_alter::add_column),
    (3, oracle_alter::add_numbered_column),
    (6, oracle_alter::drop_column),
    (9, oracle_alter::change_type),
    (6, oracle_alter::set_not_null),
    (2, oracle_alter::drop_not_null),
    (3, oracle_alter::set_default),
    (9, oracle_alter::add_foreign_key),
    (8, oracle_alter::add_unique),
    (6, oracle_alter::add_check),
    (3, oracle_alter::validate),
    (3, oracle_alter::drop_constraint),
    (1, oracle_alter::alter_constraint),
    (1, oracle_alter::identity),
    (6, oracle_alter::several),
    (1, oracle_alter::owner),
    (1, oracle_alter::toggle),
    (7, oracle_objects::create_index),
    (3, oracle_objects::drop_index),
    (3, oracle_objects::rename_column),
    (3, oracle_objects::rename_table),
    (1, oracle_objects::rename_other),
    (6, oracle_objects::create_table),
    (1, oracle_objects::create_table_as),
    (3, oracle_objects::drop_table),
    (3, oracle_objects::create_view),
    (3, oracle_objects::drop_view),
    (1, oracle_objects::materialized_view),
    (3, oracle_objects::types),
    (2, oracle_objects::sequences),
    (1, oracle_objects::triggers),
    (1, oracle_objects::functions),
    (1, oracle_objects::policies),
    (1, oracle_objects::schemas),
    (9, oracle_rows::insert),
    (1, oracle_rows::insert_from_query),
    (9, oracle_rows::update),
    (1, oracle_rows::update_from),
    (3, oracle_rows::delete),
    (3, oracle_rows::select),
    (3, oracle_rows::truncate),
    (8, oracle_parts::partition),
    (2, oracle_parts::inheritance),
    (2, oracle_session::grant),
    (1, oracle_session::roles),
    (2, oracle_session::savepoint),
    (2, oracle_session::settings),
    (2, oracle_session::maintenance),
    (1, oracle_session::comment),
    (4, oracle_kinds::domains),
    (4, oracle_kinds::sequence_limits),
    (3, oracle_kinds::publications),
    (2, oracle_kinds::operator_classes),
    (4, oracle_kinds::others),
    (1, oracle_kinds::policies),
];

/// Returns the statements of a script. In autocommit, some are between BEGIN and COMMIT.
pub fn random_script(
    random: &mut Rng,
    schema: &Schema,
    roles: &Roles,
    is_wrapped: bool,
    is_superuser: bool,
) -> Vec<String> {
    let count = random.usize(1..=8);
    let mut writer = Writer {
        random,
        tables: schema.tables.clone(),
        constraints: schema.constraints.clone(),
        roles,
        is_wrapped,
        is_superuser,
        number: 0,
    };
    let mut script: Vec<String> = (0..count).map(|_| writer.statement()).collect();
    if !is_wrapped && writer.random.percent(30) {
        let begin = writer.random.usize(..count);
        let end = writer.random.usize(begin + 1..=count);
        script.insert(end, writer.random.one(&["COMMIT", "COMMIT", "END", "ROLLBACK"]).to_owned());
        script.insert(begin, writer.random.one(&["BEGIN", "START TRANSACTION"]).to_owned());
    }
    script
}

impl Writer<'_> {
    fn statement(&mut self) -> String {
        self.number += 1;
        let total: usize = KINDS.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.random.usize(..total);
        for (weight, kind) in KINDS {
            if drawn < weight {
                return kind(self);
            }
            drawn -= weight;
        }
        unreachable!("the weights add up to the total")
    }

    pub fn one<'b>(&mut self, from: &[&'b str]) -> &'b str {
        self.random.one(from)
    }

    /// Returns the text with this chance in percent, otherwise an empty one.
    pub fn maybe<'b>(&mut self, chance: u32, text: &'b str) -> &'b str {
        if self.random.percent(chance) { text } else { "" }
    }

    /// Returns a table's name, which sometimes does not exist.
    pub fn table(&mut self) -> String {
        if self.tables.is_empty() || self.random.percent(2) {
            return "missing".to_owned();
        }
        self.tables[self.random.usize(..self.tables.len())].name.clone()
    }

    pub fn known(&mut self, table: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|known| known.name == table)
    }

    /// Returns the table's columns with their types.
    pub fn columns(&mut self, table: &str) -> Vec<(String, String)> {
        self.known(table).map(|table| table.columns.clone()).unwrap_or_default()
    }

    /// Returns the name of a column of the table, which sometimes does not exist.
    pub fn column(&mut self, table: &str) -> String {
        let columns = self.columns(table);
        if columns.is_empty() || self.random.percent(2) {
            return "nocol".to_owned();
        }
        columns[self.random.usize(..columns.len())].0.clone()
    }

    pub fn type_of(&mut self, table: &str, column: &str) -> String {
        let columns = self.columns(table);
        columns.into_iter().find(|(name, _)| name == column).map_or("text".to_owned(), |(_, data_type)| data_type)
    }

    /// Returns a name for a new column, which is sometimes taken.
    pub fn new_column(&mut self) -> String {
        format!("n{}", self.random.u8(..7))
    }

    /// Returns a clause with a name for a new constraint of the table, with this chance in percent.
    pub fn constraint(&mut self, table: &str, chance: u32) -> String {
        if !self.random.percent(chance) {
            return String::new();
        }
        let name = format!("k{}", self.random.u8(..6));
        self.constraints.push((table.to_owned(), name.clone()));
        format!("CONSTRAINT {name} ")
    }

    /// Returns a table and the name of one of its constraints, which sometimes does not exist.
    pub fn known_constraint(&mut self) -> (String, String) {
        if self.constraints.is_empty() || self.random.percent(5) {
            return (self.table(), "k9".to_owned());
        }
        self.constraints[self.random.usize(..self.constraints.len())].clone()
    }

    pub fn new_type(&mut self) -> &'static str {
        if self.random.percent(2) { "nosuch" } else { self.random.one(&NEW_TYPES) }
    }

    pub fn add_column(&mut self, table: &str, column: &str, data_type: &str) {
        if let Some(table) = self.known(table)
            && table.columns.iter().all(|(name, _)| name != column)
        {
            table.columns.push((column.to_owned(), data_type.to_owned()));
        }
    }
}
