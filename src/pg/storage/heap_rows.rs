//! Reads rows of a table as text, without the planner. Only output functions of built-in types run.

use crate::error::Error;
use crate::pg::heap_scan::{Scan, value};
use crate::pg::lossy_text::RawText;
use crate::pg::relation::Relation;
use crate::pg::snapshot::Visibility;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CStr;

/// How many bytes of a value are read: logs can be long.
const LONGEST: i32 = 4096;

/// A value that is not null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// The point in time, for a value of such a type.
    pub moment: Option<Moment>,
}

/// A point in time, in microseconds since 2000 as for `TimestampTz`; extreme values are infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time if the value is in this session's time zone.
    pub local: i64,
    /// The time if the value is in UTC.
    pub utc: i64,
    /// Whether the column has a time zone. Without one, the time zone of the value is unknown:
    /// clients write it by their own clocks.
    pub has_zone: bool,
}

impl Cell {
    /// Returns a value of type timestamptz.
    pub fn point_in_time(microseconds: i64) -> Cell {
        // SAFETY: takes any value; returns a C string in a static buffer, which is copied.
        let text = unsafe { CStr::from_ptr(pg_sys::timestamptz_to_str(microseconds)) };
        Cell {
            text: text.to_string_lossy().into_owned(),
            moment: Some(Moment { local: microseconds, utc: microseconds, has_zone: true }),
        }
    }
}

/// Returns the current time, as in `Moment`.
pub fn now() -> i64 {
    // SAFETY: only reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// How much of a table may be kept in memory.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub rows: usize,
    /// The total length of the texts.
    pub bytes: usize,
}

/// Reads columns `attributes` of the committed rows of the open heap table; `None` if they exceed
/// the budget. The columns' types must be built-in.
pub fn read(heap: &Relation, attributes: &[i16], budget: Budget) -> Result<Option<Vec<Vec<Option<Cell>>>>, Error> {
    heap.refuse_unreadable()?;
    let mut scan = Scan::begin(heap, Visibility::Committed);
    let columns: Vec<Column> = attributes.iter().filter_map(|attribute| Column::of(heap, *attribute)).collect();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while scan.next() {
        // SAFETY: the slot holds a row of the table, and the columns belong to the table.
        let row: Vec<_> = columns.iter().map(|column| unsafe { column.cell(scan.slot) }).collect();
        bytes += row.iter().flatten().map(|cell| cell.text.len()).sum::<usize>();
        if rows.len() >= budget.rows || bytes > budget.bytes {
            return Ok(None);
        }
        rows.push(row);
    }
    Ok(Some(rows))
}

struct Column {
    attribute: i16,
    type_oid: Oid,
    output: Oid,
}

impl Column {
    fn of(heap: &Relation, attribute: i16) -> Option<Column> {
        let type_oid = heap.attribute(attribute)?.atttypid;
        let (mut output, mut is_varlena) = (pg_sys::InvalidOid, false);
        // SAFETY: looks the type up in the system cache; raises an error if it does not exist.
        unsafe { pg_sys::getTypeOutputInfo(type_oid, &mut output, &mut is_varlena) };
        Some(Column { attribute, type_oid, output })
    }

    /// # Safety
    /// The slot must hold a row of the column's table.
    unsafe fn cell(&self, slot: *mut pg_sys::TupleTableSlot) -> Option<Cell> {
        // SAFETY: the caller guarantees that the slot holds a row with this column.
        let datum = unsafe { value(slot, self.attribute) }?;
        let text = match self.type_oid {
            // SAFETY: not null, and of such a type.
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => unsafe { truncated_text(datum) },
            // SAFETY: not null, and of the type that this output function belongs to.
            _ => unsafe {
                let text = pg_sys::OidOutputFunctionCall(self.output, datum);
                let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
                pg_sys::pfree(text.cast());
                owned
            },
        };
        Some(Cell { text, moment: moment(self.type_oid, datum) })
    }
}

/// # Safety
/// `datum` must be of type text or of a type that is stored in the same way.
unsafe fn truncated_text(datum: Datum) -> String {
    // SAFETY: the caller guarantees the type; the slice is a new, palloc'd text.
    unsafe {
        let slice = pg_sys::pg_detoast_datum_slice(datum.cast_mut_ptr(), 0, LONGEST);
        let text = RawText::from_datum(Datum::from(slice), false).map(|raw| raw.text).unwrap_or_default();
        pg_sys::pfree(slice.cast());
        text
    }
}

/// Converts a timestamp of the session's time zone to one of UTC; an infinity if it overflows.
fn in_session_zone(timestamp: pg_sys::Timestamp) -> pg_sys::TimestampTz {
    #[cfg(not(since_19))]
    {
        let mut overflow = 0;
        // SAFETY: takes any timestamp; reports an overflow in `overflow`, without an error.
        unsafe { pg_sys::timestamp2timestamptz_opt_overflow(timestamp, &mut overflow) }
    }
    #[cfg(since_19)]
    {
        let mut errors = pg_sys::ErrorSaveContext { type_: pg_sys::NodeTag::T_ErrorSaveContext, ..Default::default() };
        // SAFETY: takes any timestamp; reports an overflow in `errors`, without an error.
        unsafe { pg_sys::timestamp2timestamptz_safe(timestamp, (&raw mut errors).cast()) }
    }
}

fn moment(type_oid: Oid, datum: Datum) -> Option<Moment> {
    let value = datum.value() as i64;
    match type_oid {
        pg_sys::TIMESTAMPTZOID => Some(Moment { local: value, utc: value, has_zone: true }),
        pg_sys::TIMESTAMPOID => Some(Moment { local: in_session_zone(value), utc: value, has_zone: false }),
        _ => None,
    }
}
