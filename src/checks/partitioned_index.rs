//! Writes the statements that complete an invalid partitioned index without blocking writers.
//!
//! A restore in which one partition's index fails leaves an index in this state, and so does CREATE
//! INDEX ON ONLY.

use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::names::{self, QualifiedName, quote_identifier};
use crate::report::do_block::at_once;
use crate::report::object_name;
use pgrx::pg_sys::Oid;

const INDEX_DEFINITION: &str = include_str!("../../sql/queries/index_definition.sql");
const INDEX_PARTITIONS: &str = include_str!("../../sql/queries/index_partitions.sql");

pub struct Repair {
    /// Number of partitions without an attached index.
    pub missing: usize,
    /// A clause for the detail, with the punctuation before it.
    pub note: String,
    /// The statements that can be run now; others may follow after all of them.
    pub steps: Vec<String>,
}

/// Returns how to complete index `oid` of `table`.
pub fn repair(oid: Oid, table: Oid) -> Result<Repair, Error> {
    let Some(definition) = read(INDEX_DEFINITION, &[oid.into()], Definition::of)?.into_iter().next() else {
        return Ok(Repair { missing: 0, note: "it has just been dropped".to_owned(), steps: Vec::new() });
    };
    let mut plan = Plan { oid, definition: &definition, steps: Steps::default(), missing: 0, obstacle: None };
    plan.complete(table, Some(oid), &definition.index.quoted())?;
    let Plan { steps, missing, obstacle, .. } = plan;
    if let Some(obstacle) = obstacle {
        return Ok(Repair { missing, note: format!("; {obstacle}"), steps: Vec::new() });
    }
    if missing == 0 {
        return Ok(definition.rebuild());
    }
    let note = match steps.count() {
        0 | 1 => String::new(),
        count => format!("; it takes {count} steps, and flightcheck(fold => false) shows all that can be run now"),
    };
    Ok(Repair { missing, note, steps: if definition.is_exact { steps.ready() } else { Vec::new() } })
}

struct Definition {
    index: QualifiedName,
    table: QualifiedName,
    /// The part of CREATE INDEX after the table's name.
    body: Option<String>,
    is_unique: bool,
    /// The constraint's type, `p`, `u` or `x`, and its definition.
    constraint: Option<(String, String)>,
    /// The clause after USING INDEX for the constraint.
    timing: &'static str,
    is_exact: bool,
}

impl Definition {
    fn of(row: &CatalogRow<'_, '_>) -> Result<Definition, Error> {
        let (index, table) = (row.qualified_name(1)?, row.qualified_name(3)?);
        // Null if it is being dropped.
        let whole = row.optional_text(5)?.unwrap_or_default();
        let is_unique = row.get(6)?;
        // This is how pg_get_indexdef prints it; quoted names may contain any of these words.
        let head = format!(
            "CREATE {}INDEX {} ON ONLY {} ",
            if is_unique { "UNIQUE " } else { "" },
            quote_identifier(&index.name),
            table.quoted()
        );
        Ok(Definition {
            body: whole.strip_prefix(&head).map(str::to_owned),
            index,
            table,
            is_unique,
            constraint: row.optional_text(7)?.zip(row.optional_text(8)?),
            timing: match (row.get(9)?, row.get(10)?) {
                (true, true) => " DEFERRABLE INITIALLY DEFERRED",
                (true, false) => " DEFERRABLE",
                (false, _) => "",
            },
            is_exact: row.is_exact(),
        })
    }

    fn create(&self, how: &str, name: &str, on: &str, body: &str) -> String {
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX {how}{} ON {on} {body};", quote_identifier(name))
    }

    /// Returns how to make a complete index valid: the server marks it only when a partition's
    /// index is attached.
    fn rebuild(&self) -> Repair {
        let note = "one of them was built or dropped after it was attached".to_owned();
        let fix = match (&self.body, &self.constraint) {
            (Some(body), None) if self.is_exact => {
                let drop = format!("DROP INDEX {};", self.index.quoted());
                let create = self.create("", &self.index.name, &self.table.quoted(), body);
                Some(at_once([drop.as_str(), create.as_str()]))
            }
            _ => None,
        };
        let how = match fix {
            Some(_) => "the fix rebuilds all of them and blocks writers meanwhile",
            None => "it has to be dropped and created again",
        };
        Repair { missing: 0, note: format!("{note}; {how}"), steps: Vec::from_iter(fix) }
    }
}

/// A partition, and its index.
struct Partition {
    oid: Oid,
    name: QualifiedName,
    is_partitioned: bool,
    is_foreign: bool,
    attached: Option<(Oid, bool)>,
    candidate: Option<Candidate>,
    is_exact: bool,
}

/// An index with the same definition that is not attached to any index.
struct Candidate {
    oid: Oid,
    index: QualifiedName,
    is_valid: bool,
    has_constraint: bool,
}

impl Partition {
    fn of(row: &CatalogRow<'_, '_>) -> Result<Partition, Error> {
        let kind = row.text(4)?;
        let candidate = match row.optional_text(7)?.zip(row.optional_text(8)?) {
            Some((schema, name)) => Some(Candidate {
                oid: row.get(9)?,
                index: QualifiedName { schema, name },
                is_valid: row.get(10)?,
                has_constraint: row.optional_text(11)?.is_some(),
            }),
            None => None,
        };
        Ok(Partition {
            oid: row.get(1)?,
            name: row.qualified_name(2)?,
            is_partitioned: kind == "p",
            is_foreign: kind == "f",
            attached: row.optional::<Oid>(5)?.zip(row.optional::<bool>(6)?),
            candidate,
            is_exact: row.is_exact(),
        })
    }
}

/// The statements that complete an index, in the order in which they have to run.
#[derive(Default)]
struct Steps {
    /// Each is a separate step: it cannot run in a transaction block, or locks a table while it
    /// reads it.
    builds: Vec<String>,
    /// All of them together form the last step.
    attachments: Vec<String>,
}

impl Steps {
    fn count(&self) -> usize {
        self.builds.len() + usize::from(!self.attachments.is_empty())
    }

    /// Returns the builds, or the attachments if nothing is left to build.
    fn ready(self) -> Vec<String> {
        match (self.builds.is_empty(), self.attachments.is_empty()) {
            (false, _) => self.builds,
            (true, false) => vec![self.attachments.join(" ")],
            (true, true) => Vec::new(),
        }
    }

    fn mention(&self, name: &str) -> bool {
        let name = format!(" {} ", quote_identifier(name));
        self.builds.iter().chain(&self.attachments).any(|statement| statement.contains(&name))
    }
}

struct Plan<'a> {
    oid: Oid,
    definition: &'a Definition,
    steps: Steps,
    missing: usize,
    obstacle: Option<String>,
}

impl Plan<'_> {
    /// Adds statements that give every partition of `table` its index, attached to index `parent`;
    /// `attached` is the parent's OID if it exists already.
    fn complete(&mut self, table: Oid, attached: Option<Oid>, parent: &str) -> Result<(), Error> {
        let partitions = read(INDEX_PARTITIONS, &[self.oid.into(), table.into(), attached.into()], Partition::of)?;
        for partition in partitions {
            self.provide(&partition, parent)?;
        }
        Ok(())
    }

    fn provide(&mut self, partition: &Partition, parent: &str) -> Result<(), Error> {
        match (&partition.attached, &partition.candidate) {
            (Some((_, true)), _) => Ok(()),
            // The statements for its own partitions could not be written either.
            _ if !partition.is_exact || !self.definition.is_exact => {
                self.missing += usize::from(partition.attached.is_none());
                self.obstacle = Some("a name cannot be written here in this database's encoding".to_owned());
                Ok(())
            }
            // Once it is complete, the server checks its parent as well.
            (Some((oid, false)), _) if partition.is_partitioned => {
                let name = names::relation_name(*oid).map(|name| name.quoted()).unwrap_or_default();
                self.complete(partition.oid, Some(*oid), &name)
            }
            // It comes first: the server checks a parent only when an index is attached to it.
            (Some((oid, false)), _) => {
                let name = names::relation_name(*oid).map(|name| name.quoted()).unwrap_or_default();
                self.steps.builds.insert(0, format!("REINDEX INDEX CONCURRENTLY {name};"));
                Ok(())
            }
            (None, _) if partition.is_foreign => {
                self.missing += 1;
                let name = partition.name.quoted();
                self.obstacle = Some(format!(
                    "{name} is a foreign table, which cannot have one: the index can be valid only without it"
                ));
                Ok(())
            }
            (None, Some(candidate)) => self.attach(partition, candidate, parent),
            (None, None) => self.create(partition, parent),
        }
    }

    fn attach(&mut self, partition: &Partition, candidate: &Candidate, parent: &str) -> Result<(), Error> {
        self.missing += 1;
        let index = candidate.index.quoted();
        if partition.is_partitioned && !candidate.is_valid {
            self.complete(partition.oid, Some(candidate.oid), &index)?;
        } else if !candidate.is_valid {
            self.steps.builds.push(format!("REINDEX INDEX CONCURRENTLY {index};"));
        }
        if !candidate.has_constraint {
            self.constrain(partition, &candidate.index.name);
        }
        self.steps.attachments.push(format!("ALTER INDEX {parent} ATTACH PARTITION {index};"));
        Ok(())
    }

    fn create(&mut self, partition: &Partition, parent: &str) -> Result<(), Error> {
        self.missing += 1;
        let (Some(body), on) = (&self.definition.body, partition.name.quoted()) else {
            self.obstacle = Some("its definition could not be read".to_owned());
            return Ok(());
        };
        let name = self.free_name(partition)?;
        let index = QualifiedName { schema: partition.name.schema.clone(), name: name.clone() }.quoted();
        match &self.definition.constraint {
            // An exclusion constraint cannot use an existing index, and a partitioned table does
            // not need one of its own.
            Some((kind, constraint)) if kind == "x" || partition.is_partitioned => {
                let only = if partition.is_partitioned { "ONLY " } else { "" };
                let add = format!("ALTER TABLE {only}{on} ADD CONSTRAINT {} {constraint};", quote_identifier(&name));
                let steps = &mut self.steps;
                if partition.is_partitioned { steps.attachments.push(add) } else { steps.builds.push(add) }
            }
            _ if partition.is_partitioned => {
                self.steps.attachments.push(self.definition.create("", &name, &format!("ONLY {on}"), body));
            }
            _ => {
                self.steps.builds.push(self.definition.create("CONCURRENTLY ", &name, &on, body));
                self.constrain(partition, &name);
            }
        }
        if partition.is_partitioned {
            self.complete(partition.oid, None, &index)?;
        }
        self.steps.attachments.push(format!("ALTER INDEX {parent} ATTACH PARTITION {index};"));
        Ok(())
    }

    /// Adds the statement that adds the index as a constraint, if the parent's belongs to one.
    fn constrain(&mut self, partition: &Partition, index: &str) {
        let Some((kind, _)) = &self.definition.constraint else { return };
        let kind = if kind == "p" { "PRIMARY KEY" } else { "UNIQUE" };
        let (table, index) = (partition.name.quoted(), quote_identifier(index));
        let timing = self.definition.timing;
        self.steps
            .attachments
            .push(format!("ALTER TABLE {table} ADD CONSTRAINT {index} {kind} USING INDEX {index}{timing};"));
    }

    /// Returns a name as the server would choose it: the parent index's name with the partition's
    /// name in place of the table's or, if it does not begin with the table's, after the
    /// partition's name.
    fn free_name(&self, partition: &Partition) -> Result<String, Error> {
        let suffix = match self.definition.index.name.strip_prefix(&self.definition.table.name) {
            Some(suffix) if !suffix.is_empty() => suffix.to_owned(),
            _ => format!("_{}", self.definition.index.name),
        };
        object_name::free(&partition.name, &suffix, |name| self.steps.mention(name))
    }
}
