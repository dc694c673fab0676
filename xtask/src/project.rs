//! Where things lie, and how other programs are run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// What a build is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be deployed: each module in its own profile, optimised by Binaryen.
    Deploy,
    /// To be served on this machine as soon as possible: one profile, so that what the modules share is compiled once.
    Trial,
}

/// The checked-out project.
pub struct Project {
    root: PathBuf,
    /// What is being built for.
    pub purpose: Purpose,
}

impl Project {
    /// The project this program was compiled in.
    pub fn find(purpose: Purpose) -> Result<Project> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Ok(Project { root: root.canonicalize().context("cannot find the project root")?, purpose })
    }

    /// The profile that a module is built in which is deployed in `deployed`.
    pub fn profile<'a>(&self, deployed: &'a str) -> &'a str {
        if self.purpose == Purpose::Trial { "trial" } else { deployed }
    }

    /// `relative` under the root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A command that runs in the root.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// A JavaScript file of an installed npm package, to be run by node.
    pub fn node_script(&self, relative: &str) -> Result<Command> {
        let script = self.path("node_modules").join(relative);
        if !script.is_file() {
            bail!("node_modules/{relative} is missing: run `npm install` in {} first", self.root.display());
        }
        let mut command = self.command("node");
        command.arg(script);
        Ok(command)
    }
}

/// Runs `command`; its output goes to the terminal.
pub fn run(mut command: Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        bail!("`{name} {}` failed ({status})", arguments.join(" "));
    }
    Ok(())
}

/// Runs `command` and returns what it printed.
pub fn capture(mut command: Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stderr(std::process::Stdio::inherit()).output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of {name} is not valid UTF-8"))
}
