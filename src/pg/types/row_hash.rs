//! Implements `db_row_hash(VARIADIC "any")`, which is called for each row of a table. Types are
//! looked up once for each call expression in a query, and the memory that a value has needed is
//! freed before the next value.

use super::utf8::ToUtf8;
use crate::error::Error;
use crate::pg::varlena::content;
use crate::pg::{extension, memory};
use crate::row_hash::RowBytes;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Datum, FmgrInfo, FunctionCallInfo, MemoryContext, NullableDatum, Oid, varlena};
use pgrx::{PgLogLevel, PgMemoryContexts, PgSqlErrorCode, pg_guard};
use std::ffi::CStr;

static V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };

#[unsafe(no_mangle)]
#[doc(hidden)]
pub extern "C" fn pg_finfo_db_row_hash_call() -> &'static pg_sys::Pg_finfo_record {
    &V1
}

/// `db_row_hash(VARIADIC "any")`: a 64-bit hash of a row's values, including nulls. It is the same
/// on every major version and platform and in databases of any encoding. The checksum of
/// db_snapshot is the sum over all rows, modulo 2^64, with the columns in the order of their names;
/// more than 100 columns are hashed in groups of 100, then the groups' hashes. Types that are
/// hashed as their output function writes them (arrays, composites, ranges, …) follow the session's
/// settings. Takes no lock and needs no privilege.
///
/// # Safety
/// Only for PostgreSQL's function manager.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn db_row_hash_call(call: FunctionCallInfo) -> Datum {
    // SAFETY: a call has its function's info and `nargs` arguments; only this function sets
    // fn_extra.
    unsafe {
        let info = (*call).flinfo;
        if (*info).fn_extra.is_null() {
            match CallCache::look_up(info, (*call).nargs) {
                Ok(place) => {
                    (*info).fn_extra = PgMemoryContexts::For((*info).fn_mcxt).leak_and_drop_on_delete(place).cast();
                }
                Err(error) => ErrorReport::from(error).report(PgLogLevel::ERROR),
            }
        }
        let cache = &mut *(*info).fn_extra.cast::<CallCache>();
        Datum::from(cache.hash((*call).args.as_slice((*call).nargs as usize)))
    }
}

/// The data about a call expression in a query that does not change from row to row.
struct CallCache {
    forms: Vec<Form>,
    conversion: Option<ToUtf8>,
    bytes: RowBytes,
    /// The memory for copies and texts of one value.
    scratch: MemoryContext,
}

/// How the values of a type become bytes.
enum Form {
    Bool,
    Char,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Date,
    /// time, and timestamp with or without time zone.
    Time,
    TimeWithZone,
    Interval,
    Uuid,
    Name,
    Numeric,
    Text,
    /// char(n). Trailing blanks are not part of the value, and their number depends on the
    /// encoding.
    Padded,
    Bytes,
    /// Hashed as it is stored, or as text if it is nested too deeply or otherwise beyond what the
    /// reader accepts.
    Jsonb(Box<FmgrInfo>),
    /// Any other type, hashed as its output function writes it. Output functions are superusers'
    /// code: other roles cannot create base types, and only functions in C and internal can be
    /// input and output functions.
    AsText(Box<FmgrInfo>),
}

impl CallCache {
    /// Looks up the types of the arguments.
    ///
    /// # Safety
    /// `info` must be that of the called function, and `arguments` their number.
    unsafe fn look_up(info: *mut FmgrInfo, arguments: i16) -> Result<CallCache, Error> {
        extension::check_version()?;
        // SAFETY: the expression belongs to the call, or is null; the context is created below that
        // of the info, and lives as long as the cache.
        unsafe {
            if pg_sys::get_fn_expr_variadic(info) {
                let message = "db_row_hash() does not take a VARIADIC array";
                return Err(Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message)
                    .hint("Omit VARIADIC to hash the array as one value."));
            }
            let forms = (0..i32::from(arguments)).map(|index| {
                let data_type = pg_sys::get_fn_expr_argtype(info, index);
                Form::of(data_type, (*info).fn_mcxt)
            });
            let scratch = pg_sys::AllocSetContextCreateExtended(
                (*info).fn_mcxt,
                c"db_row_hash".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            let forms = forms.collect::<Result<Vec<Form>, Error>>()?;
            Ok(CallCache { forms, conversion: ToUtf8::of_database(), bytes: RowBytes::default(), scratch })
        }
    }

    /// # Safety
    /// The arguments must be of the types that were looked up.
    unsafe fn hash(&mut self, arguments: &[NullableDatum]) -> i64 {
        self.bytes.clear();
        for (form, argument) in self.forms.iter_mut().zip(arguments) {
            if argument.isnull {
                self.bytes.null();
            } else {
                let mut row = Row { bytes: &mut self.bytes, conversion: self.conversion, scratch: self.scratch };
                // SAFETY: the caller guarantees the types; the argument is not null.
                unsafe { row.add(form, argument.value) }
            }
        }
        self.bytes.hash()
    }
}

impl Form {
    /// # Safety
    /// `context` must be that of the function's info.
    unsafe fn of(data_type: Oid, context: MemoryContext) -> Result<Form, Error> {
        if data_type == pg_sys::InvalidOid {
            let message = "could not determine the types of db_row_hash()'s arguments";
            return Err(Error::new(PgSqlErrorCode::ERRCODE_INDETERMINATE_DATATYPE, message).hint("Call it in a query."));
        }
        // SAFETY: looks up a type that exists in the system cache.
        let base = unsafe { pg_sys::getBaseType(data_type) };
        Ok(match base {
            pg_sys::BOOLOID => Form::Bool,
            pg_sys::CHAROID => Form::Char,
            pg_sys::INT2OID => Form::Int2,
            pg_sys::INT4OID => Form::Int4,
            // As text, pg_lsn has leading zeros since version 19.
            pg_sys::INT8OID | pg_sys::MONEYOID | pg_sys::PG_LSNOID => Form::Int8,
            pg_sys::OIDOID => Form::Oid,
            pg_sys::FLOAT4OID => Form::Float4,
            pg_sys::FLOAT8OID => Form::Float8,
            pg_sys::DATEOID => Form::Date,
            pg_sys::TIMEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Form::Time,
            pg_sys::TIMETZOID => Form::TimeWithZone,
            pg_sys::INTERVALOID => Form::Interval,
            pg_sys::UUIDOID => Form::Uuid,
            pg_sys::NAMEOID => Form::Name,
            pg_sys::NUMERICOID => Form::Numeric,
            // Not xml: a dump contains it without the encoding declaration that it may be stored
            // with.
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::JSONOID => Form::Text,
            pg_sys::BPCHAROID => Form::Padded,
            pg_sys::BYTEAOID => Form::Bytes,
            // SAFETY: every type has an output function; the info lives as long as the context.
            _ => unsafe {
                let (mut function, mut is_varlena) = (pg_sys::InvalidOid, false);
                pg_sys::getTypeOutputInfo(base, &mut function, &mut is_varlena);
                let mut info = Box::new(FmgrInfo::default());
                pg_sys::fmgr_info_cxt(function, &mut *info, context);
                if base == pg_sys::JSONBOID { Form::Jsonb(info) } else { Form::AsText(info) }
            },
        })
    }
}

/// The row to which values are added one after another.
struct Row<'a> {
    bytes: &'a mut RowBytes,
    conversion: Option<ToUtf8>,
    scratch: MemoryContext,
}

impl Row<'_> {
    /// # Safety
    /// `value` must be of the form's type and not null.
    unsafe fn add(&mut self, form: &mut Form, value: Datum) {
        let word = value.value();
        // SAFETY: the caller guarantees the type. A value that is no larger than a Datum is in it;
        // all others are where it points to.
        unsafe {
            match form {
                Form::Bool => self.bytes.whole(i64::from(word as u8 != 0)),
                Form::Char => self.bytes.bytes(&[word as u8]),
                Form::Int2 => self.bytes.whole(i64::from(word as i16)),
                Form::Int4 => self.bytes.whole(i64::from(word as i32)),
                Form::Int8 => self.bytes.whole(word as i64),
                Form::Oid => self.bytes.whole(i64::from(word as u32)),
                Form::Float4 => self.bytes.float(f64::from(f32::from_bits(word as u32))),
                Form::Float8 => self.bytes.float(f64::from_bits(word as u64)),
                Form::Date => self.bytes.time(i64::from(word as i32)),
                Form::Time => self.bytes.time(word as i64),
                Form::TimeWithZone => {
                    let time = &*value.cast_mut_ptr::<pg_sys::TimeTzADT>();
                    self.bytes.time_with_zone(time.time, time.zone);
                }
                Form::Interval => {
                    let interval = &*value.cast_mut_ptr::<pg_sys::Interval>();
                    self.bytes.interval(interval.month, interval.day, interval.time);
                }
                Form::Uuid => self.bytes.uuid(&*value.cast_mut_ptr::<[u8; 16]>()),
                Form::Name => self.text(CStr::from_ptr(value.cast_mut_ptr()).to_bytes()),
                Form::Numeric => self.with_content(value, |row, content| row.bytes.numeric(content)),
                Form::Text => self.with_content(value, Row::text),
                Form::Padded => self.with_content(value, |row, content| row.text(without_padding(content))),
                Form::Bytes => self.with_content(value, |row, content| row.bytes.bytes(content)),
                Form::Jsonb(output) => {
                    let mut is_read = false;
                    self.with_content(value, |row, content| is_read = row.jsonb(content));
                    if !is_read {
                        self.as_text(output, value);
                    }
                }
                Form::AsText(output) => self.as_text(output, value),
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        let converted = match self.conversion {
            Some(conversion) if !text.is_ascii() => conversion.convert(text),
            _ => None,
        };
        // Text that is not in Unicode is hashed as it is.
        self.bytes.text(converted.as_deref().unwrap_or(text));
    }

    fn jsonb(&mut self, stored: &[u8]) -> bool {
        match self.conversion {
            None => self.bytes.jsonb(stored, None),
            Some(conversion) => self.bytes.jsonb(stored, Some(&|text| conversion.convert(text))),
        }
    }

    /// # Safety
    /// `value` must be of variable length; it may be toasted or compressed.
    unsafe fn with_content(&mut self, value: Datum, add: impl FnOnce(&mut Self, &[u8])) {
        let stored = value.cast_mut_ptr::<varlena>();
        // SAFETY: the caller guarantees a varlena: it begins with a header that gives its kind and
        // length.
        unsafe {
            if !pgrx::varlena::varatt_is_1b_e(stored) && !pgrx::varlena::varatt_is_4b_c(stored) {
                self.make_room(content(stored));
                return add(self, content(stored));
            }
            let copy = self.in_scratch(|| pg_sys::pg_detoast_datum_packed(stored));
            self.make_room(content(copy));
            add(self, content(copy));
            pg_sys::MemoryContextReset(self.scratch);
        }
    }

    /// # Safety
    /// `value` must be of the type that this output function belongs to.
    unsafe fn as_text(&mut self, output: &mut FmgrInfo, value: Datum) {
        // SAFETY: the caller guarantees the type; output functions return C strings, which are read
        // before their memory is reset.
        unsafe {
            let text = self.in_scratch(|| pg_sys::OutputFunctionCall(output, value));
            let text = CStr::from_ptr(text).to_bytes();
            self.make_room(text);
            self.text(text);
            pg_sys::MemoryContextReset(self.scratch);
        }
    }

    /// Raises 53200 if a value is too large for the available memory. A row's bytes are up to twice
    /// as many as the value's, and are copied as they grow; if text is converted, an object's keys
    /// and values are listed to be sorted.
    fn make_room(&self, value: &[u8]) {
        memory::make_room_for(value.len(), if self.conversion.is_some() { 40 } else { 8 });
    }

    /// Runs `work`, which allocates in the scratch context. After an error, the error handler
    /// restores the current context.
    fn in_scratch<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: both contexts exist; the previous one is restored.
        unsafe {
            let previous = pg_sys::MemoryContextSwitchTo(self.scratch);
            let result = work();
            pg_sys::MemoryContextSwitchTo(previous);
            result
        }
    }
}

fn without_padding(text: &[u8]) -> &[u8] {
    let length = text.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &text[..length]
}

pgrx::extension_sql_file!("../../../sql/install/row_hash.sql", name = "row_hash");
