//! Reads the large objects: their number, what is attached to them, and their checksum.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::catalog::{optional_text, read, text};
use super::model::{Checksum, LargeObjects};
use super::notes::fingerprint;
use crate::error::Error;
use crate::pg::extension;
use crate::pg::row::required;
use crate::report::wording;
use crate::row_hash::ALGORITHM;

const PROPERTIES: &str = include_str!("../../sql/queries/snapshot_large_objects.sql");
const CHECKSUM: &str = include_str!("../../sql/queries/snapshot_large_objects_checksum.sql");

/// Returns the large objects, with a checksum if requested.
pub fn read_all(with_checksum: bool) -> Result<LargeObjects, Error> {
    let rows = read(PROPERTIES, &[], |row| {
        Ok((text(row, 1)?, text(row, 2)?, required::<i64>(row, 3)?, optional_text(row, 4)?))
    })?;
    let mut all = LargeObjects::default();
    for (what, name, count, content) in rows {
        if what == "owner" {
            all.count += count;
        }
        let key = format!("{what} {name}");
        let hash = content.map(|content| format!(" {}", fingerprint(&content))).unwrap_or_default();
        all.properties.insert(key.trim_end().to_owned(), format!("{count}{hash}"));
    }
    if with_checksum {
        // Without large objects, there is nothing that needs a privilege.
        match if all.count == 0 { Ok((0, 0)) } else { checksum() } {
            Ok((value, bytes)) => {
                all.checksum = Some(Checksum { algorithm: ALGORITHM, value: format!("{value:016x}") });
                all.bytes = Some(bytes);
            }
            Err(error) => all.unread = Some(wording::error(&error)),
        }
    }
    Ok(all)
}

/// Does the same; without large objects, says why they could not be read.
pub fn read_or_say_why(with_checksum: bool) -> LargeObjects {
    read_all(with_checksum)
        .unwrap_or_else(|error| LargeObjects { unread: Some(wording::error(&error)), ..LargeObjects::default() })
}

/// Returns the sum of all hashes modulo 2^64, and the number of bytes.
fn checksum() -> Result<(u64, i64), Error> {
    let query = CHECKSUM.replace("{hash}", &format!("{}.db_row_hash", extension::quoted_schema()?));
    let rows = read(&query, &[], |row| Ok((text(row, 1)?, required::<i64>(row, 2)?)))?;
    let (sum, bytes) = rows.into_iter().next().unwrap_or_default();
    // The cast truncates on purpose: the sum is modulo 2^64.
    Ok((sum.parse::<i128>().unwrap_or_default() as u64, bytes))
}
