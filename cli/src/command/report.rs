//! `plumbline report`: how the models do, on one page.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use plumbline_web::aside::{annotated, notes as notes_of};
use plumbline_web::file::{Assets, bytes, document, inline, packed};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::client::Service;
use crate::host::page::{self, Page};
use crate::output::terminal;
use crate::{Failure, Outcome};

/// How the models do: verdict, what comes next, and the measures
#[derive(Debug, Args)]
#[command(after_help = "\
--json prints the whole document that the dashboard reads (docs/FORMATS.md). --html writes it with the dashboard as one file, which opens
without a server and asks for nothing.

Examples:
  plumbline report
  plumbline report --html report.html
  plumbline report --store store --json | jq .verdict.sentence.text")]
pub struct ShowReport {
    #[command(flatten)]
    service: Service,
    /// Write the report with the dashboard to one file, to be mailed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ShowReport {
    /// Prints the report.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let report = self.service.get("/v1/report")?.body;
        if let Some(path) = &self.html {
            let notes = self.service.get("/v1/notes?limit=200")?.body.to_string();
            write(path, &annotated(&report.to_string(), &notes_of(&notes)))?;
            terminal::note(&format!("{} holds the report and the dashboard", path.display()));
        } else if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&summary(&report))?;
        }
        Ok(Outcome::Done)
    }
}

/// Writes the report in `json` and the dashboard to `path`.
fn write(path: &Path, json: &str) -> Result<(), Failure> {
    let why = "this command was built without the page; `npm run build` builds it, then build the command again";
    let missing = || Failure::input(path.display().to_string(), "PAGE_NOT_BUILT", why.to_owned());
    let page = Page::open(Path::new(page::FOLDER)).ok().or_else(Page::embedded).ok_or_else(missing)?;
    let text = |name: &str| page.bytes(name).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or_else(missing);
    let (style, script) = (text("/page.css")?, text("/mailed.js")?);
    let module = page.bytes("/plumbline_web_bg.wasm").ok_or_else(missing)?;
    let zipped = |bytes: &[u8]| {
        let mut zip = GzEncoder::new(Vec::new(), Compression::best());
        zip.write_all(bytes).and_then(|()| zip.finish()).map(|zipped| packed(&zipped))
    };
    let failed = |e: std::io::Error| Failure::write(path.display().to_string())(e);
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    let assets = Assets {
        style,
        script,
        module: &zipped(module).map_err(failed)?,
        report: &zipped(json.as_bytes()).map_err(failed)?,
        style_sha256: &digest(style),
        script_sha256: &digest(&inline(script)),
    };
    std::fs::write(path, bytes(&document(json, assets))).map_err(failed)
}

/// The report as a person reads it.
fn summary(report: &Value) -> String {
    let word = |path: &str| report.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut lines = vec![word("/verdict/sentence/text"), String::new()];
    let questions = [
        ("what changed", "/answers/what_changed/sentence/text"),
        ("which serves", "/answers/which_serves/sentence/text"),
        ("may promote", "/answers/may_promote/sentence/text"),
        ("who acts", "/answers/who_acts/sentence/text"),
        ("worth", "/answers/worth/sentence/text"),
        ("next", "/rollout/next/text"),
    ];
    let rows: Vec<(&str, String)> =
        questions.map(|(name, path)| (name, word(path))).into_iter().filter(|(_, text)| !text.is_empty()).collect();
    lines.push(terminal::aligned(&rows));
    lines.push(String::new());
    let measures = report.get("measures").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows = measures.iter().map(|measure| {
        let word = |path: &str| measure.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |path: &str| measure.pointer(path).and_then(Value::as_f64);
        let value = number("/estimate/value").map_or_else(|| "-".to_owned(), shown);
        let interval = match (number("/estimate/low"), number("/estimate/high")) {
            (Some(low), Some(high)) => format!("{} to {}", shown(low), shown(high)),
            _ => String::new(),
        };
        let target =
            number("/target/value").map(|target| format!("{} {}", word("/target/op"), shown(target))).unwrap_or_default();
        vec![word("/id"), value, interval, target, word("/status").replace('_', " ")]
    });
    lines.push(terminal::columns(&["measure", "value", "95 % interval", "target", "status"], rows));
    lines.join("\n")
}

/// A figure with as many digits as say something.
fn shown(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.5}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
