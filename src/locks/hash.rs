//! Computes the hash functions that tools derive lock keys with. Uses a crate where one exists.

use hkdf::Hkdf;
use md5::Md5;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256};

/// The server's `hashtext`, which pure code cannot call directly.
pub type Hashtext = fn(&[u8]) -> i32;

/// A hash of a text. If a digest is longer than the key, the name says which bytes are used, and in
/// which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hash {
    /// CRC-32/ISO-HDLC, as in zlib.
    Crc32,
    /// Go's `fnv.New32`
    #[serde(rename = "fnv1-32")]
    Fnv1x32,
    /// Go's `fnv.New32a`
    #[serde(rename = "fnv1a-32")]
    Fnv1ax32,
    /// Go's `fnv.New64`
    #[serde(rename = "fnv1-64")]
    Fnv1x64,
    /// The first 8 hexadecimal digits.
    Md5Hex8,
    /// The first 16 hexadecimal digits.
    Md5Hex16,
    /// The first 10 of the hexadecimal digits that are decimal digits.
    Md5Decimals,
    Sha1Le64,
    Sha224Be64,
    Sha256Be64,
    Sha256Le64,
    /// The first four bytes.
    Sha256Le32,
    /// Bytes 4 to 7.
    Sha256Le32Second,
    /// HKDF-SHA-256 without a salt; `info` is that of the formula.
    HkdfSha256Le64,
    /// Java's `String.hashCode()`
    JavaHashCode,
    /// Bernstein's hash with exclusive or, over UTF-16 code units as in JavaScript.
    Djb2Xor,
    /// `hashtext(text)`
    Hashtext,
    /// The upper half of up to nine ASCII characters in 63 bits.
    #[serde(rename = "ascii7-high")]
    Ascii7High,
    /// The lower half of the same.
    #[serde(rename = "ascii7-low")]
    Ascii7Low,
    /// `erlang:phash2/1`, which takes a term instead of a text.
    Phash2,
}

impl Hash {
    /// Returns the usual name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Hash::Crc32 => "crc32",
            Hash::Fnv1x32 => "fnv1_32",
            Hash::Fnv1ax32 => "fnv1a_32",
            Hash::Fnv1x64 => "fnv1_64",
            Hash::Md5Hex8 | Hash::Md5Hex16 | Hash::Md5Decimals => "md5",
            Hash::Sha1Le64 => "sha1",
            Hash::Sha224Be64 => "sha224",
            Hash::Sha256Be64 | Hash::Sha256Le64 | Hash::Sha256Le32 | Hash::Sha256Le32Second => "sha256",
            Hash::HkdfSha256Le64 => "hkdf_sha256",
            Hash::JavaHashCode => "hashCode",
            Hash::Djb2Xor => "djb2_xor",
            Hash::Hashtext => "hashtext",
            Hash::Ascii7High | Hash::Ascii7Low => "ascii",
            Hash::Phash2 => "phash2",
        }
    }

    /// Returns the least and the greatest value.
    pub fn bounds(self) -> (i128, i128) {
        match self {
            Hash::Crc32 | Hash::Fnv1x32 | Hash::Fnv1ax32 | Hash::Md5Hex8 | Hash::Djb2Xor => (0, u32::MAX.into()),
            Hash::Fnv1x64 | Hash::Md5Hex16 => (0, u64::MAX.into()),
            Hash::Md5Decimals => (0, 9_999_999_999),
            Hash::Sha1Le64 | Hash::Sha224Be64 | Hash::Sha256Be64 | Hash::Sha256Le64 | Hash::HkdfSha256Le64 => {
                (0, u64::MAX.into())
            }
            Hash::Sha256Le32 | Hash::Sha256Le32Second | Hash::Ascii7High | Hash::Ascii7Low => (0, u32::MAX.into()),
            Hash::JavaHashCode | Hash::Hashtext => (i32::MIN.into(), i32::MAX.into()),
            Hash::Phash2 => (0, (1 << 27) - 1),
        }
    }

    /// Returns the hash of a text; `None` if the function is not defined for it.
    pub fn of(self, text: &str, info: &str, hashtext: Hashtext) -> Option<i128> {
        let bytes = text.as_bytes();
        Some(match self {
            Hash::Crc32 => crc32fast::hash(bytes).into(),
            Hash::Fnv1x32 => fnv1_32(bytes).into(),
            Hash::Fnv1ax32 => fnv1a_32(bytes).into(),
            Hash::Fnv1x64 => fnv1_64(bytes).into(),
            Hash::Md5Hex8 => u32::from_be_bytes(part(&Md5::digest(bytes), 0)?).into(),
            Hash::Md5Hex16 => u64::from_be_bytes(part(&Md5::digest(bytes), 0)?).into(),
            Hash::Md5Decimals => decimals(&Md5::digest(bytes))?,
            Hash::Sha1Le64 => u64::from_le_bytes(part(&Sha1::digest(bytes), 0)?).into(),
            Hash::Sha224Be64 => u64::from_be_bytes(part(&Sha224::digest(bytes), 0)?).into(),
            Hash::Sha256Be64 => u64::from_be_bytes(part(&Sha256::digest(bytes), 0)?).into(),
            Hash::Sha256Le64 => u64::from_le_bytes(part(&Sha256::digest(bytes), 0)?).into(),
            Hash::Sha256Le32 => u32::from_le_bytes(part(&Sha256::digest(bytes), 0)?).into(),
            Hash::Sha256Le32Second => u32::from_le_bytes(part(&Sha256::digest(bytes), 4)?).into(),
            Hash::HkdfSha256Le64 => u64::from_le_bytes(hkdf_sha256(bytes, info.as_bytes())?).into(),
            Hash::JavaHashCode => java_hash_code(text).into(),
            Hash::Djb2Xor => djb2_xor(text).into(),
            Hash::Hashtext => hashtext(bytes).into(),
            Hash::Ascii7High => (pack_ascii(text)? >> 32).into(),
            Hash::Ascii7Low => (pack_ascii(text)? & u64::from(u32::MAX)).into(),
            Hash::Phash2 => return None,
        })
    }
}

/// Returns `N` bytes of a digest, starting at `from`.
fn part<const N: usize>(digest: &[u8], from: usize) -> Option<[u8; N]> {
    digest.get(from..from + N)?.try_into().ok()
}

/// Computes FNV-1, which multiplies first. The crates have only FNV-1a, which multiplies last.
fn fnv1_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(FNV_BASIS_32, |hash, byte| hash.wrapping_mul(FNV_PRIME_32) ^ u32::from(*byte))
}

fn fnv1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(FNV_BASIS_32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(FNV_PRIME_32))
}

fn fnv1_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(*byte))
}

const FNV_BASIS_32: u32 = 0x811c_9dc5;
const FNV_PRIME_32: u32 = 0x0100_0193;

/// Computes `regexp_replace(md5(…), '\D', '', 'g')::varchar(10)::bigint`.
fn decimals(digest: &[u8]) -> Option<i128> {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter(|digit| *digit < 10);
    let digits: Vec<u8> = digits.take(10).collect();
    (!digits.is_empty()).then(|| digits.iter().fold(0, |number, digit| number * 10 + i128::from(*digit)))
}

/// Computes HKDF (RFC 5869) without a salt.
fn hkdf_sha256(key: &[u8], info: &[u8]) -> Option<[u8; 8]> {
    let mut made = [0; 8];
    Hkdf::<Sha256>::new(None, key).expand(info, &mut made).ok()?;
    Some(made)
}

fn java_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

fn djb2_xor(text: &str) -> u32 {
    text.encode_utf16().fold(5381, |hash: u32, unit| hash.wrapping_mul(33) ^ u32::from(unit))
}

const ASCII_LENGTH: usize = 9;

/// Packs the characters, a zero bit, and seven ones for each of nine characters that is missing.
fn pack_ascii(text: &str) -> Option<u64> {
    if !text.is_ascii() || text.len() > ASCII_LENGTH {
        return None;
    }
    let characters = text.bytes().fold(0, |packed: u64, byte| packed << 7 | u64::from(byte));
    Some((text.len()..ASCII_LENGTH).fold(characters << 1, |packed, _| packed << 7 | 0x7f))
}

/// Returns the name that `pack_ascii` packed; `None` if the number is not a packed name.
pub fn unpack_ascii(mut packed: u64) -> Option<String> {
    let mut length = ASCII_LENGTH;
    while packed & 0x7f == 0x7f {
        length = length.checked_sub(1)?;
        packed >>= 7;
    }
    if packed & 1 != 0 {
        return None;
    }
    let bytes = (0..length).rev().map(|place| (packed >> (1 + 7 * place) & 0x7f) as u8);
    let name: String = bytes.map(char::from).collect();
    name.bytes().all(|byte| byte.is_ascii_graphic()).then_some(name)
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
