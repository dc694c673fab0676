//! Files of windows: read without trust, and what was read is written, merged and reported without NaN or infinity.

use plumbline_core::histogram::Bins;
use plumbline_core::window::{FeatureLayout, HOUR_MS, Layout, Series, Summary};

/// `data` as it is, and as the body of a file whose checksum is right, or nothing would get past that.
pub(super) fn window(data: &[u8]) {
    series(data);
    let mut sealed = b"PLHRS\x01".to_vec();
    sealed.extend(data);
    sealed.extend(checksum(&sealed).to_le_bytes());
    series(&sealed);
}

fn series(bytes: &[u8]) {
    let Ok(read) = Series::read(bytes) else { return };
    assert_eq!(Series::read(&read.write()).as_ref(), Ok(&read));
    let (one, mut two) = (read.total(), read.total());
    if two.merge(&one).is_ok() {
        let written = serde_json::to_string(&Summary::new(&two, read.layout(), Some(&one), 0)).expect("JSON");
        assert!(!written.contains("NaN") && !written.contains("inf"), "{written}");
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Bodies of files with a few hours and both kinds of features.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let number = FeatureLayout::Number { name: "visits".into(), bins: Bins::new(vec![1.0, 2.5]).expect("edges rise") };
    let category = FeatureLayout::Category { name: "source".into(), known: vec!["web".into(), "fair".into()] };
    let layouts = [vec![], vec![number.clone()], vec![number, category]];
    let (outcomes, sources) = ([None, Some(true), Some(false)], [None, Some("web"), Some("new")]);
    let of = |features: Vec<FeatureLayout>| {
        let mut series = Series::new(Layout::new(features));
        for row in 0..20i64 {
            let count = |layout: &Layout, hour: &mut plumbline_core::window::Window| {
                hour.counters.requests += 1;
                hour.latency.add(row as u64 * 90);
                hour.scores.add(row as f64 / 20.0, outcomes.get(row as usize % 3).copied().flatten());
                hour.count_number(layout, 0, (row % 5 > 0).then_some(row as f64 - 7.5));
                hour.count_category(layout, 1, sources.get(row as usize % 3).copied().flatten());
            };
            series.count((row - 5) * HOUR_MS / 4, count).expect("few hours");
        }
        let whole = series.write();
        whole.get(6..whole.len() - 8).unwrap_or_default().to_vec()
    };
    layouts.map(of).to_vec()
}
