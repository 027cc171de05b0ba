//! Takes snapshots, which decide which rows a search sees.

use pgrx::pg_sys;

/// Which rows count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Rows that are committed now, whatever the isolation level, and rows that this transaction
    /// has written.
    Committed,
    /// The same, and rows that transactions in progress have inserted. May miss a row that is being
    /// updated (SnapshotDirty does not follow update chains), so it must be combined with another
    /// search.
    InProgress,
}

/// A snapshot for one scan.
pub(in crate::pg) enum Snapshot {
    Registered(pg_sys::Snapshot),
    /// A dirty snapshot, or one of any version, which is not registered.
    Plain(Box<pg_sys::SnapshotData>),
}

impl Snapshot {
    pub fn take(visibility: Visibility) -> Snapshot {
        match visibility {
            // SAFETY: runs in a transaction; after an error the resource owner unregisters the
            // snapshot.
            Visibility::Committed => unsafe {
                Snapshot::Registered(pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot()))
            },
            Visibility::InProgress => Snapshot::plain(pg_sys::SnapshotType::SNAPSHOT_DIRTY),
        }
    }

    /// Returns a snapshot of every version of every row that still exists.
    pub fn any_version() -> Snapshot {
        Snapshot::plain(pg_sys::SnapshotType::SNAPSHOT_ANY)
    }

    fn plain(kind: pg_sys::SnapshotType::Type) -> Snapshot {
        // SAFETY: InitDirtySnapshot of utils/snapmgr.h, and SnapshotAnyData, set only the type; all
        // other fields are output, or not read, and valid as zero.
        let mut snapshot: Box<pg_sys::SnapshotData> = Box::new(unsafe { std::mem::zeroed() });
        snapshot.snapshot_type = kind;
        Snapshot::Plain(snapshot)
    }

    pub fn as_ptr(&mut self) -> pg_sys::Snapshot {
        match self {
            Snapshot::Registered(pointer) => *pointer,
            Snapshot::Plain(snapshot) => std::ptr::from_mut(snapshot.as_mut()),
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Snapshot::Registered(pointer) = *self
            && !std::thread::panicking()
        {
            // SAFETY: registered by `take` and not unregistered before.
            unsafe { pg_sys::UnregisterSnapshot(pointer) }
        }
    }
}

/// Runs `work` with a snapshot of what is committed now as the active one, which is what read-only
/// SPI uses.
pub fn with_latest<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: runs in a transaction; an error pops the snapshot with the (sub)transaction.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
    let result = work();
    // SAFETY: `work` leaves the stack of active snapshots as it was.
    unsafe { pg_sys::PopActiveSnapshot() };
    result
}
