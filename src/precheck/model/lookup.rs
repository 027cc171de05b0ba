//! Looks names up along the search_path, as the server does (catalog/namespace.c).

use crate::error::Error;
use crate::pg::access;
use crate::pg::parser::tree::RelationName;
use crate::precheck::model::relation::Id;
use crate::precheck::model::{Change, Model};

/// What a relation's name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Relation(Id),
    Missing,
    NoSchema(String),
    /// The search_path is not known.
    Unknown,
}

/// Where an object without a schema in its name would be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    Schema(String),
    /// The named schema does not exist, or, without a name, none of the search_path.
    None(Option<String>),
    Unknown,
}

impl Model {
    pub fn find(&mut self, name: &RelationName) -> Result<Found, Error> {
        if let Some(schema) = &name.schema {
            if !self.schema_exists(schema) {
                return Ok(Found::NoSchema(schema.clone()));
            }
            let schema = schema.clone();
            return Ok(self.in_schema(&schema, &name.name)?.map_or(Found::Missing, Found::Relation));
        }
        let Some(schemas) = self.effective_path() else { return Ok(Found::Unknown) };
        for schema in schemas {
            if let Some(id) = self.in_schema(&schema, &name.name)? {
                return Ok(Found::Relation(id));
            }
        }
        Ok(Found::Missing)
    }

    /// Returns the schemas that unqualified names are looked up in, in order; `None` if the
    /// search_path is not known.
    pub fn effective_path(&mut self) -> Option<Vec<String>> {
        let names = self.path.names.clone()?;
        let mut schemas = Vec::with_capacity(names.len() + 2);
        if !names.iter().any(|name| name == "pg_temp") {
            schemas.push("pg_temp".to_owned());
        }
        if !names.iter().any(|name| name == "pg_catalog") {
            schemas.push("pg_catalog".to_owned());
        }
        for name in names {
            let name = if name == "$user" { self.role_name() } else { name };
            if self.is_usable(&name) && !schemas.contains(&name) {
                schemas.push(name);
            }
        }
        Some(schemas)
    }

    /// Whether the schema exists and the role may use it: others in the search_path are skipped.
    fn is_usable(&mut self, name: &str) -> bool {
        if !self.schema_exists(name) {
            return false;
        }
        if name == "pg_temp" || matches!(self.schemas.get(name), Some(Change::Created(_))) {
            return true;
        }
        let role = self.role;
        self.schema_oid(name).is_some_and(|oid| access::role_may_use_schema(role, oid))
    }

    /// Returns the schema in which an object of this name would be created.
    pub fn creation_schema(&mut self, schema: Option<&str>, is_temporary: bool) -> Creation {
        if is_temporary || schema == Some("pg_temp") {
            return Creation::Schema("pg_temp".to_owned());
        }
        if let Some(schema) = schema {
            return match self.schema_exists(schema) {
                true => Creation::Schema(schema.to_owned()),
                false => Creation::None(Some(schema.to_owned())),
            };
        }
        let Some(names) = self.path.names.clone() else { return Creation::Unknown };
        for name in names {
            let name = if name == "$user" { self.role_name() } else { name };
            if self.is_usable(&name) {
                return Creation::Schema(name);
            }
        }
        Creation::None(None)
    }

    /// Whether the role may create objects in the schema.
    pub fn may_create_in(&mut self, schema: &str) -> bool {
        if schema == "pg_temp" || matches!(self.schemas.get(schema), Some(Change::Created(_))) {
            return true;
        }
        let role = self.role;
        self.schema_oid(schema).is_none_or(|oid| access::role_may_create_in(role, oid))
    }

    /// Whether the role may act as the owner of the relation.
    pub fn owns(&self, id: Id) -> bool {
        self.get(id).owner.is_none_or(|owner| access::role_acts_as(self.role, owner))
    }
}
