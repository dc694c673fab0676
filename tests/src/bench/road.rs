//! Requests per second through `Service::handle`: plain, and with what makes a lead's road longer.
#![allow(clippy::disallowed_methods, reason = "timing is what this is for")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use plumbline_core::route::{AllocationSettings, Arm};
use plumbline_core::{Bundle, Timestamp};
use plumbline_worker::{Model, Request, Service, Settings};
use serde_json::json;

const NOW: Timestamp = Timestamp(1_794_787_200_000);
/// How long each case is measured.
const ROUND: Duration = Duration::from_millis(1_500);
/// Leads of a batch.
const BATCH: usize = 100;

/// One kind of request.
struct Ask {
    name: &'static str,
    query: &'static str,
    bodies: Vec<String>,
    leads: usize,
}

/// Measures every case and returns a table: requests per second of the fastest slice and of the median one.
///
/// # Errors
/// A sentence about the file that is absent, or the answer that is not as it must be.
pub fn road() -> Result<String, String> {
    let mut table = String::from("road         request    leads/request  requests/s (best)  requests/s (median)\n");
    let asks = asks()?;
    for (name, service, rows) in services()? {
        for ask in &asks {
            let (best, median) = measure(&service, ask, rows)?;
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{name:<12} {:<10} {:>13}  {best:>17.0}  {median:>19.0}", ask.name, ask.leads);
        }
    }
    Ok(table)
}

/// Services of the demo's model, each with the rows that one lead must leave.
fn services() -> Result<Vec<(&'static str, Service, usize)>, String> {
    let suite = json!({ "name": "demo", "expectations": [
        { "type": "expect_column_values_to_not_be_null", "kwargs": { "column": "email" }, "severity": "warning" },
        { "type": "expect_column_values_to_match_regex", "kwargs": { "column": "email", "regex": "^[^@]+@[^@]+$" }, "severity": "critical" },
        { "type": "expect_column_values_to_be_between", "kwargs": { "column": "employees", "min_value": 1, "max_value": 1_000_000 }, "severity": "critical" },
        { "type": "expect_column_values_to_be_between", "kwargs": { "column": "pages_viewed", "min_value": 0 }, "severity": "critical" },
        { "type": "expect_column_values_to_be_in_set", "kwargs": { "column": "region",
            "value_set": ["North America", "DACH", "UK & Ireland", "Nordics", "Southern Europe", "APAC", "LATAM"] }, "severity": "warning" },
    ] });
    let champion = AllocationSettings { experiment: "e".into(), ..AllocationSettings::champion_only("1") };
    let arm = Arm { variant: "2".into(), share_bp: 5_000, room_bp: None };
    let drawn = AllocationSettings { arm: vec![arm], ..champion.clone() };
    let shadowed = AllocationSettings { shadow: vec!["3".into()], ..champion };
    let all = AllocationSettings { shadow: vec!["3".into()], ..drawn.clone() };
    let cases = [
        ("plain", None, None, 1),
        ("suite", Some(&suite), None, 1),
        ("allocation", None, Some(drawn), 1),
        ("shadow", None, Some(shadowed), 2),
        ("all three", Some(&suite), Some(all), 2),
    ];
    let service = |(name, suite, allocation, rows): (_, Option<&serde_json::Value>, _, _)| {
        let models = ["1", "2", "3"].map(model).into_iter().collect::<Result<Vec<_>, _>>()?;
        let settings = Settings { suite: suite.cloned(), allocation, ..Settings::default() };
        let service = Service::new(settings, models, "bench").map_err(|e| format!("{name}: {e}"))?;
        Ok((name, service, rows))
    };
    cases.into_iter().map(service).collect()
}

/// The demo's model as `version`.
fn model(version: &str) -> Result<Model, String> {
    let mut bundle = Bundle::read(&demo("demo.plumb")?).map_err(|e| e.to_string())?;
    bundle.manifest.version = version.to_owned();
    Model::read(bundle.write().map_err(|e| e.to_string())?).map_err(|e| e.to_string())
}

fn asks() -> Result<Vec<Ask>, String> {
    let text = String::from_utf8(demo("leads.ndjson")?).map_err(|e| e.to_string())?;
    let leads: Vec<String> = text.lines().map(str::to_owned).collect();
    let many: Vec<&str> = leads.iter().map(String::as_str).cycle().take(BATCH).collect();
    let batch = format!("[{}]", many.join(","));
    Ok(vec![
        Ask { name: "one", query: "reasons=0", bodies: leads.clone(), leads: 1 },
        Ask { name: "reasons", query: "reasons=3", bodies: leads, leads: 1 },
        Ask { name: "batch", query: "reasons=0", bodies: vec![batch], leads: BATCH },
    ])
}

/// Requests per second of the fastest slice and of the median one.
fn measure(service: &Service, ask: &Ask, rows: usize) -> Result<(f64, f64), String> {
    let slice = 2_000 / ask.leads / 2;
    let mut bodies = ask.bodies.iter().cycle();
    let (mut times, began) = (Vec::new(), Instant::now());
    while times.len() < 3 || began.elapsed() < ROUND {
        let start = Instant::now();
        for body in bodies.by_ref().take(slice) {
            let headers = [("content-type", "application/json")];
            let path = "/v1/score";
            let request = Request { method: "POST", path, query: ask.query, headers: &headers, body: body.as_bytes() };
            let answer = service.handle(NOW, &request);
            let shadows = answer.after.as_ref().map(|after| service.after(&request, after)).unwrap_or_default();
            let rows_made = answer.effects.predictions.iter().chain(&shadows.predictions);
            let scored = rows_made.filter(|row| row.probability.is_some()).count();
            if answer.response.status != 200 || scored != ask.leads * rows {
                return Err(format!("status {}, {scored} scores", answer.response.status));
            }
        }
        times.push(start.elapsed().as_secs_f64() / slice as f64);
    }
    times.sort_by(f64::total_cmp);
    let rate = |at: usize| times.get(at).map_or(f64::NAN, |time| 1.0 / time);
    Ok((rate(0), rate(times.len() / 2)))
}

fn demo(name: &str) -> Result<Vec<u8>, String> {
    let path = crate::project_root().join("worker/demo").join(name);
    std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))
}
