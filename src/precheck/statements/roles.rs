//! Owners, privileges and row security.

use crate::error::Error;
use crate::pg::catalog_query::read_often;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Role;
use crate::pg::{access, role};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Change;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};

const SCHEMA_OWNER: &str = include_str!("../../../sql/queries/precheck_schema_owner.sql");
const DEFAULT_PRIVILEGES: &str = include_str!("../../../sql/queries/precheck_default_privileges.sql");

/// Whether the role owns the relation; adds a finding otherwise.
pub fn require_owner(run: &mut Run, id: Id) -> bool {
    if run.model.owns(id) {
        return true;
    }
    let object = run.model.get(id).quoted();
    let owner = run.model.get(id).owner.and_then(role::name).unwrap_or_default();
    let detail = format!(
        "role {} must be owner of {object}, which belongs to {}: privileges do not suffice",
        quote_identifier(&run.model.role_name()),
        quote_identifier(&owner)
    );
    run.add_name_error(Note::error("owner", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object));
    false
}

/// Returns the schema's owner.
pub fn schema_owner(schema: Oid) -> Result<Option<Oid>, Error> {
    Ok(read_often(SCHEMA_OWNER, &[PgOid::BuiltIn(PgBuiltInOids::OIDOID)], &[schema.into()], |row| row.get::<Oid>(1))?
        .pop())
}

/// Whether the role owns the relation or its schema, which suffices for DROP; adds a finding
/// otherwise.
pub fn require_owner_or_schema(run: &mut Run, id: Id) -> Result<bool, Error> {
    let schema = run.model.get(id).schema.clone();
    let schema = run.model.schema_oid(&schema);
    let owner = schema.map(schema_owner).transpose()?.flatten();
    Ok(owner.is_some_and(|owner| access::role_acts_as(run.model.role, owner)) || require_owner(run, id))
}

/// Whether the role may create objects in the database; adds a finding about `object` otherwise.
pub fn may_create_in_database(run: &mut Run, object: &str) -> bool {
    let may = access::role_may_create_in_database(run.model.role);
    if !may {
        let detail =
            format!("role {} has no CREATE privilege on the database", quote_identifier(&run.model.role_name()));
        run.add_name_error(
            Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object.to_owned()),
        );
    }
    may
}

/// Whether the role acts as the owner of an object that is not a relation; adds a finding
/// otherwise.
/// `what` is the object with its kind.
pub fn acts_as_owner(run: &mut Run, owner: Oid, what: &str, object: &str) -> bool {
    let acts = access::role_acts_as(run.model.role, owner);
    if !acts {
        let detail = format!("role {} must be owner of {what}", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("owner", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object.to_owned()));
    }
    acts
}

/// Returns the role's OID; adds a finding if it does not exist. `None` for PUBLIC, and for a role
/// that the script creates.
pub fn find(run: &mut Run, named: &Role) -> Option<Oid> {
    find_or_refuse(run, named, Code::ERRCODE_UNDEFINED_OBJECT)
}

/// Does the same with another SQLSTATE for a role that does not exist.
pub fn find_or_refuse(run: &mut Run, named: &Role, state: Code) -> Option<Oid> {
    match named {
        Role::Named(name) => {
            if let Some(Change::Created(_)) = run.model.roles.get(name) {
                return None;
            }
            match role::find(name) {
                Ok(oid) if !run.model.roles.contains_key(name) => Some(oid),
                _ => {
                    let detail = format!("role {} does not exist", quote_identifier(name));
                    run.add_name_error(Note::error("unknown_role", state, detail).on(name.clone()));
                    None
                }
            }
        }
        Role::Current | Role::Session => Some(run.model.role),
        Role::Public => None,
    }
}

/// Adds a finding if the role may not lock the table in this mode.
pub fn may_lock(run: &mut Run, id: Id, mode: Mode) {
    let may = run.model.owns(id)
        || run.model.get(id).oid.is_none_or(|oid| access::role_may_write(run.model.role, oid, access::Write::Any));
    if may {
        return;
    }
    let object = run.model.get(id).quoted();
    let detail = format!("role {} may not lock {object} in this mode", quote_identifier(&run.model.role_name()));
    let note = match mode > Mode::RowExclusive {
        true => Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail),
        false => Note::unknown("privilege", format!("{detail}, unless it may read or insert")),
    };
    run.add_name_error(note.on(object));
}

/// Adds a finding if the role may not read the whole relation.
pub fn may_select(run: &mut Run, id: Id) {
    let relation = run.model.get(id);
    let may = run.model.owns(id) || relation.oid.is_none_or(|oid| access::role_may_select(run.model.role, oid));
    if !may {
        let (name, object) = (quote_identifier(&run.model.role_name()), relation.quoted());
        let detail = format!("role {name} has no SELECT privilege on {object}");
        let grant = format!("GRANT SELECT ON {object} TO {name};");
        let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object);
        run.add_name_error(note.safer([grant]));
    } else {
        note_revoked(run, id);
    }
}

/// Adds a finding if the script has revoked a privilege on the relation from the current role, or
/// may have done so.
pub fn note_revoked(run: &mut Run, id: Id) {
    if access::is_superuser(run.model.role) {
        return;
    }
    let Some(statement) = run.model.privilege_revoked(id) else { return };
    let object = run.model.get(id).quoted();
    let detail = format!(
        "fails if role {} owes a privilege on {object} to what statement {statement} revokes",
        quote_identifier(&run.model.role_name())
    );
    run.add(Note::unknown("privilege", detail).raising(Code::ERRCODE_INSUFFICIENT_PRIVILEGE).on(object));
}

/// ALTER … OWNER TO of a relation.
pub fn set_owner(run: &mut Run, id: Id, new: &Role) {
    let Some(owner) = find(run, new) else { return };
    if !may_give(run, owner, Some(id)) {
        return;
    }
    run.model.get_mut(id).owner = Some(owner);
}

/// Whether the role may give objects to the new owner; adds a finding otherwise.
pub fn may_give(run: &mut Run, owner: Oid, id: Option<Id>) -> bool {
    let current = run.model.role;
    if access::is_superuser(current) || id.is_some_and(|id| run.model.get(id).owner == Some(owner)) {
        return true;
    }
    let (name, new) =
        (quote_identifier(&run.model.role_name()), quote_identifier(&role::name(owner).unwrap_or_default()));
    if !access::role_can_become(current, owner) {
        let detail = format!("role {name} must be able to SET ROLE {new}");
        let grant = format!("GRANT {new} TO {name};");
        run.add_name_error(
            Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(new).safer([grant]),
        );
        return false;
    }
    let schema = id.map(|id| run.model.get(id).schema.clone());
    let schema_oid = schema.as_ref().and_then(|schema| run.model.schema_oid(schema));
    if let (Some(schema), Some(oid)) = (schema, schema_oid)
        && schema != "pg_temp"
        && !access::role_may_create_in(owner, oid)
    {
        let detail = format!("the new owner {new} has no CREATE privilege on schema {}", quote_identifier(&schema));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(schema));
        return false;
    }
    true
}

/// Adds an error if the role may not advance the sequence, or if `usage_suffices` is false, set it.
pub fn require_advance(run: &mut Run, sequence: Oid, usage_suffices: bool, is_certain: bool) -> Result<(), Error> {
    // A sequence of the script's own is analyzed as pg_class, which is none.
    let Some(id) = run.model.by_oid(sequence)?.filter(|id| run.model.get(*id).kind == b'S') else { return Ok(()) };
    if run.model.owns(id) || access::role_may_advance(run.model.role, sequence, usage_suffices) {
        return Ok(());
    }
    let object = run.model.get(id).quoted();
    let name = quote_identifier(&run.model.role_name());
    let privilege = if usage_suffices { "USAGE" } else { "UPDATE" };
    let detail = format!("role {name} has no {privilege} privilege on sequence {object}");
    let note = match is_certain {
        true => Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail),
        false => Note::unknown("privilege", format!("{detail}, and fails if the function is called"))
            .raising(Code::ERRCODE_INSUFFICIENT_PRIVILEGE),
    };
    let grant = format!("GRANT {privilege} ON SEQUENCE {object} TO {name};");
    run.add_name_error(note.on(object).safer([grant]));
    Ok(())
}

/// ENABLE and DISABLE ROW LEVEL SECURITY.
pub fn row_security(run: &mut Run, id: Id, enables: bool) {
    let relation = run.model.get_mut(id);
    relation.has_row_security = enables;
    if enables && !relation.has_policies && relation.created.is_none() {
        let object = relation.quoted();
        let detail = "the table has no policy: from now on, roles other than its owner see no row, without an error";
        run.add(Note::warning("rls_no_policy", detail).on(object));
    }
}

/// Warns if default privileges are set for tables of other roles only.
pub fn default_privileges(run: &mut Run, schema: &str, table: &str) -> Result<(), Error> {
    let Some(oid) = run.model.schema_oid(schema) else { return Ok(()) };
    let types = [PgBuiltInOids::OIDOID, PgBuiltInOids::OIDOID].map(PgOid::BuiltIn);
    let owners = read_often(DEFAULT_PRIVILEGES, &types, &[oid.into(), run.model.role.into()], |row| row.text(1))?;
    if !owners.is_empty() {
        let role = quote_identifier(&run.model.role_name());
        let detail = format!(
            "default privileges in the schema are set for tables of {}: a table of {role} does not get them",
            owners.join(", ")
        );
        run.add(Note::warning("default_privileges", detail).on(format!(
            "{}.{}",
            quote_identifier(schema),
            quote_identifier(table)
        )));
    }
    Ok(())
}
