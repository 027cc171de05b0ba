//! A database that is broken, and its repair: each fix is run by psql as it is printed.

use crate::finding::{Finding, flightcheck};
use anyhow::{Context, Result, ensure};
use cluster::{Server, explain};
use postgres::Client;

pub struct Scene {
    pub server: Server,
    pub client: Client,
    database: &'static str,
}

impl Scene {
    pub fn new(settings: &[&str]) -> Result<Self> {
        let server = Server::start(settings)?;
        let client = server.database("scene")?;
        Ok(Self { server, client, database: "scene" })
    }

    pub fn another_session(&self) -> Result<Client> {
        self.server.connect(self.database)
    }

    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|error| anyhow::anyhow!("{sql}\n{}", explain(&error)))
    }

    pub fn findings(&mut self, check: &str) -> Result<Vec<Finding>> {
        Ok(flightcheck(&mut self.client, "")?.into_iter().filter(|finding| finding.check == check).collect())
    }

    /// The one row there is, whatever its check.
    pub fn only(&mut self) -> Result<Finding> {
        let all = flightcheck(&mut self.client, "")?;
        ensure!(all.len() == 1, "not one row: {all:#?}");
        all.into_iter().next().context("no row")
    }

    /// The rows as severity, check and object.
    pub fn summary(&mut self) -> Result<Vec<String>> {
        let rows = flightcheck(&mut self.client, "")?;
        Ok(rows.iter().map(|row| format!("{} {} {}", row.severity, row.check, row.object)).collect())
    }

    pub fn expect_nothing(&mut self) -> Result<()> {
        let all = flightcheck(&mut self.client, "")?;
        ensure!(all.is_empty(), "still there: {all:#?}");
        Ok(())
    }

    /// Has psql run the fix, and looks whether it failed.
    pub fn paste(&self, finding: &Finding) -> Result<()> {
        let file = self.server.scratch("fix.sql");
        std::fs::write(&file, finding.fix()?)?;
        let errors = self.server.psql_file(self.database, &file)?;
        ensure!(errors == 0, "the fix failed: {finding:#?}\n{}", self.server.log());
        Ok(())
    }

    /// Breaks something, sees the one row of it, and runs its fix; then nothing is left to report.
    pub fn mend(&mut self, damage: &str, severity: &str, check: &str, object: &str) -> Result<Finding> {
        self.run(damage)?;
        let finding = self.only()?;
        let seen = (finding.severity.as_str(), finding.check.as_str(), finding.object.as_str());
        ensure!(seen == (severity, check, object), "{finding:#?}");
        self.paste(&finding)?;
        self.expect_nothing().with_context(|| format!("after {finding:#?}"))?;
        Ok(finding)
    }
}
