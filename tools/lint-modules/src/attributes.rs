//! What attributes say of an item or a file.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

/// Whether only tests have the item: `#[test]`, `#[cfg(test)]`, or a condition that holds only
/// together with these or with the feature of the in-server tests.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("cfg") {
            attribute.parse_args::<Meta>().is_ok_and(|condition| requires_tests(&condition))
        } else {
            attribute.path().is_ident("test")
        }
    })
}

fn requires_tests(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(pair) => {
            pair.path.is_ident("feature") && string(&pair.value).is_some_and(|value| value == "pg_test")
        }
        Meta::List(list) => {
            let Ok(nested) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
                return false;
            };
            if list.path.is_ident("all") {
                nested.iter().any(requires_tests)
            } else {
                list.path.is_ident("any") && nested.iter().all(requires_tests)
            }
        }
    }
}

/// Returns the file of `#[path = "file"]`.
pub fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| named_value(attribute, "path"))
}

/// Whether a sentence of the documentation is `Pure.`
pub fn says_pure(attributes: &[Attribute]) -> bool {
    let lines: Vec<String> = attributes.iter().filter_map(|attribute| named_value(attribute, "doc")).collect();
    lines.iter().flat_map(|line| line.split_whitespace()).any(|word| word == "Pure.")
}

fn named_value(attribute: &Attribute, name: &str) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => string(&pair.value),
        _ => None,
    }
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
