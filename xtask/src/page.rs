//! The page: its module, its scorer, and the static files round them, in `web/dist`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bindgen::{self, Binding};
use crate::project::{Project, Purpose, run};
use crate::{binaryen, npm};

const PACKAGE: &str = "plumbline-web";
/// The module of the first view.
const FIRST: &str = "first.wasm";
/// The stub of its glue in trial builds, which skip this module so that `npm start` is quicker.
const NO_FIRST: &[u8] = b"export default () => {};\nexport const first = () => undefined;\n";

/// Builds `web/dist`: the module of `web`, the small one of its first view (not for a trial), the one of its worker, one script of its glue
/// and `web/js`, that script again for a mailed page, the sheets of `web/style` as one, the files of `web/static` as they are, the words of
/// each language, and the scorer of the npm package, which only the lead view loads. Copying is quick, so it is always done, to an empty
/// folder.
pub fn page(project: &Project) -> Result<()> {
    let (module, dist) = (project.path("web/pkg"), project.path("web/dist"));
    let binding = Binding {
        package: PACKAGE,
        features: &[],
        name: "plumbline_web",
        profile: "page",
        goal: binaryen::Goal::Size,
        debug: false,
    };
    bindgen::bindgen(project, &binding, &module)?;
    let has_first = project.purpose == Purpose::Deploy;
    if has_first {
        bindgen::bindgen(project, &Binding { features: &["first"], name: "plumbline_first", ..binding }, &module)?;
    } else {
        put(&module.join("plumbline_first.js"), NO_FIRST)?;
        // A later build for deployment must not take the stub for its own.
        let _ = std::fs::remove_file(module.join("plumbline_first_bg.wasm"));
    }
    let binding = Binding { features: &["tool"], name: "plumbline_tool", debug: true, ..binding };
    bindgen::bindgen(project, &binding, &module)?;
    let scorer = npm::module(project)?;
    // The glue imports its twins beside the bound module.
    for file in files(&project.path("web/js"))? {
        put(&module.join(file.file_name().unwrap_or_default()), &read(&file)?)?;
    }
    // A page that is one file has no first view, and its script none of that view's glue.
    let mailed = module.join("mailed");
    std::fs::create_dir_all(&mailed).with_context(|| format!("cannot create {}", mailed.display()))?;
    for folder in ["web/js", "web/js/mailed"] {
        for file in files(&project.path(folder))? {
            put(&mailed.join(file.file_name().unwrap_or_default()), &read(&file)?)?;
        }
    }
    put(&mailed.join("plumbline_web.js"), &read(&module.join("plumbline_web.js"))?)?;
    let mut style = Vec::new();
    for sheet in files(&project.path("web/style"))? {
        style.extend(read(&sheet)?);
    }
    let sheet = module.join("page.css");
    put(&sheet, &style)?;
    let mut made = vec![
        ("plumbline_web_bg.wasm".to_owned(), read(&module.join("plumbline_web_bg.wasm"))?),
        ("plumbline.wasm".to_owned(), read(&scorer)?),
        ("leads.ndjson".to_owned(), read(&project.path("worker/demo/leads.ndjson"))?),
        ("tool.wasm".to_owned(), read(&module.join("plumbline_tool_bg.wasm"))?),
        ("tool.js".to_owned(), bundle(project, &module.join("tool.js"))?),
        ("page.js".to_owned(), bundle(project, &module.join("start.js"))?),
        ("mailed.js".to_owned(), bundle(project, &mailed.join("start.js"))?),
        ("page.css".to_owned(), bundle(project, &sheet)?),
        ("scorer.js".to_owned(), bundle(project, &project.path("wasm/js/index.ts"))?),
    ];
    let name_of = |file: &Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for file in files(&project.path("web/static"))? {
        let bytes = read(&file)?;
        // Where there is no module of the first view, the page's own is what it waits for.
        let bytes = if has_first { bytes } else { replaced(&bytes, FIRST, "plumbline_web_bg.wasm") };
        made.push((name_of(&file), bytes));
    }
    if has_first {
        made.push((FIRST.to_owned(), read(&module.join("plumbline_first_bg.wasm"))?));
    }
    for file in files(&project.path("web/text"))?.iter().filter(|file| !file.ends_with("en.json")) {
        let words: serde_json::Value =
            serde_json::from_slice(&read(file)?).with_context(|| format!("{} is not JSON", file.display()))?;
        made.push((format!("text/{}", name_of(file)), words.to_string().into_bytes()));
    }
    sync(&dist, &made)
}

/// `bytes`, a text, with `new` for every `old`.
fn replaced(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace(old, new).into_bytes()
}

/// Makes `folder` hold `made` and nothing else. What is the same stays untouched: the command line embeds these files, and is built anew
/// when one changes.
fn sync(folder: &Path, made: &[(String, Vec<u8>)]) -> Result<()> {
    let kept = |file: &Path| made.iter().any(|(name, _)| folder.join(name) == file);
    for place in [folder.to_path_buf(), folder.join("text")] {
        std::fs::create_dir_all(&place).with_context(|| format!("cannot create {}", place.display()))?;
        for file in files(&place)?.iter().filter(|file| !kept(file)) {
            std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    made.iter().try_for_each(|(name, bytes)| put(&folder.join(name), bytes))
}

/// Writes `bytes` to `file` unless it holds them.
fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// `from` with all it imports as one small file; what it loads later stays apart.
fn bundle(project: &Project, from: &Path) -> Result<Vec<u8>> {
    let to = project.path("target/xtask/bundled");
    let mut esbuild = project.command(project.path("node_modules/.bin/esbuild"));
    esbuild.arg(from).arg(format!("--outfile={}", to.display()));
    esbuild.args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--external:./scorer.js", "--log-level=warning"]);
    run(esbuild)?;
    read(&to)
}

/// The files of `folder`, in order of name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}
