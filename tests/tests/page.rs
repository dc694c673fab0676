//! The page without a browser: what the service says through the page's types, the views over real and over hostile reports, its words.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use plumbline_core::{Bundle, Options, Scorer, Timestamp};
use plumbline_tests::project_root;
use plumbline_tests::scenario;
use plumbline_web::aside::{Ahead, Note, annotated, notes};
use plumbline_web::file::{Assets, document};
use plumbline_web::lead::{judged, models};
use plumbline_web::read::Report;
use plumbline_web::text::Text;
use plumbline_web::ui::{State, Ui};
use plumbline_web::view::{join, pieces};
use plumbline_worker::{Model, Request, Service, Settings, world};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_794_787_200_000);

/// Every route of the page.
const ROUTES: [&str; 21] = [
    "#/",
    "#/health",
    "#/performance",
    "#/quality",
    "#/quality/feature/visits_30d",
    "#/business",
    "#/rollout",
    "#/experiment",
    "#/models",
    "#/leads",
    "#/leads/L-1",
    "#/diagnosis",
    "#/diagnosis/latency",
    "#/reviews",
    "#/reviews/weekly",
    "#/goals",
    "#/settings",
    "#/print",
    "#/?changes",
    "#/nowhere",
    "#/performance?metric=recall&days=7&threshold=0.42",
];

fn bundle() -> Vec<u8> {
    std::fs::read(project_root().join("worker/demo/demo.plumb")).expect("the demo")
}

fn ask(service: &Service, method: &str, path: &str, body: &str) -> (u16, String) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request { method, path, query, headers: &[("content-type", "application/json")], body: body.as_bytes() };
    let answer = service.handle(NOW, &request);
    (answer.response.status, String::from_utf8_lossy(&answer.response.body).into_owned())
}

#[test]
fn the_page_reads_the_models_and_scores_of_the_service_with_all_their_bits() {
    let mut other = Bundle::read(&bundle()).expect("the demo is sound");
    other.manifest.version = "other".into();
    let served = [other.write().expect("a bundle"), bundle()].map(|bytes| Model::read(bytes).expect("a model")).into();
    let service = Service::new(Settings::default(), served, "test").expect("a service");
    let listed = models(&ask(&service, "GET", "/v1/models", "").1);
    let first = &listed[0];
    assert_eq!((first.version.as_str(), first.is_default, first.digest.len(), listed.len()), ("other", true, 64, 2));
    assert!(first.fields.len() > 5 && first.all.len() > first.fields.len(), "the id is no field of the form");
    let request = Request { method: "GET", path: &first.bundle, query: "", headers: &[], body: &[] };
    let scorer =
        Scorer::new(Bundle::read(&service.handle(NOW, &request).response.body).expect("a bundle")).expect("it fits its schema");

    let leads = std::fs::read_to_string(project_root().join("worker/demo/leads.ndjson")).expect("leads");
    for lead in leads.lines() {
        let (status, body) = ask(&service, "POST", "/v1/score?reasons=100", lead);
        let answer = judged(status, &body).expect("the page reads the answer").expect("a score");
        assert_eq!((answer.at_ms, answer.version.as_str()), (Some(NOW.0 as f64), "other"));
        let here = scorer.score(&serde_json::from_str(lead).expect("a lead"), NOW, &Options::default()).expect("a score");
        assert_eq!((here.margin.to_bits(), here.probability.to_bits()), (answer.margin.to_bits(), answer.probability.to_bits()));
        let sum: f64 = answer.reasons.iter().map(|reason| reason.points).sum();
        assert_eq!(answer.base.expect("a base") + sum + answer.rest.expect("a rest"), answer.score, "the reasons add up");
    }
    let (status, body) = ask(&service, "POST", "/v1/score", r#"{"pricing_page_visits":"twelve","employees":"many"}"#);
    let faults = judged(status, &body).expect("the page reads the answer").expect_err("a problem");
    let fields: BTreeSet<_> = faults.into_iter().map(|fault| (fault.code, fault.field.unwrap_or_default())).collect();
    let wrong = |field: &str| ("LEAD_WRONG_TYPE".to_owned(), field.to_owned());
    assert_eq!(fields, BTreeSet::from([wrong("employees"), wrong("pricing_page_visits")]));
}

/// A report of the simulated company in its fourth week, in the middle of a rollout.
fn real() -> Value {
    static REAL: LazyLock<Value> = LazyLock::new(|| {
        let script = scenario::script("good", 7, 24, &[]);
        scenario::play(&script, world::policy()).expect("the world plays").report
    });
    REAL.clone()
}

/// All views of `report`, as a person with every scope sees them; each must be well-formed.
fn views(text: &str) -> Vec<(&'static str, String)> {
    let report = Report::read(text).unwrap_or_default();
    let draw = |route: &'static str| {
        let mut ui = Ui::new(&report);
        ui.scopes = ["read", "ingest", "operate", "approve"].map(str::to_owned).to_vec();
        ui.state = State::Live;
        ui.go(route);
        for action in ["ask", "toggle"] {
            ui.act(action, "rollback", "");
        }
        let html = join(&pieces(&report, &ui)).into_string();
        assert_well_formed(route, &html);
        (route, html)
    };
    ROUTES.into_iter().map(draw).collect()
}

/// Every tag that opens is closed in order, ids occur once, and nothing in the markup can run.
fn assert_well_formed(route: &str, html: &str) {
    const EMPTY: [&str; 3] = ["input", "img", "br"];
    let (mut open, mut ids): (Vec<&str>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
    for part in html.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("{route}: a tag does not end: {part}"));
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        assert!(!matches!(name, "script" | "style" | "iframe" | "object" | "link"), "{route}: {tag}");
        // Names of attributes stand outside of quotes, where no text of the report can be.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(!names.contains(" on") && !names.contains(" style=") && !tag.contains("=\"javascript:"), "{route}: {tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{route}: …{}", &html[html.find(part).unwrap_or(0).saturating_sub(200)..][..200]);
        } else if !EMPTY.contains(&name) {
            open.push(name);
        }
        if let Some(id) = tag
            .split_once(" id=\"")
            .filter(|(before, _)| before.matches('"').count() % 2 == 0)
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(id, _)| id)
        {
            assert!(ids.insert(id) || route == "#/print", "{route}: two elements are {id}");
        }
    }
    assert!(open.is_empty(), "{route}: {open:?} stay open");
}

#[test]
fn every_view_of_a_real_report_is_drawn_with_its_words() {
    let report = real();
    let all = views(&report.to_string());
    let read = Report::read(&report.to_string()).expect("a report");
    assert_eq!(read.faults, []);
    let overview = &all[0].1;
    for path in [
        "/verdict/sentence/text",
        "/answers/which_serves/sentence/text",
        "/answers/may_promote/sentence/text",
        "/answers/worth/sentence/text",
    ] {
        let said = report.pointer(path).and_then(Value::as_str).expect("a sentence");
        assert!(
            overview.contains(&said.replace('&', "&amp;").chars().take(100).collect::<String>()),
            "the overview says: {said}"
        );
    }
    let text = Text::default();
    for (route, html) in &all {
        // A key that has no text would be shown as itself.
        for word in html.split(['<', '>', '"', ' ', '\n']) {
            let is_key = word.split_once('.').is_some_and(|(group, rest)| {
                text.has_group(group) && rest.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)) && rest.len() > 2
            });
            assert!(!is_key || word.contains('/') || report.to_string().contains(word), "{route} shows the key {word}");
        }
    }
}

#[test]
fn hostile_reports_take_down_no_view_and_stay_text() {
    let real = real();
    let nasty = "</script><img src=x onerror=alert(1)>\u{202e}\u{0}'\"&";
    let mut texts = vec![
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        r#"{"format":1}"#.into(),
        r#"{"format":99,"minor":1}"#.into(),
        "{\"format\":1,\"days\":{}}".into(),
    ];
    // Each member replaced: by another type, by nasty text, by much of it.
    let members: Vec<String> = real.as_object().expect("an object").keys().cloned().collect();
    for member in &members {
        for value in
            [json!(null), json!(7), json!("x"), json!([[[]]]), json!({ "a": { "b": [] } }), json!([1e308, -1e308, 5e-324])]
        {
            let mut report = real.clone();
            report[member] = value;
            texts.push(report.to_string());
        }
    }
    let mut all_text = real.clone();
    poison(&mut all_text, &|value| {
        if let Value::String(text) = value {
            *text = nasty.to_owned()
        }
    });
    let mut long = real.clone();
    poison(&mut long, &|value| {
        if let Value::String(text) = value {
            *text = "x".repeat(10_000)
        }
    });
    let mut huge = real.clone();
    poison(&mut huge, &|value| {
        if value.is_number() {
            *value = json!(1e300)
        }
    });
    let mut negative = real.clone();
    poison(&mut negative, &|value| {
        if value.is_f64() {
            *value = json!(-1.5)
        }
    });
    let mut none = real.clone();
    poison(&mut none, &|value| {
        if value.is_f64() {
            *value = Value::Null
        }
    });
    texts.extend([all_text, long, huge, negative, none].map(|report| report.to_string()));
    for text in texts {
        for (route, html) in views(&text) {
            assert!(!html.contains("<img src=x"), "{route}");
            assert!(html.len() < 3_000_000, "{route}: {} bytes", html.len());
        }
    }
    let many = format!(r#"{{"format":1,"events":[{}]}}"#, vec!["1"; 1_000_000].join(","));
    assert!(views(&many).len() == ROUTES.len());
    let mut bad = real.clone();
    bad["experiment"] = json!({ "looks": 3 });
    let (_, html) = views(&bad.to_string()).into_iter().find(|(route, _)| *route == "#/experiment").expect("a view");
    assert!(html.contains("REPORT_FIELD experiment"), "the faulty part is named");
}

fn poison(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(|entry| poison(entry, change)),
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| *name != "format").for_each(|(_, member)| poison(member, change))
        }
        value => change(value),
    }
}

#[test]
fn the_page_formats_nothing_for_programmers() {
    // The build turns such functions into traps, because only panics need them; the worker's module keeps them.
    let web = project_root().join("web/src");
    let (mut source, mut tool) = (String::new(), String::new());
    gather(&web, &mut source);
    gather(&web.join("tool"), &mut tool);
    let scale = std::fs::read_to_string(web.join("chart/scale.rs")).expect("a source");
    let (_, tests) = scale.split_once("#[cfg(test)]").expect("tests");
    let parts = |text: &str| text.matches(":?}").count();
    assert_eq!(parts(&source), parts(&tool) + parts(tests));
}

#[test]
fn every_word_is_used_and_every_word_used_exists() {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(project_root().join("web/text/en.json")).expect("the words"))
        .expect("JSON");
    let words: BTreeSet<&str> = file.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut source = String::new();
    gather(&project_root().join("web/src"), &mut source);
    // Text in quotes: keys, and the beginnings of those that are put together.
    let quoted: BTreeSet<&str> = source.split('"').collect();
    let parts: Vec<&str> = quoted
        .iter()
        .filter_map(|text| {
            text.strip_suffix(".{}").or_else(|| text.strip_suffix('.')).or_else(|| text.split_once(".{").map(|(start, _)| start))
        })
        .collect();
    let unused: Vec<_> = words
        .iter()
        .filter(|key| !key.starts_with('_') && !key.starts_with("sentence."))
        .filter(|key| {
            !quoted.contains(*key)
                && !parts.iter().any(|part| key.starts_with(&format!("{part}.")))
                && !source.contains(&format!("\"{{}}.{}\"", key.rsplit('.').next().unwrap_or_default()))
                && !key.starts_with("in.")
                && !key.starts_with("over.")
        })
        .collect();
    assert_eq!(unused, Vec::<&&str>::new(), "words that no view uses");
    let groups: BTreeSet<&str> = words.iter().filter_map(|key| key.split_once('.').map(|(group, _)| group)).collect();
    let is_key = |text: &&str| {
        text.split_once('.').is_some_and(|(group, rest)| groups.contains(group) && !rest.is_empty())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c))
    };
    let ids = ["data.", "sys.", "perf.", "rel.", "ab.", "fb.", "gov."];
    let lost: Vec<_> = quoted
        .iter()
        .filter(|text| {
            is_key(text)
                && !words.contains(*text)
                && !ids.iter().any(|id| text.starts_with(id))
                && !text.ends_with('.')
                && !text.ends_with(".ndjson")
        })
        .collect();
    assert_eq!(lost, Vec::<&&str>::new(), "words that no file has");
    for entry in std::fs::read_dir(project_root().join("web/text")).expect("a folder").flatten() {
        let language = entry.file_name().to_string_lossy().into_owned();
        let other: Value = serde_json::from_str(&std::fs::read_to_string(entry.path()).expect("words")).expect("JSON");
        let theirs: BTreeSet<&str> = other
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .filter(|key| !key.starts_with("sentence."))
            .collect();
        assert_eq!(
            words.symmetric_difference(&theirs).filter(|key| !key.starts_with('_')).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "{language}"
        );
        for key in &words {
            assert_eq!(slots(&file[key]), slots(&other[key]), "slots of {key} in {language}");
        }
    }
}

/// The names in braces.
fn slots(text: &Value) -> BTreeSet<String> {
    let text = match text {
        Value::Object(forms) => forms.get("other").cloned().unwrap_or_default(),
        text => text.clone(),
    };
    let text = text.as_str().unwrap_or_default().to_owned();
    text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name.to_owned())).collect()
}

fn gather(folder: &std::path::Path, source: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            gather(&entry.path(), source);
        } else {
            source.push_str(&std::fs::read_to_string(entry.path()).expect("a source"));
        }
    }
}

/// The page of a person with every scope on `route`, after `change`.
fn drawn(report: &Value, route: &str, change: impl FnOnce(&mut Ui)) -> String {
    let report = Report::read(&report.to_string()).expect("a report");
    let mut ui = Ui::new(&report);
    ui.scopes = ["read", "ingest", "operate", "approve"].map(str::to_owned).to_vec();
    ui.state = State::Live;
    ui.go(route);
    change(&mut ui);
    let html = join(&pieces(&report, &ui)).into_string();
    assert_well_formed(route, &html);
    html
}

/// The part of `html` from `from` on, as long as `to` has not come.
fn within<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = html.split_once(from).unwrap_or_else(|| panic!("{from} is missing"));
    rest.split_once(to).map_or(rest, |(inside, _)| inside)
}

#[test]
fn the_approval_of_a_test_says_how_long_it_takes_and_what_its_chance_is() {
    let mut report = real();
    report["rollout"]["stage"] = json!("canary");
    let plan = json!({ "test": { "weeks": 6, "planned_per_arm": 5806, "power": 0.898, "detectable": 0.0434, "weeks_needed": 6, "is_long_enough": true },
        "precision_recall": { "cannot_hold_together": false }, "sentence": { "code": "A", "text": "a", "values": {} }, "warnings": [] });
    let asked = |plan: Option<&Value>| {
        drawn(&report, "#/rollout", |ui| {
            ui.act("ask", "approve", "");
            ui.act("input", "reason", "good");
            ui.aside.ahead = plan.map(|plan| Ahead::of(&plan.to_string()));
        })
    };
    assert!(within(&asked(None), "<dialog", "</dialog>").contains("Working it out"), "the plan is asked for");
    let html = asked(Some(&plan));
    let words = within(&html, "id=\"ask-test\"", "</p>");
    for said in ["6 weeks", "5,806 leads in each arm", "planned for is 90", "+4.3"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    let mut short = plan;
    short["test"]["is_long_enough"] = json!(false);
    short["test"]["weeks_needed"] = json!(9);
    let html = asked(Some(&short));
    assert!(within(&html, "id=\"ask-test\"", "</p>").contains("the test needs 9"), "{html}");
}

#[test]
fn a_version_that_was_rolled_back_is_offered_again_and_has_to_be_confirmed() {
    let mut report = real();
    report["rollout"] = Value::Null;
    let version = report["models"][0]["version"].as_str().expect("a version").to_owned();
    report["models"][0]["status"] = json!("retired");
    report["models"][0]["ended"] = json!("rolled_back");
    let action = format!("start:{version}");
    assert!(drawn(&report, "#/models", |_| ()).contains(&format!("data-arg=\"{action}\"")), "a retired version is offered");
    let send = |report: &Value, is_ticked: bool| {
        let html = drawn(report, "#/models", |ui| {
            ui.act("ask", &action, "");
            if is_ticked {
                ui.act("toggle", "again", "");
            }
        });
        let button = within(&html, "class=\"button primary\"", ">").to_owned();
        (button.contains("disabled"), html.contains("post-mortem of its last rollout is open"))
    };
    assert_eq!((send(&report, false), send(&report, true)), ((true, false), (false, false)));
    report["models"][0]["is_post_mortem_open"] = json!(true);
    assert_eq!(send(&report, true), (true, true), "its post-mortem is closed first");
}

#[test]
fn notes_stand_in_a_list_on_the_timeline_and_in_charts() {
    let report = real();
    let at = report["days"].as_array().and_then(|days| days.last()?["day"].as_str()).expect("a day").to_owned();
    let note = |ui: &mut Ui| {
        ui.aside.notes = notes(&json!({ "notes": [{ "id": 1, "at": format!("{at}T10:00:00Z"), "kind": "change", "by": "Ada", "about": "", "text": "New <partner>" }] }).to_string());
    };
    let html = drawn(&report, "#/", note);
    assert!(within(&html, "id=\"notes\"", "</section>").contains("New &lt;partner&gt;"), "the list");
    assert!(within(&html, "id=\"timeline\"", "</figure>").contains("New &lt;partner&gt;"), "the timeline");
    let html = drawn(&report, "#/performance?days=90", note);
    assert!(within(&html, "id=\"by-day\"", "</figure>").contains("Note: New &lt;partner&gt;"), "the chart");
    // A report that is saved or mailed has them with it, and is otherwise the same.
    let mut ui = Ui::default();
    note(&mut ui);
    let saved = annotated(&format!("{report}\n"), &ui.aside.notes);
    let read = Report::read(&saved).expect("a report");
    assert_eq!((read.annotations, read.faults.len()), (ui.aside.notes.clone(), 0));
    let mut whole: Value = serde_json::from_str(&saved).expect("JSON");
    assert_eq!(whole["annotations"].take()[0]["text"], "New <partner>");
    whole.as_object_mut().expect("an object").remove("annotations");
    assert_eq!((whole, annotated("{}", &ui.aside.notes)), (report, "{}".to_owned()));
    // The newest of many, what is cut with a mark, and no more than a mail takes.
    let long = |n: usize| Note { text: format!("{n} {}", "é".repeat(700)), ..ui.aside.notes[0].clone() };
    let many: Vec<Note> = (0..60).map(long).collect();
    let read = Report::read(&annotated("{\"format\":1}", &many)).expect("a report").annotations;
    let lengths: Vec<usize> = read.iter().map(|note| note.text.chars().count()).collect();
    assert!(read[0].text.starts_with("0 é") && read.iter().all(|note| note.text.ends_with("é…")), "{lengths:?}");
    let all: usize = read
        .iter()
        .flat_map(|note| [&note.at, &note.kind, &note.by, &note.about, &note.text])
        .map(|text| text.chars().count())
        .sum();
    assert!(lengths[0] == 500 && (2_450..=2_550).contains(&all), "{lengths:?}");
    let short: Vec<Note> = (0..60)
        .map(|n| Note { text: format!("{n}"), at: String::new(), kind: String::new(), by: String::new(), about: String::new() })
        .collect();
    assert_eq!(Report::read(&annotated("{\"format\":1}", &short)).expect("a report").annotations.len(), 50);
    // What cannot be read is said, and the rest is shown.
    let faulty = saved.replace("\"annotations\":[", "\"annotations\":[{\"text\":7},");
    assert!(
        drawn(&serde_json::from_str(&faulty).expect("JSON"), "#/", |_| ()).contains("annotations"),
        "a faulty note is reported"
    );
    let empty = Assets { style: "", script: "", module: "", report: "", style_sha256: "", script_sha256: "" };
    assert!(document(&saved, empty).contains("New &lt;partner&gt;"));
}

#[test]
fn people_stand_beside_the_model_on_the_same_leads() {
    let mut report = real();
    let third = |id: &str, people: f64, model: f64| {
        let part = |value: f64| json!({ "value": value, "low": value - 0.05, "high": value + 0.1, "n": 40, "method": "wilson", "missing": null });
        json!({ "id": id, "leads": 40, "people": part(people), "model": part(model) })
    };
    report["business"]["human"] = json!({
        "leads": 120, "converted": 30, "sentence": { "code": "HUMAN", "text": "The model ranks better.", "values": {} },
        "model_auc": {}, "people_auc": {}, "difference": {},
        "agreement": { "value": 0.42, "low": 0.26, "high": 0.56, "n": 120, "method": "spearman", "missing": null },
        "thirds": [third("top", 0.4, 0.5), third("middle", 0.2, 0.15), third("bottom", 0.1, 0.05)],
    });
    let html = drawn(&report, "#/business", |_| ());
    let table = within(&html, "id=\"thirds\"", "</table>");
    assert_eq!(table.matches("<circle").count(), 6);
    assert!(table.contains("<span>60"), "the axis ends at the highest bound: {table}");
    // The scale is of 148 pixels from 6 on: 0.4 and 0.5 of 0.6.
    assert!(table.contains("cx=\"104.7\"") && table.contains("cx=\"129.3\""), "{table}");
    assert!(html.contains("0.42 (0.26"), "the agreement of both orders");
}

#[test]
fn figures_are_rounded_alike_in_cards_and_sentences_and_gates_have_units() {
    let report = real();
    for id in ["auc", "precision", "recall"] {
        let measure = report["measures"].as_array().into_iter().flatten().find(|one| one["id"] == id).expect("a measure");
        let value = format!("{:.3}", measure["estimate"]["value"].as_f64().expect("a value"));
        assert!(measure["sentence"]["text"].as_str().expect("a text").contains(&value), "{measure}");
        assert!(
            within(&drawn(&report, "#/performance", |_| ()), &format!("id=\"card-{id}\""), "</section>").contains(&value),
            "{id}"
        );
    }
    let html = drawn(&report, "#/performance", |_| ());
    assert!(within(&html, "id=\"card-auc\"", "</section>").contains("expected of the last 7 days"), "what the scores promise");
    assert!(within(&html, "id=\"score-drift\"", "</figure>").contains("Training"), "the scores beside those of training");
    let html = drawn(&report, "#/rollout", |_| ());
    let row = |gate: &str| within(&html, &format!("id=\"gate-{gate}-row\""), "</tr>").to_owned();
    assert!(row("sys.memory").contains("MB") && row("gov.days").contains("days") && row("data.drift").contains("fields"));
    let goals = drawn(&report, "#/goals", |_| ());
    assert!(goals.contains("Not due yet"), "a goal of a later month is not due");
}

#[test]
fn a_gate_is_waived_and_an_alert_taken_by_a_dialog_that_says_what_it_is_about() {
    let mut report = real();
    report["rollout"]["gates"][0]["status"] = json!("insufficient_data");
    report["rollout"]["gates"][0]["required"] = json!(true);
    report["rollout"]["gates"][0]["waived"] = Value::Null;
    let gate = report["rollout"]["gates"][0]["id"].as_str().expect("an id").to_owned();
    let said =
        report["rollout"]["gates"][0]["sentence"]["text"].as_str().expect("a sentence").chars().take(30).collect::<String>();
    let shown = |report: &Value| {
        drawn(report, "#/rollout", |ui| {
            ui.act("toggle", &format!("gate-{gate}"), "");
            ui.act("ask", &format!("waive:{gate}"), "");
        })
    };
    // Undecided between looks: there is nothing to waive yet.
    report["rollout"]["gates"][0]["waivable"] = json!(false);
    assert!(!shown(&report).contains("data-do=\"ask\" data-arg=\"waive:"), "a gate that no look judged");
    report["rollout"]["gates"][0]["waivable"] = json!(true);
    let html = shown(&report);
    assert!(html.contains(&format!("data-do=\"ask\" data-arg=\"waive:{gate}\"")), "the gate offers it");
    assert!(within(&html, "<dialog", "</dialog>").contains(&said), "the dialog says what the gate found");
    let alert = json!({ "id": "a-1", "rule": "freshness", "severity": "red", "measure": "freshness", "subject": "", "state": "firing", "stale": false,
        "estimate": { "value": 5.0 }, "threshold": 4.0, "opened_at": "2026-11-02T10:00:00Z", "resolved_at": null, "owner_role": "ml_lead", "due_at": "2026-11-02T12:00:00Z",
        "escalates_to": null, "taken_by": null, "incident": "i-1", "sentence": { "code": "X", "text": "No score since 05:00.", "values": {} } });
    report["alerts"] = json!([alert]);
    let html = drawn(&report, "#/diagnosis", |ui| {
        ui.act("ask", "take:a-1", "");
    });
    assert!(
        html.contains("data-arg=\"take:a-1\""),
        "the alert offers it: {:?}",
        Report::read(&report.to_string()).expect("a report").faults
    );
    let dialog = within(&html, "<dialog", "</dialog>");
    assert!(dialog.contains("No score since 05:00.") && !within(dialog, "button primary", ">").contains("disabled"), "{dialog}");
}
