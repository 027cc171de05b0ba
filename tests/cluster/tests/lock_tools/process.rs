//! A running tool.

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a tool may take for any step.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process and its children. They are killed on drop.
pub struct ToolProcess {
    child: Child,
    output: PathBuf,
}

impl ToolProcess {
    /// Starts a command whose output goes to the file `output`.
    pub fn start(mut command: Command, output: PathBuf) -> Result<Self> {
        let file = File::create(&output)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        Ok(Self { child, output })
    }

    /// Returns the output so far.
    pub fn output(&self) -> String {
        fs::read(&self.output).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until the process has ended.
    pub fn end(&mut self) -> Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(began.elapsed() < PATIENCE, "the process does not end; output:\n{}", self.output());
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the process has ended, with success.
    pub fn succeed(&mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "ended with {status}; output:\n{}", self.output());
        Ok(())
    }

    /// Waits until the process has failed with this message.
    pub fn fail_with(&mut self, words: &str) -> Result<()> {
        let status = self.end()?;
        let output = self.output();
        ensure!(
            !status.success() && output.contains(words),
            "ended with {status}, without {words:?} in its output:\n{output}"
        );
        Ok(())
    }

    /// Sends a signal to the process group. SIGSTOP acts like a frozen container, SIGKILL like a
    /// killed one.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process_group(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for ToolProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}
