use proptest::prelude::*;

use super::*;
use crate::bundle::{Band, Bundle, Declaration, Manifest};
use crate::lead::{Form, Value};
use crate::model::{Arithmetic, Body, Calibration, Column, Linear, Link, Model, Scale};
use crate::schema::Field;

/// 2026-11-23T00:00:00Z.
const NOW: Timestamp = Timestamp(1_795_392_000_000);

const DECLARED: &str = r#"{
    "model": {"name": "m", "version": "1"},
    "band": [{"name": "cold", "from": 0}, {"name": "hot", "from": 0.5}, {"name": "warm", "from": 0.2}],
    "field": [
        {"name": "visits", "label": "Pricing page visits", "reason": "Visited the pricing page {value} {time|times}",
         "reason_zero": "Never visited the pricing page", "reason_missing": "Visits are not known"},
        {"name": "size", "unit": "employees"},
        {"name": "plan", "kind": "category", "categories": ["free", "paid"], "reason": "Is on the {value} plan",
         "reason_of": {"free": "Pays nothing"}},
        {"name": "demo", "kind": "flag", "reason": "Asked for a demo"},
        {"name": "seen", "kind": "date", "reason": "Last seen {days} {day|days} ago"},
        {"name": "tags", "kind": "list"}],
    "feature": [
        {"name": "plan", "from": "plan", "one_hot": true},
        {"name": "days", "from": "seen", "make": "days_since"},
        {"name": "tag", "from": "tags", "make": {"multi_hot": ["x", "y"]}}]}"#;

fn bundle(calibration: Calibration) -> Bundle {
    let names = ["visits", "size", "plan=free", "plan=paid", "demo", "days", "tag=x", "tag=y"];
    let columns: Vec<Column> = names.iter().map(|n| Column { name: (*n).into(), categorical: false }).collect();
    let weights = vec![0.3, 0.001, -1.5, 0.75, 1.25, -0.05, 0.5, -0.25];
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![-1.0], weights, means: Vec::new() };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let declaration: Declaration = serde_json::from_str(DECLARED).unwrap();
    let manifest = Manifest { calibration, ..Manifest::declared(declaration, &model.columns, &[]) };
    Bundle::new(manifest, model)
}

fn scorer() -> Scorer {
    Scorer::new(bundle(Calibration::None)).unwrap()
}

fn lead(json: &str) -> Lead {
    serde_json::from_str(json).unwrap()
}

#[test]
fn values_are_those_that_were_read() {
    let (scorer, mut work, mut out) = (scorer(), Workspace::default(), Vec::new());
    let lead = r#"{"visits": 7, "plan": "paid", "demo": 1, "seen": "2026-11-22", "tags": ["x", "é"], "other": 1}"#;
    scorer.values_json(lead.as_bytes(), &Options::default(), &mut work, &mut out).unwrap();
    let found: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let mut slots = Slots::default();
    scorer.reader().read_json(lead.as_bytes(), &Options::default().limits, &mut slots).unwrap();
    for field in ["visits", "size", "plan", "demo", "seen", "tags"] {
        assert_eq!(found[field], serde_json::to_value(scorer.value(&slots, field)).unwrap(), "{field}");
    }
    assert_eq!((&found["size"], &found["plan"], found.get("other")), (&serde_json::Value::Null, &"paid".into(), None));
    let length = out.len();
    scorer.values_json(b"{\"demo\": []}", &Options::default(), &mut work, &mut out).unwrap_err();
    assert_eq!(out.len(), length);
}

#[test]
fn the_card_is_what_the_derived_writers_write() {
    let mut bundle = bundle(Calibration::None);
    let more: Vec<Field> = serde_json::from_str(
        r#"[{"name": "lead_id", "kind": "text", "role": "id", "required": true}, {"name": "n", "min": -0.5, "max": 1e300, "missing_number": -999},
            {"name": "m", "missing": ["-", "@pandas"]}]"#,
    )
    .unwrap();
    bundle.manifest.schema.fields.extend(more);
    let mut card = Vec::new();
    let scorer = Scorer::new(bundle).unwrap();
    scorer.write_card(&mut card);
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    let manifest = &scorer.bundle().manifest;
    assert_eq!(serde_json::from_value::<Vec<Field>>(card["fields"].clone()).unwrap(), manifest.schema.fields);
    assert_eq!(serde_json::from_value::<Vec<Band>>(card["bands"].clone()).unwrap(), manifest.bands);
    let members = |field: &serde_json::Value| field.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (said, field) in card["fields"].as_array().unwrap().iter().zip(&manifest.schema.fields) {
        assert_eq!(members(said), members(&serde_json::to_value(field).unwrap()), "nothing is said that the manifest leaves out");
    }
    assert_eq!((card["name"].as_str(), card["outputs"].as_f64()), (Some("m"), Some(1.0)));
    assert_eq!(card["columns"][2].as_str(), Some("plan=free"));
}

fn texts(scorer: &Scorer, json: &str) -> Vec<String> {
    let score = scorer.score(&lead(json), NOW, &Options::with_reasons(9)).unwrap();
    score.reasons.into_iter().map(|r| r.text).collect()
}

#[test]
fn reasons_are_said_in_words() {
    let scorer = scorer();
    let rows: &[(&str, &[&str])] = &[
        (r#"{"visits": 7}"#, &["Visited the pricing page 7 times: +48 points"]),
        (r#"{"visits": 1}"#, &["Visited the pricing page 1 time: +6 points"]),
        (r#"{"size": 1500, "plan": "free"}"#, &["size: 1,500 employees: +29 points", "Pays nothing: −29 points"]),
        (r#"{"plan": "paid"}"#, &["Is on the paid plan: +17 points"]),
        (r#"{"demo": true, "seen": "2026-11-22"}"#, &["Asked for a demo: +29 points", "Last seen 1 day ago: −1 point"]),
        (r#"{"demo": false, "seen": "2026-11-21"}"#, &["Last seen 2 days ago: −2 points"]),
        (r#"{"tags": ["x", "y", "z"]}"#, &["tags: x, y, z: +5 points"]),
        (r#"{"size": 0.5}"#, &["size: 0.5 employees: less than a point"]),
    ];
    for (json, expected) in rows {
        assert_eq!(texts(&scorer, json), *expected, "{json}");
    }
}

#[test]
fn a_missing_value_or_a_no_is_not_worded_as_its_presence() {
    let slots = |json: &str| {
        let mut work = Workspace::default();
        scorer().score_bytes(json.as_bytes(), NOW, &Options::default(), &mut work).unwrap();
        work.slots
    };
    let fields = serde_json::from_str::<Declaration>(DECLARED).unwrap().field;
    let said = |i: usize, json: &str| words::sentence(&fields[i], &words::say(&fields[i], i, &slots(json), NOW));
    assert_eq!(said(0, "{}"), "Visits are not known");
    assert_eq!(said(0, r#"{"visits": 0}"#), "Never visited the pricing page");
    assert_eq!(said(1, "{}"), "size: not known");
    assert_eq!(said(2, r#"{"plan": "unheard"}"#), "plan: unheard is not known to the model");
    assert_eq!(said(3, r#"{"demo": false}"#), "demo: no");
    assert_eq!(said(3, "{}"), "demo: not known");
    assert_eq!(said(4, "{}"), "seen: not known");
    assert_eq!(said(5, r#"{"tags": []}"#), "tags: none");
    assert_eq!(said(5, r#"{"tags": ["a","b","c","d","e","f","g"]}"#), "tags: a, b, c, d, e and 2 more");
    assert_eq!(said(2, r#"{"plan": 7}"#), "plan: 7 is not known to the model");
    assert_eq!(said(0, r#"{"visits": 1.001}"#), "Visited the pricing page 1 time");
    assert_eq!(said(4, r#"{"seen": "2026-11-23"}"#), "Last seen 0 days ago");
    assert_eq!(said(4, r#"{"seen": "2026-11-25"}"#), "seen: 2026-11-25");
}

#[test]
fn a_score_has_its_documented_shape() {
    let mut out = Vec::new();
    let json = br#"{"lead_id": "L-1", "demo": true, "colour": "red"}"#;
    scorer().score_json(json, NOW, &Options::with_reasons(1), &mut Workspace::default(), &mut out).unwrap();
    assert_eq!(
        std::str::from_utf8(&out).unwrap(),
        r#"{"lead_id":"L-1","score":56,"probability":0.5621765008857981,"margin":0.25,"band":"hot","base":27,"reasons":[{"field":"demo","label":"demo","value":true,"contribution":1.25,"points":29,"text":"Asked for a demo: +29 points"}],"rest":0,"unknown_fields":["colour"],"model":{"name":"m","version":"1"}}"#
    );
    let plain = scorer().score(&lead("{}"), NOW, &Options::default()).unwrap();
    assert_eq!((plain.score, plain.band.as_str(), plain.base, plain.reasons.len()), (27, "warm", None, 0));
}

#[test]
fn an_answer_keeps_the_form_of_its_body() {
    let scorer = scorer();
    let answer = |body: &str| {
        let (mut out, mut work, mut seen) = (b"kept".to_vec(), Workspace::default(), 0);
        let form = Form::of(body.as_bytes());
        let count =
            scorer.answer_body(body.as_bytes(), form, NOW, &Options::default(), &mut work, &mut out, &mut |_, _| seen += 1);
        (count.map_err(|e| e.code()), seen, String::from_utf8(out).unwrap())
    };
    let (count, seen, array) = answer(r#"[{"demo": true}, {"demo": "x"}]"#);
    assert_eq!((count, seen), (Ok(2), 2));
    let array: serde_json::Value = serde_json::from_str(&array[4..]).unwrap();
    assert_eq!(array[0]["score"], 56);
    assert_eq!(array[1]["error"]["errors"][0]["pointer"], "/demo");
    let (_, _, lines) = answer("{\"demo\": true}\n{\"demo\": \"x\"}\n");
    assert_eq!(lines.lines().count(), 2);
    assert_eq!(answer("[{},").2, "kept");
    assert_eq!(answer("[]").0, Err("LEAD_BODY_EMPTY"));
}

/// Leads of a body are scored in blocks; refused ones between them and the blocks' ends must not show.
#[test]
fn a_long_body_gives_each_lead_the_bits_it_has_alone() {
    let (scorer, mut work) = (scorer(), Workspace::default());
    let leads: Vec<String> =
        (0..400)
            .map(|i| {
                if i % 150 == 7 { "{\"demo\": 5}".into() } else { format!("{{\"id\": {i}, \"visits\": {}, \"odd\": 1}}", i % 37) }
            })
            .collect();
    let body = format!("[{}]", leads.join(","));
    let mut seen = 0;
    let count =
        scorer.score_body(body.as_bytes(), Form::Array, NOW, &Options::default(), &mut Workspace::default(), &mut |i, result| {
            assert_eq!(i, seen);
            seen += 1;
            assert_eq!(result, scorer.score_bytes(leads[i as usize].as_bytes(), NOW, &Options::default(), &mut work));
        });
    assert_eq!((count, seen), (Ok(400), 400));
}

#[test]
fn a_value_the_model_has_never_seen_is_reported() {
    let (scorer, mut work) = (scorer(), Workspace::default());
    let json = br#"{"visits": 7, "plan": "gold"}"#;
    let score = scorer.score_bytes(json, NOW, &Options::with_reasons(5), &mut work).unwrap();
    assert_eq!(score.unknown_values, ["plan"]);
    let mut written = Vec::new();
    score.write_json(&mut written);
    assert!(String::from_utf8(written).unwrap().contains(r#""unknown_values":["plan"]"#));
    let body = scorer.score_body(json, Form::One, NOW, &Options::default(), &mut work, &mut |_, result| {
        assert_eq!(result.unwrap().unknown_values, ["plan"]);
    });
    assert_eq!(body, Ok(1));
    let change =
        scorer.what_changed((&lead(r#"{"plan": "paid"}"#), NOW), (&lead(r#"{"plan": "gold"}"#), NOW), &Options::with_reasons(1));
    assert!(change.unwrap().reasons[0].text.contains("gold is not known to the model"));
}

#[test]
fn a_change_tells_value_points_and_band() {
    let scorer = scorer();
    let before = lead(r#"{"visits": 3, "plan": "paid", "seen": "2026-11-13"}"#);
    let after = lead(r#"{"visits": 7, "plan": "paid", "seen": "2026-11-13"}"#);
    let change = scorer.what_changed((&before, NOW), (&after, NOW), &Options::with_reasons(3)).unwrap();
    assert_eq!(change.text, "Score 54 → 79");
    assert_eq!(
        change.reasons.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(),
        ["Visited the pricing page 3 → 7 times: +26 points"]
    );
    // Time alone changes what a date says.
    let later = Timestamp(NOW.0 + 20 * 86_400_000);
    let change = scorer.what_changed((&after, NOW), (&after, later), &Options::with_reasons(3)).unwrap();
    assert_eq!(change.reasons[0].text, "seen: 10 → 30 days ago: −21 points");
    let gone = scorer.what_changed((&after, NOW), (&lead(r#"{"plan": "free"}"#), NOW), &Options::with_reasons(1)).unwrap();
    assert_eq!(gone.text, "Score 79 → 8, from hot to cold");
    assert_eq!(gone.reasons[0].text, "plan: paid → free: −42 points");
    assert_eq!(gone.reasons[0].after, Value::Text("free".into()));
}

#[test]
fn a_declaration_that_contradicts_itself_is_refused_whole() {
    let errors = |json: &str| {
        let declaration: Declaration = serde_json::from_str(json).unwrap();
        let problems = declaration.check().map_or_else(|e| e.problems, |()| Vec::new());
        problems.into_iter().map(|p| format!("{} {}", p.code, p.path)).collect::<Vec<_>>()
    };
    assert_eq!(errors(DECLARED), Vec::<String>::new());
    let bad = r#"{"band": [{"name": "hot", "from": 2}, {"name": "hot", "from": 0.5}],
        "field": [{"name": "a", "min": 2, "max": 1}, {"name": "a", "kind": "flag", "categories": ["x"], "reason": "{oops}"},
                  {"name": "", "kind": "list", "role": "id"}, {"name": "h", "kind": "text", "role": "human_score", "min": 1},
                  {"name": "c", "kind": "category", "categories": ["x", "x"], "reason_of": {"y": "Y"}}],
        "calibration": {"sigmoid": {"slope": -1, "intercept": 1e999}}, "provenance": {"rows": 9007199254740992}}"#
        .replace("1e999", "0");
    assert_eq!(
        errors(&bad),
        [
            "FIELD_LIMITS_CROSSED field[0].min",
            "FIELD_DUPLICATE field[1].name",
            "FIELD_CATEGORIES_UNUSED field[1].categories",
            "TEMPLATE_INVALID field[1].reason",
            "FIELD_NAME_EMPTY field[2].name",
            "FIELD_ID_KIND field[2].kind",
            "FIELD_HUMAN_SCORE_KIND field[3].kind",
            "FIELD_LIMIT_UNUSED field[3].min",
            "FIELD_CATEGORY_DUPLICATE field[4].categories[1]",
            "TEMPLATE_CATEGORY_UNKNOWN field[4].reason_of.y",
            "BAND_RANGE band[0].from",
            "BAND_NAME band[1].name",
            "BAND_GAP band",
            "PROVENANCE_ROWS provenance.rows",
        ]
    );
}

#[test]
fn several_outputs_score_the_positive_one() {
    let columns = vec![Column { name: "x".into(), categorical: false }];
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![0.0; 3], weights: vec![1.0, 0.0, -1.0], means: Vec::new() };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Softmax, outputs: 3 };
    let declared = |model_card: &str| {
        let declaration: Declaration = serde_json::from_str(&format!(r#"{{"model": {model_card}}}"#)).unwrap();
        Scorer::new(Bundle::new(Manifest::declared(declaration, &model.columns, &[]), model.clone()))
    };
    let score = |card: &str| declared(card).unwrap().score(&lead(r#"{"x": 2}"#), NOW, &Options::with_reasons(1)).unwrap();
    let last = score("{}");
    assert_eq!((last.score, last.probabilities.len(), last.margin), (2, 3, -2.0));
    let first = score(r#"{"outputs": ["buy", "wait", "leave"], "positive": "buy"}"#);
    assert_eq!((first.score, first.outputs.len(), first.reasons[0].text.as_str()), (87, 3, "x: 2: +53 points"));
    assert_eq!(first.base.unwrap() + first.reasons[0].points + first.rest.unwrap(), 87);
    assert_eq!(declared(r#"{"outputs": ["a"], "positive": "a"}"#).unwrap_err().problems[0].code, "OUTPUT_COUNT");
}

/// Fields that pull a softmax in opposite ways keep their points although their sum is nothing.
#[test]
fn points_of_a_softmax_do_not_hang_on_their_sum() {
    let columns = ["x", "y"].map(|name| Column { name: name.into(), categorical: false }).to_vec();
    let weights = vec![1.0, 1.0, 0.0, 0.0, -1.0, -1.0];
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![0.0; 3], weights, means: Vec::new() };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Softmax, outputs: 3 };
    let points = |json: &str, calibration: Calibration| {
        let manifest = Manifest { calibration, ..Manifest::declared(Declaration::default(), &model.columns, &[]) };
        let scorer = Scorer::new(Bundle::new(manifest, model.clone())).unwrap();
        let score = scorer.score(&lead(json), NOW, &Options::with_reasons(2)).unwrap();
        let points: Vec<i32> = score.reasons.iter().map(|r| r.points).collect();
        assert_eq!(score.base.unwrap() + points.iter().sum::<i32>() + score.rest.unwrap(), i32::from(score.score));
        points
    };
    // The slope of the last output's probability at the middle, 1/3, is −1/3 a unit.
    assert_eq!(points(r#"{"x": 1, "y": -1}"#, Calibration::None), [-33, 33]);
    let halved = Calibration::Isotonic { x: vec![0.0, 1.0], y: vec![0.0, 0.5], on: Scale::Probability };
    assert_eq!(points(r#"{"x": 1, "y": -1}"#, halved), [-17, 17]);
    // Platt's map of the last margin alone: a slope of 25 points a unit at its middle.
    let platt = Calibration::Sigmoid { slope: -1.0, intercept: 0.0, on: Scale::Margin };
    assert_eq!(points(r#"{"x": 1, "y": -1}"#, platt), [-25, 25]);
    // A step far beyond where the probability turns is not missed.
    let far = points(r#"{"x": -300, "y": 10}"#, Calibration::None);
    assert!((far[0] - 69).abs() <= 1 && (far[1] + 2).abs() <= 1, "{far:?}");
}

#[test]
fn predictions_that_are_no_probabilities_keep_the_sum_of_points() {
    let columns = ["x", "y"].map(|name| Column { name: name.into(), categorical: false }).to_vec();
    let weights = vec![1e300, -1e300];
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![0.5], weights, means: Vec::new() };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Identity, outputs: 1 };
    let scorer = Scorer::new(Bundle::new(Manifest::declared(Declaration::default(), &model.columns, &[]), model)).unwrap();
    let scored = |json: &str| scorer.score(&lead(json), NOW, &Options::with_reasons(2));
    for json in [r#"{"x": 1}"#, r#"{"y": 1}"#, r#"{"x": 1, "y": 1}"#, r#"{"x": 1e8, "y": 9e7}"#, "{}"] {
        let score = scored(json).unwrap();
        let sum: i32 = score.reasons.iter().map(|r| r.points).sum();
        assert_eq!(score.base.unwrap() + sum + score.rest.unwrap(), i32::from(score.score), "{json}");
        assert!((0..=100).contains(&score.base.unwrap()), "{json}: {score:?}");
    }
    // ∞ − ∞ is no number, and a score must be one.
    for json in [r#"{"x": 1e9, "y": 1e9}"#, r#"{"x": 1e9}"#] {
        assert_eq!(scored(json).unwrap_err().code(), "LEAD_OVERFLOWS_MODEL");
    }
}

fn any_lead() -> impl Strategy<Value = Lead> {
    let visits = prop::option::of(0u32..40);
    (visits, prop::option::of(0.0..9e4f64), 0usize..4, prop::option::of(any::<bool>()), prop::option::of(0i64..400)).prop_map(
        |(visits, size, plan, demo, days)| {
            let mut lead = Lead::default();
            lead.set("visits", visits.map_or(Value::Missing, |v| Value::Number(v.into())));
            lead.set("size", size.map_or(Value::Missing, Value::Number));
            lead.set("plan", ["free", "paid", "unheard"].get(plan).map_or(Value::Missing, |p| Value::Text((*p).into())));
            lead.set("demo", demo.map_or(Value::Missing, Value::Flag));
            lead.set("seen", days.map_or(Value::Missing, |d| Value::Number((NOW.0 - d * 86_400_000) as f64)));
            lead
        },
    )
}

proptest! {
    #[test]
    fn points_add_up_and_agree_in_sign(lead in any_lead(), shown in 1usize..8, platt: bool) {
        let calibration = if platt { Calibration::Sigmoid { slope: -1.3, intercept: 0.4, on: Scale::Margin } } else { Calibration::None };
        let scorer = Scorer::new(bundle(calibration)).unwrap();
        let score = scorer.score(&lead, NOW, &Options::with_reasons(shown)).unwrap();
        let (base, rest) = (score.base.unwrap(), score.rest.unwrap());
        prop_assert_eq!(base + score.reasons.iter().map(|r| r.points).sum::<i32>() + rest, i32::from(score.score));
        prop_assert!((0..=100).contains(&base));
        for reason in &score.reasons {
            prop_assert!(f64::from(reason.points) * reason.contribution >= 0.0, "{:?}", reason);
        }
        if shown >= 6 {
            // All are shown: what is left is rounding, half a point each for score, base and each reason.
            prop_assert!(rest.abs() <= 4, "{:?}", score);
        }
        let silent = scorer.score(&lead, NOW, &Options::default()).unwrap();
        prop_assert_eq!(silent.probability.to_bits(), score.probability.to_bits());
    }

    #[test]
    fn a_change_is_antisymmetric(a in any_lead(), b in any_lead()) {
        let scorer = scorer();
        let options = Options::with_reasons(10);
        let there = scorer.what_changed((&a, NOW), (&b, NOW), &options).unwrap();
        let back = scorer.what_changed((&b, NOW), (&a, NOW), &options).unwrap();
        prop_assert_eq!((there.before, there.rest), (back.after, -back.rest));
        prop_assert_eq!(there.reasons.len(), back.reasons.len());
        for (x, y) in there.reasons.iter().zip(&back.reasons) {
            prop_assert_eq!((&x.field, x.points, x.contribution, &x.before), (&y.field, -y.points, -y.contribution, &y.after));
        }
        let sum: i32 = there.reasons.iter().map(|r| r.points).sum();
        prop_assert_eq!(i32::from(there.before) + sum + there.rest, i32::from(there.after));
    }
}
