//! Reads the annotations of goose. Pure.

use super::tool::{Act, Mark};

const NAME: &str = "+goose";

/// What goose makes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotation {
    pub act: Act,
    /// Why goose fails, if it does.
    pub refusal: Option<&'static str>,
}

/// Reads a line. goose takes each line comment that contains its name for an annotation.
pub fn annotation(marks: &[Mark], line: &str) -> Option<Annotation> {
    if !line.trim_start().starts_with("--") || !line.contains(NAME) {
        return None;
    }
    let text = line.replace("--", "").replacen(NAME, "", 1);
    let is_meant = |mark: &&Mark| mark.words[1..].join(" ").eq_ignore_ascii_case(text.trim());
    Some(match marks.iter().find(is_meant) {
        Some(mark) => Annotation { act: mark.act, refusal: line.starts_with([' ', '\t']).then_some(INDENTED) },
        None => Annotation { act: Act::Unknown, refusal: Some(UNKNOWN) },
    })
}

const INDENTED: &str = "goose refuses a mark that is indented, and fails";
const UNKNOWN: &str = "goose takes each comment that contains +goose for a mark, knows none such, and fails";

#[cfg(test)]
mod tests {
    use super::super::table::find;
    use super::*;

    #[test]
    fn goose_annotations_are_known_obeyed_or_refused() {
        let marks = find("goose").unwrap().marks;
        for (line, expected) in [
            ("-- +goose Up", Some((Act::Up, None))),
            ("--+GOOSE up", None),
            ("--+goose   dOWN \r", Some((Act::Down, None))),
            ("-- Up +goose", Some((Act::Up, None))),
            ("-- +goose no transaction", Some((Act::WithoutTransaction, None))),
            ("-- +goose envsub on", Some((Act::SubstituteOn, None))),
            ("-- +goose NO  TRANSACTION", Some((Act::Unknown, Some(UNKNOWN)))),
            ("-- +goose ENVSUBST ON", Some((Act::Unknown, Some(UNKNOWN)))),
            ("-- +goose Foo", Some((Act::Unknown, Some(UNKNOWN)))),
            ("-- see +goose docs", Some((Act::Unknown, Some(UNKNOWN)))),
            ("-- +goose Up +goose", Some((Act::Unknown, Some(UNKNOWN)))),
            ("-- +goose", Some((Act::Unknown, Some(UNKNOWN)))),
            (" -- +goose Down", Some((Act::Down, Some(INDENTED)))),
            ("\t-- +goose Foo", Some((Act::Unknown, Some(UNKNOWN)))),
            ("SELECT 1; -- +goose Up", None),
        ] {
            let found = annotation(marks, line).map(|found| (found.act, found.refusal));
            assert_eq!(found, expected, "{line}");
        }
    }
}
