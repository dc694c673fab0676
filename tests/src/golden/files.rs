//! The cases on disk.

use std::path::PathBuf;

use plumbline_core::{Bundle, Manifest, Scorer};
use serde_json::json;

use super::{COUNT, NOW_MS, cases, demo_leads, digest, lead_lines, row_lines, rows};
use crate::project_root;

/// Writes every case to `target/golden` and says where its bits differ from those in `tests/golden`; with `accept`, those are
/// replaced first.
///
/// `target/golden/cases.json` lists the cases; of each there is `NAME.plumb`, `NAME.f64le` (rows) or `NAME.ndjson` (leads), and
/// `NAME.lines`. In `tests/golden`, `NAME.bits` holds the digest of the lines, then margins and probability of each.
///
/// # Panics
/// When the files cannot be read or written, or a case does not make a sound bundle.
pub fn write_cases(accept: bool) -> Vec<String> {
    let out = project_root().join("target/golden");
    std::fs::create_dir_all(&out).expect("target/golden can be made");
    let write = |name: String, bytes: &[u8]| std::fs::write(out.join(name), bytes).expect("target/golden can be written");
    let mut listed = Vec::new();
    let mut differences = Vec::new();
    let mut case = |name: &str, bundle: &[u8], input: &str, lines: &[String]| {
        write(format!("{name}.plumb"), bundle);
        write(format!("{name}.lines"), lines.join("\n").as_bytes());
        let digest = digest(lines);
        listed.push(json!({ "name": name, "input": input, "leads": lines.len(), "digest": digest, "now": NOW_MS }));
        differences.extend(compare(name, &digest, lines, accept));
    };
    for (seed, made) in cases().into_iter().enumerate() {
        let manifest = Manifest::declared(Default::default(), &made.model.columns, &[]);
        let manifest = Manifest { name: made.name.into(), version: "1".into(), calibration: made.calibration, ..manifest };
        let bundle = Bundle::new(manifest, made.model).write().expect("the case makes a bundle");
        let rows = rows(100 + seed as u64, COUNT);
        let bytes: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
        write(format!("{}.f64le", made.name), &bytes);
        case(made.name, &bundle, &format!("{}.f64le", made.name), &row_lines(&scorer(&bundle), &rows));
    }
    let bundle = std::fs::read(project_root().join("worker/demo/demo.plumb")).expect("the demo's bundle");
    let leads = demo_leads(COUNT);
    write("demo.ndjson".into(), leads.as_bytes());
    case("demo", &bundle, "demo.ndjson", &lead_lines(&scorer(&bundle), &leads, NOW_MS));
    write("cases.json".into(), serde_json::to_string_pretty(&listed).expect("JSON").as_bytes());
    differences
}

fn scorer(bundle: &[u8]) -> Scorer {
    Scorer::new(Bundle::read(bundle).expect("the bundle is sound")).expect("its declaration is sound")
}

fn compare(name: &str, digest: &str, lines: &[String], accept: bool) -> Option<String> {
    let file: PathBuf = project_root().join("tests/golden").join(format!("{name}.bits"));
    let short = lines.iter().map(|line| line.split(" | ").next().unwrap_or_default());
    let found: Vec<String> = std::iter::once(format!("sha256 {digest}")).chain(short.map(str::to_owned)).collect();
    if accept {
        std::fs::create_dir_all(project_root().join("tests/golden")).expect("tests/golden can be made");
        std::fs::write(&file, found.join("\n") + "\n").expect("tests/golden can be written");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let mut expected = expected.lines();
    let at = (0..found.len()).find(|i| expected.next() != Some(&found[*i]));
    // The first line is the digest: when it alone differs, the explanations or the words do.
    at.map(|at| format!("{name}: line {at} is {:?} natively, and not what tests/golden/{name}.bits holds", found[at]))
}
