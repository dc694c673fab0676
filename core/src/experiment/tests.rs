use super::*;
use crate::stats::effect::Scale;
use crate::stats::group_sequential::Spending;
use crate::stats::margin::Finding;

mod judgement;

const ARMS: [&str; 2] = ["champion", "challenger"];

fn conversion() -> Settings {
    Settings { method: Method::Fixed, ..Settings::new(&ARMS, Metric::new("converted", Kind::Rate)) }
}

fn with_guardrail(demand: Demand) -> Settings {
    let metric = Metric::new("deal size", Kind::Mean);
    Settings { guardrails: vec![Guardrail { metric, demand }], ..conversion() }
}

/// Leads of each arm: (leads, conversions), and values of a guardrail that alternate about a mean.
fn seen(settings: &Settings, arms: &[(u64, u64, f64)]) -> Data {
    let mut data = Data::new(settings);
    for (arm, (leads, converted, deal)) in arms.iter().enumerate() {
        for lead in 0..*leads {
            let swing = if lead % 2 == 0 { 20.0 } else { -20.0 };
            let both = [Measured::Value(f64::from(u8::from(lead < *converted))), Measured::Value(deal + swing)];
            let metrics = &both[..settings.guardrails.len() + 1];
            data.push(settings, &Observation { arm, metrics, cycle: None, segments: &[] }).unwrap();
        }
    }
    data
}

fn verdict(settings: &Settings, arms: &[(u64, u64, f64)]) -> Analysis {
    analyse(settings, &seen(settings, arms)).unwrap()
}

#[test]
fn each_verdict_has_its_case() {
    let rows: [(&str, Analysis, &str); 6] = [
        ("Win", verdict(&conversion(), &[(6_000, 600, 0.0), (6_000, 720, 0.0)]), "Roll out"),
        ("Lose", verdict(&conversion(), &[(6_000, 600, 0.0), (6_000, 480, 0.0)]), "roll back"),
        ("Inconclusive", verdict(&conversion(), &[(6_000, 600, 0.0), (6_000, 620, 0.0)]), "Extend by"),
        ("Insufficient data", verdict(&conversion(), &[(600, 60, 0.0), (610, 90, 0.0)]), "600 leads"),
        ("Invalid", verdict(&conversion(), &[(6_000, 600, 0.0), (6_500, 1_000, 0.0)]), "planned split"),
        ("Insufficient data", verdict(&conversion(), &[(9_000, 2, 0.0), (9_000, 3, 0.0)]), "about 45,000 leads"),
    ];
    for (word, analysis, part) in rows {
        assert_eq!(analysis.verdict.word(), word, "{}", analysis.sentence);
        assert!(analysis.sentence.starts_with(word) && analysis.sentence.contains(part), "{}", analysis.sentence);
        let json = serde_json::to_string(&analysis).unwrap();
        assert!(json.contains("\"sentence\"") && !json.contains("NaN"), "{json}");
    }
}

#[test]
fn the_sentence_tells_size_interval_and_what_to_do() {
    let settings = Settings { leads_per_day: Some(800.0), ..conversion() };
    let analysis = verdict(&settings, &[(6_000, 600, 0.0), (6_000, 620, 0.0)]);
    assert_eq!(
        analysis.sentence,
        "Inconclusive: challenger's converted rate is 3.33 % above champion's (95 % interval −7.11 % to +15 %), so there may be no \
         change at all. Extend by 19 weeks: 51,756 leads more per arm."
    );
    let Verdict::Inconclusive { extend: Some(extend) } = analysis.verdict else { panic!("{:?}", analysis.verdict) };
    // 57,756 per arm are needed at a base rate of 10 %.
    assert_eq!((extend.leads_per_arm, extend.days), (51_756, Some(130)));
}

#[test]
fn more_leads_than_needed_end_the_waiting() {
    let settings = Settings { lift: 0.2, ..conversion() };
    let analysis = verdict(&settings, &[(9_000, 900, 0.0), (9_000, 905, 0.0)]);
    assert_eq!(analysis.verdict, Verdict::Inconclusive { extend: None });
    assert!(analysis.sentence.contains("enough leads to find +20 %"), "{}", analysis.sentence);
}

#[test]
fn a_guardrail_turns_a_win() {
    let settings = with_guardrail(Demand::Margin(0.02));
    let deal = |size: f64| verdict(&settings, &[(6_000, 600, 500.0), (6_000, 720, size)]);
    assert_eq!(deal(500.0).verdict, Verdict::Win);
    let harmed = deal(470.0);
    assert_eq!(harmed.verdict, Verdict::Lose);
    assert!(harmed.sentence.contains("deal size violates its limit (decline of less than 2 %)"), "{}", harmed.sentence);
    // A margin that 6,000 leads cannot resolve: not shown, so no win yet.
    let tight = with_guardrail(Demand::Margin(0.0005));
    let open = verdict(&tight, &[(6_000, 600, 500.0), (6_000, 720, 500.0)]);
    let Verdict::Inconclusive { extend: Some(extend) } = open.verdict else { panic!("{:?}", open.verdict) };
    assert!(extend.leads_per_arm > 10_000, "{extend:?}");
    assert!(open.sentence.contains("is not yet shown to meet its limit"), "{}", open.sentence);
}

#[test]
fn a_bound_is_held_against_the_treatments_own_mean() {
    for (bound, expected) in [
        (Demand::AtLeast(490.0), Finding::Shown),
        (Demand::AtLeast(510.0), Finding::Refuted),
        (Demand::AtLeast(500.0), Finding::Open),
        (Demand::AtMost(510.0), Finding::Shown),
    ] {
        let analysis = verdict(&with_guardrail(bound), &[(6_000, 600, 300.0), (6_000, 720, 500.0)]);
        assert_eq!(analysis.comparisons[0].guardrails[0].finding, expected, "{bound:?}");
    }
}

#[test]
fn less_may_be_better() {
    let metric = Metric { better: Better::Less, ..Metric::new("unsubscribed", Kind::Rate) };
    let settings = Settings { primary: metric, ..conversion() };
    let analysis = verdict(&settings, &[(6_000, 720, 0.0), (6_000, 600, 0.0)]);
    assert_eq!(analysis.verdict, Verdict::Win);
    let measured = *analysis.comparisons[0].primary.outcome.measured().unwrap();
    assert!(measured.chance_to_win > 0.99 && measured.expected_loss.treatment < measured.expected_loss.control);
    assert!(analysis.arms[1].standing.unwrap().best > 0.99);
    assert_eq!(verdict(&settings, &[(6_000, 600, 0.0), (6_000, 720, 0.0)]).verdict, Verdict::Lose);
}

#[test]
fn harm_stops_early_only_where_looking_is_allowed() {
    let few = [(2_000, 400, 0.0), (2_000, 200, 0.0)];
    assert_eq!(verdict(&conversion(), &few).verdict, Verdict::InsufficientData { found: 2_000, needed: Some(5_000) });
    let sequential = Settings { method: Method::Sequential { tuned_to: None }, ..conversion() };
    assert_eq!(verdict(&sequential, &few).verdict, Verdict::Lose);
    let looks = |look| Method::GroupSequential { spending: Spending::OBrienFleming, information: vec![0.2, 0.6, 1.0], look };
    let planned = |look| verdict(&Settings { method: looks(Some(look)), least_per_arm: 1_000, ..conversion() }, &few).verdict;
    assert_eq!((planned(1), planned(3)), (Verdict::Lose, Verdict::Lose));
    let gain = [(2_000, 200, 0.0), (2_000, 260, 0.0)];
    let planned = |look| verdict(&Settings { method: looks(Some(look)), least_per_arm: 1_000, ..conversion() }, &gain).verdict;
    assert!(matches!(planned(1), Verdict::Inconclusive { .. }), "the first bound is far out");
    assert_eq!(planned(3), Verdict::Win);
}

#[test]
fn a_harmed_segment_is_named() {
    let settings = Settings { segments: vec!["source".into(), "region".into()], least_per_arm: 1_000, ..conversion() };
    let mut data = Data::new(&settings);
    // Web gains, referrals lose, region does not matter; some leads have no region.
    for (arm, source, leads, converted) in
        [(0, "web", 4_000, 400), (1, "web", 4_000, 640), (0, "referral", 2_000, 400), (1, "referral", 2_000, 260)]
    {
        for lead in 0..leads {
            let metrics = [Measured::Value(f64::from(u8::from(lead < converted)))];
            let region = ["north", "south"].get(lead % 3).copied();
            data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[Some(source), region] })
                .unwrap();
        }
    }
    let analysis = analyse(&settings, &data).unwrap();
    assert!(analysis.sentence.ends_with("Worse in source referral."), "{}", analysis.sentence);
    let told: Vec<(&str, Direction)> = analysis.comparisons[0].segments.iter().map(|s| (s.value.as_str(), s.direction)).collect();
    assert_eq!(told[..2], [("referral", Direction::Worse), ("web", Direction::Better)]);
    assert_eq!(told[2].0, NO_VALUE);
    let p: Vec<f64> = analysis.comparisons[0].segments.iter().filter_map(|s| s.adjusted_p).collect();
    assert!(p.len() == 5 && p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
}

#[test]
fn several_treatments_share_the_level_and_the_best_is_told() {
    let settings = Settings { arms: Settings::new(&["a", "b", "c"], conversion().primary).arms, ..conversion() };
    let analysis = verdict(&settings, &[(6_000, 600, 0.0), (6_000, 630, 0.0), (6_000, 760, 0.0)]);
    assert_eq!(analysis.verdict, Verdict::Win);
    assert!(
        analysis.sentence.contains("c's converted rate") && analysis.sentence.contains("97.5 % interval"),
        "{}",
        analysis.sentence
    );
    assert_eq!(analysis.comparisons.len(), 2);
    let best: f64 = analysis.arms.iter().filter_map(|arm| arm.standing).map(|s| s.best).sum();
    assert!((best - 1.0).abs() < 1e-9);
}

#[test]
fn the_interval_of_an_adjusted_metric_is_narrower() {
    let plain = Settings { primary: Metric::new("revenue", Kind::Mean), ..conversion() };
    let adjusted = Settings { primary: Metric { adjusted: true, ..plain.primary.clone() }, ..plain.clone() };
    let mut data = [Data::new(&plain), Data::new(&adjusted)];
    for lead in 0..12_000u32 {
        let (before, noise) = (f64::from(lead % 101), f64::from(lead * 31 % 17));
        let after = before + 0.1 * noise + if lead % 2 == 1 { 0.5 } else { 0.0 };
        let arm = (lead % 2) as usize;
        for (of, settings, measured) in [(0, &plain, Measured::Value(after)), (1, &adjusted, Measured::Pair(after, before))] {
            data_push(&mut data[of], settings, arm, measured);
        }
    }
    let width = |settings: &Settings, data: &Data| {
        let analysis = analyse(settings, data).unwrap();
        let interval = analysis.comparisons[0].primary.outcome.measured().unwrap().test.interval;
        (interval.upper - interval.lower, analysis.verdict)
    };
    let ((wide, before), (narrow, after)) = (width(&plain, &data[0]), width(&adjusted, &data[1]));
    assert!(narrow < 0.2 * wide, "{narrow} {wide}");
    assert!(matches!(before, Verdict::Inconclusive { .. }) && after == Verdict::Win, "{before:?} {after:?}");
}

fn data_push(data: &mut Data, settings: &Settings, arm: usize, measured: Measured) {
    data.push(settings, &Observation { arm, metrics: &[measured], cycle: None, segments: &[] }).unwrap();
}

#[test]
fn merged_data_give_the_same_analysis() {
    let settings = with_guardrail(Demand::Margin(0.02));
    let whole = seen(&settings, &[(6_000, 600, 500.0), (6_000, 720, 500.0)]);
    let mut merged = seen(&settings, &[(6_000, 600, 500.0), (0, 0, 0.0)]);
    merged.merge(&seen(&settings, &[(0, 0, 0.0), (6_000, 720, 500.0)]));
    assert_eq!(analyse(&settings, &whole).unwrap().verdict, analyse(&settings, &merged).unwrap().verdict);
    assert_eq!(whole.leads(), merged.leads());
}

#[test]
fn leads_without_an_outcome_count_for_the_split_only() {
    let settings = conversion();
    let mut data = seen(&settings, &[(6_000, 600, 0.0), (5_400, 700, 0.0)]);
    assert!(matches!(analyse(&settings, &data).unwrap().verdict, Verdict::Invalid { .. }));
    (0..600).for_each(|_| data_push(&mut data, &settings, 1, Measured::Open));
    let analysis = analyse(&settings, &data).unwrap();
    assert_eq!(analysis.verdict, Verdict::Win);
    assert_eq!(analysis.comparisons[0].primary.treatment, Figure { leads: 5_400, open: 600, mean: Some(700.0 / 5_400.0) });
    assert!(analysis.notes[0].starts_with("600 leads have no outcome yet"), "{:?}", analysis.notes);
}

#[test]
fn bad_leads_and_settings_are_refused() {
    let settings = Settings { segments: vec!["source".into()], ..conversion() };
    let mut data = Data::new(&settings);
    let value = |x| [Measured::Value(x)];
    let pair = [Measured::Pair(1.0, 2.0)];
    type Row<'a> = (usize, &'a [Measured], Option<Deal>, &'a [Option<&'a str>], &'a str);
    let rows: [Row<'_>; 8] = [
        (2, &value(1.0), None, &[None], "NO_SUCH_ARM"),
        (0, &[], None, &[None], "LENGTH_MISMATCH"),
        (0, &value(1.0), None, &[], "LENGTH_MISMATCH"),
        (0, &value(0.5), None, &[None], "BAD_VALUE"),
        (0, &value(f64::NAN), None, &[None], "BAD_VALUE"),
        (0, &pair, None, &[None], "BAD_VALUE"),
        (0, &value(1.0), Some(Deal::Closed(-1.0)), &[None], "BAD_VALUE"),
        (0, &value(1.0), Some(Deal::Open(f64::NAN)), &[None], "BAD_VALUE"),
    ];
    for (arm, metrics, cycle, segments, code) in rows {
        let refused = data.push(&settings, &Observation { arm, metrics, cycle, segments }).unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    assert_eq!(data, Data::new(&settings), "nothing of a refused lead stays");
    let mut bad = Settings { lift: 0.0, power: 2.0, leads_per_day: Some(-1.0), ..with_guardrail(Demand::Margin(-1.0)) };
    bad.arms[1] = bad.arms[0].clone();
    bad.arms[0].weight = 0.0;
    bad.method = Method::GroupSequential { spending: Spending::Pocock, information: vec![0.5, 1.0], look: Some(3) };
    bad.primary = Metric { adjusted: true, ..Metric::new("r", Kind::Ratio) };
    let refused = bad.check().unwrap_err();
    assert_eq!((refused.code(), refused.problems.len()), ("BAD_EXPERIMENT", 8), "{refused}");
}

#[test]
fn extreme_data_never_give_nan() {
    let mean = Settings { primary: Metric::new("m", Kind::Mean), least_per_arm: 0, scale: Scale::Relative, ..conversion() };
    let ratio = Settings { primary: Metric::new("r", Kind::Ratio), ..mean.clone() };
    for method in [Method::Fixed, Method::Sequential { tuned_to: None }, Method::weekly(4, Spending::Pocock)] {
        for values in [[0.0, 0.0], [5.0, 5.0], [1e99, -1e99], [1e-300, 2e-300], [-1.0, 1.0], [0.0, 1.0]] {
            for settings in [&mean, &ratio] {
                let settings = Settings { method: method.clone(), ..settings.clone() };
                let mut data = Data::new(&settings);
                for lead in 0..80usize {
                    let x = values[lead / 2 % 2];
                    let measured = if settings.primary.kind == Kind::Ratio {
                        Measured::Pair(x, values[lead % 3 % 2])
                    } else {
                        Measured::Value(x)
                    };
                    data_push(&mut data, &settings, lead % 2, measured);
                }
                let analysis = analyse(&settings, &data).unwrap();
                let text = format!("{analysis:?}");
                assert!(!text.contains("NaN"), "{values:?} {text}");
            }
        }
    }
    let empty = conversion();
    assert_eq!(analyse(&empty, &Data::new(&empty)).unwrap().verdict, Verdict::InsufficientData { found: 0, needed: Some(5_000) });
}

#[test]
fn arms_that_turn_up_later_find_room() {
    let mut settings = conversion();
    settings.arms.truncate(1);
    let mut data = Data::new(&settings);
    data_push(&mut data, &settings, 0, Measured::Value(1.0));
    settings.arms.push(Arm { name: "control".into(), weight: 1.0 });
    data.widen(2);
    data_push(&mut data, &settings, 1, Measured::Value(0.0));
    data_push(&mut data, &settings, 1, Measured::Value(0.0));
    data.lead_with(1);
    settings.arms.swap(0, 1);
    assert_eq!(analyse(&settings, &data).unwrap().arms.iter().map(|arm| arm.leads).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_longer_sales_cycle_is_harm_and_open_deals_count() {
    let settings = Settings { cycle: Some(Cycle { name: "sales cycle".into(), margin: 0.1, horizon: None }), ..conversion() };
    let play = |slower: f64, open_from: f64| {
        let mut data = Data::new(&settings);
        for (arm, converted, pace) in [(0, 600, 1.0), (1, 720, slower)] {
            for lead in 0..6_000u32 {
                let metrics = [Measured::Value(f64::from(u8::from(lead < converted)))];
                let days = pace * f64::from(lead % 60 + 1);
                // Nobody is watched for longer than `open_from` days.
                let cycle = (lead < 1_200).then_some(if days > open_from { Deal::Open(open_from) } else { Deal::Closed(days) });
                data.push(&settings, &Observation { arm, metrics: &metrics, cycle, segments: &[] }).unwrap();
            }
        }
        analyse(&settings, &data).unwrap()
    };
    assert_eq!(play(1.0, 45.0).verdict, Verdict::Win);
    let slower = play(1.5, 45.0);
    assert_eq!(slower.verdict, Verdict::Lose);
    let cycle = slower.comparisons[0].cycle.as_ref().unwrap();
    assert_eq!((cycle.finding, cycle.horizon, cycle.deals[0]), (Finding::Refuted, 45.0, (1_200, 900)));
    assert!(cycle.log_rank_p.unwrap() < 1e-6 && cycle.median_days[0] == Some(30.0), "{cycle:?}");
    // Everything open yet: nothing is known, so nothing is claimed.
    let unknown = play(1.0, 0.5);
    assert!(matches!(unknown.verdict, Verdict::Inconclusive { .. }), "{}", unknown.sentence);
    assert!(unknown.sentence.contains("0 deals of an arm closed"), "{}", unknown.sentence);
    // A deal that is open for an unknown time leaves the finding open, too.
    let mut data = Data::new(&settings);
    for lead in 0..12_000usize {
        let metrics = [Measured::Value(f64::from(u8::from(lead / 2 < 600 + 120 * (lead % 2))))];
        let deal = if lead % 4 == 3 { Deal::Unknown } else { Deal::Closed((lead % 40) as f64 + 1.0) };
        data.push(&settings, &Observation { arm: lead % 2, metrics: &metrics, cycle: Some(deal), segments: &[] }).unwrap();
    }
    let analysis = analyse(&settings, &data).unwrap();
    assert!(matches!(analysis.verdict, Verdict::Inconclusive { .. }), "{}", analysis.sentence);
    let cycle = analysis.comparisons[0].cycle.as_ref().unwrap();
    assert_eq!((cycle.finding, cycle.unknown), (Finding::Open, [0, 3_000]));
}

/// Scores of `leads` leads, a third of which converted, that rank as well as `apart` says.
fn ranked(settings: &Settings, arms: &[(u64, f64)]) -> Data {
    let mut data = Data::new(settings);
    let mut random = crate::random::Random::new(11);
    for (arm, (leads, apart)) in arms.iter().enumerate() {
        for lead in 0..*leads {
            let converted = f64::from(u8::from(lead % 3 == 0));
            let score = random.unit() + converted * apart;
            let metrics = [Measured::Value(f64::from(u8::from(lead % 10 < 1 + arm as u64))), Measured::Pair(score, converted)];
            let metrics = &metrics[..settings.guardrails.len() + 1];
            data.push(settings, &Observation { arm, metrics, cycle: None, segments: &[] }).unwrap();
        }
    }
    data
}

#[test]
fn the_area_under_the_curve_is_a_guardrail_of_one_arm_and_of_two() {
    let with = |demand| {
        let metric = Metric::new("AUC", Kind::Auc);
        Settings { guardrails: vec![Guardrail { metric, demand }], ..conversion() }
    };
    // Uniform scores moved by d rank rightly with probability 1 − (1 − d)²/2: 0.5 gives 0.875, 0.3 gives 0.755.
    let found = |demand: Demand, arms: [(u64, f64); 2]| {
        let settings = with(demand);
        let analysis = analyse(&settings, &ranked(&settings, &arms)).unwrap();
        let guardrail = analysis.comparisons[0].guardrails[0].clone();
        (guardrail.finding, guardrail.interval, guardrail.sentence)
    };
    let (finding, interval, sentence) = found(Demand::AtLeast(0.85), [(6_000, 0.3), (6_000, 0.5)]);
    let interval = interval.expect("both classes occur");
    assert_eq!(finding, Finding::Shown, "{sentence}");
    assert!(interval.lower > 0.86 && interval.upper < 0.892 && interval.upper - interval.lower < 0.02, "{interval:?}");
    assert_eq!(found(Demand::AtLeast(0.87), [(6_000, 0.5), (6_000, 0.3)]).0, Finding::Refuted);
    assert_eq!(found(Demand::AtLeast(0.88), [(6_000, 0.3), (6_000, 0.5)]).0, Finding::Open);
    assert_eq!(found(Demand::Margin(0.05), [(6_000, 0.5), (6_000, 0.5)]).0, Finding::Shown);
    assert_eq!(found(Demand::Margin(0.05), [(6_000, 0.5), (6_000, 0.3)]).0, Finding::Refuted);
    let (finding, interval, sentence) = found(Demand::AtLeast(0.85), [(6_000, 0.3), (12, 0.5)]);
    let interval = interval.expect("four converted and eight did not");
    assert!(finding == Finding::Open && interval.upper - interval.lower > 0.5, "{interval:?}");
    assert!(sentence.contains("is not yet shown"), "{sentence}");
}

#[test]
fn the_area_under_the_curve_can_decide() {
    let settings = Settings { scale: Scale::Absolute, lift: 0.01, ..Settings::new(&ARMS, Metric::new("AUC", Kind::Auc)) };
    let mut data = Data::new(&settings);
    let mut random = crate::random::Random::new(3);
    for lead in 0..12_000usize {
        let (arm, converted) = (lead % 2, f64::from(u8::from(lead % 3 == 0)));
        let score = random.unit() + converted * [0.3, 0.4][arm];
        data.push(&settings, &Observation { arm, metrics: &[Measured::Pair(score, converted)], cycle: None, segments: &[] })
            .unwrap();
    }
    let analysis = analyse(&settings, &data).unwrap();
    assert_eq!(analysis.verdict, Verdict::Win, "{}", analysis.sentence);
    let effect = analysis.comparisons[0].primary.outcome.measured().expect("measured").effect;
    assert!((effect.value - 0.065).abs() < 0.02, "{effect:?}");
    // Two halves put together are the whole.
    let (mut one, mut two) = (Data::new(&settings), Data::new(&settings));
    for (place, lead) in [(0, 0.2), (0, 0.7), (1, 0.4), (1, 0.9)] {
        let metrics = [Measured::Pair(lead, f64::from(u8::from(lead > 0.5)))];
        let half = if place == 0 { &mut one } else { &mut two };
        half.push(&settings, &Observation { arm: 0, metrics: &metrics, cycle: None, segments: &[] }).unwrap();
    }
    one.merge(&two);
    assert_eq!(one.metrics[0][0].ranked, (vec![0.2, 0.7, 0.4, 0.9], vec![false, true, false, true]));
    let odd = Observation { arm: 0, metrics: &[Measured::Pair(0.5, 2.0)], cycle: None, segments: &[] };
    assert_eq!(one.push(&settings, &odd).unwrap_err().code(), "BAD_VALUE");
}
