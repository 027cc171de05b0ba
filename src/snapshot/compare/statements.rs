//! Writes the statements that restore settings and default privileges. A snapshot may have been
//! made by hand, so nothing in it becomes part of a statement unless it is a name, a known word, or
//! quoted. Pure.

use super::grants::{PRIVILEGES, identifier_length, is_name};

/// A statement that repairs a difference, and the roles that it names, which have to exist.
pub type Repair = (String, Vec<String>);

/// The settings that are lists of names, each of which has to be quoted by itself:
/// `GUC_LIST_QUOTE` in the server's guc_tables.c.
const LISTS: [&str; 5] = [
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
];

/// Returns the statement that sets a setting of a database, or of a role in it. `identity` is the
/// name of the setting, with `of role` and the quoted role after it if it is that of a role.
pub fn set(database: &str, identity: &str, value: &str) -> Option<Repair> {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    let (name, role) = match identity.split_once(" of role ") {
        None => (identity, None),
        Some((name, role)) => (name, Some(role)),
    };
    let place = match role {
        None => format!("DATABASE {database}"),
        Some(role) if is_name(role) => format!("ROLE {role} IN DATABASE {database}"),
        Some(_) => return None,
    };
    // The value of a setting that is represented by a hash is not known.
    if value.is_empty() || !is_word(name) {
        return None;
    }
    let values = match LISTS.contains(&name) {
        true => items(value)?.iter().map(|item| literal(item)).collect::<Vec<_>>().join(", "),
        false => literal(value),
    };
    Some((format!("ALTER {place} SET {name} TO {values};"), role.into_iter().map(unquoted).collect()))
}

/// Returns the statements that restore default privileges, which a snapshot has as, for instance,
/// `for role app in schema s on tables` and `reader: SELECT, INSERT*; PUBLIC: -EXECUTE`.
pub fn default_privileges(identity: &str, definition: &str, older_major: u32) -> Option<Repair> {
    let (owner, rest) = identifier(identity.strip_prefix("for role ")?)?;
    let (place, rest) = match rest.strip_prefix(" in schema ") {
        None => (String::new(), rest),
        Some(rest) => {
            let (schema, rest) = identifier(rest)?;
            (format!(" IN SCHEMA {schema}"), rest)
        }
    };
    let objects = match rest.strip_prefix(" on ")? {
        "large objects" if older_major < 18 => return None,
        known @ ("tables" | "sequences" | "functions" | "types" | "schemas" | "large objects") => known.to_uppercase(),
        _ => return None,
    };
    let (mut statements, mut roles, mut rest) = (Vec::new(), vec![unquoted(owner)], definition);
    while !rest.is_empty() {
        let (role, of_role) = identifier(rest)?;
        let (words, others) = of_role.strip_prefix(": ").map(|words| words.split_once("; ").unwrap_or((words, "")))?;
        for (lead, option, link, list) in changes(words, older_major)? {
            statements.push(format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner}{place} {lead} {} ON {objects} {link} {role}{option};",
                list.join(", ")
            ));
        }
        roles.extend((role != "PUBLIC").then(|| unquoted(role)));
        rest = others;
    }
    (!statements.is_empty()).then(|| (statements.join(" "), roles))
}

/// A verb, the words after the role, the word before the role, and the privileges.
type Change<'a> = (&'static str, &'static str, &'static str, Vec<&'a str>);

/// Returns what was granted, granted with the grant option, and revoked, each if anything was.
fn changes(words: &str, older_major: u32) -> Option<Vec<Change<'_>>> {
    let mut changes: [Change<'_>; 3] = [
        ("GRANT", "", "TO", Vec::new()),
        ("GRANT", " WITH GRANT OPTION", "TO", Vec::new()),
        ("REVOKE", "", "FROM", Vec::new()),
    ];
    for word in words.split(", ") {
        let (place, privilege) = match (word.strip_prefix('-'), word.strip_suffix('*')) {
            (Some(privilege), _) => (2, privilege),
            (None, Some(privilege)) => (1, privilege),
            (None, None) => (0, word),
        };
        if !PRIVILEGES.contains(&privilege) || privilege == "MAINTAIN" && older_major < 17 {
            return None;
        }
        changes[place].3.push(privilege);
    }
    Some(changes.into_iter().filter(|change| !change.3.is_empty()).collect())
}

/// Splits off the identifier at the beginning.
fn identifier(text: &str) -> Option<(&str, &str)> {
    Some(text.split_at(identifier_length(text)?))
}

/// Returns the name that an identifier stands for.
fn unquoted(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => identifier.to_owned(),
    }
}

/// Returns the elements of a list as the server stores it: names separated by commas, quoted where
/// necessary.
fn items(list: &str) -> Option<Vec<String>> {
    let (mut items, mut rest) = (Vec::new(), list.trim());
    loop {
        let end = match rest.starts_with('"') {
            // An empty name is a valid element: `""`.
            true if rest.starts_with("\"\"") && !rest.starts_with("\"\"\"") => 2,
            true => identifier_length(rest)?,
            false => rest.find(',').unwrap_or(rest.len()),
        };
        let (item, after) = rest.split_at(end);
        items.push(unquoted(item.trim()));
        rest = match after.trim_start() {
            "" => return Some(items),
            after => after.strip_prefix(',')?.trim_start(),
        };
    }
}

/// Quotes a text, independent of standard_conforming_strings.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(repair: Option<Repair>) -> Option<String> {
        repair.map(|(statement, _)| statement)
    }

    #[test]
    fn setting_is_quoted_or_refused() {
        for (identity, value, expected) in [
            ("work_mem", "7MB", "ALTER DATABASE d SET work_mem TO '7MB';"),
            ("work_mem of role \"R 1\"", "7MB", "ALTER ROLE \"R 1\" IN DATABASE d SET work_mem TO '7MB';"),
            ("datestyle", "ISO, DMY", "ALTER DATABASE d SET datestyle TO 'ISO, DMY';"),
            ("search_path", "\"$user\", public", "ALTER DATABASE d SET search_path TO '$user', 'public';"),
            ("search_path", "\"a, \"\"b\", c", "ALTER DATABASE d SET search_path TO 'a, \"b', 'c';"),
            ("search_path", "\"\"", "ALTER DATABASE d SET search_path TO '';"),
            ("log_line_prefix", "it's; \\", "ALTER DATABASE d SET log_line_prefix TO E'it''s; \\\\';"),
        ] {
            assert_eq!(statement(set("d", identity, value)).as_deref(), Some(expected));
        }
        for (identity, value) in [("x = 1; DROP", "1"), ("x", ""), ("x of role a b", "1"), ("search_path", "\"a\"b")] {
            assert_eq!(set("d", identity, value), None, "{identity} {value}");
        }
        let roles = set("d", "x of role \"say \"\"hi\"\"\"", "1").map(|(_, roles)| roles);
        assert_eq!(roles, Some(vec!["say \"hi\"".to_owned()]));
    }

    #[test]
    fn default_privileges_are_names_and_known_words() {
        let repair = default_privileges(
            "for role app in schema \"S on\" on tables",
            "PUBLIC: -SELECT; \"a; b\": INSERT, SELECT*",
            17,
        );
        let start = "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA \"S on\"";
        assert_eq!(
            repair,
            Some((
                format!(
                    "{start} REVOKE SELECT ON TABLES FROM PUBLIC; {start} GRANT INSERT ON TABLES TO \"a; b\"; \
                     {start} GRANT SELECT ON TABLES TO \"a; b\" WITH GRANT OPTION;"
                ),
                vec!["app".to_owned(), "a; b".to_owned()]
            ))
        );
        for (identity, definition) in [
            ("for role app on tables", "r: ALL"),
            ("for role app on everything", "r: SELECT"),
            ("for role app; x on tables", "r: SELECT"),
            ("for role app on tables", "r TO x; y: SELECT"),
            ("for role app on tables", ""),
            ("for role app on tables", "r: MAINTAIN"),
        ] {
            assert_eq!(default_privileges(identity, definition, 16), None, "{identity} {definition}");
        }
    }
}
