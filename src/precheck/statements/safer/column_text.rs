//! The text of ADD COLUMN by its parts: name and type, default, constraints.

use super::spelled::Spelled;
use crate::pg::parser::tree::{Column as Definition, Constraint, ConstraintKind};
use std::ops::Range;

/// A part behind the column's type.
pub struct Part {
    /// `None` for COLLATE, STORAGE and COMPRESSION.
    pub kind: Option<ConstraintKind>,
    pub range: Range<usize>,
    /// The same without CONSTRAINT and its name.
    pub unnamed: Range<usize>,
}

pub struct Split {
    /// Name and type.
    pub base: Range<usize>,
    pub parts: Vec<Part>,
}

impl Split {
    /// Returns the constraints that may be added by a statement of their own.
    pub fn constraints<'a>(
        &'a self,
        definition: &'a Definition<'a>,
    ) -> impl Iterator<Item = (&'a Part, &'a Constraint<'a>)> {
        use ConstraintKind::{Check, ForeignKey, PrimaryKey, Unique};
        let parts = self.parts.iter().filter(|part| part.kind.is_some());
        let all = parts.zip(&definition.constraints);
        all.filter(|(_, constraint)| matches!(constraint.kind, Check | ForeignKey | PrimaryKey | Unique))
    }
}

/// Returns the parts of `ADD [ COLUMN ] name type …`; `None` if they are not those of the parsed
/// definition.
pub fn parts(spelled: &Spelled, own: Range<usize>, definition: &Definition<'_>) -> Option<Split> {
    let name = own.start + if spelled.is(own.start + 1, "column") { 2 } else { 1 };
    let of_type = spelled.name_end(name).filter(|end| *end == name + 1)?;
    if own.clone().any(|at| spelled.is(at, "case") && spelled.is_outside(at)) {
        return None;
    }
    let mut starts: Vec<(usize, Option<ConstraintKind>, usize)> = Vec::new();
    let mut at = of_type + 1;
    while at < own.end {
        let (start, mut begins) = (at, at);
        if spelled.is(at, "constraint") && spelled.is_outside(at) {
            begins = spelled.name_end(at + 1)?;
        }
        match keyword(spelled, begins) {
            Some(kind) => {
                starts.push((start, kind, begins));
                at = begins;
            }
            None if begins != start => return None,
            None => {}
        }
        at += 1;
    }
    let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([own.end]);
    let parts: Vec<Part> = starts
        .iter()
        .zip(ends)
        .map(|((start, kind, unnamed), end)| Part { kind: *kind, range: *start..end, unnamed: *unnamed..end })
        .collect();
    let kinds: Vec<ConstraintKind> = parts.iter().filter_map(|part| part.kind).collect();
    let parsed: Vec<ConstraintKind> = definition.constraints.iter().map(|constraint| constraint.kind).collect();
    let base = name..parts.first().map_or(own.end, |part| part.range.start);
    (kinds == parsed).then_some(Split { base, parts })
}

/// Returns the kind of the part that begins at this keyword.
fn keyword(spelled: &Spelled, at: usize) -> Option<Option<ConstraintKind>> {
    use ConstraintKind::{Check, Default, ForeignKey, NotNull, Null, PrimaryKey, Unique};
    if !spelled.is_outside(at) {
        return None;
    }
    let follows = |words: &[&str]| at > 0 && words.iter().any(|word| spelled.is(at - 1, word));
    let options = ["collate", "storage", "compression"];
    if options.iter().any(|option| spelled.is(at, option)) {
        return Some(None);
    }
    let kind = if spelled.are(at, &["not", "null"]) && !follows(&["is"]) {
        NotNull
    } else if spelled.is(at, "null") && !follows(&["not", "default", "set", "is"]) {
        Null
    } else if spelled.is(at, "default") && !follows(&["by", "set"]) {
        Default
    } else if spelled.is(at, "unique") {
        Unique
    } else if spelled.are(at, &["primary", "key"]) {
        PrimaryKey
    } else if spelled.is(at, "check") {
        Check
    } else if spelled.is(at, "references") {
        ForeignKey
    } else {
        return None;
    };
    Some(Some(kind))
}
