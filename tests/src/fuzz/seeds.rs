//! What a fuzzer starts from: sound inputs of every kind, made of the project's own vectors, its demo and the lists here.

mod parquet;

use plumbline_core::bundle::Packing;
use plumbline_core::import::import;
use plumbline_core::{Bundle, Manifest};

use super::request::{LINES, TYPES};
use crate::golden;
use crate::project_root;

/// The seeds of target `name`.
///
/// # Panics
/// When a file of the project's own cannot be read.
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match name {
        "window" => super::window::seeds(),
        "import_xgboost_json" => models("model.json"),
        "import_xgboost_ubj" => models("model.ubj"),
        "import_lightgbm" => models("model.txt"),
        "bundle" => bundles(),
        "lead_json" => demo_leads().into_iter().chain(LEADS.iter().map(|lead| lead.as_bytes().to_vec())).collect(),
        "request" => requests(),
        "csv" => texts(&CSV),
        "ndjson" => demo_leads().chunks(7).map(|leads| leads.join(&b'\n')).chain([NDJSON.as_bytes().to_vec()]).collect(),
        "parquet" => parquet::files(),
        "schema" => vec![read("worker/demo/schema.toml"), SCHEMA.as_bytes().to_vec()],
        "number" => texts(&NUMBERS),
        _ => Vec::new(),
    }
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(project_root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The files of the own vectors called `file`.
fn models(file: &str) -> Vec<Vec<u8>> {
    let folder = std::fs::read_dir(project_root().join("tests/vectors/models")).expect("the own vectors");
    let mut paths: Vec<_> = folder.flatten().map(|entry| entry.path().join(file)).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a vector")).collect()
}

/// One bundle per model of the vectors (but for forms that only the importers see), the golden cases, the demo.
fn bundles() -> Vec<Vec<u8>> {
    let imported = models("model.ubj").into_iter().chain(models("model.txt")).map(|bytes| {
        let imported = import(&bytes).expect("a vector is imported");
        let manifest = Manifest::declared(Default::default(), &imported.model.columns, &imported.categories);
        Bundle::new(manifest, imported.model)
    });
    let packings = [Packing::Plain, Packing::Compact];
    let imported = imported
        .flat_map(|bundle| packings.map(|packing| bundle.clone().packed(packing).write().expect("a vector fits a bundle")));
    let golden = golden::cases().into_iter().filter(|case| case.name == "linear" || case.name == "linear-trees").map(|case| {
        let declared = Manifest::declared(Default::default(), &case.model.columns, &[]);
        Bundle::new(Manifest { calibration: case.calibration, ..declared }, case.model).write().expect("a case fits a bundle")
    });
    imported.chain(golden).chain([read("worker/demo/demo.plumb")]).collect()
}

fn demo_leads() -> Vec<Vec<u8>> {
    read("worker/demo/leads.ndjson").split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

const LEADS: [&str; 8] = [
    r#"{"key": "007", "n": 7.25, "plan": "paid", "code": 3, "flag": true, "tags": ["a", "b"], "day": "2026-11-23"}"#,
    r#"{"key": 12345678901234567890, "n": 1e-7, "plan": "\u00e9\ud83d\ude00", "note": "a\"b\\c\n", "a/b~c": "x"}"#,
    r#"{"day": "2026-11-23T09:15:00.123+02:00", "flag": 0, "other": {"deep": [1, [2, {"x": null}]]}}"#,
    r#"[{"n": 1}, {"n": "x"}, 7, {"n": 9007199254740993}, {"n": 1e999}]"#,
    "{\"n\": 1}\n\n{\"n\": 2}\r\n{bad}\n",
    r#"{"day": 1700000000000, "tags": [1, null, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b", "c", "d"]}"#,
    r#"{"n": -0.5, "n": 3, "key": true, "flag": "yes", "tags": "a;b"}"#,
    r#" {  } "#,
];

const CSV: [&str; 6] = [
    "lead_id,visits,pages\na,1,1\n\"b,2\",3,\n",
    "\u{feff}a;b;\"c\"\"d\"\r\n1;\"x\r\ny\";3\r\n\r\n2;\n",
    "a\tb\n1\t2\n3\t\n\t\n",
    "a,b\n1,2,3\n\"unclosed,1\n2,3\n",
    "name\n\"\"\n\" \"\nNaN\n-0.0\ninf\n",
    "\n\na,b\n1,2\n\n",
];

const NDJSON: &str = "{\"a\": 1, \"b\": [\"x\", \"y\"], \"c\": {\"d\": 1}}\n\n{\"a\": null}\r\n{\"a\": tru}\n7\n{\"e\": 1e400}\n";

const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "9007199254740991",
    "9007199254740992",
    "0.1",
    "-12.5e1",
    "5e-324",
    "2.4703282292062327208e-324",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "9007199254740993.0",
    "0.000000000000000000000000000000000000000001e+42",
    "123456789012345678901234567890.5e-10",
    "01",
];

const SCHEMA: &str = r#"
[model]
name = "m"
version = "1"
intended_use = "demo"

[[field]]
name = "a"
min = 0
max = 100
required = true
reason = "Visited {value} {time|times}"
reason_zero = "Never visited"

[[field]]
name = "b"
kind = "category"
categories = ["x", "y"]
reason_of = { x = "Is an x" }

[[field]]
name = "c"
kind = "list"

[[field]]
name = "d"
kind = "flag"

[[field]]
name = "day"
kind = "date"

[[field]]
name = "mail"
kind = "text"

[[field]]
name = "id"
kind = "text"
role = "id"

[[band]]
name = "hot"
from = 0.5

[[band]]
name = "cold"
from = 0.0

[calibration.sigmoid]
slope = -1.25
intercept = 0.5

[provenance]
rows = 1000
[provenance.baseline]
auc = 0.88
"#;

/// Bodies for every route, each with its first bytes: line, media type, length of the binary tensors' head.
fn requests() -> Vec<Vec<u8>> {
    let lead = String::from_utf8(demo_leads().swap_remove(0)).expect("UTF-8");
    let split = r#"{"dataframe_split": {"columns": ["lead_id", "pricing_visits"], "data": [["a", 3], ["b", null]]}}"#;
    let infer = r#"{"id": "x", "inputs": [{"name": "pricing_visits", "shape": [2], "datatype": "FP64", "data": [1, 2.5]},
        {"name": "lead_source", "shape": [2, 1], "datatype": "BYTES", "data": ["Referral", "Ads"]}], "parameters": {"reasons": 1}}"#;
    let binary = "{\"inputs\":[{\"name\":\"pricing_visits\",\"shape\":[2],\"datatype\":\"INT32\",\"parameters\":\
        {\"binary_data_size\":8}}]}";
    // The head's length is in units of four bytes.
    let binary = &format!("{binary:width$}", width = binary.len().next_multiple_of(4));
    let bodies: [(&str, &str, String); 14] = [
        ("POST /v1/score", "application/json", lead.clone()),
        ("POST /v1/score?reasons=3", "application/json", format!("[{lead},{{}},{{\"pricing_visits\":\"x\"}}]")),
        ("POST /v1/score", "application/x-ndjson", format!("{lead}\n{{bad\n{lead}\n")),
        ("POST /v1/score?reasons=99999999999&x", "", lead.clone()),
        ("POST /invocations", "application/json", split.to_owned()),
        ("POST /invocations", "application/json", format!("{{\"dataframe_records\": [{lead}], \"params\": {{\"reasons\": 2}}}}")),
        ("POST /invocations", "application/json", format!("{{\"instances\": [{lead}, {lead}], \"client_request_id\": \"c\"}}")),
        (
            "POST /invocations",
            "application/json",
            "{\"inputs\": {\"pricing_visits\": [1, NaN], \"x\": [\"a\", true]}}".to_owned(),
        ),
        ("POST /invocations", "text/csv", "lead_id,pricing_visits\na,1\n\"b\",\n".to_owned()),
        ("POST /serving-endpoints/demo-leads/invocations", "application/json", "{\"instances\": [[1, 2]]}".to_owned()),
        ("POST /v2/models/demo-leads/infer", "application/json", infer.to_owned()),
        ("POST /v2/models/demo-leads/infer", "application/octet-stream", format!("{binary}\u{1}\0\0\0\u{2}\0\0\0")),
        ("GET /v2/models/demo-leads", "", String::new()),
        ("OPTIONS /v1/score", "", String::new()),
    ];
    let number = |list: &[&str], word: &str| list.iter().position(|w| *w == word).unwrap_or(list.len()) as u8;
    let built = bodies.iter().map(|(line, media, body)| {
        let head = if body.starts_with(binary.as_str()) { (binary.len() / 4) as u8 } else { 0 };
        [&[number(&LINES, line), number(&TYPES, media), head], body.as_bytes()].concat()
    });
    built.chain([b"\xff\0\0GET /v2/models/%64emo-leads/ready?a=b\n".to_vec()]).collect()
}
