//! What a step does to tables and sequences, and the statement for it.

use crate::shapes::{NESTING, TARGETS, UNITS};

/// How a statement inserts ids that the client supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Columns,
    /// `INSERT INTO t VALUES (…)`
    NoColumns,
    /// A row with DEFAULT for its id comes first.
    WithDefault,
    Prepared,
    /// Through a function, which caches its plan.
    Function,
    IgnoreConflicts,
    Upsert,
    Merge,
    Copy,
}

impl How {
    pub const ALL: [Self; 9] = [
        Self::Columns,
        Self::NoColumns,
        Self::WithDefault,
        Self::Prepared,
        Self::Function,
        Self::IgnoreConflicts,
        Self::Upsert,
        Self::Merge,
        Self::Copy,
    ];
}

/// How a statement inserts rows whose ids come from the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    Values,
    /// `INSERT … SELECT`
    Select,
    /// An explicit call of nextval().
    Nextval,
    Copy,
}

impl Draw {
    pub const ALL: [Self; 4] = [Self::Values, Self::Select, Self::Nextval, Self::Copy];
}

/// Targets and units are given by their index in [`TARGETS`] and [`UNITS`].
#[derive(Clone, Debug)]
pub enum Change {
    Supply {
        target: usize,
        ids: Vec<i64>,
        how: How,
    },
    Draw {
        target: usize,
        count: usize,
        draw: Draw,
    },
    SetId {
        target: usize,
        from: i64,
        to: i64,
    },
    SetNote {
        target: usize,
        id: i64,
    },
    Delete {
        target: usize,
        id: i64,
    },
    /// Inserts into one table, whose trigger inserts this id into another one.
    Nest {
        id: i64,
    },
    Truncate {
        unit: usize,
        restart: bool,
    },
    Setval {
        unit: usize,
        value: i64,
        called: bool,
    },
    Restart {
        unit: usize,
        value: i64,
    },
    Resync {
        target: usize,
    },
    Create {
        unit: usize,
    },
    Drop {
        unit: usize,
    },
}

/// A change as it is sent to the server.
pub enum Call {
    Simple(String),
    /// In an exception block, which may raise an error itself.
    InBlock(String, bool),
    Prepared(String, i64),
    Copy(String, String),
}

impl Change {
    pub fn unit(&self) -> usize {
        match *self {
            Self::Supply { target, .. }
            | Self::Draw { target, .. }
            | Self::SetId { target, .. }
            | Self::SetNote { target, .. }
            | Self::Delete { target, .. }
            | Self::Resync { target } => TARGETS[target].unit,
            Self::Nest { .. } => NESTING,
            Self::Truncate { unit, .. }
            | Self::Setval { unit, .. }
            | Self::Restart { unit, .. }
            | Self::Create { unit }
            | Self::Drop { unit } => unit,
        }
    }

    pub fn call(&self) -> Call {
        match self {
            Self::Supply { target, ids, how } => supply(TARGETS[*target].name, ids, *how),
            Self::Draw { target, count, draw } => self::draw(*target, *count, *draw),
            _ => Call::Simple(self.statement()),
        }
    }

    fn statement(&self) -> String {
        let name = |target: &usize| TARGETS[*target].name;
        match self {
            Self::SetId { target, from, to } => format!("UPDATE {} SET id = {to} WHERE id = {from}", name(target)),
            Self::SetNote { target, id } => format!("UPDATE {} SET note = 'seen' WHERE id = {id}", name(target)),
            Self::Delete { target, id } => format!("DELETE FROM {} WHERE id = {id}", name(target)),
            Self::Nest { id } => format!("INSERT INTO nesting (note) VALUES ('{id}')"),
            Self::Truncate { unit, restart } => {
                format!("TRUNCATE {}{}", UNITS[*unit].tables, if *restart { " RESTART IDENTITY" } else { "" })
            }
            // FROM locks the sequence, so that its name is looked up again if another session has
            // recreated it.
            Self::Setval { unit, value, called } => {
                let sequence = UNITS[*unit].sequence;
                format!("SELECT setval('{sequence}', {value}, {called}) FROM {sequence}")
            }
            Self::Restart { unit, value } => format!("ALTER SEQUENCE {} RESTART WITH {value}", UNITS[*unit].sequence),
            Self::Resync { target } => {
                format!("SELECT seq_resync_table('{}') FROM {}", name(target), UNITS[self.unit()].sequence)
            }
            Self::Create { unit } => UNITS[*unit].create.to_owned(),
            Self::Drop { unit } => UNITS[*unit].drop.to_owned(),
            Self::Supply { .. } | Self::Draw { .. } => unreachable!("these have a call of their own"),
        }
    }
}

fn supply(table: &str, ids: &[i64], how: How) -> Call {
    let rows: Vec<_> = ids.iter().map(|id| format!("({id}, 'supplied')")).collect();
    let rows = rows.join(", ");
    let columns = "(id, note) OVERRIDING SYSTEM VALUE";
    Call::Simple(match how {
        How::Columns => format!("INSERT INTO {table} {columns} VALUES {rows}"),
        How::NoColumns => format!("INSERT INTO {table} OVERRIDING SYSTEM VALUE VALUES {rows}"),
        How::WithDefault => format!("INSERT INTO {table} {columns} VALUES (DEFAULT, 'drawn'), {rows}"),
        How::IgnoreConflicts => format!("INSERT INTO {table} {columns} VALUES {rows} ON CONFLICT DO NOTHING"),
        How::Upsert => {
            format!("INSERT INTO {table} {columns} VALUES {rows} ON CONFLICT (id) DO UPDATE SET note = 'updated'")
        }
        How::Merge => format!(
            "MERGE INTO {table} AS t USING (VALUES {rows}) AS v (id, note) ON t.id = v.id
             WHEN NOT MATCHED THEN INSERT {columns} VALUES (v.id, v.note)"
        ),
        How::Function => format!("SELECT put_{table}({})", ids[0]),
        How::Prepared => {
            return Call::Prepared(format!("INSERT INTO {table} {columns} VALUES ($1::bigint, 'supplied')"), ids[0]);
        }
        How::Copy => {
            let lines: String = ids.iter().map(|id| format!("{id}\tsupplied\n")).collect();
            return Call::Copy(format!("COPY {table} (id, note) FROM STDIN"), lines);
        }
    })
}

fn draw(target: usize, count: usize, draw: Draw) -> Call {
    let table = TARGETS[target].name;
    Call::Simple(match draw {
        Draw::Values => format!("INSERT INTO {table} (note) VALUES {}", vec!["('drawn')"; count].join(", ")),
        Draw::Select => format!("INSERT INTO {table} (note) SELECT 'drawn' FROM generate_series(1, {count})"),
        Draw::Nextval => {
            let sequence = UNITS[TARGETS[target].unit].sequence;
            let rows = vec![format!("(nextval('{sequence}'), 'drawn')"); count].join(", ");
            format!("INSERT INTO {table} (id, note) OVERRIDING SYSTEM VALUE VALUES {rows}")
        }
        Draw::Copy => return Call::Copy(format!("COPY {table} (note) FROM STDIN"), "drawn\n".repeat(count)),
    })
}
