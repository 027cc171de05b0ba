//! Reads JSON values so that an error names their type as JSON and SQL do, not as Rust does. Pure.

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, Expected, MapAccess, SeqAccess, Unexpected, Visitor};
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::marker::PhantomData;

/// Reads an object with a key for each entry.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<BTreeMap<String, T>, D::Error> {
    reader.deserialize_map(Entries(PhantomData))
}

/// Reads an object whose fields are all optional; an array would be accepted without it.
pub fn only_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<T, D::Error> {
    struct Fields<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(fields))
        }
    }
    reader.deserialize_map(Fields(PhantomData))
}

/// Does the same for an object that may be null. A field of this type needs `default`, too.
pub fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Option<T>, D::Error> {
    struct Only<T>(T);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
        fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
            only_object(reader).map(Only)
        }
    }
    Ok(Option::deserialize(reader)?.map(|Only(fields)| fields))
}

/// Reads an object with an object for each of its keys.
pub fn by_kind<'de, D, T>(reader: D) -> Result<BTreeMap<String, BTreeMap<String, T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Kind<T>(BTreeMap<String, T>);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Kind<T> {
        fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
            object(reader).map(Kind)
        }
    }
    let kinds: BTreeMap<String, Kind<T>> = object(reader)?;
    Ok(kinds.into_iter().map(|(kind, Kind(objects))| (kind, objects)).collect())
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((name, entry)) = entries.next_entry()? {
            all.insert(name, entry);
        }
        Ok(all)
    }
}

pub fn array<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Vec<T>, D::Error> {
    reader.deserialize_seq(Elements(PhantomData))
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(element) = elements.next_element()? {
            all.push(element);
        }
        Ok(all)
    }
}

/// A type of whole numbers.
pub trait WholeNumber: TryFrom<i128> {
    /// What an error says that was expected.
    const RANGE: &'static str;
}

impl WholeNumber for i64 {
    const RANGE: &'static str = "a whole number in the range of bigint";
}

impl WholeNumber for u32 {
    const RANGE: &'static str = "a whole number from 0 to 4294967295";
}

impl WholeNumber for usize {
    const RANGE: &'static str = "a whole number that is not negative";
}

pub fn whole_number<'de, D: Deserializer<'de>, T: WholeNumber>(reader: D) -> Result<T, D::Error> {
    reader.deserialize_i64(Number(PhantomData))
}

/// Reads a number that may be null. A field of this type needs `default`, too.
pub fn optional_whole_number<'de, D: Deserializer<'de>, T: WholeNumber>(reader: D) -> Result<Option<T>, D::Error> {
    struct Whole<T>(T);
    impl<'de, T: WholeNumber> Deserialize<'de> for Whole<T> {
        fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
            whole_number(reader).map(Whole)
        }
    }
    Ok(Option::deserialize(reader)?.map(|Whole(number)| number))
}

struct Number<T>(PhantomData<T>);

impl<T: WholeNumber> Visitor<'_> for Number<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::RANGE)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

/// Reads one of the words that `deserialize`, the derived function of an enum, accepts.
pub fn word<'de, D: Deserializer<'de>, T>(
    reader: D,
    deserialize: impl FnOnce(StrDeserializer<'_, UnknownWord>) -> Result<T, UnknownWord>,
) -> Result<T, D::Error> {
    let word = String::deserialize(reader)?;
    deserialize(StrDeserializer::new(&word))
        .map_err(|unknown| D::Error::invalid_value(Unexpected::Str(&word), &unknown))
}

/// The words that are accepted instead of an unknown one.
#[derive(Debug)]
pub struct UnknownWord(&'static [&'static str]);

impl Display for UnknownWord {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "one of {}", self.0.join(", "))
    }
}

impl Expected for UnknownWord {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, formatter)
    }
}

impl std::error::Error for UnknownWord {}

impl Error for UnknownWord {
    fn custom<T: Display>(_: T) -> UnknownWord {
        UnknownWord(&[])
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> UnknownWord {
        UnknownWord(words)
    }
}

/// Implements reading and writing for enums that derive both with `remote = "Self"`.
macro_rules! words {
    ($($type:ident),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $type::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                $crate::snapshot::json_types::word(reader, |word| $type::deserialize(word))
            }
        }
    )*};
}
pub(super) use words;
