//! Describes the sizes of the two tables of a new foreign key.

use super::request::NamedTable;

/// Returns one clause for both tables or one for each.
pub fn sizes(child: &NamedTable, parent: &NamedTable) -> Vec<String> {
    let size = |table: &NamedTable| (table.name.quoted(), table.rows.map(|rows| (rows, table.bytes)));
    described(&size(child), &size(parent))
}

/// A table's name, and its rows and bytes if it was ever analyzed.
type Size = (String, Option<(i64, i64)>);

fn described(child: &Size, parent: &Size) -> Vec<String> {
    match (child, parent) {
        _ if child == parent => vec![clause(child)],
        ((child, None), (parent, None)) => {
            vec![format!("{child} and {parent} were never analyzed, so their sizes are not known")]
        }
        ((_, Some(_)), (_, Some(_))) => vec![format!("{}, {}", clause(child), clause(parent))],
        _ => vec![clause(child), clause(parent)],
    }
}

fn clause((name, size): &Size) -> String {
    match size {
        Some((rows, bytes)) => {
            format!("{name}: about {rows} row{}, {}", if *rows == 1 { "" } else { "s" }, size_text(*bytes))
        }
        None => format!("{name} was never analyzed, so its size is not known"),
    }
}

/// Returns a size in the largest unit of which there are at least ten.
fn size_text(bytes: i64) -> String {
    let (mut size, mut units) = (bytes, ["kB", "MB", "GB", "TB"].iter());
    let mut unit = "bytes";
    while size >= 10 * 1024 {
        let Some(next) = units.next() else { break };
        size /= 1024;
        unit = next;
    }
    format!("{size} {unit}")
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn sizes_of_two_tables_are_sentences() {
        let size = |name: &str, rows: Option<i64>| (name.to_owned(), rows.map(|rows| (rows, 8192)));
        let words = |child, parent| described(&child, &parent).join("; ");
        assert_eq!(
            words(size("s.c", None), size("s.p", None)),
            "s.c and s.p were never analyzed, so their sizes are not known"
        );
        assert_eq!(words(size("s.c", None), size("s.c", None)), "s.c was never analyzed, so its size is not known");
        assert_eq!(
            words(size("s.c", Some(1)), size("s.p", None)),
            "s.c: about 1 row, 8192 bytes; s.p was never analyzed, so its size is not known"
        );
        assert_eq!(
            words(size("s.c", Some(7)), size("s.p", Some(9))),
            "s.c: about 7 rows, 8192 bytes, s.p: about 9 rows, 8192 bytes"
        );
    }
}
