//! Privileges that the script grants and revokes.

use super::relation::{Id, Number};
use super::{Cause, Model};
use crate::pg::access;
use pgrx::pg_sys::Oid;

/// What one GRANT or REVOKE is about.
#[derive(Clone, Debug)]
pub struct Grant {
    pub statement: Number,
    /// `None` for whatever is in a schema, and for objects that are not relations.
    pub relations: Option<Vec<Id>>,
    /// The schemas, if it is about schemas.
    pub schemas: Vec<String>,
    /// `None` for PUBLIC, and for a role that the script creates.
    pub grantees: Vec<Option<Oid>>,
}

impl Grant {
    pub fn reaches(&self, role: Oid, counts_public: bool) -> bool {
        let is_own =
            |grantee: &Option<Oid>| grantee.map_or(counts_public, |grantee| access::is_member_of(role, grantee));
        self.grantees.iter().any(is_own)
    }

    fn is_about(&self, model: &Model, object: Option<&str>) -> bool {
        let Some(relations) = &self.relations else {
            return self.schemas.is_empty() || self.schemas.iter().any(|schema| Some(schema.as_str()) == object);
        };
        relations.iter().any(|id| Some(model.get(*id).quoted().as_str()) == object)
    }
}

impl Model {
    /// Returns the statement that may have given the current role what it lacks. `check` and
    /// `object` are those of the finding.
    pub fn privilege_granted(&self, check: &str, object: Option<&str>) -> Option<Cause> {
        let grants = |grant: &&Grant| grant.reaches(self.role, true) && grant.is_about(self, object);
        let found = if check == "owner" { None } else { self.grants.iter().find(grants) };
        self.memberships_changed.or_else(|| found.map(|grant| Cause::Statement(grant.statement)))
    }

    /// Returns the statement that may have taken a privilege on the relation from the current role.
    pub fn privilege_revoked(&self, id: Id) -> Option<Number> {
        // An owner loses privileges only by name.
        let counts_public = !self.owns(id);
        let concerns = |grant: &&Grant| {
            let is_about = grant.relations.as_ref().is_none_or(|relations| relations.contains(&id));
            is_about && grant.reaches(self.role, counts_public)
        };
        self.revocations.iter().find(concerns).map(|grant| grant.statement)
    }
}
