//! Merging and reading, as properties.

use super::*;
use crate::evidence::Answer;
use crate::histogram::Bins;
use crate::random::Random;
use proptest::prelude::*;

fn layout() -> Layout {
    let number =
        |name: &str, edges: &[f64]| FeatureLayout::Number { name: name.into(), bins: Bins::new(edges.to_vec()).unwrap() };
    let known = ["web", "fair", "phone"].map(String::from).to_vec();
    Layout::new(vec![
        number("visits", &[1.0, 2.0, 5.0]),
        number("revenue", &[1e3, 1e6]),
        FeatureLayout::Category { name: "source".into(), known },
    ])
}

/// A window of `leads` leads drawn from `seed`.
fn window(layout: &Layout, seed: u64, leads: u64) -> Window {
    let (mut random, mut window) = (Random::new(seed), Window::new(layout));
    for _ in 0..leads {
        window.at(random.below(1 << 40) as i64 - (1 << 39));
        window.counters.requests += 1;
        window.counters.failed += u64::from(random.below(50) == 0);
        window.counters.leads += 1;
        window.counters.scored += u64::from(random.below(20) > 0);
        let most = 2u64 << random.below(30);
        window.latency.add(random.below(most));
        let (score, converted) = (random.unit(), [None, Some(true), Some(false)][random.below(3) as usize]);
        window.scores.add(score, converted);
        if random.below(8) == 0 {
            window.explored.add(score, converted);
        }
        window.counters.checks += 1;
        window.counters.up += u64::from(random.below(100) > 0);
        window.count_number(layout, 0, [None, Some(f64::NAN), Some(random.unit() * 9.0)][random.below(3) as usize]);
        window.count_number(layout, 1, Some((random.unit() - 0.5) * 1e9));
        let name = ["web", "fair", "phone", "new"][random.below(4) as usize];
        let name = if name == "new" { format!("new {}", random.below(200)) } else { name.to_owned() };
        window.count_category(layout, 2, (random.below(10) > 0).then_some(name.as_str()));
    }
    window
}

fn merged(windows: &[&Window], layout: &Layout) -> Window {
    let mut all = Window::new(layout);
    windows.iter().for_each(|window| all.merge(window).unwrap());
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn merging_is_associative_commutative_and_has_an_identity(seeds in prop::array::uniform3(any::<u64>()), leads in prop::array::uniform3(0u64..80)) {
        let layout = layout();
        let [a, b, c] = [0, 1, 2].map(|i| window(&layout, seeds[i], leads[i]));
        let (mut left, mut right) = (a.clone(), b.clone());
        left.merge(&b).unwrap();
        left.merge(&c).unwrap();
        right.merge(&c).unwrap();
        let mut whole = a.clone();
        whole.merge(&right).unwrap();
        prop_assert_eq!(&left, &whole);
        for order in [[&a, &b, &c], [&c, &b, &a], [&b, &a, &c]] {
            prop_assert_eq!(&merged(&order, &layout), &whole);
        }
        let mut same = a.clone();
        same.merge(&Window::new(&layout)).unwrap();
        prop_assert_eq!(&same, &a);
        // To the bit, not only to `==`.
        prop_assert_eq!(left.write(), whole.write());
    }

    #[test]
    fn what_is_written_is_read(seed in any::<u64>(), leads in 0u64..120) {
        let layout = layout();
        let window = window(&layout, seed, leads);
        let bytes = window.write();
        prop_assert_eq!(Window::read(&bytes, &layout), Ok(window));
    }

    #[test]
    fn any_bytes_are_refused_or_read(mut bytes in prop::collection::vec(any::<u8>(), 0..400), sealed in any::<bool>()) {
        let layout = layout();
        if sealed {
            // What gets past the checksum.
            let mut whole = b"PLWIN\x01".to_vec();
            whole.extend(layout.id().to_le_bytes());
            whole.append(&mut bytes);
            let sum = whole.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
            whole.extend(sum.to_le_bytes());
            bytes = whole;
        }
        if let Ok(mut window) = Window::read(&bytes, &layout) {
            let copy = window.clone();
            window.merge(&copy).unwrap();
            let _ = (window.latency.quantile(0.99), window.scores.roc_auc(), window.write());
            for feature in window.features() {
                if let Feature::Number { moments, .. } = feature {
                    let _ = (moments.mean(), moments.variance());
                }
            }
        }
    }
}

#[test]
fn cut_or_flipped_bytes_are_refused() {
    let layout = layout();
    let bytes = window(&layout, 1, 60).write();
    for end in 0..bytes.len() {
        assert!(Window::read(&bytes[..end], &layout).is_err(), "{end}");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Window::read(&flipped, &layout).is_err(), "{at}");
    }
    assert_eq!(Window::read(b"PLWIN\x02", &layout), Err(ReadError::Newer { found: 2, known: 1 }));
    assert_eq!(Window::read(b"{}", &layout).unwrap_err().code(), "WINDOW_NOT_A_WINDOW");
}

#[test]
fn other_bins_do_not_merge() {
    let (ours, other) = (layout(), Layout::default());
    let mut window = Window::new(&ours);
    assert_eq!(window.merge(&Window::new(&other)).unwrap_err().code(), "WINDOW_LAYOUT_MISMATCH");
    assert_eq!(Window::read(&Window::new(&other).write(), &ours).unwrap_err().code(), "WINDOW_LAYOUT_MISMATCH");
}

#[test]
fn an_hour_is_small() {
    let layout = layout();
    assert!(Window::new(&layout).write().len() < 64);
    let busy = window(&layout, 9, 5_000).write().len();
    assert!(busy < 10_000, "{busy} bytes");
}

fn series(seed: u64, rows: u64) -> Series {
    let (mut random, mut series) = (Random::new(seed), Series::new(layout()));
    for _ in 0..rows {
        let at = random.below(50 * HOUR_MS as u64) as i64 - 20 * HOUR_MS;
        let (score, visits) = (random.unit(), random.unit() * 9.0);
        let name = ["web", "fair", "new"][random.below(3) as usize];
        let count = |layout: &Layout, hour: &mut Window| {
            hour.scores.add(score, Some(score > 0.5));
            hour.count_number(layout, 0, Some(visits));
            hour.count_category(layout, 2, Some(name));
        };
        series.count(at, count).unwrap();
    }
    series
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn series_merge_in_any_order_to_the_same_bytes(seeds in prop::array::uniform3(any::<u64>()), rows in prop::array::uniform3(0u64..60)) {
        let [a, b, c] = [0, 1, 2].map(|i| series(seeds[i], rows[i]));
        let of = |order: [&Series; 3]| {
            let mut all = Series::new(layout());
            order.into_iter().for_each(|one| all.merge(one).unwrap());
            all
        };
        let whole = of([&a, &b, &c]);
        prop_assert_eq!(Series::read(&whole.write()), Ok(whole.clone()));
        for order in [[&c, &b, &a], [&b, &c, &a]] {
            prop_assert_eq!(of(order).write(), whole.write());
        }
        prop_assert_eq!(whole.total().scores.counts().iter().sum::<u64>(), rows.iter().sum::<u64>());
    }

    #[test]
    fn any_bytes_are_no_series_or_one(mut bytes in prop::collection::vec(any::<u8>(), 0..300), sealed in any::<bool>()) {
        if sealed {
            let mut whole = b"PLHRS\x01".to_vec();
            whole.append(&mut bytes);
            let sum = super::bytes::checksum(&whole);
            whole.extend(sum.to_le_bytes());
            bytes = whole;
        }
        if let Ok(series) = Series::read(&bytes) {
            let total = series.total();
            let _ = (Summary::new(&total, series.layout(), Some(&total), 0), series.write());
        }
    }
}

#[test]
fn a_series_refuses_what_it_cannot_hold() {
    let (whole, mut other) = (series(1, 40), Series::new(Layout::default()));
    assert_eq!(other.merge(&whole).unwrap_err().code(), "WINDOW_LAYOUT_MISMATCH");
    let bytes = whole.write();
    for end in 0..bytes.len() {
        assert!(Series::read(&bytes[..end]).is_err(), "{end}");
    }
    let mut newer = bytes.clone();
    newer[5] = 3;
    assert_eq!(Series::read(&newer), Err(ReadError::Newer { found: 3, known: 2 }));
    // A log whose times are scattered over ages would take a window for each.
    let refused = (0..1_000_000).find_map(|hour| other.count(hour * HOUR_MS, |_, _| ()).err());
    assert_eq!(refused.map(|e| e.code()), Some("WINDOW_TOO_MANY_HOURS"));
}

#[test]
fn a_file_is_merged_once_in_whatever_company_it_comes() {
    let file = |hour: i64| {
        let mut series = Series::new(Layout::default());
        series.count(hour * HOUR_MS, |_, window| window.scores.add(0.5, Some(true))).unwrap();
        series.write()
    };
    let read = |bytes: &[u8]| Series::read(bytes).unwrap();
    let merged = |files: &[&[u8]]| {
        let mut all = read(files[0]);
        files[1..].iter().try_for_each(|file| all.merge(&read(file))).map(|()| all.write())
    };
    let (a, b, c) = (file(1), file(2), file(3));
    let (ab, ba) = (merged(&[&a, &b]).unwrap(), merged(&[&b, &a]).unwrap());
    assert_eq!(ab, ba);
    let abc = merged(&[&ab, &c]).unwrap();
    assert_eq!(abc, merged(&[&c, &b, &a]).unwrap());
    assert_eq!((read(&abc).hours().count(), read(&abc).write()), (3, abc.clone()));
    for again in [&[&a[..], &a][..], &[&ab, &a], &[&b, &ab], &[&abc, &ab], &[&abc, &abc], &[&a, &c, &ab]] {
        assert_eq!(merged(again).unwrap_err().code(), "WINDOW_MERGED_BEFORE");
    }
    for end in 0..abc.len() {
        assert!(Series::read(&abc[..end]).is_err(), "{end}");
    }
    // One file alone stays as it is.
    assert_eq!(read(&a).write(), a);
}

#[test]
fn a_summary_tells_each_figure_with_its_bound_or_why_there_is_none() {
    let (before, now) = (series(2, 3_000).total(), series(3, 2_000).total());
    let summary = Summary::new(&now, &layout(), Some(&before), 40 * HOUR_MS);
    assert_eq!((&summary.roc_auc_explored, summary.precision), (&Answer::from(Err(few("leads that converted"))), Some(1.0)));
    let Answer::Known(area) = &summary.roc_auc else { panic!("there are outcomes") };
    assert!(area.area.at_most == 1.0 && area.area.at_least > 0.99);
    assert!(matches!(summary.uptime, Answer::Insufficient { .. }) && matches!(summary.latency_us, Answer::Insufficient { .. }));
    let Some(Some(Answer::Known(visits))) = summary.features.first().map(|feature| feature.drift.clone()) else {
        panic!("a feature")
    };
    assert!(visits.at_least < 0.06 && visits.at_least <= visits.at_most, "{visits:?}");
    let source = summary.features.get(2).expect("three features");
    assert!(source.new_categories.is_some_and(|part| (part - 1.0 / 3.0).abs() < 0.05));
    assert_eq!(source.new_by_name.first().map(|(name, _)| name.as_str()), Some("new"));
    assert!(summary.freshness_ms == Answer::Known((40 * HOUR_MS - now.span_ms().expect("rows").1) as u64));
    let empty = serde_json::to_value(Summary::new(&Window::new(&layout()), &layout(), None, 0)).expect("JSON");
    assert!(!empty.to_string().contains("null,null"), "{empty}");
    assert_eq!(empty["error_rate"]["insufficient"], "found 0 requests, need at least 1");
}

fn few(of: &'static str) -> crate::evidence::InsufficientData {
    crate::evidence::InsufficientData { of, found: 0, needed: 1 }
}

#[test]
fn the_stability_of_scores_is_that_of_the_drift_report() {
    use crate::drift::{PredictionDrift, Rules, Sample};
    let mut random = Random::new(31);
    let mut scores = |power: u32| -> Vec<f64> { (0..400).map(|_| (0..power).map(|_| random.unit()).product()).collect() };
    let [before, now] = [scores(1), scores(2)];
    let [reference, current] = [&before, &now].map(|scores| {
        let mut window = Window::new(&layout());
        scores.iter().for_each(|score| window.scores.add(*score, None));
        window
    });
    let summary = Summary::new(&current, &layout(), Some(&reference), 0);
    let Some(Answer::Known(binned)) = summary.prediction else { panic!("both have scores") };
    let [before, now] = [&before, &now].map(|scores| Sample::current(scores).unwrap());
    let report = PredictionDrift::new(&before, &now, &Rules::default()).unwrap();
    assert_eq!(binned.population_stability, report.population_stability);
    assert!(report.population_stability > 0.1 && report.drifted);
}
