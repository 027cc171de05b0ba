//! Running SQL over somebody's table with no more rights than its owner has.

use pgrx::pg_sys;

/// The role that initdb makes and nobody can drop.
pub const SUPERUSER: pg_sys::Oid = pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID);

/// The current user.
pub fn current() -> pg_sys::Oid {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetUserId() }
}

/// Runs `work` as `owner` under SECURITY_RESTRICTED_OPERATION, as ANALYZE does: whatever code of the owner's the planner or
/// a foreign data wrapper may run, it gets no rights of the caller's. An error undoes it with the subtransaction around it.
pub fn run_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: reads and sets backend state; the old values are put back below, or by the subtransaction's abort.
    let nest_level = unsafe {
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        pg_sys::SetUserIdAndSecContext(owner, context | pg_sys::SECURITY_RESTRICTED_OPERATION as i32);
        pg_sys::NewGUCNestLevel()
    };
    let result = work();
    // SAFETY: as above.
    unsafe {
        pg_sys::AtEOXact_GUC(false, nest_level);
        pg_sys::SetUserIdAndSecContext(user, context);
    }
    result
}
