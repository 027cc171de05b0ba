//! Runs code with the privileges of another role.

use pgrx::pg_sys;

/// The role that initdb creates, which cannot be dropped.
pub const SUPERUSER: pg_sys::Oid = pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID);

/// Returns the current user.
pub fn current() -> pg_sys::Oid {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetUserId() }
}

/// Runs `work` as `owner` under SECURITY_RESTRICTED_OPERATION, as ANALYZE does, so that code of the
/// owner's that the planner or a foreign data wrapper runs does not get the caller's privileges. An
/// error restores the user with the subtransaction around it.
pub fn run_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: reads and sets backend state; the old values are restored below, or by the
    // subtransaction's abort.
    let nest_level = unsafe {
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        pg_sys::SetUserIdAndSecContext(owner, context | pg_sys::SECURITY_RESTRICTED_OPERATION as i32);
        pg_sys::NewGUCNestLevel()
    };
    let result = work();
    // SAFETY: restores the values that were read above.
    unsafe {
        pg_sys::AtEOXact_GUC(false, nest_level);
        pg_sys::SetUserIdAndSecContext(user, context);
    }
    result
}
