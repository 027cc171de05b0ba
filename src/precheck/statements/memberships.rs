//! GRANT and REVOKE of roles.

use super::roles;
use crate::pg::parser::tree::Role;
use crate::pg::{access, role};
use crate::precheck::finding::Note;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn grant(run: &mut Run, granted: &[String], grantees: &[Role], is_grant: bool) {
    let granted: Vec<_> = granted.iter().filter_map(|name| roles::find(run, &Role::Named(name.clone()))).collect();
    let members: Vec<_> = grantees.iter().filter_map(|role| roles::find(run, role)).collect();
    if !access::is_superuser(run.model.role) {
        run.add(Note::unknown("privilege", "whether the role may grant memberships is not checked"));
    }
    for (group, member) in granted.iter().flat_map(|group| members.iter().map(move |member| (*group, *member))) {
        if is_grant && access::is_member_of(group, member) {
            let name = |oid| role::name(oid).unwrap_or_default();
            let detail = format!("role \"{}\" is a member of role \"{}\"", name(group), name(member));
            run.add_name_error(Note::error("privilege", Code::ERRCODE_INVALID_GRANT_OPERATION, detail));
        }
    }
}
