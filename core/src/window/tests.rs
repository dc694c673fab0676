//! Merging and reading, as properties.

use super::*;
use crate::drift::Bins;
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
        window.scores.add(random.unit(), [None, Some(true), Some(false)][random.below(3) as usize]);
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
