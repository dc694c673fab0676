//! The page: its module, its scorer, and the static files round them, in `web/dist`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bindgen::{self, Binding};
use crate::project::{Project, run};
use crate::{binaryen, npm};

const PACKAGE: &str = "plumbline-web";

/// Builds `web/dist`: the module of `web`, one script of its glue and `web/js`, the sheets of `web/style` as one, the files of `web/static` as
/// they are, the words of each language, and the scorer of the npm package, which only the lead view loads. Copying is quick, so it is
/// always done, to an empty folder.
pub fn page(project: &Project) -> Result<()> {
    let (module, dist) = (project.path("web/pkg"), project.path("web/dist"));
    let binding = Binding { package: PACKAGE, features: &[], name: "plumbline_web", profile: "page", goal: binaryen::Goal::Size };
    bindgen::bindgen(project, &binding, &module)?;
    let scorer = npm::module(project)?;
    if dist.exists() {
        std::fs::remove_dir_all(&dist).with_context(|| format!("cannot empty {}", dist.display()))?;
    }
    std::fs::create_dir_all(dist.join("text")).with_context(|| format!("cannot create {}", dist.display()))?;
    copy(&module.join("plumbline_web_bg.wasm"), &dist.join("plumbline_web_bg.wasm"))?;
    copy(&scorer, &dist.join("plumbline.wasm"))?;
    for file in files(&project.path("web/static"))? {
        copy(&file, &dist.join(file.file_name().unwrap_or_default()))?;
    }
    for file in files(&project.path("web/text"))? {
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let words: serde_json::Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
        let to = dist.join("text").join(file.file_name().unwrap_or_default());
        std::fs::write(&to, words.to_string()).with_context(|| format!("{} cannot be written", to.display()))?;
    }
    // The glue imports its twins beside the bound module.
    for file in files(&project.path("web/js"))? {
        copy(&file, &module.join(file.file_name().unwrap_or_default()))?;
    }
    let mut style = String::new();
    for sheet in files(&project.path("web/style"))? {
        style.push_str(&std::fs::read_to_string(&sheet).with_context(|| format!("{} cannot be read", sheet.display()))?);
    }
    let sheet = module.join("page.css");
    std::fs::write(&sheet, style).with_context(|| format!("{} cannot be written", sheet.display()))?;
    bundle(project, &module.join("start.js"), &dist.join("page.js"))?;
    bundle(project, &sheet, &dist.join("page.css"))?;
    bundle(project, &project.path("wasm/js/index.ts"), &dist.join("scorer.js"))
}

/// Writes `from` with all it imports to `to` as one small file; what it loads later stays apart.
fn bundle(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut esbuild = project.command(project.path("node_modules/.bin/esbuild"));
    esbuild.arg(from).arg(format!("--outfile={}", to.display()));
    esbuild.args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--external:./scorer.js", "--log-level=warning"]);
    run(esbuild)
}

/// The files of `folder`, in order of name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
    Ok(())
}
