//! What is up to date: a fingerprint of everything a result was made from, kept beside it in `target/xtask`.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::{Project, Purpose, capture};

/// The fingerprint of a result's inputs.
pub struct Stamp {
    file: PathBuf,
    fingerprint: String,
    purpose: Purpose,
}

impl Stamp {
    /// Reads every file of `inputs` (folders with all they hold), the toolchain's version and the flags.
    ///
    /// # Errors
    /// An input is missing or cannot be read.
    pub fn new(project: &Project, name: &str, inputs: &[PathBuf]) -> Result<Stamp> {
        let mut files = BTreeSet::new();
        for input in inputs {
            collect(input, &mut files)?;
        }
        let mut hasher = DefaultHasher::new();
        for file in files {
            file.hash(&mut hasher);
            std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?.hash(&mut hasher);
        }
        let mut rustc = project.command("rustc");
        rustc.arg("-vV");
        capture(rustc)?.hash(&mut hasher);
        std::env::var("RUSTFLAGS").unwrap_or_default().hash(&mut hasher);
        let file = project.path("target/xtask").join(format!("{name}.stamp"));
        Ok(Stamp { file, fingerprint: format!("{:016x}", hasher.finish()), purpose: project.purpose })
    }

    /// Whether `outputs` exist and were made from these inputs, for this purpose or a stricter one.
    pub fn is_current(&self, outputs: &[PathBuf]) -> bool {
        let serves = |written: String| {
            written == self.text(Purpose::Deploy) || self.purpose == Purpose::Trial && written == self.text(Purpose::Trial)
        };
        outputs.iter().all(|output| output.is_file()) && std::fs::read_to_string(&self.file).is_ok_and(serves)
    }

    /// What the file says of outputs made for `purpose`.
    fn text(&self, purpose: Purpose) -> String {
        format!("{}{}", self.fingerprint, if purpose == Purpose::Trial { " trial" } else { "" })
    }

    /// Records that the outputs are made.
    pub fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, self.text(self.purpose)).with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

/// What the module of `package` is made from: its crate, the crates of ours it stands on, the workspace's files and this program.
pub fn inputs_of(project: &Project, package: &str) -> Result<Vec<PathBuf>> {
    let mut cargo = project.command(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let metadata: Value = serde_json::from_str(&capture(cargo)?).context("cargo metadata prints JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists packages")?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut inputs = vec![project.path("Cargo.toml"), project.path("Cargo.lock"), project.path("xtask/src")];
    let mut open = vec![package.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(found) = packages.iter().find(|p| text(p, "name") == name) else {
            if name == package {
                bail!("there is no crate {package} in this workspace");
            }
            continue;
        };
        if !seen.insert(name) {
            continue;
        }
        let folder = PathBuf::from(text(found, "manifest_path")).parent().map(Path::to_path_buf).unwrap_or_default();
        inputs.extend([folder.join("src"), folder.join("Cargo.toml")]);
        let dependencies = found.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        open.extend(dependencies.filter(|d| d.get("path").is_some()).map(|d| text(d, "name")));
    }
    Ok(inputs)
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.insert(path.to_path_buf());
    } else {
        bail!("{} is missing: it is an input of the build", path.display());
    }
    Ok(())
}
