//! Leads with their outcomes, as the retraining of a service reads them, in a temporary file of NDJSON.

use std::io::{BufWriter, Write as _};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::{Service, encoded};
use crate::Failure;
use crate::output::{Interrupt, terminal};

/// The member with the outcome, and that with the moment which days are counted to, in milliseconds since 1970.
pub const OUTCOME: &str = "converted";
/// The moment.
pub const TIME: &str = "scored_at_ms";

/// What was collected.
pub struct Collected {
    /// A lead a line: its fields, its id, and the two members above. A field of the same name gives way to them.
    pub file: NamedTempFile,
    /// Leads.
    pub leads: u64,
    /// Those that converted.
    pub converted: u64,
    /// The first and the last day that was asked for.
    pub window: String,
    /// The retraining that they are for; null where none was named.
    pub run: Value,
}

impl Service {
    /// The leads whose outcome is known: of the retraining `run`, or those that matured in the last `days`.
    ///
    /// # Errors
    /// The service cannot be reached or answers with a problem, or there is no such lead.
    pub fn labelled(&self, run: Option<&str>, days: Option<u32>, interrupt: &Interrupt) -> Result<Collected, Failure> {
        let failed = || Failure::write("a temporary file");
        let file = tempfile::Builder::new().prefix("plumbline-leads-").suffix(".ndjson").tempfile().map_err(failed())?;
        interrupt.guard(file.path());
        let mut out = BufWriter::new(file.reopen().map_err(failed())?);
        let bar = terminal::steps("leads");
        let mut found = Collected { file, leads: 0, converted: 0, window: String::new(), run: Value::Null };
        let mut after = String::new();
        loop {
            let mut path = format!("/v1/retrain/leads?after={}", encoded(&after));
            run.iter().for_each(|run| path.push_str(&format!("&run={}", encoded(run))));
            days.iter().for_each(|days| path.push_str(&format!("&days={days}")));
            let page = self.get(&path)?.body;
            for lead in page.get("leads").and_then(Value::as_array).into_iter().flatten() {
                let mut line = lead.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
                let of = |name: &str| lead.get(name).cloned().unwrap_or_default();
                for (name, value) in [("lead_id", of("lead_id")), (OUTCOME, of("converted")), (TIME, of("at_ms"))] {
                    line.insert(name.to_owned(), value);
                }
                found.leads += 1;
                found.converted += u64::from(of("converted") == Value::Bool(true));
                writeln!(out, "{}", Value::Object(line)).map_err(failed())?;
            }
            found.window = page.get("window").and_then(Value::as_str).unwrap_or_default().to_owned();
            found.run = page.get("run").cloned().unwrap_or_default();
            bar.set_message(format!("{} leads", terminal::thousands(found.leads)));
            match page.get("next").and_then(Value::as_str) {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        bar.finish_and_clear();
        out.flush().map_err(failed())?;
        if found.leads == 0 {
            let message = format!(
                "no lead of {} has an outcome that is final and fields that are kept; send outcomes (plumbline outcomes), keep fields \
                 (leads.store = \"scored\"), or look further back with --days",
                found.window
            );
            return Err(Failure::Rejected { code: "NO_LABELLED_LEADS".to_owned(), message });
        }
        Ok(found)
    }
}
