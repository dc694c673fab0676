//! How much travels: raw, gzip and brotli bytes of every artefact that is built.

use anyhow::Result;

use crate::project::{Project, run};

/// Node is the compressor: its zlib and brotli are the ones servers run.
const SCRIPT: &str = "
const { gzipSync, brotliCompressSync } = require('node:zlib');
const row = (name, ...cells) => console.log(name.padEnd(44), ...cells.map((c) => String(c).padStart(9)));
row('artefact', 'raw', 'gzip', 'brotli');
for (const file of process.argv.slice(1)) {
  const bytes = require('node:fs').readFileSync(file);
  row(file, bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length);
}";

const FOLDERS: [&str; 3] = ["wasm/pkg", "worker/pkg", "web/dist"];

/// Prints a table of the artefacts' sizes in bytes.
pub fn print(project: &Project) -> Result<()> {
    let mut node = project.command("node");
    node.args(["-e", SCRIPT]);
    for folder in FOLDERS {
        let Ok(entries) = std::fs::read_dir(project.path(folder)) else {
            eprintln!("{folder} is not built");
            continue;
        };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.retain(|name| [".wasm", ".js", ".mjs", ".css"].iter().any(|end| name.ends_with(end)));
        names.sort();
        node.args(names.iter().map(|name| format!("{folder}/{name}")));
    }
    run(node)
}
