//! How much travels: raw, gzip and brotli bytes of every artefact, and whether each is within its budget.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::project::{Project, capture};

/// Node is the compressor: its zlib and brotli are the ones servers run.
const SCRIPT: &str = "
const { gzipSync, brotliCompressSync } = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const bytes = require('node:fs').readFileSync(file);
  console.log(file, bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length);
}";

const FOLDERS: [&str; 3] = ["wasm/pkg", "worker/pkg", "web/dist"];
const BUDGETS: &str = "xtask/budgets.txt";

/// Most bytes of an artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget {
    raw: u64,
    brotli: u64,
}

/// Prints a table of the artefacts' sizes in bytes, with the share of its budget that each uses.
///
/// # Errors
/// A folder is not built; an artefact is larger than its budget, or has none; a budget has no artefact.
pub fn check(project: &Project) -> Result<()> {
    let text = std::fs::read_to_string(project.path(BUDGETS)).with_context(|| format!("{BUDGETS} cannot be read"))?;
    let mut budgets = budgets(&text)?;
    let mut problems = Vec::new();
    println!("{:<36} {:>9} {:>9} {:>9}  of budget", "artefact", "raw", "gzip", "brotli");
    for line in measure(project)?.lines() {
        let [file, raw, gzip, brotli] = words(line)?;
        let size = Budget { raw: raw.parse()?, brotli: brotli.parse()? };
        let budget = budgets.remove(file);
        let used = budget.map_or("no budget".to_owned(), |budget| used(size, budget));
        println!("{file:<36} {raw:>9} {gzip:>9} {brotli:>9}  {used}");
        problems.extend(excess(file, size, budget));
    }
    problems.extend(budgets.keys().map(|file| format!("{file} has a budget and is not built")));
    if !problems.is_empty() {
        bail!("sizes are not within {BUDGETS}; a commit that changes it says why:\n  {}", problems.join("\n  "));
    }
    Ok(())
}

/// A line of name, raw, gzip and brotli bytes for each artefact.
fn measure(project: &Project) -> Result<String> {
    let mut node = project.command("node");
    node.args(["-e", SCRIPT]);
    for folder in FOLDERS {
        let entries =
            std::fs::read_dir(project.path(folder)).with_context(|| format!("{folder} is not built: run `npm run build`"))?;
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.retain(|name| [".wasm", ".js", ".mjs", ".css"].iter().any(|end| name.ends_with(end)));
        names.sort();
        node.args(names.iter().map(|name| format!("{folder}/{name}")));
    }
    capture(node)
}

/// The budgets of `text`: a name, raw and brotli bytes a line; `#` begins a comment.
fn budgets(text: &str) -> Result<BTreeMap<String, Budget>> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let [file, raw, brotli] = words(line).with_context(|| format!("{BUDGETS}: {line:?}"))?;
            Ok((file.to_owned(), Budget { raw: raw.parse()?, brotli: brotli.parse()? }))
        })
        .collect()
}

fn words<const N: usize>(line: &str) -> Result<[&str; N]> {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.try_into().map_err(|words: Vec<&str>| anyhow::anyhow!("{N} words were expected, {} found", words.len()))
}

/// The larger of the two shares, such as `98.2 %`.
fn used(size: Budget, budget: Budget) -> String {
    let share = |size: u64, budget: u64| 100.0 * size as f64 / budget.max(1) as f64;
    format!("{:.1} %", share(size.raw, budget.raw).max(share(size.brotli, budget.brotli)))
}

/// Why `size` is not within `budget`, with the line that would allow it and 2 % more.
fn excess(file: &str, size: Budget, budget: Option<Budget>) -> Option<String> {
    let why = match budget {
        None => "has no budget".to_owned(),
        Some(budget) if size.raw > budget.raw => format!("is {} bytes; the budget is {}", size.raw, budget.raw),
        Some(budget) if size.brotli > budget.brotli => {
            format!("is {} bytes as brotli; the budget is {}", size.brotli, budget.brotli)
        }
        Some(_) => return None,
    };
    let roomy = |bytes: u64| bytes + bytes / 50;
    Some(format!("{file} {why}. Its line would be: {file} {} {}", roomy(size.raw), roomy(size.brotli)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_its_budget_or_has_none_is_a_problem() {
        let budget = budgets("# words\na.wasm 100 50 # why\n").unwrap().remove("a.wasm");
        assert_eq!(budget, Some(Budget { raw: 100, brotli: 50 }));
        for (raw, brotli, budget, problem) in [
            (100, 50, budget, None),
            (101, 50, budget, Some("a.wasm is 101 bytes; the budget is 100. Its line would be: a.wasm 103 51")),
            (100, 51, budget, Some("a.wasm is 51 bytes as brotli; the budget is 50. Its line would be: a.wasm 102 52")),
            (100, 50, None, Some("a.wasm has no budget. Its line would be: a.wasm 102 51")),
        ] {
            assert_eq!(excess("a.wasm", Budget { raw, brotli }, budget).as_deref(), problem);
        }
        assert!(budgets("a.wasm 100\n").is_err() && budgets("a.wasm many 50\n").is_err());
    }
}
