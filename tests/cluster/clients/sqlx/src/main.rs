//! Runs the migrations of the folder `migrations` as `sqlx::migrate!().run(…)` does at an
//! application's start.

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&std::env::var("DATABASE_URL")?).await?;
        Migrator::new(Path::new("migrations")).await?.run(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
