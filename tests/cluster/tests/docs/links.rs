//! Relative links and anchors resolve.

use crate::pages;
use anyhow::Result;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

/// Returns the anchors that GitHub gives to a page's headings, and those of `<a id="…">`.
fn anchors(text: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (_, line) in pages::prose(text) {
        if line.starts_with('#') {
            let slug = slug(line.trim_start_matches('#').trim());
            let count = seen.entry(slug.clone()).or_default();
            anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
            *count += 1;
        }
        for part in line.split("<a id=\"").skip(1) {
            anchors.extend(part.split('"').next().map(str::to_owned));
        }
    }
    anchors
}

/// Returns the anchor of a heading: lower case, hyphens for spaces, without punctuation.
fn slug(heading: &str) -> String {
    // A link in a heading counts with its text only.
    let mut text = String::new();
    let mut rest = heading;
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    text.to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// Returns the targets of the links and pictures in a line. Code spans contain none.
fn targets(line: &str) -> Vec<String> {
    let without_code: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let mut targets: Vec<String> = without_code
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    for attribute in ["src=\"", "href=\"", "srcset=\""] {
        targets
            .extend(without_code.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    // A definition of a reference link: [name]: target
    if without_code.starts_with('[')
        && let Some((_, target)) = without_code.split_once("]: ")
    {
        targets.push(target.split(' ').next().unwrap_or_default().to_owned());
    }
    targets
}

/// Returns the file that a link of `page` means, without `.` and `..`.
fn resolve(page: &Path, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in page.parent().unwrap_or(Path::new("")).join(target).components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

/// Returns what is wrong with the links of a page.
fn broken(page: &Path, text: &str) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (number, line) in pages::prose(text) {
        for target in targets(line) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').map_or((target.as_str(), None), |(f, a)| (f, Some(a)));
            let file = if file.is_empty() { page.to_path_buf() } else { resolve(page, file) };
            let place = format!("{}:{number}", page.display());
            if file != page && !pages::root().join(&file).exists() {
                broken.push(format!("{place}: {} does not exist", file.display()));
            } else if let Some(anchor) = anchor
                && file.extension().is_some_and(|extension| extension == "md")
                && !anchors(&if file == page { text.to_owned() } else { pages::read(&file)? }).contains(anchor)
            {
                broken.push(format!("{place}: {} has no heading for #{anchor}", file.display()));
            }
        }
    }
    Ok(broken)
}

#[test]
fn docs_links_resolve() -> Result<()> {
    let mut pages = pages::documentation()?;
    pages.extend(
        ["CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "tests/README.md"].map(PathBuf::from),
    );
    let mut all = Vec::new();
    for page in pages {
        all.extend(broken(&page, &pages::read(&page)?)?);
    }
    assert!(all.is_empty(), "{} links do not resolve:\n{}", all.len(), all.join("\n"));
    Ok(())
}

#[test]
fn docs_links_that_do_not_resolve_are_found() -> Result<()> {
    let page = Path::new("docs/page.md");
    let text = "# A `b_c` [d](e.md), f!\n[1](#a-b_c-d-f) [2](#a) [3](missing.md) [4](../README.md) [5](../README.md#missing)\n\
        `[6](missing.md)` ![7](missing.svg)\n```\n[8](missing.md)\n```\n## x\n## x\n[9](#x-1) [10](#x-2)\n";
    let found = broken(page, text)?;
    let expected = [
        "docs/page.md:1: docs/e.md does not exist",
        "docs/page.md:2: docs/page.md has no heading for #a",
        "docs/page.md:2: docs/missing.md does not exist",
        "docs/page.md:2: README.md has no heading for #missing",
        "docs/page.md:3: docs/missing.svg does not exist",
        "docs/page.md:9: docs/page.md has no heading for #x-2",
    ];
    assert_eq!(found, expected);
    Ok(())
}
