//! What a verdict may claim: the sign of a change, harm among few leads, and numbers that are not promised.

use super::*;

/// Values of a number in each arm: `(leads, low, high)`, half of them each.
fn numbers(settings: &Settings, arms: [(u64, f64, f64); 2]) -> Analysis {
    let mut data = Data::new(settings);
    for (arm, (leads, low, high)) in arms.into_iter().enumerate() {
        for lead in 0..leads {
            let third = if lead % 3 == 0 { 0.5 * (low + high) } else { high };
            let x = if lead % 2 == 0 { low } else { third };
            let metrics = [Measured::Value(x), Measured::Value(x)];
            let metrics = &metrics[..settings.guardrails.len() + 1];
            data.push(settings, &Observation { arm, metrics, cycle: None, segments: &[] }).unwrap();
        }
    }
    analyse(settings, &data).unwrap()
}

fn of_mean(better: Better) -> Settings {
    let metric = Metric { better, ..Metric::new("profit", Kind::Mean) };
    Settings { least_per_arm: 100, primary: metric, ..conversion() }
}

#[test]
fn a_change_relative_to_a_mean_that_is_not_positive_is_absolute_and_keeps_its_sign() {
    // Losses halve; a mean crosses 0; a mean is 0 within its error.
    for (control, treatment) in [((-13.0, -7.0), (-8.0, -2.0)), ((-13.0, -7.0), (4.0, 9.0)), ((-3.0, 2.9), (2.0, 8.0))] {
        for better in [Better::More, Better::Less] {
            let settings = of_mean(better);
            let analysis = numbers(&settings, [(400, control.0, control.1), (400, treatment.0, treatment.1)]);
            let (verdict, high) = if better == Better::More { ("Win", true) } else { ("Lose", false) };
            assert_eq!(analysis.verdict.word(), verdict, "{}", analysis.sentence);
            assert!(analysis.sentence.contains("above champion's"), "{}", analysis.sentence);
            let measured = analysis.comparisons[0].primary.outcome.measured().unwrap();
            assert!(measured.effect.value > 0.0 && measured.effect.scale == Scale::Absolute, "{measured:?}");
            assert_eq!((measured.chance_to_win > 0.99, measured.expected_loss.treatment < 0.01), (high, high), "{measured:?}");
            assert_eq!(analysis.arms[1].standing.unwrap().best, measured.chance_to_win);
            assert!(
                analysis.notes.iter().any(|note| note.starts_with("The change of profit is absolute")),
                "{:?}",
                analysis.notes
            );
        }
    }
}

#[test]
fn a_relative_margin_holds_below_0_too() {
    let found = |better, treatment: (f64, f64)| {
        let guardrail = Guardrail { metric: Metric { better, ..Metric::new("margin", Kind::Mean) }, demand: Demand::Margin(0.1) };
        let settings = Settings { guardrails: vec![guardrail], ..of_mean(Better::More) };
        let analysis = numbers(&settings, [(900, -13.0, -7.0), (900, treatment.0, treatment.1)]);
        (analysis.comparisons[0].guardrails[0].finding, analysis.verdict.word())
    };
    // 10 % of a mean of about -10.5 is 1.05.
    assert_eq!(found(Better::More, (-19.0, -12.0)), (Finding::Refuted, "Lose"));
    assert_eq!(found(Better::More, (-13.2, -7.2)).0, Finding::Shown);
    assert_eq!(found(Better::More, (-14.0, -8.0)).0, Finding::Open);
    assert_eq!(found(Better::Less, (-8.0, -2.0)), (Finding::Refuted, "Lose"));
    assert_eq!(found(Better::Less, (-19.0, -12.0)).0, Finding::Shown);
}

#[test]
fn chances_and_signs_agree_in_every_case() {
    for converted in [3, 9, 11, 95, 99, 100, 101, 160] {
        for leads in [1_000, 1_100] {
            let settings = Settings { least_per_arm: 0, ..conversion() };
            let analysis = verdict(&settings, &[(1_000, 100, 0.0), (leads, converted, 0.0)]);
            let measured = analysis.comparisons[0].primary.outcome.measured().unwrap();
            let (value, chance) = (measured.effect.value, measured.chance_to_win);
            assert!((chance > 0.5) == (value > 0.0) && (chance < 0.5) == (value < 0.0), "{converted}/{leads}: {value} {chance}");
            let best = analysis.arms.iter().map(|arm| arm.standing.unwrap().best).collect::<Vec<f64>>();
            assert_eq!(best, [1.0 - chance, chance]);
            assert_eq!(measured.test.p_value < 0.05, !measured.test.interval.contains(0.0), "{converted}/{leads} {measured:?}");
        }
    }
}

#[test]
fn an_arm_that_collapsed_loses_however_few_conversions_are_left() {
    for left in [0, 1, 9, 10, 40] {
        for method in [Method::Fixed, Method::default(), Method::weekly(6, Spending::OBrienFleming)] {
            let settings = Settings { least_per_arm: 2_000, method, ..conversion() };
            let analysis = verdict(&settings, &[(2_500, 250, 0.0), (2_500, left, 0.0)]);
            assert_eq!(analysis.verdict, Verdict::Lose, "{left}: {}", analysis.sentence);
            let measured = analysis.comparisons[0].primary.outcome.measured().unwrap();
            assert_eq!(measured.exact, left < 10);
            assert!(measured.test.interval.upper < -0.7 && measured.test.p_value < 1e-20, "{measured:?}");
        }
    }
    // The mirror image is no win: minimum counts limit it.
    let settings = Settings { least_per_arm: 2_000, ..conversion() };
    let analysis = verdict(&settings, &[(2_500, 0, 0.0), (2_500, 250, 0.0)]);
    assert!(matches!(analysis.verdict, Verdict::InsufficientData { needed: None, .. }), "{}", analysis.sentence);
    // Nor is a difference that chance explains.
    assert_eq!(verdict(&settings, &[(2_500, 9, 0.0), (2_500, 4, 0.0)]).verdict.word(), "Insufficient data");
}

#[test]
fn a_guardrail_that_collapses_loses() {
    for (demand, treatment) in [
        (Demand::Margin(0.02), (0.0, 0.0)),
        (Demand::AtLeast(5.0), (0.0, 0.0)),
        (Demand::AtLeast(5.0), (3.0, 3.0)),
        (Demand::Margin(0.02), (0.0, 1.0)),
    ] {
        let metric = Metric::new("deal size", Kind::Mean);
        let settings = Settings { guardrails: vec![Guardrail { metric, demand }], ..of_mean(Better::Less) };
        let analysis = numbers(&settings, [(300, 40.0, 160.0), (300, treatment.0, treatment.1)]);
        assert_eq!(analysis.verdict, Verdict::Lose, "{demand:?} {}", analysis.sentence);
        assert!(analysis.sentence.contains("deal size violates its limit"), "{}", analysis.sentence);
    }
    // A share that falls to nothing among few leads is counted, not taken for exact.
    let replied = |leads: u64, control: u64| {
        let metric = Metric::new("replied", Kind::Mean);
        let guardrails = vec![Guardrail { metric, demand: Demand::Margin(0.02) }];
        let settings = Settings { guardrails, least_per_arm: 10, ..conversion() };
        let mut data = Data::new(&settings);
        for arm in 0..2 {
            for lead in 0..leads {
                let yes = |held| Measured::Value(f64::from(u8::from(held)));
                let metrics = [yes(lead % 2 == 0), yes(arm == 0 && lead < control)];
                data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] }).unwrap();
            }
        }
        analyse(&settings, &data).unwrap().comparisons[0].guardrails[0].finding
    };
    assert_eq!((replied(40, 3), replied(40, 20)), (Finding::Open, Finding::Refuted));
}

#[test]
fn harm_before_the_planned_number_is_reported() {
    let early = verdict(&conversion(), &[(600, 90, 0.0), (600, 30, 0.0)]);
    assert_eq!(early.verdict, Verdict::InsufficientData { found: 600, needed: Some(5_000) });
    assert!(
        early.sentence.contains("Evidence of harm so far: challenger's converted rate is 66.7 % below"),
        "{}",
        early.sentence
    );
    let any_time = Settings { method: Method::default(), ..conversion() };
    assert_eq!(verdict(&any_time, &[(600, 90, 0.0), (600, 30, 0.0)]).verdict, Verdict::Lose);
}

#[test]
fn no_number_of_leads_is_promised_where_none_would_be_enough() {
    let alike = numbers(&of_mean(Better::More), [(300, 5.0, 5.0), (300, 5.0, 5.0)]);
    assert_eq!(alike.verdict, Verdict::InsufficientData { found: 300, needed: None });
    assert!(!alike.sentence.contains("needed"), "{}", alike.sentence);
    let settings = Settings { least_per_arm: 100, ..conversion() };
    let nothing = verdict(&settings, &[(300, 0, 0.0), (300, 0, 0.0)]);
    assert_eq!(nothing.verdict, Verdict::InsufficientData { found: 300, needed: None });
    // Two constants that differ are no lack of variation between the arms.
    assert_eq!(numbers(&of_mean(Better::More), [(300, 5.0, 5.0), (300, 4.0, 4.0)]).verdict, Verdict::Lose);
}

#[test]
fn leads_that_are_all_alike_do_not_violate_a_bound_that_the_control_meets_by_few_large_values() {
    let metric = Metric::new("revenue", Kind::Mean);
    let settings = Settings { guardrails: vec![Guardrail { metric, demand: Demand::AtLeast(1.0) }], ..of_mean(Better::Less) };
    // The control: nearly all 0, a mean of 2.7; of so few leads of the treatment none has bought.
    let mut data = Data::new(&settings);
    for at in 0..100 {
        for arm in [0, 1] {
            let revenue = if arm == 0 && at % 33 == 0 { 67.5 } else { 0.0 };
            let metrics = [Measured::Value(f64::from(at % 7)), Measured::Value(revenue)];
            data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] }).unwrap();
        }
    }
    let analysis = analyse(&settings, &data).unwrap();
    assert_ne!(analysis.verdict, Verdict::Lose, "{}", analysis.sentence);
}

/// An experiment of `leads` in each arm whose deals are those of `deal(arm, lead)`, and whose conversions are better in the treatment.
fn with_cycle(leads: u64, deal: impl Fn(usize, u64) -> Option<Deal>) -> Analysis {
    let cycle = Some(Cycle { name: "sales cycle".into(), margin: 0.1, horizon: None });
    let settings = Settings { cycle, least_per_arm: 100, method: Method::default(), ..conversion() };
    let mut data = Data::new(&settings);
    for arm in 0..2 {
        for lead in 0..leads {
            let metrics = [Measured::Value(f64::from(u8::from(lead % 20 < 2 + 2 * arm as u64)))];
            let lead = Observation { arm, metrics: &metrics, cycle: deal(arm, lead), segments: &[] };
            data.push(&settings, &lead).unwrap();
        }
    }
    analyse(&settings, &data).unwrap()
}

#[test]
fn deals_that_no_longer_close_are_harm_however_few_are_left() {
    let control = |lead: u64| lead.is_multiple_of(5).then_some(Deal::Closed((lead % 40) as f64 + 1.0));
    let open = |lead: u64| lead.is_multiple_of(5).then_some(Deal::Open((lead % 40) as f64 + 1.0));
    type DealOf<'a> = &'a dyn Fn(u64) -> Option<Deal>;
    let cases: [(&str, DealOf<'_>); 3] = [
        ("0 deals closed", &open),
        ("0 deals closed", &|_| None),
        ("4 deals closed", &|lead| if lead.is_multiple_of(500) { Some(Deal::Closed(9.0)) } else { open(lead) }),
    ];
    for (words, treatment) in cases {
        let analysis = with_cycle(2_000, |arm, lead| if arm == 0 { control(lead) } else { treatment(lead) });
        assert_eq!(analysis.verdict, Verdict::Lose, "{}", analysis.sentence);
        assert!(analysis.sentence.contains(words) && analysis.sentence.contains("400 among 2,000"), "{}", analysis.sentence);
        assert_eq!(analysis.comparisons[0].cycle.as_ref().unwrap().finding, Finding::Refuted);
    }
    // Chance explains three deals against none; and unknown deals may all have closed.
    let few = with_cycle(2_000, |arm, lead| if arm == 0 && lead < 3 { Some(Deal::Closed(5.0)) } else { open(lead) });
    assert_eq!(few.comparisons[0].cycle.as_ref().unwrap().finding, Finding::Open);
    let unknown = with_cycle(2_000, |arm, lead| if arm == 0 { control(lead) } else { open(lead).map(|_| Deal::Unknown) });
    assert_eq!(unknown.comparisons[0].cycle.as_ref().unwrap().finding, Finding::Open);
}

#[test]
fn a_broken_split_does_not_hide_harm() {
    let analysis = verdict(&conversion(), &[(6_000, 1_200, 0.0), (5_000, 0, 0.0)]);
    assert!(matches!(analysis.verdict, Verdict::Invalid { .. }), "{}", analysis.sentence);
    assert!(analysis.sentence.contains("planned split") && analysis.sentence.contains("100 % below"), "{}", analysis.sentence);
    assert!(analysis.comparisons[0].harm.as_deref().is_some_and(|harm| harm.contains("100 % below")));
    let unharmed = verdict(&conversion(), &[(6_000, 600, 0.0), (5_000, 520, 0.0)]);
    assert_eq!((unharmed.comparisons[0].harm.as_ref(), unharmed.sentence.contains("harm")), (None, false));
}

#[test]
fn leads_left_out_count_for_the_split_and_must_not_differ_between_arms() {
    let settings = conversion();
    let analysed = |lost: [u64; 2]| {
        let mut data = seen(&settings, &[(6_000, 600, 0.0), (6_000 + lost[0] - lost[1], 720, 0.0)]);
        (0..2).for_each(|arm| (0..lost[arm]).for_each(|_| data.lose(arm)));
        analyse(&settings, &data).unwrap()
    };
    let even = analysed([500, 500]);
    assert_eq!((even.verdict, even.arms[1].leads, even.arms[1].left_out), (Verdict::Win, 6_500, 500));
    assert!(even.kept_ratio.is_some_and(|ratio| !ratio.is_mismatch()));
    let uneven = analysed([0, 500]);
    assert!(uneven.sample_ratio.is_some_and(|ratio| !ratio.is_mismatch()));
    assert!(matches!(uneven.verdict, Verdict::Invalid { .. }), "{}", uneven.sentence);
    assert!(uneven.sentence.contains("leads left out are not spread"), "{}", uneven.sentence);
    assert_eq!(analysed([0, 0]).kept_ratio, None);
}

#[test]
fn leads_that_are_all_alike_are_judged_by_one_rule_against_the_control_and_against_a_bound() {
    let metric = Metric::new("revenue", Kind::Mean);
    let found = |demand, leads: u64, share: u64| {
        let guardrails = vec![Guardrail { metric: metric.clone(), demand }];
        let settings = Settings { guardrails, method: Method::default(), ..of_mean(Better::Less) };
        let mut data = Data::new(&settings);
        for lead in 0..leads {
            for arm in [0, 1] {
                let revenue = if arm == 0 && lead % share == 0 { 10.0 + (lead % 3) as f64 } else { 0.0 };
                let metrics = [Measured::Value((lead % 7) as f64), Measured::Value(revenue)];
                data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] }).unwrap();
            }
        }
        analyse(&settings, &data).unwrap().comparisons[0].guardrails[0].finding
    };
    for demand in [Demand::Margin(0.02), Demand::AtLeast(0.2)] {
        assert_eq!(found(demand, 1_000, 30), Finding::Refuted, "{demand:?}");
        assert_eq!(found(demand, 90, 30), Finding::Open, "{demand:?}");
    }
}

#[test]
fn a_sample_without_its_large_values_does_not_violate_a_bound_at_the_mean() {
    let metric = Metric::new("deal size", Kind::Mean);
    let found = |treatment: f64, tail: bool| {
        let guardrails = vec![Guardrail { metric: metric.clone(), demand: Demand::AtLeast(3.0) }];
        let settings = Settings { guardrails, ..of_mean(Better::Less) };
        let mut data = Data::new(&settings);
        for lead in 0..200u32 {
            for arm in [0, 1] {
                let large = lead % 50 == 0 && (arm == 0 || tail);
                let size = if large { 100.0 } else { f64::from(lead % 3) * if arm == 0 { 1.0 } else { treatment } };
                let metrics = [Measured::Value(f64::from(lead % 7)), Measured::Value(size)];
                data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] }).unwrap();
            }
        }
        analyse(&settings, &data).unwrap().comparisons[0].guardrails[0].finding
    };
    // Its own variance puts a mean of 1 far below 3; the control's says that four large values are easily missed.
    assert_eq!((found(1.0, true), found(1.0, false)), (Finding::Open, Finding::Open));
}
