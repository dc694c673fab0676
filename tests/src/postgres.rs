//! A PostgreSQL of a test's own: a fresh cluster on a socket in a temporary folder, gone when dropped.
//!
//! Binaries are looked for in `PLUMBLINE_POSTGRES`, then where Debian keeps them, then on the PATH. PostgreSQL refuses to run as
//! root, so root hands it to the user `postgres`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running cluster.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
}

impl Postgres {
    /// Starts a cluster.
    ///
    /// # Errors
    /// A sentence that says what is missing or what the server said.
    pub fn start() -> Result<Postgres, String> {
        let binaries = binaries().ok_or("PostgreSQL is not installed; install it or set PLUMBLINE_POSTGRES to its bin folder")?;
        let folder = TempDir::with_prefix("plumbline-postgres-").map_err(|error| error.to_string())?;
        if is_root() {
            said(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let postgres = Postgres { binaries, folder };
        let data = postgres.data();
        said(
            postgres
                .command("initdb")
                .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", "plumbline", "-D"])
                .arg(&data),
        )?;
        let options = format!("-c listen_addresses='' -c fsync=off -k {}", postgres.folder.path().display());
        said(postgres.command("pg_ctl").args(["start", "-w", "-o", &options, "-l"]).arg(data.join("log")).arg("-D").arg(&data))?;
        Ok(postgres)
    }

    /// Runs a script of psql and returns what it printed, unaligned and without headings.
    ///
    /// # Errors
    /// What psql said.
    pub fn script(&self, script: &str) -> Result<String, String> {
        let mut psql = self.command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "plumbline", "-d", "postgres", "-h"])
            .arg(self.folder.path());
        let mut child =
            psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
        // psql reads all before it answers the last statement, and what it answers here is larger than a pipe: write beside it.
        let mut stdin = child.stdin.take().ok_or("psql has no input")?;
        let script = script.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let _ = writer.join();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, name: &str) -> Command {
        let program = self.binaries.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").env_remove("PGHOST").env_remove("PGPORT");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        let _ = said(self.command("pg_ctl").args(["stop", "-w", "-m", "immediate", "-D"]).arg(data));
    }
}

fn binaries() -> Option<PathBuf> {
    let named = std::env::var_os("PLUMBLINE_POSTGRES").map(PathBuf::from);
    let mut debian: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    named.into_iter().chain(debian.into_iter().rev()).chain(path).find(|folder| folder.join("initdb").exists())
}

fn is_root() -> bool {
    let owner = |path: &Path| std::fs::metadata(path).ok().map(|meta| std::os::unix::fs::MetadataExt::uid(&meta));
    owner(Path::new("/proc/self")) == Some(0)
}

/// Runs `command`; what it said when it failed.
fn said(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}
