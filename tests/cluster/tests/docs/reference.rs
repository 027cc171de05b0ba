//! Compares docs/reference with the catalog and the code, in both directions. The pages are read in
//! the form that docs/reference/README.md describes.

mod facts;
mod page;

use anyhow::Result;
use cluster::{Server, report};
use facts::{Facts, Function, arguments};
use page::{Section, Table, sections, split, sqlstates, words};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

/// Returns everything in which the pages and the extension differ.
fn differences(client: &mut Client, facts: &Facts, sections: &[Section]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let entries: Vec<&Section> = sections.iter().filter(|section| section.is_entry()).collect();
    let titles: BTreeSet<&str> = entries.iter().map(|entry| entry.title.as_str()).collect();
    let functions: BTreeSet<&str> = facts.functions.iter().map(|function| function.name.as_str()).collect();
    let settings: BTreeSet<&str> = facts.settings.iter().map(|setting| setting.name.as_str()).collect();
    let known: BTreeSet<&str> = functions.union(&settings).copied().collect();
    compare("headings", &titles, &known, &mut found);
    if titles.len() != entries.len() {
        found.push("a function or setting has two headings".to_owned());
    }
    for entry in &entries {
        if functions.contains(entry.title.as_str()) {
            let overloads = facts.functions.iter().filter(|function| function.name == entry.title);
            function(client, entry, &overloads.collect::<Vec<_>>(), &entries, &mut found)?;
            let documented = entry.paragraph("Errors").map(|text| sqlstates(&text)).unwrap_or_default();
            let none = BTreeSet::new();
            // db_row_hash has no doc comment: it is declared in SQL, and raises no errors.
            let in_code = facts.sqlstates.get(&entry.title).unwrap_or(&none);
            compare(&format!("SQLSTATEs of {}", entry.title), &documented.into_iter().collect(), in_code, &mut found);
        }
    }
    values(facts, sections, &mut found);
    index(sections, &entries, &mut found);
    settings_page(facts, sections, &mut found);
    fields(facts, sections, &mut found);
    mentions(facts, sections, &mut found);
    Ok(found)
}

/// Adds what is in one of two sets only.
fn compare<T: Ord + std::fmt::Debug>(of: &str, documented: &BTreeSet<T>, real: &BTreeSet<T>, found: &mut Vec<String>) {
    found.extend(real.difference(documented).map(|item| format!("{of}: not documented: {item:?}")));
    found.extend(documented.difference(real).map(|item| format!("{of}: does not exist: {item:?}")));
}

/// Compares a function's signatures, columns and paragraphs.
fn function(
    client: &mut Client,
    entry: &Section,
    overloads: &[&Function],
    entries: &[&Section],
    found: &mut Vec<String>,
) -> Result<()> {
    let name = &entry.title;
    let documented: Vec<&str> = entry.code().into_iter().filter(|line| line.starts_with(&format!("{name}("))).collect();
    let mut remaining: Vec<&&Function> = overloads.iter().collect();
    for line in &documented {
        let mut matching = None;
        for (position, function) in remaining.iter().enumerate() {
            if is_signature(client, line, function)? {
                matching = Some(position);
            }
        }
        match matching {
            Some(position) => drop(remaining.remove(position)),
            None => found.push(format!("{name}: no such signature: {line}")),
        }
    }
    found
        .extend(remaining.iter().map(|function| format!("{name}: signature not documented: {:?}", function.arguments)));
    let described = match entry.same_result() {
        Some(other) => entries.iter().find(|entry| entry.title == other).and_then(|entry| entry.columns()),
        None => entry.columns(),
    };
    for function in overloads {
        if described.clone().unwrap_or_default() != function.columns {
            found.push(format!("{name}: columns {described:?} instead of {:?}", function.columns));
        }
    }
    let paragraphs = ["Locks", "Privileges", "Errors"];
    let missing = paragraphs.iter().filter(|word| entry.paragraph(word).is_none());
    found.extend(missing.map(|word| format!("{name}: has no paragraph *{word}:*")));
    Ok(())
}

/// Whether a line of the page is the function's signature. The server compares the defaults.
fn is_signature(client: &mut Client, line: &str, function: &Function) -> Result<bool> {
    let Some((_, rest)) = line.split_once('(') else { return Ok(false) };
    let Some((list, result)) = rest.rsplit_once(')') else { return Ok(false) };
    let documented = arguments(list);
    let names =
        |arguments: &[(String, Option<String>)]| arguments.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if result.trim().strip_prefix("RETURNS ") != function.result.as_deref()
        || names(&documented) != names(&function.arguments)
    {
        return Ok(false);
    }
    for ((argument, one), (_, other)) in documented.iter().zip(&function.arguments) {
        let kind = argument.split_once(' ').map_or("", |(_, kind)| kind);
        let is_equal = match (one, other) {
            (Some(one), Some(other)) => {
                let query = format!("SELECT ({one})::{kind} IS NOT DISTINCT FROM ({other})::{kind}");
                client.query_one(&query, &[])?.get(0)
            }
            (one, other) => one.is_none() && other.is_none(),
        };
        if !is_equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compares the tables of the values that columns have, except those of settings.
fn values(facts: &Facts, sections: &[Section], found: &mut Vec<String>) {
    let mut documented: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for section in sections.iter().filter(|section| section.page != "settings.md") {
        for (column, words) in section.values() {
            documented.entry((section.title.clone(), column)).or_default().extend(words);
        }
    }
    compare("tables of values", &documented.keys().collect(), &facts.values.keys().collect(), found);
    for (place, words) in &documented {
        let set: BTreeSet<&String> = words.iter().collect();
        if set.len() != words.len() {
            found.push(format!("{place:?}: a value is listed twice"));
        }
        if let Some(real) = facts.values.get(place) {
            compare(&format!("{place:?}"), &set, &real.iter().collect(), found);
        }
    }
    // Every column that a table of values is expected for exists, and each function's first column,
    // or that of the function whose result it has, has such a table.
    for function in facts.functions.iter().filter(|function| !function.columns.is_empty()) {
        let entry = sections.iter().find(|section| section.is_entry() && section.title == function.name);
        let place = entry.and_then(Section::same_result).unwrap_or_else(|| function.name.clone());
        if !facts.values.contains_key(&(place, function.columns[0].0.clone())) {
            found.push(format!("{}: the values of its first column are not compared", function.name));
        }
    }
}

/// Requires that the index links to every function.
fn index(sections: &[Section], entries: &[&Section], found: &mut Vec<String>) {
    let text: String =
        sections.iter().filter(|section| section.page == "README.md").flat_map(|s| s.lines.clone()).collect();
    for entry in entries.iter().filter(|entry| entry.page != "settings.md") {
        if !text.contains(&format!("[{0}]({1}#{0})", entry.title, entry.page)) {
            found.push(format!("README.md: no link to {}", entry.title));
        }
    }
}

/// Compares the table of settings, their values and their units.
fn settings_page(facts: &Facts, sections: &[Section], found: &mut Vec<String>) {
    let tables: Vec<Table> =
        sections.iter().filter(|section| section.page == "settings.md").flat_map(Section::tables).collect();
    let rows = tables.iter().filter(|table| table.header[0] == "setting").flat_map(|table| table.rows.clone());
    let real = facts.settings.iter().map(|setting| {
        let cells = [
            format!("`{}`", setting.name),
            setting.vartype.clone(),
            format!("`{}`", setting.default),
            setting.context.clone(),
        ];
        cells.to_vec()
    });
    compare("settings", &rows.collect(), &real.collect(), found);
    for setting in &facts.settings {
        let Some(entry) = sections.iter().find(|section| section.is_entry() && section.title == setting.name) else {
            continue;
        };
        let documented =
            entry.values().into_iter().filter(|(name, _)| *name == setting.name).flat_map(|(_, words)| words);
        compare(&setting.name, &documented.collect(), &setting.values.iter().cloned().collect(), found);
        let unit = match setting.unit.as_deref() {
            Some("s") => "In seconds without a unit.",
            Some("kB") => "In kilobytes without a unit.",
            _ => continue,
        };
        if !entry.lines.iter().any(|line| line.starts_with(unit)) {
            found.push(format!("{}: does not say \"{unit}\"", setting.name));
        }
    }
}

/// Compares the fields of a snapshot with the tables whose first header is `field`.
fn fields(facts: &Facts, sections: &[Section], found: &mut Vec<String>) {
    let tables = sections.iter().flat_map(Section::tables).filter(|table| table.header[0] == "field");
    let rows: Vec<Vec<String>> = tables.flat_map(|table| table.rows).collect();
    let named: BTreeSet<String> = rows.iter().flatten().flat_map(|cell| quoted(cell)).collect();
    found.extend(facts.fields.difference(&named).map(|field| format!("field of a snapshot: not documented: {field}")));
    for word in rows.iter().flat_map(|row| words(row[0].split(" of a ").next().unwrap_or_default())) {
        if !facts.fields.contains(&word) {
            found.push(format!("field of a snapshot: does not exist: {word}"));
        }
    }
}

/// Requires that every function and setting that the text mentions exists.
fn mentions(facts: &Facts, sections: &[Section], found: &mut Vec<String>) {
    let is_function = |name: &str| facts.functions.iter().any(|function| function.name == name);
    let is_setting = |name: &str| facts.settings.iter().any(|setting| setting.name == name);
    for section in sections {
        let text = section.lines.join("\n");
        let is_end = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.');
        for (start, _) in text.match_indices("pg_flightcheck.") {
            let name = text[start..].split(is_end).next().unwrap_or_default().trim_end_matches('.');
            if !is_setting(name) && name != "pg_flightcheck" {
                found.push(format!("{} mentions {name}", section.page));
            }
        }
        for (end, _) in text.match_indices('(') {
            let name = text[..end]
                .rsplit(|letter: char| !(letter.is_ascii_lowercase() || letter == '_'))
                .next()
                .unwrap_or_default();
            let is_ours = ["seq_", "fk_", "db_", "advisory_lock_", "migration_", "flightcheck"]
                .iter()
                .any(|own| name.starts_with(own));
            if is_ours && !is_function(name) {
                found.push(format!("{} mentions {name}()", section.page));
            }
        }
    }
}

/// Returns the words between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn reference_describes_the_catalog_and_the_code() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("reference")?;
    let facts = Facts::read(&mut client)?;
    let sections = sections()?;
    let found = differences(&mut client, &facts, &sections)?;
    assert!(found.is_empty(), "docs/reference differs from the extension:\n{}", found.join("\n"));
    let unlisted = facts::unlisted_words()?;
    assert!(unlisted.is_empty(), "words that tests/docs/reference/facts.rs does not compare: {unlisted:?}");
    let values: usize = facts.values.values().map(BTreeSet::len).sum();
    report!("{} functions, {} settings, {values} values", facts.functions.len(), facts.settings.len());
    notices_mistakes(&mut client, &facts, &sections)
}

/// Proves that the comparison can fail: changes one thing in the pages, each time another.
fn notices_mistakes(client: &mut Client, facts: &Facts, sections: &[Section]) -> Result<()> {
    let changes = [
        ("### seq_audit", "### seq_check"),
        (
            "seq_resync(schema text DEFAULT NULL, dry_run boolean DEFAULT false",
            "seq_resync(schema text DEFAULT NULL, dry_run boolean DEFAULT true",
        ),
        ("margin bigint DEFAULT 0, fence", "fence"),
        ("min_idle interval DEFAULT '1 minute'", "min_idle interval DEFAULT '1 hour'"),
        (" RETURNS jsonb", " RETURNS json"),
        ("| `behind_by` | bigint |", "| `behind_by` | integer |"),
        ("| `orphans` | bigint |", "| `orphan_rows` | bigint |"),
        ("| `near_limit` |", "| `nearly_full` |"),
        ("`would_advance`", "`advanced_later`"),
        ("| `owner_unclear` | none", "| `owner_unknown` | none"),
        ("`table_extra`, ", ""),
        ("*Privileges:* USAGE on the schemas", "USAGE on the schemas"),
        ("42704 unknown role", "unknown role"),
        ("25001 in a transaction block", "25006 in a transaction block"),
        ("| `1GB` |", "| `2GB` |"),
        ("`debug1`, ", ""),
        ("In seconds without", "In minutes without"),
        ("`partition_bound`, ", ""),
        ("(snapshots.md#db_assert)", "(snapshots.md)"),
        ("`pg_flightcheck.guard = off`", "`pg_flightcheck.watch = off`"),
        ("seq_guard_status() return", "seq_guard_state() return"),
    ];
    let text = |sections: &[Section]| -> String {
        let heading =
            |section: &Section| format!("\0{}\n{} {}\n", section.page, "#".repeat(section.level), section.title);
        sections.iter().map(|section| heading(section) + &section.lines.join("\n") + "\n").collect()
    };
    let original = text(sections);
    for (from, to) in changes {
        assert!(original.contains(from), "the pages no longer contain {from:?}: choose another change");
        let changed = original.replacen(from, to, 1);
        let pages = changed.split('\0').skip(1).filter_map(|page| page.split_once('\n'));
        let sections: Vec<Section> = pages.flat_map(|(name, text)| split(name, text)).collect();
        let found = differences(client, facts, &sections)?;
        assert!(!found.is_empty(), "the comparison does not notice {to:?} instead of {from:?}");
    }
    Ok(())
}
