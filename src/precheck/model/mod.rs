//! The database as it is when the script reaches the next statement: the catalogs, and what the
//! statements before have created, dropped, renamed and changed.

mod cause;
mod changes;
mod grants;
mod load;
mod lookup;
pub mod path;
pub mod relation;

use crate::error::Error;
use crate::pg::parser::tree::RelationName;
use crate::pg::{role, schemas};
use crate::precheck::sequence_limits::Position;
use pgrx::pg_sys::Oid;
use relation::{Id, Number, Relation, Type};
use std::collections::{HashMap, HashSet};

pub use cause::Cause;
pub use grants::Grant;
pub use lookup::{Creation, Found};

/// What a name leads to, where the script has changed that.
#[derive(Clone, Copy, Debug)]
enum Slot {
    Gone(Number),
    Here(Id),
}

/// A schema, a type, a function, a role or an extension that the script creates or drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Created(Number),
    Dropped(Number),
}

/// A function that the script has created.
#[derive(Clone, Debug)]
pub struct NewFunction {
    pub statement: Number,
    pub schema: String,
    pub name: String,
    pub is_procedure: bool,
    /// The own names of the arguments' types.
    pub type_names: Vec<String>,
    /// The types of the input arguments; `None` if one is not known.
    pub arguments: Option<Vec<Type>>,
    pub names: Vec<Option<String>>,
    pub result: Option<Type>,
}

/// A type of the catalogs.
#[derive(Clone, Debug)]
pub struct KnownType {
    pub oid: Oid,
    pub owner: Oid,
    pub labels: Vec<String>,
}

/// Which schemas unqualified names are looked up in.
#[derive(Clone, Debug)]
pub struct SearchPath {
    /// `None` if the script has set it to something that is not known.
    pub names: Option<Vec<String>>,
    /// Whether the script has changed it.
    pub is_changed: bool,
}

#[derive(Clone)]
pub struct Model {
    relations: Vec<Relation>,
    by_oid: HashMap<Oid, Id>,
    names: HashMap<(String, String), Slot>,
    /// The OIDs of existing schemas by name.
    schema_oids: HashMap<String, Option<Oid>>,
    pub schemas: HashMap<String, Change>,
    /// By schema and name.
    pub types: HashMap<(String, String), Change>,
    /// The values of the enums that the script creates, by the type's name; `None` if they are not
    /// followed.
    pub enum_labels: HashMap<String, Option<Vec<String>>>,
    /// The values of enums that the transaction has added, which it cannot use.
    pub new_enum_values: HashMap<(String, String), Number>,
    /// The values that the script has added to enums, or renamed.
    pub added_enum_values: HashSet<String>,
    /// The values of enums that the script has renamed, by the type's name and the old value.
    pub gone_enum_values: HashMap<(String, String), Number>,
    /// The types of the catalogs that the script has renamed, by their new names.
    pub renamed_types: HashMap<String, KnownType>,
    /// By name, without a schema or arguments.
    pub functions: HashMap<String, Change>,
    /// Those that the script has created, with their arguments.
    pub new_functions: Vec<NewFunction>,
    /// The own names of functions and types that the script has renamed or moved.
    pub moved_names: HashSet<String>,
    pub roles: HashMap<String, Change>,
    pub extensions: HashMap<String, Change>,
    pub publications: HashMap<String, Change>,
    /// The policies and rules that the script creates or alters, and what the policies read of the
    /// table's columns.
    pub new_parts: HashMap<(Id, &'static str, String), Vec<String>>,
    /// Sequences that the script has created or altered.
    pub positions: HashMap<Id, Position>,
    /// The domains that it has altered.
    pub changed_domains: HashSet<String>,
    /// The functions that it has created, and whether they return a trigger.
    pub trigger_functions: HashMap<String, bool>,
    pub path: SearchPath,
    /// The role that runs the statements.
    pub role: Oid,
    /// The role of SET SESSION AUTHORIZATION, to which RESET ROLE returns.
    pub session_role: Oid,
    /// The role that the session began with.
    pub login_role: Oid,
    /// After what any name may mean something else: DO, CALL, a function, or a file for psql.
    pub names_unknown: Option<Cause>,
    /// After what roles may have other memberships, or own other objects, than the catalogs say.
    pub memberships_changed: Option<Cause>,
    pub grants: Vec<Grant>,
    pub revocations: Vec<Grant>,
    /// After what any row may have changed.
    pub rows_unknown: Option<Cause>,
    /// The statement that has copied indexes of another table, under names that are not known.
    pub indexes_copied: Option<Number>,
    /// The statement that has created objects in other ways than those above (operators, casts, …).
    pub other_objects: Option<Number>,
    /// The OIDs of functions, types and other objects that the script drops.
    pub dropped_objects: HashSet<Oid>,
    /// The first statement since which some tables may no longer be published.
    pub unpublished: Option<Number>,
}

impl Model {
    /// Says that names may mean something else from here on.
    pub fn distrust_names(&mut self, cause: Cause) {
        self.names_unknown.get_or_insert(cause);
    }

    /// Says that rows may be others from here on.
    pub fn distrust_rows(&mut self, cause: Cause) {
        self.rows_unknown.get_or_insert(cause);
    }

    pub fn new(role: Oid, search_path: &str) -> Model {
        Model {
            relations: Vec::new(),
            by_oid: HashMap::new(),
            names: HashMap::new(),
            schema_oids: HashMap::new(),
            schemas: HashMap::new(),
            types: HashMap::new(),
            new_enum_values: HashMap::new(),
            added_enum_values: HashSet::new(),
            gone_enum_values: HashMap::new(),
            renamed_types: HashMap::new(),
            functions: HashMap::new(),
            new_functions: Vec::new(),
            moved_names: HashSet::new(),
            enum_labels: HashMap::new(),
            roles: HashMap::new(),
            extensions: HashMap::new(),
            publications: HashMap::new(),
            new_parts: HashMap::new(),
            positions: HashMap::new(),
            changed_domains: HashSet::new(),
            trigger_functions: HashMap::new(),
            path: SearchPath { names: path::split(search_path), is_changed: false },
            role,
            session_role: role,
            login_role: role,
            names_unknown: None,
            memberships_changed: None,
            grants: Vec::new(),
            revocations: Vec::new(),
            rows_unknown: None,
            indexes_copied: None,
            other_objects: None,
            dropped_objects: HashSet::new(),
            unpublished: None,
        }
    }

    pub fn get(&self, id: Id) -> &Relation {
        &self.relations[id]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Relation {
        &mut self.relations[id]
    }

    /// Returns the relation as the script has left it so far; `None` if it does not exist.
    pub fn by_oid(&mut self, oid: Oid) -> Result<Option<Id>, Error> {
        if let Some(id) = self.by_oid.get(&oid) {
            return Ok(Some(*id));
        }
        let Some(mut relation) = load::relation(oid)? else { return Ok(None) };
        let gone = |oid: &Oid| self.known(*oid).and_then(|id| self.get(id).dropped);
        relation.changes.deleted = relation.children.iter().filter_map(gone).max();
        relation.children.retain(|child| gone(child).is_none());
        relation.default_partition = relation.default_partition.filter(|child| gone(child).is_none());
        let id = self.relations.len();
        self.relations.push(relation);
        self.by_oid.insert(oid, id);
        Ok(Some(id))
    }

    /// Returns the relation if it has been loaded.
    pub fn known(&self, oid: Oid) -> Option<Id> {
        self.by_oid.get(&oid).copied()
    }

    /// Returns the foreign keys of other tables that refer to this one: the table, and the name.
    pub fn references_to(&mut self, id: Id) -> Result<Vec<(Id, String)>, Error> {
        let mut found = self.get(id).new_references.clone();
        if let Some(oid) = self.get(id).oid {
            for (table, name) in load::referencing(oid)? {
                if let Some(table) = self.by_oid(table)? {
                    found.push((table, name));
                }
            }
        }
        let exists = |(table, name): &(Id, String)| {
            let relation = self.get(*table);
            relation.dropped.is_none() && relation.constraint(name).is_some()
        };
        found.retain(exists);
        Ok(found)
    }

    /// Returns the partitions and inheriting tables, at any depth.
    pub fn descendants(&mut self, id: Id) -> Result<Vec<Id>, Error> {
        let mut found: Vec<Id> = Vec::new();
        let mut left = vec![id];
        while let Some(next) = left.pop() {
            let mut children = self.get(next).new_children.clone();
            for child in self.get(next).children.clone() {
                children.extend(self.by_oid(child)?);
            }
            for child in children {
                if !found.contains(&child) {
                    found.push(child);
                    left.push(child);
                }
            }
        }
        Ok(found)
    }

    /// Notes that a change of the relation has changed its descendants' columns, which the model
    /// does not follow.
    pub fn blur_descendants(&mut self, id: Id) -> Result<(), Error> {
        for child in self.descendants(id)? {
            let child = self.get_mut(child);
            child.is_opaque = true;
            child.is_changed = true;
        }
        Ok(())
    }

    /// Whether the script has created the relation and written no row to it.
    pub fn has_no_rows(&self, id: Id) -> bool {
        let relation = self.get(id);
        relation.created.is_some() && relation.is_known_empty() && self.rows_unknown.is_none()
    }

    /// Returns the relations that the script has touched.
    pub fn loaded(&self) -> impl Iterator<Item = (Id, &Relation)> {
        self.relations.iter().enumerate()
    }

    /// Returns the current role's name.
    pub fn role_name(&self) -> String {
        role::name(self.role).unwrap_or_default()
    }

    /// Returns the schema's OID; `None` if it does not exist in the catalogs.
    pub fn schema_oid(&mut self, name: &str) -> Option<Oid> {
        if let Some(found) = self.schema_oids.get(name) {
            return *found;
        }
        let found = if name == "pg_temp" { schemas::find(name).ok() } else { schemas::find_text(name).ok() };
        self.schema_oids.insert(name.to_owned(), found);
        found
    }

    /// Whether the schema exists when the script reaches the next statement.
    pub fn schema_exists(&mut self, name: &str) -> bool {
        match self.schemas.get(name) {
            Some(Change::Created(_)) => true,
            Some(Change::Dropped(_)) => false,
            None => name == "pg_temp" || self.schema_oid(name).is_some(),
        }
    }

    /// Returns what the script has done last to a type's name.
    pub fn type_change(&self, schema: Option<&str>, name: &str) -> Option<Change> {
        let is_same = |of: &str| of.is_empty() || schema.is_none_or(|schema| schema == of);
        let changes = self.types.iter().filter(|((of, known), _)| known == name && is_same(of));
        changes.map(|(_, change)| *change).max_by_key(|change| match change {
            Change::Created(number) => (*number, true),
            Change::Dropped(number) => (*number, false),
        })
    }

    /// Returns the relation with this name in one schema.
    pub fn in_schema(&mut self, schema: &str, name: &str) -> Result<Option<Id>, Error> {
        if let Some(slot) = self.names.get(&(schema.to_owned(), name.to_owned())) {
            return Ok(match slot {
                Slot::Here(id) => Some(*id),
                Slot::Gone(_) => None,
            });
        }
        if matches!(self.schemas.get(schema), Some(Change::Dropped(_) | Change::Created(_))) {
            return Ok(None);
        }
        let Some(schema_oid) = self.schema_oid(schema) else { return Ok(None) };
        let Some(oid) = crate::pg::relation_names::relation_named(schema_oid, name) else { return Ok(None) };
        self.by_oid(oid)
    }

    /// Returns the statement that has dropped or renamed the relation with this name.
    pub fn gone_since(&self, name: &RelationName) -> Option<Number> {
        let is_same =
            |key: &&(String, String)| key.1 == name.name && name.schema.as_ref().is_none_or(|schema| *schema == key.0);
        let key = self.names.keys().find(|key| is_same(key) && matches!(self.names.get(*key), Some(Slot::Gone(_))))?;
        match self.names.get(key) {
            Some(Slot::Gone(statement)) => Some(*statement),
            _ => None,
        }
    }
}
