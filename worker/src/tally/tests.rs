//! That counts are those of the leads, whatever carries them, and that nothing personal is kept.

use plumbline_core::event::Role;
use plumbline_core::rollout::policy::{LeadStore, Leads};
use plumbline_core::route::{AllocationSettings, Arm};
use plumbline_core::window::{Counters, Feature, Layout, Window};
use serde_json::json;

use super::*;
use crate::log::{Digest, Grain};
use crate::sample::{NOW, counted_model, reference};
use crate::store::memory::Memory;
use crate::{Batch, Effects, Journal, LogShard, Request, Service, Settings, Sql, SqlValue};

fn service(settings: Settings) -> Service {
    let arm = Arm { variant: "2".into(), share_bp: 5_000, room_bp: Some(10_000) };
    let allocation = AllocationSettings {
        experiment: "e".into(),
        arm: vec![arm],
        counterfactual: true,
        ..AllocationSettings::champion_only("1")
    };
    let settings = Settings { allocation: Some(allocation), tallies: true, ..settings };
    Service::new(settings, vec![counted_model("1", 0.5), counted_model("2", 1.0)], "test").unwrap()
}

/// What answering `body`, and scoring it afterwards, leaves to do.
fn effects(service: &Service, body: &str) -> [Effects; 2] {
    let request = Request { method: "POST", path: "/v1/score", query: "", headers: &[], body: body.as_bytes() };
    let answer = service.handle(NOW, &request);
    let after = service.after(&request, answer.after.as_ref().unwrap());
    [answer.effects, after]
}

fn sections(batch: &Batch) -> Vec<&str> {
    batch.text.split('\n').collect()
}

/// The window of `version` in `role` in all of `batches`.
fn merged(batches: &[Batch], version: &str, role: Role) -> Window {
    let layout = Layout::of(&reference());
    let mut all = Window::new(&layout);
    for batch in batches {
        let tally = Tally::read(sections(batch)[3].as_bytes()).unwrap();
        for counted in tally.windows.iter().filter(|counted| counted.version == version && counted.role == role) {
            assert_eq!(counted.start_ms, 1_699_999_200_000);
            all.merge(&counted.window(&layout).unwrap()).unwrap();
        }
    }
    all
}

#[test]
fn each_version_counts_every_lead_as_what_it_answered_however_they_are_spread() {
    let leads =
        (0..60).map(|i| json!({ "lead_id": format!("L{i}"), "visits": i % 10, "plan": (["free", "paid", "gold"][i % 3]) }));
    let mut leads: Vec<_> = leads.collect();
    leads.push(json!({ "lead_id": "broken", "visits": [] }));
    leads.push(json!({ "lead_id": "bare" }));
    let body = json!(leads).to_string();
    for shards in [1, 7] {
        let settings = Settings { shards, flush_rows: 20, ..Settings::default() };
        let service = service(settings);
        let mut journal = Journal::new(service.settings(), "x");
        let made = effects(&service, &body);
        let mut batches: Vec<_> = made.iter().flat_map(|effects| journal.push(NOW, effects)).collect();
        batches.extend(journal.flush());
        assert!(batches.len() > 5);
        let parts = [("1", Role::Champion), ("2", Role::Challenger), ("1", Role::Shadow), ("2", Role::Shadow)];
        let windows = parts.map(|(version, role)| merged(&batches, version, role));
        let [champion, challenger, ..] = &windows;
        let leads = |part: &Window| match &part.features()[0] {
            Feature::Number { bins, missing, .. } => bins.iter().sum::<u64>() + missing,
            Feature::Category { .. } => panic!("visits are numbers"),
        };
        assert_eq!(leads(champion) + leads(challenger), 61, "all but the one that could not be read");
        assert!(leads(challenger) > 10, "{challenger:?}");
        // Both versions have all leads between them, each lead once.
        for (mine, other) in [(0, 2), (1, 3)] {
            let mut all = windows[mine].clone();
            all.merge(&windows[other]).unwrap();
            assert_eq!(all.counters, Counters::default(), "rows are counted by who reads them");
            assert_eq!(all.span_ms(), Some((NOW.0, NOW.0)));
            let Feature::Number { bins, missing, .. } = &all.features()[0] else { panic!("visits are numbers") };
            assert_eq!((bins.as_slice(), *missing), (&[36, 24][..], 1), "visits 0 to 5, 6 to 9, and the lead that has none");
            let Feature::Category { counts, missing } = &all.features()[1] else { panic!("plans are categories") };
            assert_eq!((counts.known(), counts.unknown(), *missing), (&[20, 20][..], 20, 1));
        }
        assert!(batches.iter().all(|batch| sections(batch)[2].is_empty()), "no lead is kept");
        let tally = Tally::read(sections(&batches[0])[3].as_bytes()).unwrap();
        assert!(tally.windows[0].window(&Layout::default()).is_err(), "another layout");
    }
}

#[test]
fn fields_of_leads_go_along_and_personal_ones_are_hashed_or_left_out() {
    let leads = Leads { store: LeadStore::Scored, personal: vec!["plan".into()] };
    let settings = |leads| Settings { leads: Some(leads), ..Settings::default() };
    let body = "[{\"lead_id\":\"a\\u000a\",\"visits\":\n 4,\"plan\":\"gold\",\"email\":\"x@y.example\"},{\"lead_id\":\"b\",\"visits\":[]},\
        {\"visits\":1}]";
    let kept = |leads, secret: &[u8]| {
        let service = service(settings(leads));
        let mut journal = Journal::new(service.settings(), "x").with_secret(secret);
        for effects in effects(&service, body) {
            journal.push(NOW, &effects);
        }
        let batch = journal.flush().remove(0);
        assert!(!batch.text.contains("gold"), "{}", batch.text);
        serde_json::from_str::<Vec<serde_json::Value>>(sections(&batch)[2]).unwrap_or_default()
    };
    let of = |kept: Vec<serde_json::Value>| {
        assert_eq!(kept.len(), 1, "a lead that was read, has an id, and is kept once whoever scores it: {kept:?}");
        kept[0].clone()
    };
    let lead = of(kept(leads.clone(), b"secret"));
    assert_eq!((&lead["lead_id"], &lead["at_ms"]), (&json!("a\n"), &json!(NOW.0)));
    assert_eq!(lead["schema_sha256"].as_str().map(str::len), Some(64));
    let hash = hmac_sha256(b"secret", b"gold").iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(lead["fields"], json!({ "visits": 4, "plan": hash }));
    assert_eq!(of(kept(leads.clone(), b""))["fields"], json!({ "visits": 4 }));
    assert_eq!(kept(Leads { store: LeadStore::None, ..leads.clone() }, b"secret").len(), 0);
    assert_eq!(kept(Leads { store: LeadStore::Ingested, ..leads }, b"secret").len(), 0);
}

#[test]
fn fields_beyond_what_a_store_takes_begin_a_new_batch() {
    let lead = |i: usize| json!({ "lead_id": format!("L{i}"), "visits": 1, "plan": "y".repeat(2_000) });
    let body = json!((0..900).map(lead).collect::<Vec<_>>()).to_string();
    let leads = Some(Leads::default());
    let service = service(Settings { leads, flush_rows: 65_536, ..Settings::default() });
    let mut journal = Journal::new(service.settings(), "x");
    let [answered, _] = effects(&service, &body);
    let mut batches = journal.push(NOW, &answered);
    batches.extend(journal.flush());
    let lengths: Vec<_> = batches.iter().map(|batch| sections(batch)[2].len()).collect();
    assert!(lengths.len() > 1 && lengths.iter().all(|length| *length < 1_100_000), "{lengths:?}");
    let kept = batches.iter().flat_map(|batch| serde_json::from_str::<Vec<serde_json::Value>>(sections(batch)[2]).unwrap());
    assert_eq!(kept.count(), 900);
}

#[test]
fn a_shard_adds_the_counts_of_fields_to_its_windows_once_and_gives_leads_their_fields() {
    let leads = Some(Leads::default());
    let service = service(Settings { leads, ..Settings::default() });
    let mut journal = Journal::new(service.settings(), "x");
    for effects in effects(&service, r#"[{"lead_id":"a","visits":4,"plan":"paid"},{"lead_id":"b","visits":9}]"#) {
        journal.push(NOW, &effects);
    }
    let batch = journal.flush().remove(0);
    let mut shard = LogShard::open(Memory::new()).unwrap();
    let layout = Layout::of(&reference());
    let layouts = ["1", "2"].map(|version| (version.to_owned(), layout.clone())).into();
    let rules = Digest { layouts, ..Digest::default() };
    for _ in 0..2 {
        shard.append(&batch.text).unwrap();
        while shard.digest(NOW.0, &rules).unwrap().more {}
    }
    let windows = shard.unsent(100).unwrap();
    let mut hours = Window::new(&layout);
    for window in windows.iter().filter(|window| window.grain == Grain::Hour) {
        hours.merge(&Window::read(&window.bytes, &layout).unwrap()).unwrap();
    }
    assert_eq!((hours.counters.leads, hours.counters.scored), (4, 4), "two leads, each by both versions");
    let Feature::Number { bins, .. } = &hours.features()[0] else { panic!("visits are numbers") };
    assert_eq!(bins.as_slice(), [2, 2]);
    let left = shard.sql().query("SELECT count(*) FROM batch_tallies UNION ALL SELECT count(*) FROM batch_fields", &[]).unwrap();
    assert_eq!(left, vec![vec![SqlValue::Integer(0)]; 2]);
    let kept = shard.sql().query("SELECT lead_id, fields FROM lead_features ORDER BY lead_id", &[]).unwrap();
    let text = |text: &str| SqlValue::Text(text.to_owned());
    assert_eq!(kept, [[text("a"), text(r#"{"plan":"paid","visits":4}"#)], [text("b"), text(r#"{"visits":9}"#)]]);
}
