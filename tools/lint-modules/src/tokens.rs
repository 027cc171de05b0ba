//! Finds paths and `unsafe` in tokens, since the arguments of macros and attributes are not parsed.

use proc_macro2::{Ident, TokenStream, TokenTree};

/// Returns the paths of two names and more, each with the line of its first name.
pub fn paths(tokens: TokenStream) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut first_line = 0;
    // How many colons, and whether a dot, stood since the last name.
    let (mut colons, mut dot) = (0, false);
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 || path.is_empty() {
                    end(&mut path, first_line, &mut found);
                    first_line = ident.span().start().line;
                }
                // `value.field` is not a path.
                if !dot {
                    path.push(name(&ident));
                }
                (colons, dot) = (0, false);
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            other => {
                end(&mut path, first_line, &mut found);
                (colons, dot) = (0, matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.'));
                if let TokenTree::Group(group) = other {
                    found.extend(paths(group.stream()));
                }
            }
        }
    }
    end(&mut path, first_line, &mut found);
    found
}

fn end(path: &mut Vec<String>, line: usize, found: &mut Vec<(Vec<String>, usize)>) {
    if path.len() > 1 {
        found.push((std::mem::take(path), line));
    }
    path.clear();
}

/// Returns the lines that have `unsafe`, or `unsafe_code` in an `allow` or `expect`.
pub fn unsafe_lines(tokens: TokenStream) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut allows = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if ident == "unsafe" {
                    lines.push(ident.span().start().line);
                }
                allows = ident == "allow" || ident == "expect";
                continue;
            }
            TokenTree::Group(group) => {
                if allows {
                    lines.extend(group.stream().into_iter().filter_map(|token| match token {
                        TokenTree::Ident(lint) if lint == "unsafe_code" => Some(lint.span().start().line),
                        _ => None,
                    }));
                }
                lines.extend(unsafe_lines(group.stream()));
            }
            _ => {}
        }
        allows = false;
    }
    lines
}

/// Returns the name without the `r#` that a keyword needs to be one.
pub fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
