//! Events on their way to the service, in batches, and what became of them.

use std::collections::BTreeMap;
use std::path::Path;

use plumbline_core::event::OutcomeKind;
use serde_json::{Map, Value, json};

use super::row::{FileArguments, Refusal, Row};
use crate::client::{Service, rejected};
use crate::input::{self, Step};
use crate::output::terminal;
use crate::{Failure, Outcome, clock};

/// Events of one request.
const BATCH: usize = 2_000;
/// Rejected rows that are shown.
const SHOWN: usize = 5;
/// The answer to an event that took the place of another.
const CORRECTED: &str = "CORRECTED";
/// The answer to an empty time of a lead of which nothing was sent before.
const NOTHING_TO_RETRACT: &str = "NOTHING_TO_RETRACT";

pub(super) type Make<'a> = dyn Fn(&Row<'_>) -> Result<Vec<Map<String, Value>>, Refusal> + 'a;
pub(super) type Check<'a> = dyn Fn(&str, i64) -> Result<(), Refusal> + 'a;

/// What became of the rows.
#[derive(Default)]
struct Account {
    rows: u64,
    events: u64,
    /// Events that the service took, or would take.
    taken: u64,
    /// Of those, the ones that took the place of another.
    corrected: u64,
    by_code: BTreeMap<String, u64>,
    rejected: Vec<(u64, String, String)>,
    count: u64,
}

impl Account {
    fn note(&mut self, line: u64, status: u16, code: String, detail: String) {
        *self.by_code.entry(code.clone()).or_default() += 1;
        if status < 400 {
            self.taken += 1;
            self.corrected += u64::from(code == CORRECTED);
        } else {
            self.count += 1;
            self.rejected.push((line, code, detail));
        }
    }
}

/// Sends what `make` makes of each row to `path`, in batches. The file has the columns `needed`.
pub(super) fn send(
    service: &Service,
    file: &FileArguments,
    needed: &[&str],
    path: &str,
    json: bool,
    make: &Make<'_>,
    check: &Check<'_>,
) -> Result<Outcome, Failure> {
    let (mut records, source) = input::open(&file.path, false)?;
    let mut account = Account::default();
    let mut batch: Vec<(u64, String)> = Vec::new();
    loop {
        match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => {
                account.rows += 1;
                account.note(records.line(), 422, problem.code.to_owned(), problem.message);
            }
            Step::Record => {
                account.rows += 1;
                let (names, line) = (records.names().to_vec(), records.line());
                if account.rows == 1 && records.is_table() {
                    check_columns(file, needed, &names, &source.place)?;
                }
                match make(&Row { records: records.as_ref(), names: &names }) {
                    Ok(events) => {
                        if events.iter().all(is_emptied) {
                            *account.by_code.entry("SKIPPED".to_owned()).or_default() += 1;
                        }
                        let sent = events.into_iter().filter(|event| !file.dry_run || !is_emptied(event));
                        batch.extend(sent.map(|event| (line, Value::Object(event).to_string())));
                    }
                    Err((code, detail)) => account.note(line, 422, code, detail),
                }
                if batch.len() >= BATCH {
                    hand_over(service, file, path, &mut batch, &mut account, check)?;
                }
            }
        }
    }
    hand_over(service, file, path, &mut batch, &mut account, check)?;
    source.progress.finish_and_clear();
    if account.rows == 0 {
        return Err(Failure::no_rows(source.place));
    }
    report(&account, file, json)?;
    Ok(if account.count > 0 { Outcome::SomeRejected } else { Outcome::Done })
}

/// Whether an event stands for a time that is empty: it retracts what an earlier version of the row had there.
fn is_emptied(event: &Map<String, Value>) -> bool {
    event.contains_key("revise") && event.get("kind").and_then(Value::as_str) == Some(OutcomeKind::Retract.name())
}

/// Whether a table with the columns `names` has all that were named: without one, every row would be rejected.
fn check_columns(file: &FileArguments, needed: &[&str], names: &[String], place: &str) -> Result<(), Failure> {
    let named = [Some(file.lead.as_str()), file.event_id.as_deref()].into_iter().flatten().chain(needed.iter().copied());
    let missing: Vec<String> =
        named.filter(|name| !names.iter().any(|known| known == name)).map(|name| format!("{name:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!("{place} has no column {}; its columns are {}", missing.join(", "), names.join(", "));
    Err(Failure::usage("COLUMN_MISSING", what))
}

fn hand_over(
    service: &Service,
    file: &FileArguments,
    path: &str,
    batch: &mut Vec<(u64, String)>,
    account: &mut Account,
    check: &Check<'_>,
) -> Result<(), Failure> {
    if batch.is_empty() {
        return Ok(());
    }
    if file.dry_run {
        let now = clock::now().0;
        account.events += batch.len() as u64;
        for (line, event) in batch.drain(..) {
            match check(&event, now) {
                Ok(()) => account.note(line, 200, "READABLE".to_owned(), String::new()),
                Err((code, detail)) => account.note(line, 422, code, detail),
            }
        }
        return Ok(());
    }
    let body = batch.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>().join("\n");
    let answer = service.try_post(path, "application/x-ndjson", body.as_bytes())?;
    let statuses = answer.body.get("events").and_then(Value::as_array).ok_or_else(|| rejected(&answer))?;
    for ((line, _), status) in batch.iter().zip(statuses) {
        let word = |name: &str| status.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = status.get("status").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok()).unwrap_or(500);
        if word("code") != NOTHING_TO_RETRACT {
            account.events += 1;
            account.note(*line, number, word("code"), word("detail"));
        }
    }
    batch.clear();
    Ok(())
}

fn report(account: &Account, file: &FileArguments, json: bool) -> Result<(), Failure> {
    if let Some(path) = &file.rejected {
        write_rejected(path, &account.rejected)?;
    }
    if json {
        let rejected: Vec<Value> = account
            .rejected
            .iter()
            .take(1_000)
            .map(|(line, code, why)| json!({ "line": line, "code": code, "detail": why }))
            .collect();
        return terminal::say_json(&json!({
            "rows": account.rows, "events": account.events, "taken": account.taken, "corrected": account.corrected,
            "sent": !file.dry_run, "by_code": account.by_code, "rejected": account.count, "rejected_rows": rejected,
        }));
    }
    let [rows, taken, corrected, rejected] =
        [account.rows, account.taken, account.corrected, account.count].map(terminal::thousands);
    let corrected = if account.corrected > 0 { format!(" ({corrected} corrected)") } else { String::new() };
    terminal::say(&match file.dry_run {
        true => format!("{rows} rows: {taken} events readable, {rejected} rejected; none sent (--dry-run)"),
        false => format!("{rows} rows: {taken} events taken{corrected}, {rejected} rejected"),
    })?;
    let rows: Vec<Vec<String>> = account.by_code.iter().map(|(code, n)| vec![code.clone(), terminal::thousands(*n)]).collect();
    terminal::say(&terminal::columns(&["code", "events"], rows.into_iter()))?;
    for (line, code, why) in account.rejected.iter().take(SHOWN) {
        terminal::note(&format!("line {line}: {code}: {why}"));
    }
    if account.rejected.len() > SHOWN {
        terminal::note(&format!("and {} more; --rejected FILE lists them", account.rejected.len() - SHOWN));
    }
    Ok(())
}

fn write_rejected(path: &Path, rejected: &[(u64, String, String)]) -> Result<(), Failure> {
    let mut text = String::from("line,code,reason\n");
    for (line, code, why) in rejected {
        text.push_str(&format!("{line},{code},\"{}\"\n", why.replace('"', "\"\"")));
    }
    std::fs::write(path, text).map_err(Failure::write(path.display().to_string()))
}
