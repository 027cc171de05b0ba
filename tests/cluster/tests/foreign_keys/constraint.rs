//! The parent's key, and the options of the foreign key.

use crate::case::{Column, Draw, Standing};
use crate::shapes::Abilities;
use crate::sides::Sides;
use cluster::identifier;

pub struct Index {
    pub sql: String,
    /// Whether a key may contain NULLs.
    pub null_keys: bool,
}

/// The unique key that the constraint refers to, its columns in random order.
pub fn unique_index(d: &mut Draw, parent: &str, columns: &[Column]) -> Index {
    let mut order: Vec<&Column> = columns.iter().collect();
    d.random.shuffle(&mut order);
    let names = order.iter().map(|column| identifier(&column.parent)).collect::<Vec<_>>().join(", ");
    let classes = order
        .iter()
        .map(|column| format!("{} {}", identifier(&column.parent), column.kind.opclass))
        .collect::<Vec<_>>()
        .join(", ");
    let of_classes = columns.iter().any(|column| !column.kind.opclass.is_empty());
    let null_keys = !d.traits.contains(&"identity parent") && !columns.iter().any(|column| column.parent_generated);
    let unique = |sql: String| Index { sql, null_keys };
    if of_classes {
        return unique(format!("CREATE UNIQUE INDEX ON {parent} ({classes});\n"));
    }
    match d.random.u8(..8) {
        0 => unique(format!("ALTER TABLE {parent} ADD UNIQUE ({names});\n")),
        1 => unique(format!("CREATE UNIQUE INDEX ON {parent} ({names});\n")),
        2 => unique(format!("CREATE UNIQUE INDEX ON {parent} ({names}) INCLUDE (note);\n")),
        3 => unique(format!("ALTER TABLE {parent} ADD UNIQUE NULLS NOT DISTINCT ({names});\n")),
        _ => Index { sql: format!("ALTER TABLE {parent} ADD PRIMARY KEY ({names});\n"), null_keys: false },
    }
}

/// An index that looks like a unique key of these columns but cannot be referenced by a constraint.
pub fn unfit_index(d: &mut Draw, parent: &str, columns: &[Column]) -> Index {
    let names: Vec<_> = columns.iter().map(|column| identifier(&column.parent)).collect();
    let names = names.join(", ");
    let sql = match d.random.u8(..5) {
        0 => String::new(),
        1 => format!("CREATE INDEX ON {parent} ({names});\n"),
        2 => format!("CREATE UNIQUE INDEX ON {parent} ({names}) WHERE note IS NULL;\n"),
        3 => format!("CREATE UNIQUE INDEX ON {parent} ({names}, row_no);\n"),
        _ => format!("CREATE UNIQUE INDEX ON {parent} ({names}, (row_no + 0));\n"),
    };
    Index { sql, null_keys: false }
}

pub fn options(d: &mut Draw, columns: &[Column], full: bool) -> String {
    let mut options = String::new();
    if full {
        options += " MATCH FULL";
    }
    // Actions that write to the child are impossible with a generated column.
    let actions: &[&str] = match columns.iter().any(|column| column.generated) {
        true => &["", " ON DELETE CASCADE", " ON DELETE RESTRICT"],
        false => &["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE SET DEFAULT", " ON UPDATE CASCADE"],
    };
    if d.one_in(3, "actions") {
        options += d.any(actions);
    }
    if d.one_in(5, "deferred") {
        options += " DEFERRABLE INITIALLY DEFERRED";
    }
    options
}

pub fn standing(d: &mut Draw, abilities: Abilities, partitioned: bool) -> Standing {
    let unvalidated = !partitioned || abilities.major >= 18;
    if unvalidated && d.one_in(3, "not valid") {
        Standing::NotValid
    } else if abilities.major >= 18 && d.one_in(6, "not_enforced") {
        Standing::NotEnforced
    } else {
        Standing::Valid
    }
}

/// Switches some of the constraint's triggers off, or none. Triggers on a partitioned table itself
/// never fire.
pub fn switch(d: &mut Draw, sides: &Sides) -> String {
    if d.one_in(15, "triggers always on") {
        return one_trigger(d, "ENABLE ALWAYS");
    }
    if !d.one_in(3, "triggers_off") {
        return String::new();
    }
    match d.random.u8(..4) {
        0 => format!("ALTER TABLE {} DISABLE TRIGGER ALL;\n", sides.child),
        1 => format!("ALTER TABLE {} DISABLE TRIGGER ALL;\n", sides.parent),
        2 => one_trigger(d, "DISABLE"),
        _ => one_trigger(d, "ENABLE REPLICA"),
    }
}

/// Changes one of the triggers in the case's schema.
fn one_trigger(d: &mut Draw, what: &str) -> String {
    let schema = cluster::literal(&identifier(&d.schema));
    let skipped = d.random.u8(..8);
    format!(
        "DO $do$
        DECLARE
            one record;
        BEGIN
            SELECT t.tgrelid::regclass AS of_table, t.tgname INTO STRICT one
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgconstraint <> 0 AND c.relkind = 'r' AND c.relnamespace = {schema}::regnamespace
            ORDER BY (row_number() OVER (ORDER BY t.oid) + {skipped}) % count(*) OVER () LIMIT 1;
            EXECUTE format('ALTER TABLE %s {what} TRIGGER %I', one.of_table, one.tgname);
        END $do$;\n"
    )
}
