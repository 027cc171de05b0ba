//! Defines SQL types that pgrx lacks: regclass as a plain OID (pgrx's opens the relation and keeps
//! a lock), name, name[], and jsonb in the server's own text (Rust's numbers would lose digits).

use crate::error::Error;
use crate::pg::{memory, names};
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::{Datum, IntoDatum};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::ffi::CString;

/// Declares the SQL name of a type, as an argument and as a result, or as only one of them.
macro_rules! sql_type {
    ($type:ident, $name:literal) => {
        sql_type!($type, Ok(SqlMappingRef::literal($name)), Ok(ReturnsRef::One(SqlMappingRef::literal($name))));
    };
    ($type:ident, $name:literal, argument) => {
        sql_type!($type, Ok(SqlMappingRef::literal($name)), Err(ReturnsError::Datum));
    };
    ($type:ident, $name:literal, result) => {
        sql_type!(
            $type,
            Err(ArgumentError::NotValidAsArgument(stringify!($type))),
            Ok(ReturnsRef::One(SqlMappingRef::literal($name)))
        );
    };
    ($type:ident, $argument:expr, $result:expr) => {
        // SAFETY: `read` and `into_datum` convert datums of that SQL type.
        unsafe impl SqlTranslatable for $type {
            const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!($type);
            const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
            const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = $argument;
            const RETURN_SQL: Result<ReturnsRef, ReturnsError> = $result;
        }
    };
}
pub(super) use sql_type;

/// Implements arguments of a type by its `read`. NULL is `None` if the function takes an `Option`.
macro_rules! argument {
    ($type:ident) => {
        // SAFETY: see SqlTranslatable; the result is a copy of the datum.
        unsafe impl<'fcx> ArgAbi<'fcx> for $type {
            unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
                // SAFETY: the caller guarantees an argument of this SQL type that is not null.
                unsafe { arg.unbox_arg_using_from_datum::<pg_sys::Datum>().map(|datum| $type::read(datum)) }
                    .unwrap_or_default()
            }
        }
    };
}
pub(super) use argument;

/// Implements results of a type by its `into_datum`.
macro_rules! result {
    ($type:ident) => {
        // SAFETY: see SqlTranslatable.
        unsafe impl BoxRet for $type {
            unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
                match self.into_datum() {
                    // SAFETY: the caller returns the datum.
                    Some(datum) => unsafe { fcinfo.return_raw_datum(datum) },
                    None => fcinfo.return_null(),
                }
            }
        }
    };
}
pub(super) use result;

/// A relation by its OID, shown by name. It is neither opened nor locked, and may no longer exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RegClass(pub pg_sys::Oid);

sql_type!(RegClass, "regclass");
argument!(RegClass);
result!(RegClass);

/// A `name`: at most 63 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Name(pub String);

sql_type!(Name, "name");
argument!(Name);
result!(Name);

impl RegClass {
    /// # Safety
    /// `datum` must be of type regclass.
    unsafe fn read(datum: pg_sys::Datum) -> RegClass {
        RegClass(pg_sys::Oid::from(datum.value() as u32))
    }
}

impl IntoDatum for RegClass {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        self.0.into_datum()
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::REGCLASSOID
    }
}

/// A `name[]`, flattened whatever its dimensions; `None` for a NULL in it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Names(pub Vec<Option<String>>);

sql_type!(Names, "name[]", argument);
argument!(Names);

impl IntoDatum for Name {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        let text = CString::new(self.0).ok()?;
        // SAFETY: namein takes a C string and returns a palloc'd name, truncated if it is too long.
        unsafe { pgrx::direct_function_call_as_datum(pg_sys::namein, &[Some(pg_sys::Datum::from(text.as_ptr()))]) }
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::NAMEOID
    }
}

impl Name {
    /// # Safety
    /// `datum` must be of type name.
    unsafe fn read(datum: pg_sys::Datum) -> Name {
        // SAFETY: the caller guarantees the type.
        Name(names::name_text(unsafe { &*datum.cast_mut_ptr::<pg_sys::NameData>() }))
    }
}

impl Names {
    /// Returns the names in a literal of type name[]. Raises the server's error if the literal is
    /// malformed.
    pub fn parse(literal: &str) -> Option<Names> {
        let literal = CString::new(literal).ok()?;
        // SAFETY: looks up the input function of a built-in type and calls it with a C string; the
        // result is a datum of that type.
        unsafe {
            let (mut input, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
            pg_sys::getTypeInputInfo(pg_sys::NAMEARRAYOID, &mut input, &mut parameter);
            let datum = pg_sys::OidInputFunctionCall(input, literal.as_ptr().cast_mut(), parameter, -1);
            Some(Names::read(datum))
        }
    }

    /// # Safety
    /// `datum` must be of type name[].
    unsafe fn read(datum: pg_sys::Datum) -> Names {
        let align = pg_sys::TYPALIGN_CHAR as std::ffi::c_char;
        // SAFETY: the caller guarantees the type; the elements are names.
        let read =
            || unsafe { elements(datum, pg_sys::NAMEOID, (pg_sys::NAMEDATALEN as i32, false, align), MOST_NAMES) };
        let elements = raised(memory::within(read));
        // SAFETY: the elements are names.
        Names(elements.into_iter().map(|name| name.map(|name| unsafe { Name::read(name) }.0)).collect())
    }
}

/// How many names an array argument may have: a table has at most 1,600 columns.
const MOST_NAMES: usize = 1_600;
/// How many tables an array argument may have.
const MOST_TABLES: usize = 1_000_000;

/// Raises the error.
fn raised<T: Default>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
        T::default()
    })
}

/// Returns the elements of an array, whatever its dimensions; `None` for a NULL among them. `form`
/// is what pg_type says of the element type: its length, whether it is passed by value, and its
/// alignment. 54000 if there are more than `most`.
///
/// # Safety
/// `datum` must be of an array type, possibly toasted, and `element` the type of its elements.
unsafe fn elements(
    datum: pg_sys::Datum,
    element: pg_sys::Oid,
    form: (i32, bool, std::ffi::c_char),
    most: usize,
) -> Result<Vec<Option<pg_sys::Datum>>, Error> {
    let (mut values, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    let (length, by_value, align) = form;
    // SAFETY: the caller guarantees an array of this type; the output arrays are palloc'd, of
    // `count` elements each.
    unsafe {
        let array = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::ArrayType>();
        pg_sys::deconstruct_array(array, element, length, by_value, align, &mut values, &mut nulls, &mut count);
        let count = usize::try_from(count).unwrap_or(0);
        if count > most {
            let message = format!("array argument has more than {most} elements");
            return Err(Error::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message));
        }
        memory::require(count * size_of::<[Option<String>; 4]>())?;
        let elements = (0..count).map(|index| (!*nulls.add(index)).then(|| *values.add(index))).collect();
        Ok(elements)
    }
}

/// A `regclass[]`, flattened whatever its dimensions; `None` for a NULL in it. Its relations are
/// neither opened nor locked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RegClasses(pub Vec<Option<pg_sys::Oid>>);

sql_type!(RegClasses, "regclass[]", argument);
argument!(RegClasses);

impl RegClasses {
    /// # Safety
    /// `datum` must be of type regclass[].
    unsafe fn read(datum: pg_sys::Datum) -> RegClasses {
        let (length, align) = (size_of::<pg_sys::Oid>() as i32, pg_sys::TYPALIGN_INT as std::ffi::c_char);
        // SAFETY: the caller guarantees the type; the elements are OIDs.
        let read = || unsafe { elements(datum, pg_sys::REGCLASSOID, (length, true, align), MOST_TABLES) };
        let elements = raised(memory::within(read));
        RegClasses(elements.into_iter().map(|oid| oid.map(|oid| pg_sys::Oid::from(oid.value() as u32))).collect())
    }
}

/// A jsonb as text, in the database's encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonbText(pub CString);

sql_type!(JsonbText, "jsonb", result);
result!(JsonbText);

impl IntoDatum for JsonbText {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        // Called after the extension's function has returned; jsonb_in allocates memory in small
        // pieces until none is left.
        memory::guarded(|| {
            let text = pg_sys::Datum::from(self.0.as_ptr());
            // SAFETY: jsonb_in takes a C string and returns a palloc'd jsonb.
            unsafe { pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(text)]) }
        })
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::JSONBOID
    }
}
