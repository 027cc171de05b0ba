//! Makes a shortage of memory raise 53200 and end the statement. Without this module, it would end
//! the whole cluster.
//!
//! Two causes did that. First, Rust's collections abort the process when an allocation fails, and
//! an aborted backend makes the server restart. Second, pgrx copies a PostgreSQL error into the
//! caller's memory context while its own error handler is still active: without memory for the
//! copy, the handler is entered again and again, until five errors are stacked (PANIC:
//! ERRORDATA_STACK_SIZE exceeded).
//!
//! The alternatives:
//! - `try_reserve` wherever something allocates: there are hundreds of places, `BTreeMap`,
//!   `collect`, `format!` and serde have no such form, and a single omission crashes the cluster.
//! - An allocator that raises the error itself: a `GlobalAlloc` must not unwind, and a jump out of
//!   it would skip destructors.
//! - `std::alloc::set_alloc_error_hook`, which accepts a hook that panics, is unstable.
//! - A ballast, which this module implements. While one of the extension's functions runs, it holds
//!   address space that it never touches, at the cost of two system calls and no physical memory.
//!   When an allocation fails, the ballast is released and the allocation is repeated. Between two
//!   steps of a function's work (each row of a query, each object, each piece of a text that is
//!   parsed), `require` restores the ballast, and where that is impossible it returns the error,
//!   with all destructors run as usual.
//!
//! This suffices as long as no step allocates more than the ballast holds. A step adds an object,
//! or makes a collection grow, or copies one: it allocates at most twice what is allocated already.
//! So the ballast is that plus `STEP`, and grows with the data. A step that needs more, such as
//! reading an argument, requests it beforehand (`require`).
//!
//! A second region, `RESERVE`, serves errors, and the allocations of triggers and hooks: a few
//! hundred bytes a statement. It is released when the first did not suffice, and, by an error
//! context callback, when the server raises 53200: these callbacks run before the jump to pgrx's
//! handler, which then finds memory for its copy. A session that has used one of the extension's
//! functions keeps it.
//!
//! Between the rows of a result the server works with its own memory, so no ballast is held: `rows`
//! only checks at intervals whether it could be.
//!
//! All this helps where malloc fails: under `vm.overcommit_memory = 2`, RLIMIT_AS or RLIMIT_DATA.
//! It cannot help against the kernel's OOM killer.

use crate::error::Error;
pub use crate::pg::allocator::allocated;
use crate::pg::allocator::{BALLAST, RESERVE};
use pgrx::iter::TableIterator;
use pgrx::pg_sys::{self, panic::ErrorReport};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const MB: usize = 1 << 20;
/// The memory that a step may allocate, in addition to twice what is allocated already.
const STEP: usize = 4 * MB;
/// The memory that raising an error may need, in the server's memory contexts and in Rust. Memory
/// contexts ask malloc for at least 1 MB once they have grown.
const FOR_ERRORS: usize = 2 * MB;

/// The maximum length of a text argument, in bytes. No name has more than 63.
const LONGEST_TEXT: usize = 8 << 10;

/// How many calls of `within` or `guarded` are running.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Returns 53200 unless the next step can allocate its share and `extra` bytes. To be called
/// between two steps of a function's work.
pub fn require(extra: usize) -> Result<(), Error> {
    let wanted = allocated().saturating_mul(2).saturating_add(STEP).saturating_add(extra);
    let held = BALLAST.length();
    if held >= wanted && held / 4 < wanted && RESERVE.length() > 0 {
        return Ok(());
    }
    BALLAST.release();
    // Holds a quarter more, so that the next of many small steps finds enough.
    let is_held = (RESERVE.length() > 0 || RESERVE.hold(FOR_ERRORS)) && BALLAST.hold(wanted.saturating_add(wanted / 4));
    if !is_held {
        release();
    } else if DEPTH.load(Relaxed) == 0 {
        BALLAST.release();
    }
    if is_held { Ok(()) } else { Err(out_of_memory(wanted)) }
}

fn release() {
    BALLAST.release();
    RESERVE.release();
}

fn out_of_memory(wanted: usize) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY, "out of memory")
        .detail(format!("Could not reserve {} MB for the next step.", wanted / MB + 1))
        .hint("Run it in a session that can use more memory, or for one schema at a time.")
}

/// Checks between two steps, for code that cannot return an error. Raises 57014 if the statement
/// was cancelled, 53200 if memory is short.
pub fn step() {
    pgrx::check_for_interrupts!();
    raise_if_short();
}

/// Raises 53200 if memory is short.
pub fn raise_if_short() {
    make_room(0);
}

/// Does what `require` does, but raises the error. To be called before a value of the server's is
/// copied.
pub fn make_room(extra: usize) {
    if let Err(error) = require(extra) {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
}

/// Does what `make_room` does, for `times` as many bytes as the value has. Costs nothing if every
/// step may allocate that much.
pub fn make_room_for(length: usize, times: usize) {
    let extra = length.saturating_mul(times);
    if extra > STEP {
        make_room(extra);
    }
}

/// Returns 54000 if a text argument is longer than any name, key or pattern.
pub fn refuse_long(argument: &str, text: &str) -> Result<(), Error> {
    if text.len() <= LONGEST_TEXT {
        return Ok(());
    }
    Err(Error::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, format!("argument \"{argument}\" is too long"))
        .detail(format!("It has {} bytes; the maximum is {LONGEST_TEXT}.", text.len())))
}

/// Runs the work of a function with the ballast held. 53200 if it cannot be held.
pub fn within<T, E: From<Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    guarded(|| {
        require(0)?;
        work()
    })
}

/// Runs the work of a trigger, which must not fail for lack of memory that it may not need.
pub fn guarded<T>(work: impl FnOnce() -> T) -> T {
    let mut callback = pg_sys::ErrorContextCallback {
        // SAFETY: a plain read of backend state.
        previous: unsafe { pg_sys::error_context_stack },
        callback: Some(on_error),
        arg: ptr::null_mut(),
    };
    let _scope = Scope::begin(&raw mut callback);
    if RESERVE.length() == 0 {
        RESERVE.hold(FOR_ERRORS);
    }
    work()
}

/// Pushes a callback onto the server's stack, and removes it however the work ends.
struct Scope {
    previous: *mut pg_sys::ErrorContextCallback,
}

impl Scope {
    fn begin(callback: *mut pg_sys::ErrorContextCallback) -> Scope {
        DEPTH.fetch_add(1, Relaxed);
        // SAFETY: the callback belongs to the caller, who holds the scope at most as long; an error
        // of the server does not jump over the caller, since pgrx turns it into unwinding below it.
        unsafe {
            let previous = pg_sys::error_context_stack;
            pg_sys::error_context_stack = callback;
            Scope { previous }
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: the previous entry stays on the stack until its owner, a caller of this code,
        // removes it.
        unsafe { pg_sys::error_context_stack = self.previous };
        if DEPTH.fetch_sub(1, Relaxed) == 1 {
            BALLAST.release();
        }
    }
}

unsafe extern "C-unwind" {
    /// The SQLSTATE of the error that is being reported. pgrx does not bind it.
    fn geterrcode() -> c_int;
}

/// Releases the regions when the server runs out of memory.
///
/// # Safety
/// Only for the server's stack of error context callbacks.
unsafe extern "C-unwind" fn on_error(_: *mut c_void) {
    // SAFETY: callbacks run while an error is being reported, and have no destructors to skip.
    if unsafe { geterrcode() } == PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY as c_int {
        release();
    }
}

/// Returns the rows of a result. Raises 53200 if memory is short: it checks once for as many rows
/// as need less than a step.
pub fn rows<T>(rows: impl Iterator<Item = T> + 'static) -> TableIterator<'static, T>
where
    T: 'static,
{
    const BETWEEN: usize = 32;
    TableIterator::new(rows.enumerate().map(|(number, row)| {
        if number % BETWEEN == 0 {
            raise_if_short();
        }
        row
    }))
}
