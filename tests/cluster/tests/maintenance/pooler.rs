//! PgBouncer in front of the server.

use crate::fixture::DATABASE;
use anyhow::{Context, Result};
use cluster::{Server, program, report};
use postgres::Config;
use std::fs;
use std::process::{Child, Command, Stdio};

const PORT: u16 = 6432;

/// A running PgBouncer. It is killed on drop.
pub struct Pooler {
    process: Child,
    folder: std::path::PathBuf,
}

impl Pooler {
    /// Starts it with a pool for each mode; `None` if it is not installed.
    pub fn start(server: &Server) -> Result<Option<Pooler>> {
        let Some(program) = program::find("pgbouncer") else {
            report!("pgbouncer is not installed here (tools/setup-clients installs it)");
            return Ok(None);
        };
        let [(_, folder), ..] = server.environment(DATABASE);
        let folder = std::path::PathBuf::from(folder);
        let socket = folder.display();
        let pool = |mode: &str| {
            format!("{mode} = host={socket} port=5432 user=postgres dbname={DATABASE} pool_mode={mode} pool_size=2\n")
        };
        let settings = server.scratch("pgbouncer.ini");
        let text = format!(
            "[databases]\n{}{}[pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {socket}\nauth_type = any\n\
             server_login_retry = 0\nquery_wait_timeout = 60\n",
            pool("session"),
            pool("transaction")
        );
        fs::write(&settings, text)?;
        let mut command = Command::new(program);
        if let Some(user) = std::env::var("SERVER_USER").ok().filter(|user| !user.is_empty()) {
            command.args(["-u", &user]);
        }
        command.arg(settings).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().context("starting pgbouncer")?;
        Ok(Some(Pooler { process, folder }))
    }

    /// Returns how to connect to the pool of a mode: `session` or `transaction`.
    pub fn config(&self, mode: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).port(PORT).user("postgres").dbname(mode);
        config
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
