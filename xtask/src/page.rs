//! The page: its module, and the static files round it, in `web/dist`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bindgen::{self, Binding};
use crate::project::Project;

const PACKAGE: &str = "plumbline-web";

/// Builds `web/dist`: the module of `web`, the files of `web/static` as they are, the sheets of `web/style` as one, and the
/// words of each language. Copying is quick, so it is always done, to an
/// empty folder.
pub fn page(project: &Project) -> Result<()> {
    let (module, dist) = (project.path("web/pkg"), project.path("web/dist"));
    let binding = Binding { package: PACKAGE, features: &[], name: "plumbline_web", profile: "page" };
    bindgen::bindgen(project, &binding, &module)?;
    if dist.exists() {
        std::fs::remove_dir_all(&dist).with_context(|| format!("cannot empty {}", dist.display()))?;
    }
    std::fs::create_dir_all(&dist).with_context(|| format!("cannot create {}", dist.display()))?;
    for name in ["plumbline_web.js", "plumbline_web_bg.wasm"] {
        copy(&module.join(name), &dist.join(name))?;
    }
    for file in files(&project.path("web/static"))? {
        copy(&file, &dist.join(file.file_name().unwrap_or_default()))?;
    }
    let mut style = String::new();
    for sheet in files(&project.path("web/style"))? {
        style.push_str(&std::fs::read_to_string(&sheet).with_context(|| format!("{} cannot be read", sheet.display()))?);
    }
    let sheet = dist.join("style.css");
    std::fs::write(&sheet, style).with_context(|| format!("{} cannot be written", sheet.display()))?;
    // Puts new markup into the document and keeps what is the same; from npm, as it is.
    copy(&project.path("node_modules/idiomorph/dist/idiomorph.esm.js"), &dist.join("idiomorph.js"))?;
    let words = dist.join("text");
    std::fs::create_dir_all(&words).with_context(|| format!("cannot create {}", words.display()))?;
    for file in files(&project.path("web/text"))? {
        copy(&file, &words.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
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
