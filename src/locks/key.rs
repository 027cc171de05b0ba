//! Converts an advisory lock's key between the arguments of pg_advisory_lock, the columns of
//! pg_locks, and a text.

use std::fmt;
use std::str::FromStr;

/// `LockTagData.locktag_field4` of `pg_advisory_lock(bigint)` and of `pg_advisory_lock(int, int)`
/// (lockfuncs.c).
const BIGINT: u16 = 1;
const PAIR: u16 = 2;

/// A key, which identifies an advisory lock within one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockKey {
    /// `pg_advisory_lock(bigint)`: `72707369`.
    Bigint(i64),
    /// `pg_advisory_lock(int, int)`: `1004,-55`.
    Pair(i32, i32),
    /// A key that an extension locks in C: `1000:0:29749`, the three columns of pg_locks.
    Other { classid: u32, objid: u32, objsubid: u16 },
}

impl LockKey {
    /// Makes a key from the columns of pg_locks.
    pub fn from_pg_locks(classid: u32, objid: u32, objsubid: u16) -> LockKey {
        match objsubid {
            BIGINT => LockKey::Bigint((u64::from(classid) << 32 | u64::from(objid)).cast_signed()),
            PAIR => LockKey::Pair(classid.cast_signed(), objid.cast_signed()),
            _ => LockKey::Other { classid, objid, objsubid },
        }
    }

    /// Returns the number if the key is a bigint.
    pub fn bigint(self) -> Option<i64> {
        if let LockKey::Bigint(key) = self { Some(key) } else { None }
    }

    /// Whether another program is unlikely to use the key by chance.
    pub fn is_distinctive(self) -> bool {
        match self {
            LockKey::Bigint(key) => key.unsigned_abs() >= 1_000_000,
            LockKey::Pair(one, other) => one.unsigned_abs().max(other.unsigned_abs()) >= 1_000_000,
            LockKey::Other { .. } => true,
        }
    }

    /// Returns the columns classid, objid and objsubid of pg_locks.
    #[cfg(test)]
    pub fn to_pg_locks(self) -> (u32, u32, u16) {
        match self {
            LockKey::Bigint(key) => {
                let key = key.cast_unsigned();
                ((key >> 32) as u32, (key & u64::from(u32::MAX)) as u32, BIGINT)
            }
            LockKey::Pair(one, other) => (one.cast_unsigned(), other.cast_unsigned(), PAIR),
            LockKey::Other { classid, objid, objsubid } => (classid, objid, objsubid),
        }
    }
}

impl fmt::Display for LockKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockKey::Bigint(key) => write!(formatter, "{key}"),
            LockKey::Pair(one, other) => write!(formatter, "{one},{other}"),
            LockKey::Other { classid, objid, objsubid } => write!(formatter, "{classid}:{objid}:{objsubid}"),
        }
    }
}

/// The error for a text that is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKey;

/// Reads what `Display` writes, with optional blanks around the numbers and parentheses around a
/// pair, and the three columns of pg_locks for keys of any kind.
impl FromStr for LockKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<LockKey, NotAKey> {
        let text = text.trim();
        let inner = text.strip_prefix('(').map_or(Ok(text), |rest| rest.strip_suffix(')').ok_or(NotAKey))?;
        let columns: Vec<&str> = inner.split(':').collect();
        if let [classid, objid, objsubid] = columns[..] {
            return Ok(LockKey::from_pg_locks(number(classid)?, number(objid)?, number(objsubid)?));
        }
        match inner.split_once(',') {
            Some((one, other)) => Ok(LockKey::Pair(number(one)?, number(other)?)),
            None => Ok(LockKey::Bigint(number(inner)?)),
        }
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, NotAKey> {
    text.trim().parse().map_err(|_| NotAKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_key() -> impl Strategy<Value = LockKey> {
        prop_oneof![
            any::<i64>().prop_map(LockKey::Bigint),
            any::<(i32, i32)>().prop_map(|(one, other)| LockKey::Pair(one, other)),
            (any::<u32>(), any::<u32>(), 3_u16..).prop_map(|(classid, objid, objsubid)| LockKey::Other {
                classid,
                objid,
                objsubid
            }),
        ]
    }

    #[test]
    fn invalid_key_is_rejected() {
        let texts = ["", " ", "x", "1.5", "1,2,3", "1,", ",1", "(1,2", "1,2)", "9223372036854775808", "2147483648,0"];
        for text in texts.iter().chain(&["1:2", "1:2:3:4", "-1:0:1", "1:0:65536", "0x10", "1e3", "++1", "1 2"]) {
            assert_eq!(text.parse::<LockKey>(), Err(NotAKey), "{text:?}");
        }
    }

    #[test]
    fn blanks_parentheses_and_columns_are_accepted() {
        assert_eq!(" 72707369 ".parse(), Ok(LockKey::Bigint(72_707_369)));
        assert_eq!("( 1004 , -5 )".parse(), Ok(LockKey::Pair(1004, -5)));
        assert_eq!("0:72707369:1".parse(), Ok(LockKey::Bigint(72_707_369)));
        assert_eq!("4294967295:4294967295:1".parse(), Ok(LockKey::Bigint(-1)));
        assert_eq!("1004:4294967291:2".parse(), Ok(LockKey::Pair(1004, -5)));
    }

    proptest! {
        #[test]
        fn text_and_columns_round_trip(key in any_key()) {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            let (classid, objid, objsubid) = key.to_pg_locks();
            prop_assert_eq!(LockKey::from_pg_locks(classid, objid, objsubid), key);
            prop_assert_eq!(format!("{classid}:{objid}:{objsubid}").parse(), Ok(key));
        }
    }
}
