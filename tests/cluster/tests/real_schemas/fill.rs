//! Inserts rows as the application does.

use crate::schema::Schema;
use anyhow::{Result, ensure};
use postgres::Client;

/// Prepares the session to fill the schema's tables.
pub fn prepare(client: &mut Client, schema: &Schema) -> Result<()> {
    client.batch_execute(include_str!("fill.sql"))?;
    for (values, is_drawn) in [(schema.drawn, true), (schema.demanded, false)] {
        for (table, column, expression) in values {
            client.execute(
                "INSERT INTO pg_temp.given VALUES ($1, $2, $3, $4)",
                &[table, column, expression, &is_drawn],
            )?;
        }
    }
    Ok(())
}

/// Inserts the rows with these numbers into each table. Fails if a table that a sequence feeds gets
/// no row, or if a drawn value is already used.
pub fn fill(client: &mut Client, schema: &Schema, first: i32, last: i32) -> Result<()> {
    let rows = client.query("SELECT * FROM pg_temp.fill($1, $2)", &[&first, &last])?;
    let tables_with = |wanted: &str| -> Vec<String> {
        let of_table = |row: &postgres::Row| (row.get::<_, String>(0), row.get::<_, Option<String>>(2));
        let rows = rows.iter().filter(|row| row.get::<_, bool>(wanted));
        rows.map(of_table).map(|(table, error)| format!("{table}: {}", error.unwrap_or_default())).collect()
    };
    let collisions = tables_with("collides");
    ensure!(collisions.is_empty(), "drawn values collide: {collisions:#?}");
    let mut unfilled = tables_with("is_fed");
    unfilled.retain(|line| !schema.full.iter().any(|table| line.starts_with(&format!("{table}: "))));
    ensure!(unfilled.is_empty(), "tables without rows: {unfilled:#?}");
    for sequence in schema.counted {
        client.execute("SELECT nextval($1::text::regclass) FROM generate_series(1, 3)", &[sequence])?;
    }
    Ok(())
}
