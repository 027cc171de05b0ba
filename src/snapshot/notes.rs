//! Reads what can be attached to objects of any kind: comments, security labels, privileges, and
//! which other objects they use.
//!
//! Locks: AccessShareLock on catalogs, released before each function returns.

use super::catalog::{optional_text, read, text};
use super::model::Attributes;
use super::unread_kinds::{COMMENTS, PRIVILEGES, USES};
use crate::error::Error;
use crate::pg::encoded_text::utf8_bytes;
use crate::pg::row::required;
use crate::report::dropped::look_twice;
use crate::report::wording;
use pgrx::pg_sys::Oid;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

const COMMENTS_QUERY: &str = include_str!("../../sql/queries/snapshot_comments.sql");
const PRIVILEGES_QUERY: &str = include_str!("../../sql/queries/snapshot_privileges.sql");
const USES_QUERY: &str = include_str!("../../sql/queries/snapshot_uses.sql");

/// An object in the catalogs: the OID of its catalog, and its own.
pub type Address = (Oid, Oid);

/// Another object that an object uses. `from` and `to` are columns, or 0.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub from: i32,
    pub object: Address,
    pub to: i32,
}

/// What is attached to one object. The part is relative to the object.
#[derive(Debug, Default)]
pub struct Note {
    /// Part, provider of a security label, and hash.
    comments: Vec<(String, Option<String>, String)>,
    /// Part, role and words.
    privileges: Vec<(String, String, String)>,
    pub uses: Vec<Use>,
}

/// What is attached to the objects that have not been visited yet.
pub struct Notes {
    by_object: HashMap<Address, Note>,
    /// The privileges on objects of the system and of extensions, with the objects' kind and name.
    of_system: Vec<(String, String, String)>,
}

type ReadPart = fn(&mut Notes) -> Result<(), Error>;

/// A regular expression for the names of options whose values are left out, since a hash of a short
/// one could be guessed.
pub const CONFIDENTIAL: &str = "pass|pwd|(^|_)pw(_|$)|secret|key|token|jwt|auth|credential|private";

/// Returns a hash of a text that is the same in databases of any encoding: the first 16 digits of
/// its SHA-256, which the portable edition computes with the server's sha256().
pub fn fingerprint(content: &str) -> String {
    Sha256::digest(utf8_bytes(content)).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Notes {
    /// Returns what could be read, and why other parts could not.
    pub fn read() -> (Notes, BTreeMap<String, String>) {
        let mut notes = Notes { by_object: HashMap::new(), of_system: Vec::new() };
        let parts: [(&str, ReadPart); 3] =
            [(COMMENTS, Notes::read_comments), (PRIVILEGES, Notes::read_privileges), (USES, Notes::read_uses)];
        let mut unread = BTreeMap::new();
        for (what, read_part) in parts {
            if let Err(error) = read_part(&mut notes) {
                unread.insert(what.to_owned(), wording::error(&error));
            }
        }
        (notes, unread)
    }

    fn read_comments(&mut self) -> Result<(), Error> {
        let comments = look_twice(|| {
            read(COMMENTS_QUERY, &[], |row| {
                let address = (required::<Oid>(row, 1)?, required::<Oid>(row, 2)?);
                let part = optional_text(row, 4)?.unwrap_or_default();
                Ok((address, (part, optional_text(row, 5)?, fingerprint(&text(row, 6)?))))
            })
        })?;
        for (address, comment) in comments {
            self.by_object.entry(address).or_default().comments.push(comment);
        }
        Ok(())
    }

    fn read_privileges(&mut self) -> Result<(), Error> {
        let privileges = look_twice(|| {
            read(PRIVILEGES_QUERY, &[], |row| {
                let address = (required::<Oid>(row, 1)?, required::<Oid>(row, 2)?);
                Ok((address, optional_text(row, 7)?, (text(row, 4)?, text(row, 5)?, text(row, 6)?)))
            })
        })?;
        for (address, of_system, (part, role, words)) in privileges {
            match of_system {
                Some(object) => self.of_system.push((object, role, words)),
                None => self.by_object.entry(address).or_default().privileges.push((part, role, words)),
            }
        }
        Ok(())
    }

    fn read_uses(&mut self) -> Result<(), Error> {
        let uses = look_twice(|| {
            read(USES_QUERY, &[], |row| {
                let address: Address = (required(row, 1)?, required(row, 2)?);
                let used = Use {
                    from: required(row, 3)?,
                    object: (required(row, 4)?, required(row, 5)?),
                    to: required(row, 6)?,
                };
                Ok((address, used))
            })
        })?;
        for (address, used) in uses.into_iter().filter(|(address, used)| *address != used.object) {
            self.by_object.entry(address).or_default().uses.push(used);
        }
        Ok(())
    }

    /// Returns what is attached to an object, once.
    pub fn take(&mut self, class: u32, oid: Oid) -> Option<Note> {
        self.by_object.remove(&(Oid::from(class), oid))
    }

    /// Returns the privileges on objects of the system and of extensions.
    pub fn take_of_system(&mut self) -> Option<Note> {
        let privileges = std::mem::take(&mut self.of_system);
        (!privileges.is_empty()).then(|| Note { privileges, ..Note::default() })
    }
}

impl Note {
    /// Adds comments, labels and privileges. `part` is the part of the object with the attributes
    /// that the note belongs to.
    pub fn attach(&mut self, part: &str, attributes: &mut Option<Box<Attributes>>) {
        let joined = |own: &str| if own.is_empty() { part.to_owned() } else { own.to_owned() };
        for (own, provider, hash) in std::mem::take(&mut self.comments) {
            let attributes = attributes.get_or_insert_default();
            drop(match provider {
                None => attributes.comments.insert(joined(&own), hash),
                Some(provider) => attributes.labels.insert(format!("{provider} {}", joined(&own)), hash),
            });
        }
        for (own, role, words) in std::mem::take(&mut self.privileges) {
            drop(attributes.get_or_insert_default().privileges.entry(&joined(&own)).insert(role, words));
        }
    }
}
