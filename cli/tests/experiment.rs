//! `plumbline experiment` and `plumbline plan`, run as people run them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{expect, failure, run, text};
use serde_json::Value;

/// Leads of two arms that convert as often as said, with a source, a deal size and a sales cycle.
fn leads(control: (u32, u32), treatment: (u32, u32)) -> String {
    let mut out = "lead_id,variant,converted,source,deal_size,days,closed\n".to_owned();
    for (arm, (leads, converted)) in [("challenger", treatment), ("champion", control)] {
        for i in 0..leads {
            let (won, source) = (u32::from(i < converted), if i % 3 == 0 { "web" } else { "referral" });
            let (deal, days, closed) = (900 + i % 200, i % 40 + 1, if i % 4 == 0 { "no" } else { "yes" });
            out.push_str(&format!("{arm}-{i},{arm},{won},{source},{deal},{days},{closed}\n"));
        }
    }
    out
}

const ARGUMENTS: [&str; 6] = ["experiment", "-", "--arm", "variant", "--outcome", "converted"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ARGUMENTS[..], more].concat()
}

fn json(arguments: &[&str], input: &[u8]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    serde_json::from_str(&expect(0, &arguments, input)).unwrap()
}

#[test]
fn the_verdict_comes_first() {
    let input = leads((6_000, 600), (6_000, 720));
    let out = expect(0, &with(&["--segment", "source", "--guardrail", "deal_size:2%"]), input.as_bytes());
    let first = out.lines().next().unwrap();
    assert!(first.starts_with("Win: challenger's converted rate is 20 % above champion's"), "{out}");
    for word in ["chance to be best", "split: chi-square 0", "kept: deal_size", "referral", "adjusted p"] {
        assert!(out.contains(word), "{word}\n{out}");
    }
}

#[test]
fn programs_get_every_figure() {
    let answer = json(
        &with(&["--min-per-arm", "1000", "--method", "fixed", "--guardrail", "deal_size:2%"]),
        leads((5_000, 500), (5_000, 560)).as_bytes(),
    );
    let measured = &answer["comparisons"][0]["primary"]["outcome"];
    // The figures GrowthBook reports for 500 of 5,000 against 560 of 5,000.
    let close = |value: &Value, expected: f64| assert!((value.as_f64().unwrap() - expected).abs() < 5e-6, "{value} {expected}");
    close(&measured["effect"]["value"], 0.12);
    close(&measured["delta_method"]["p_value"], 0.065599);
    close(&measured["delta_method"]["interval"]["lower"], -0.007745);
    close(&measured["delta_method"]["interval"]["upper"], 0.247745);
    assert_eq!(answer["verdict"]["kind"], "inconclusive");
    assert!(answer["verdict"]["extend"]["leads_per_arm"].as_u64().unwrap() > 40_000);
    assert_eq!(answer["arms"][0]["name"], "champion");
    let sequential = with(&["--min-per-arm", "1000", "--method", "sequential", "--tuned-to", "5000"]);
    let answer = json(&sequential, leads((5_000, 500), (5_000, 560)).as_bytes());
    close(&answer["comparisons"][0]["primary"]["outcome"]["delta_method"]["p_value"], 0.833615);
}

#[test]
fn each_verdict_is_reached() {
    let kind = |more: &[&str], input: String| json(&with(more), input.as_bytes())["verdict"]["kind"].as_str().unwrap().to_owned();
    assert_eq!(kind(&[], leads((6_000, 600), (6_000, 480))), "lose");
    assert_eq!(kind(&[], leads((6_000, 600), (6_000, 610))), "inconclusive");
    assert_eq!(kind(&[], leads((600, 60), (600, 90))), "insufficient-data");
    assert_eq!(kind(&[], leads((6_000, 600), (6_600, 900))), "invalid");
    assert_eq!(kind(&["--weights", "champion=10,challenger=11"], leads((6_000, 600), (6_600, 900))), "win");
    assert_eq!(
        kind(&["--method", "obrien-fleming", "--looks", "6", "--look", "1"], leads((6_000, 600), (6_000, 680))),
        "inconclusive"
    );
}

#[test]
fn the_planned_level_is_kept_when_outcomes_are_still_open() {
    let mut input = leads((6_000, 600), (5_400, 700));
    input.extend((0..600).map(|lead| format!("x{lead},challenger,,web,900,3,no\n")));
    let answer = json(&ARGUMENTS, input.as_bytes());
    assert_eq!(answer["verdict"]["kind"], "win", "{answer}");
    assert_eq!(answer["comparisons"][0]["primary"]["treatment"]["open"], 600);
}

#[test]
fn several_files_of_several_formats_are_one_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, ndjson) = (text(&folder.path().join("a.csv")), text(&folder.path().join("b.ndjson")));
    std::fs::write(&csv, leads((6_000, 600), (0, 0))).unwrap();
    let lines: String = (0..6_000).map(|i| format!("{{\"variant\": \"challenger\", \"converted\": {}}}\n", i < 720)).collect();
    std::fs::write(&ndjson, lines).unwrap();
    let out = expect(0, &["experiment", &csv, &ndjson, "--arm", "variant", "--outcome", "converted"], b"");
    assert!(out.starts_with("Win"), "{out}");
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let mut input = leads((6_000, 600), (6_000, 720));
    input.push_str("x,champion,maybe,web,900,3,no\ny,,1,web,900,3,no\n");
    let page = expect(0, &ARGUMENTS, input.as_bytes());
    for words in [
        "rows: 12,002 read, 12,000 used, 2 left out",
        "1 VALUE_NOT_UNDERSTOOD",
        "standard input, line 12002: converted is \"maybe\", not 1 or 0",
        "standard input, line 12003: variant does not name an arm",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    expect(3, &with(&["--max-left-out", "0.01%"]), input.as_bytes());
    let rows = &json(&ARGUMENTS, input.as_bytes())["rows"];
    assert_eq!(
        (&rows["read"], &rows["used"], &rows["left_out"][1]["reason"]),
        (&12_002.into(), &12_000.into(), &"ARM_MISSING".into())
    );
    let refused = |more: &[&str], input: &str, code: i32, part: &str| {
        let error = failure(code, more, input.as_bytes());
        assert!(error.contains(part), "{error}");
    };
    let wrong = ["experiment", "-", "--arm", "arm", "--outcome", "converted"];
    refused(&wrong, &leads((9, 1), (9, 1)), 5, "there is no column arm; the columns are lead_id, variant");
    refused(&ARGUMENTS, "variant,converted\nx,1\ny,0\n", 2, "NO_CONTROL");
    refused(&with(&["--control", "z"]), "variant,converted\nx,1\ny,0\n", 2, "NO_CONTROL");
    refused(&ARGUMENTS, "variant,converted\nx,1\n", 5, "TOO_FEW_ARMS");
    let many: String = (0..30).map(|i| format!("v{i},1\n")).collect();
    refused(&ARGUMENTS, &format!("variant,converted\n{many}"), 5, "TOO_MANY_ARMS");
    refused(&with(&["--alpha", "70%"]), "", 2, "alpha is 0.7");
    refused(&with(&["--guardrail", "deal_size"]), "", 2, "deal_size:2%");
    refused(&with(&["--lift", "0"]), &leads((9, 1), (9, 1)), 2, "BAD_EXPERIMENT");
    refused(&["experiment", "-", "--arm", "variant"], "", 2, "--outcome");
    refused(&with(&["--method", "pocock", "--looks", "4", "--look", "5"]), &leads((9, 1), (9, 1)), 2, "one of the planned looks");
}

#[test]
fn the_plan_says_it_before_the_test() {
    let out = expect(0, &["plan", "--base", "10%", "--lift", "5%", "--per-day", "700", "--method", "fixed"], b"");
    assert!(out.starts_with("5,000 leads per arm give 13 % power for +5 % relative at a 10 % base rate"), "{out}");
    assert!(out.contains("57,756") && out.contains("24 full weeks") && out.contains("smallest increase detected"), "{out}");
    for (base, needed, power) in [("5%", 122_106, 0.088), ("0.1", 57_755, 0.131), ("20%", 25_579, 0.236)] {
        let plan = ["plan", "--base", base, "--method", "fixed", "--json"];
        let answer: Value = serde_json::from_str(&expect(0, &plan, b"")).unwrap();
        assert_eq!(answer["needed"]["exact"].as_f64().unwrap() as u64, needed);
        assert_eq!(answer["needed"]["per_arm"], needed + 1);
        assert!((answer["given"]["power"].as_f64().unwrap() - power).abs() < 5e-4, "{answer}");
    }
}

#[test]
fn the_plan_is_for_the_method_that_analyses_by_default() {
    let needed = |more: &[&str]| {
        let plan = [&["plan", "--base", "10%", "--json"], more].concat();
        let answer: Value = serde_json::from_str(&expect(0, &plan, b"")).unwrap();
        answer["needed"]["per_arm"].as_u64().unwrap()
    };
    let (default, once) = (needed(&[]), needed(&["--method", "fixed"]));
    assert_eq!((default, once), (needed(&["--tuned-to", "5000"]), 57_756));
    let tuned = needed(&["--tuned-to", &(2 * default).to_string()]);
    assert!(once < tuned && tuned < default, "{once} {tuned} {default}");
    let out = expect(0, &["plan", "--base", "10%"], b"");
    assert!(out.contains("early looks take") && out.contains("with one look at the end (`--method fixed`) 57,756"), "{out}");
    assert!(out.contains("however often `plumbline experiment` is run"), "{out}");
}

#[test]
fn a_plan_reads_its_base_from_past_leads() {
    let input = leads((6_000, 600), (0, 0));
    let out = expect(0, &["plan", "-", "--outcome", "converted"], input.as_bytes());
    assert!(out.contains("at a 10 % base rate"), "{out}");
    let out = expect(0, &["plan", "-", "--mean", "deal_size", "--lift", "3%"], input.as_bytes());
    assert!(out.contains("at a mean of 999.5 (standard deviation 57.7"), "{out}");
    assert!(failure(2, &["plan"], b"").contains("NO_BASELINE"));
    assert!(failure(2, &["plan", "--base", "100%"], b"").contains("the base rate is 1"));
    assert!(failure(5, &["plan", "-", "--outcome", "no"], input.as_bytes()).contains("there is no column no"));
    assert!(failure(5, &["plan", "-", "--outcome", "converted"], b"converted\n1\n").contains("TOO_FEW_LEADS"));
}

#[test]
fn the_area_under_the_curve_guards_and_decides() {
    let mut input = String::from("variant,converted,probability,satisfaction\n");
    for i in 0..12_000u32 {
        let (arm, converted) = (["champion", "challenger"][(i % 2) as usize], u32::from(i % 10 < 2 + i % 2));
        // The challenger's scores rank better.
        let noise = f64::from(i * 7919 % 1000) / 1000.0;
        let score = (noise + f64::from(converted) * if i % 2 == 1 { 0.6 } else { 0.3 }) / 1.6;
        input.push_str(&format!(
            "{arm},{},{score},{}\n",
            if i % 97 == 0 { String::new() } else { converted.to_string() },
            7 + i % 4
        ));
    }
    let rails = ["--guardrail", "auc(probability,converted):>=0.87", "--guardrail", "satisfaction:>=8"];
    let answer = json(&with(&rails), input.as_bytes());
    let guardrails = answer["comparisons"][0]["guardrails"].as_array().unwrap();
    assert_eq!((&guardrails[0]["finding"], &guardrails[1]["finding"]), (&"shown".into(), &"shown".into()), "{answer:#}");
    assert!(guardrails[0]["metric"]["treatment"]["mean"].as_f64().unwrap() > 0.9);
    assert!(guardrails[0]["interval"]["upper"].as_f64().unwrap() < 1.0);
    let floor = json(&with(&["--guardrail", "auc(probability,converted):>=0.95"]), input.as_bytes());
    assert_eq!(floor["verdict"]["kind"], "lose", "{floor:#}");
    let decides = json(&with(&["--auc", "probability", "--absolute"]), input.as_bytes());
    assert_eq!(decides["verdict"]["kind"], "win", "{decides:#}");
    assert_eq!(decides["comparisons"][0]["primary"]["name"], "AUC of probability on converted");
}

#[test]
fn a_missing_outcome_is_open_however_it_is_written() {
    let mut input = String::from("variant,converted,value\n");
    for i in 0..400u32 {
        let (arm, converted) = (["champion", "challenger"][(i % 2) as usize], u32::from(i % 5 == 0).to_string());
        let outcome = match i % 8 {
            0 => "NaN".to_owned(),
            1 => String::new(),
            2 => "null".to_owned(),
            _ => converted,
        };
        input.push_str(&format!("{arm},{outcome},{}\n", if i % 3 == 0 { "NaN" } else { "1.5" }));
    }
    let answer = json(&with(&["--min-per-arm", "50"]), input.as_bytes());
    assert_eq!(
        (&answer["arms"][0]["leads"], &answer["comparisons"][0]["primary"]["control"]["open"]),
        (&200.into(), &100.into())
    );
    // A number too large to square is reported in few digits.
    let output = run(&ARGUMENTS_OF_A_MEAN, b"variant,value\na,1e300\nb,2\na,3\n");
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.code() == Some(3) && page.contains("value: 1e300 is not a finite number below 1e100 in size"),
        "{page}"
    );
}

const ARGUMENTS_OF_A_MEAN: [&str; 6] = ["experiment", "-", "--arm", "variant", "--mean", "value"];

#[test]
fn rows_of_a_lead_are_one_lead_and_a_lead_in_two_arms_is_none() {
    let mut input = String::from("crm,lead_id,variant,converted\n");
    for lead in 0..400u32 {
        let arm = ["champion", "challenger"][(lead % 2) as usize];
        for row in 0..5 {
            input.push_str(&format!("c{row},l{lead},{arm},{}\n", u32::from(lead % 20 < 3 && row == 2)));
        }
    }
    input.push_str("c,l0,challenger,1\n");
    let answer = json(&with(&["--min-per-arm", "50"]), input.as_bytes());
    assert_eq!((&answer["arms"][0]["leads"], &answer["arms"][1]["leads"]), (&199.into(), &200.into()), "{answer:#}");
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("400 of 400 leads have several rows")
            && notes.contains("1 lead has rows in more than one arm and is left out: l0"),
        "{notes}"
    );
    // Another column names the lead, and without an id each row is one.
    let answer = json(&with(&["--lead", "crm", "--max-left-out", "100%"]), input.as_bytes());
    assert!(answer["notes"].to_string().contains("5 of 6 leads have several rows"), "{answer:#}");
    let out = expect(0, &with(&[]), input.replace("lead_id", "number").as_bytes());
    assert!(out.contains("Each row is taken as a lead of its own"), "{out}");
    assert!(failure(5, &with(&["--lead", "nobody"]), input.as_bytes()).contains("there is no column nobody"));
}

#[test]
fn open_deals_without_days_never_shorten_the_cycle() {
    let mut input = String::from("variant,converted,days,closed,opened\n");
    for lead in 0..4_000u32 {
        let (arm, fast) = (["champion", "challenger"][(lead % 2) as usize], lead % 40 + 1);
        let converted = u32::from(lead % 20 < 2 + lead % 2);
        // Half of the challenger's deals never close; a system of record leaves their days empty.
        match lead % 4 {
            1 => input.push_str(&format!("{arm},{converted},,no,2026-06-01\n")),
            _ => input.push_str(&format!("{arm},{converted},{fast},yes,2026-06-01\n")),
        }
    }
    let cycle = ["--min-per-arm", "100", "--cycle", "days", "--closed", "closed", "--cycle-margin", "10%"];
    let answer = json(&with(&cycle), input.as_bytes());
    let found = &answer["comparisons"][0]["cycle"];
    assert_eq!((&found["finding"], &found["unknown"]), (&"open".into(), &serde_json::json!([0, 1_000])), "{answer:#}");
    assert!(!answer["sentence"].as_str().unwrap().starts_with("Win"), "{answer:#}");
    let dated = [&cycle[..], &["--opened", "opened", "--now", "2026-07-11"]].concat();
    let answer = json(&with(&dated), input.as_bytes());
    assert_eq!(answer["comparisons"][0]["cycle"]["finding"], "refuted", "{answer:#}");
    assert_eq!(answer["verdict"]["kind"], "lose");
}

#[test]
fn a_broken_arm_loses_and_a_negative_mean_keeps_its_sign() {
    let answer = json(&with(&["--min-per-arm", "1000"]), leads((1_500, 150), (1_500, 0)).as_bytes());
    assert_eq!(
        (&answer["verdict"]["kind"], &answer["comparisons"][0]["primary"]["outcome"]["exact"]),
        (&"lose".into(), &true.into())
    );
    let rows: String = (0..800)
        .map(|i| format!("{},{}\n", ["a", "b"][i % 2], if i % 2 == 0 { -12 + (i as i32 % 5) } else { -6 + (i as i32 % 5) }))
        .collect();
    let out = expect(
        0,
        &["experiment", "-", "--arm", "variant", "--mean", "value", "--min-per-arm", "100"],
        format!("variant,value\n{rows}").as_bytes(),
    );
    assert!(out.starts_with("Win: b's value is 6") && out.contains("The change of value is absolute"), "{out}");
}

#[test]
fn a_deal_whose_days_cannot_be_read_leaves_the_cycle_unknown_and_its_lead_in() {
    let mut input = String::from("variant,converted,days,closed\n");
    for lead in 0..4_000u32 {
        let (arm, days) = (["champion", "challenger"][(lead % 2) as usize], lead % 40 + 1);
        let converted = u32::from(lead % 20 < 2 + 2 * (lead % 2));
        match lead {
            1 => input.push_str(&format!("{arm},{converted},soon,no\n")),
            3 => input.push_str(&format!("{arm},{converted},-4,no\n")),
            5 => input.push_str(&format!("{arm},{converted},12,perhaps\n")),
            _ => input.push_str(&format!("{arm},{converted},{days},yes\n")),
        }
    }
    let cycle = with(&["--min-per-arm", "100", "--cycle", "days", "--closed", "closed", "--cycle-margin", "50%"]);
    let answer = json(&cycle, input.as_bytes());
    let found = &answer["comparisons"][0]["cycle"];
    assert_eq!((&found["finding"], &found["unknown"]), (&"open".into(), &serde_json::json!([0, 3])), "{answer:#}");
    assert_eq!((&answer["verdict"]["kind"], &answer["rows"]["used"]), (&"inconclusive".into(), &4_000.into()), "{answer:#}");
    let page = expect(0, &cycle, input.as_bytes());
    assert!(page.contains("3 deals have unreadable days") && page.contains("line 3: days is \"soon\""), "{page}");
    let readable = input.replace("soon", "9").replace("-4", "9").replace("perhaps", "no");
    assert_eq!(json(&cycle, readable.as_bytes())["verdict"]["kind"], "win");
}

#[test]
fn the_split_counts_every_row_that_names_an_arm() {
    let rows = |missing: &dyn Fn(u32) -> bool| {
        let mut input = String::from("variant,revenue,before\n");
        for lead in 0..8_000u32 {
            let before = if missing(lead) { String::new() } else { (lead % 13).to_string() };
            input.push_str(&format!("{},{},{before}\n", ["a", "b"][(lead % 2) as usize], lead % 13 + lead % 5));
        }
        input
    };
    let arguments = ["experiment", "-", "--arm", "variant", "--mean", "revenue", "--before", "before", "--min-per-arm", "100"];
    let tolerant = [&arguments[..], &["--max-left-out", "50%"]].concat();
    // Covariates missing alike: the split is as planned.
    let alike = json(&tolerant, rows(&|lead| lead % 10 < 2).as_bytes());
    assert_eq!(alike["arms"][0]["leads"], 4_000, "{alike:#}");
    assert_eq!((&alike["arms"][0]["left_out"], &alike["rows"]["left_out"][0]["rows"]), (&800.into(), &1_600.into()));
    assert_ne!(alike["verdict"]["kind"], "invalid");
    // Missing in one arm: the assignment was sound, and what is left cannot be compared.
    let one = json(&tolerant, rows(&|lead| lead % 10 == 1).as_bytes());
    assert!(one["sample_ratio"]["p_value"].as_f64().unwrap() > 0.9, "{one:#}");
    assert!(one["sentence"].as_str().unwrap().contains("leads left out are not spread"), "{one:#}");
}

#[test]
fn rows_of_leads_in_two_arms_are_left_out() {
    let mut input = String::from("lead_id,variant,converted\n");
    for lead in 0..600u32 {
        input.push_str(&format!("l{lead},{},{}\n", ["a", "b"][(lead % 2) as usize], u32::from(lead % 9 == 0)));
    }
    input.push_str("l7,a,1\nl8,b,0\nl9,b,0\n");
    let rows = json(&with(&["--min-per-arm", "100"]), input.as_bytes())["rows"].clone();
    assert_eq!((&rows["read"], &rows["used"]), (&603.into(), &599.into()), "{rows:#}");
    assert_eq!((&rows["left_out"][0]["reason"], &rows["left_out"][0]["rows"]), (&"LEAD_IN_SEVERAL_ARMS".into(), &4.into()));
    expect(3, &with(&["--min-per-arm", "100", "--max-left-out", "0.1%"]), input.as_bytes());
}
