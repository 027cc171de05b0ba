//! GRANT and REVOKE of roles.

use super::roles;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::Role;
use crate::pg::{access, role};
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

pub fn grant(run: &mut Run, granted: &[String], grantees: &[Role], is_grant: bool) {
    let granted: Vec<_> = granted.iter().filter_map(|name| roles::find(run, &Role::Named(name.clone()))).collect();
    let members: Vec<_> = grantees.iter().filter_map(|role| roles::find(run, role)).collect();
    let cause = Cause::Statement(run.number());
    for group in &granted {
        if !may_grant(run, *group) {
            return;
        }
    }
    for (group, member) in granted.iter().flat_map(|group| members.iter().map(move |member| (*group, *member))) {
        if is_grant && access::is_member_of(group, member) {
            let name = |oid| role::name(oid).unwrap_or_default();
            let detail = format!("role \"{}\" is a member of role \"{}\"", name(group), name(member));
            run.add_name_error(Note::error("privilege", Code::ERRCODE_INVALID_GRANT_OPERATION, detail));
        }
    }
    if !is_grant && !access::is_superuser(run.model.role) {
        run.add(Note::unknown("privilege", "whether other memberships depend on this one is not checked"));
    }
    run.model.memberships_changed.get_or_insert(cause);
}

/// Whether the role may grant memberships of the group; adds a finding otherwise
/// (check_role_membership_authorization in commands/user.c; AddRoleMems before 16).
fn may_grant(run: &mut Run, group: Oid) -> bool {
    let role = run.model.role;
    if access::is_superuser(role) {
        return true;
    }
    let (name, own) = (quote_identifier(&role::name(group).unwrap_or_default()), run.model.role_name());
    if access::is_superuser(group) {
        let detail = format!("role {} must be superuser to grant {name}", quote_identifier(&own));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name));
        return false;
    }
    if access::is_admin_of(role, group) {
        return true;
    }
    // Before 16, the session's user may grant itself.
    if cfg!(not(since_16)) && role == group {
        let detail = "fails with 42501 unless the role is the session's user";
        run.add(Note::unknown("privilege", detail).raising(Code::ERRCODE_INSUFFICIENT_PRIVILEGE).on(name));
        return true;
    }
    let detail = format!("role {} must have the admin option on role {name}", quote_identifier(&own));
    run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name));
    false
}
