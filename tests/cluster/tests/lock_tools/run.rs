//! A tool at work.

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a tool may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process and what it starts in turn. Dropped, they are killed.
pub struct Run {
    child: Child,
    said: PathBuf,
}

impl Run {
    /// Starts a command that writes what it says to the file `said`.
    pub fn start(mut command: Command, said: PathBuf) -> Result<Self> {
        let file = File::create(&said)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        Ok(Self { child, said })
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        fs::read(&self.said).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for its end.
    pub fn end(&mut self) -> Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(began.elapsed() < PATIENCE, "does not end, and said:\n{}", self.said());
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end, which has to be a good one.
    pub fn succeed(&mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "ended with {status}, and said:\n{}", self.said());
        Ok(())
    }

    /// Waits for its end, which has to be a bad one, with these words.
    pub fn fail_with(&mut self, words: &str) -> Result<()> {
        let status = self.end()?;
        let said = self.said();
        ensure!(!status.success() && said.contains(words), "ended with {status}, and did not say {words:?}:\n{said}");
        Ok(())
    }

    /// Sends a signal to all its processes. SIGSTOP makes of it what a frozen container is; SIGKILL, a dead one.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process_group(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}
