//! Flushes write-ahead log that an answer depends on.

use pgrx::pg_sys;

/// Flushes to disk all WAL that has been generated so far, and with it everything that this session
/// has seen other sessions do.
///
/// Shared memory may be newer than the disk: it may show a sequence that a transaction in progress
/// has moved, or the deletion of rows by a transaction that committed asynchronously. A crash
/// undoes both. A commit flushes WAL only if its own transaction has written some. Flushing up to
/// the LSN of the pages that were read would not be enough: no page shows the commit record of a
/// DELETE.
///
/// Does nothing in recovery: WAL that is replayed is already on disk.
pub fn flush() {
    // SAFETY: in recovery there is no insert position; otherwise the arguments are always valid,
    // since all WAL up to the end of the last record has been generated.
    unsafe {
        if !pg_sys::RecoveryInProgress() {
            let segment = u64::from(pg_sys::wal_segment_size.unsigned_abs());
            pg_sys::XLogFlush(end_of_last_record(pg_sys::GetXLogInsertRecPtr(), segment));
        }
    }
}

/// Returns the end of the last record. GetXLogInsertRecPtr returns where the next record will
/// begin. At the start of a page that is after the page's header, and WAL up to there does not
/// exist yet, so that XLogFlush would fail. (`XLogBytePosToEndRecPtr` in access/transam/xlog.c
/// returns the end of the last record, but PostgreSQL exports no function that calls it.)
fn end_of_last_record(next: u64, segment: u64) -> u64 {
    const LONG_HEADER: u64 = header_size(size_of::<pg_sys::XLogLongPageHeaderData>());
    const SHORT_HEADER: u64 = header_size(size_of::<pg_sys::XLogPageHeaderData>());
    let within_page = next % u64::from(pg_sys::XLOG_BLCKSZ);
    match next % segment {
        LONG_HEADER => next - LONG_HEADER,
        _ if within_page == SHORT_HEADER => next - SHORT_HEADER,
        _ => next,
    }
}

/// `SizeOfXLogShortPHD` and `SizeOfXLogLongPHD` in access/xlog_internal.h.
const fn header_size(size: usize) -> u64 {
    size.next_multiple_of(pg_sys::MAXIMUM_ALIGNOF as usize) as u64
}

#[cfg(test)]
mod tests {
    use super::end_of_last_record;

    const SEGMENT: u64 = 16 * 1024 * 1024;

    #[test]
    fn end_of_last_record_within_page_is_next_record() {
        for next in [SEGMENT + 48, SEGMENT + 4096, SEGMENT + 8192 + 40, SEGMENT + 16384 - 8] {
            assert_eq!(end_of_last_record(next, SEGMENT), next);
        }
    }

    #[test]
    fn end_of_last_record_at_page_start_is_before_header() {
        assert_eq!(end_of_last_record(SEGMENT + 8192 + 24, SEGMENT), SEGMENT + 8192);
        assert_eq!(end_of_last_record(3 * SEGMENT + 40, SEGMENT), 3 * SEGMENT);
    }
}
