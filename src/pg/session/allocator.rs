//! Counts what Rust's collections allocate, and repeats a failed allocation with memory that was
//! held in advance: see `memory`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

thread_local! {
    /// The number of bytes that Rust's collections hold at the moment. A backend has one thread;
    /// each test has a thread of its own.
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

pub(in crate::pg) static BALLAST: Region = Region::new();
pub(in crate::pg) static RESERVE: Region = Region::new();

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Address space that is held and not used.
pub(in crate::pg) struct Region {
    start: AtomicPtr<c_void>,
    length: AtomicUsize,
}

impl Region {
    const fn new() -> Region {
        Region { start: AtomicPtr::new(ptr::null_mut()), length: AtomicUsize::new(0) }
    }

    pub fn length(&self) -> usize {
        self.length.load(Relaxed)
    }

    /// Holds `length` bytes in place of what was held before. If it returns false, it holds
    /// nothing.
    pub fn hold(&self, length: usize) -> bool {
        self.release();
        // SAFETY: a new mapping, at an address that the kernel chooses.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(ptr::null_mut(), length, access, libc::MAP_PRIVATE | libc::MAP_ANON, -1, 0)
        };
        if start == libc::MAP_FAILED {
            return false;
        }
        self.start.store(start, Relaxed);
        self.length.store(length, Relaxed);
        true
    }

    /// Releases the region. Returns whether it held anything.
    pub fn release(&self) -> bool {
        let start = self.start.swap(ptr::null_mut(), Relaxed);
        let length = self.length.swap(0, Relaxed);
        // SAFETY: mapped by `hold`, which keeps the only pointer to it; the swap ensures that it is
        // unmapped once.
        !start.is_null() && unsafe { libc::munmap(start, length) } == 0
    }
}

/// The system's allocator, which releases the ballast when an allocation fails.
struct Allocator;

impl Allocator {
    /// Tries `allocate`, and repeats it with what a region has released. On success, `grown` is
    /// added to the amount that is allocated and `shrunk` is subtracted.
    fn try_all(grown: usize, shrunk: usize, allocate: impl Fn() -> *mut u8) -> *mut u8 {
        let mut memory = allocate();
        for region in [&BALLAST, &RESERVE] {
            if memory.is_null() && region.release() {
                memory = allocate();
            }
        }
        if !memory.is_null() {
            count(grown, shrunk);
        }
        memory
    }
}

// SAFETY: passes everything on to the system's allocator, and repeats only calls that have failed
// and so changed nothing. Does not unwind.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's guarantees are those that the system's allocator requires.
        Self::try_all(layout.size(), 0, || unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        Self::try_all(layout.size(), 0, || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`; a failed realloc leaves the memory unchanged.
        Self::try_all(size, layout.size(), || unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn count(grown: usize, shrunk: usize) {
    // A thread may free what another has allocated.
    ALLOCATED.set(ALLOCATED.get().saturating_add(grown).saturating_sub(shrunk));
}

/// Returns how many bytes Rust's collections hold at the moment.
pub fn allocated() -> usize {
    ALLOCATED.get()
}
