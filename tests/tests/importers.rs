//! The importers on files that are nearly sound: cut short at every byte, with a byte altered, with keys in another order.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use plumbline_core::import::import;
use plumbline_tests::{fuzz, project_root};
use proptest::prelude::*;

/// Small files of every format and booster.
const FILES: [&str; 8] = [
    "xgb_stumpless/model.json",
    "xgb_gblinear/model.json",
    "xgb_cat_partition/model.ubj",
    "xgb17_base_score/model.json",
    "xgb17_base_score/model.ubj",
    "lgb_stump/model.txt",
    "lgb_cat_texts/model.txt",
    "lgb_linear_tree/model.txt",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(project_root().join("tests/vectors/models").join(name)).expect(name)
}

#[test]
fn a_file_cut_short_is_refused_or_says_less_but_never_more() {
    for name in FILES {
        let bytes = file(name);
        let whole = import(&bytes).expect("the file is sound");
        // LightGBM's text goes on after the trees, with what no score depends on.
        let end = bytes.windows(12).position(|window| window == b"end of trees").map_or(bytes.len(), |at| at + 12);
        for length in 0..bytes.len() {
            match import(&bytes[..length]) {
                Err(error) => assert!(!error.to_string().is_empty() && error.code().starts_with("IMPORT_"), "{name}: {length}"),
                Ok(part) => {
                    assert!(length >= end && part.model.body == whole.model.body, "{name}: {length} bytes are accepted");
                }
            }
        }
    }
}

/// The target of `tests/src/fuzz` that takes a file of this name.
fn target(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "import_xgboost_json",
        Some("ubj") => "import_xgboost_ubj",
        _ => "import_lightgbm",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn altered_files_are_refused_or_sound(which in 0..FILES.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = file(FILES[which]);
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        fuzz::check(target(FILES[which]), &bytes);
    }

    /// A digit for a digit keeps the grammar, so what is altered is an index, a count or a threshold.
    #[test]
    fn altered_numbers_are_refused_or_sound(which in 0..FILES.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12usize), 1..6)) {
        let mut bytes = file(FILES[which]);
        let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
        for (place, digit) in edits {
            bytes[digits[place.index(digits.len())]] = b"0123456789-."[digit];
        }
        fuzz::check(target(FILES[which]), &bytes);
    }
}

/// A set of categories is as long as its largest code: a few digits of a file must not buy half a megabyte each, without end.
#[test]
fn category_sets_have_one_budget() {
    let mut model: serde_json::Value = serde_json::from_slice(&file("xgb_cat_partition/model.json")).expect("JSON");
    let gbtree = &mut model["learner"]["gradient_booster"]["model"];
    let mut trees = gbtree["trees"].as_array().expect("trees").clone();
    let mut sets = 0;
    for tree in &mut trees {
        for code in tree["categories"].as_array_mut().expect("codes") {
            *code = 4_194_303.into();
            sets += 1;
        }
        tree.as_object_mut().expect("a tree").remove("id");
    }
    assert!(sets > 0);
    let copies = 20_000 / trees.len();
    let many: Vec<serde_json::Value> = (0..copies).flat_map(|_| trees.clone()).collect();
    gbtree["tree_info"] = vec![0; many.len()].into();
    gbtree["trees"] = many.into();
    let refused = import(model.to_string().as_bytes()).expect_err("gigabytes of sets");
    assert!(refused.to_string().contains("exceeds the limit `category-bytes`"), "{refused}");

    // LightGBM lists a set once; that many splits name it must not multiply it.
    let splits = 400;
    let list = |value: &dyn Fn(usize) -> String, n: usize| (0..n).map(value).collect::<Vec<_>>().join(" ");
    let zeros = |n: usize| list(&|_| "0".to_owned(), n);
    let words = 100_000;
    let text = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\nfeature_names=a\n\
         feature_infos=0:1\n\nTree=0\nnum_leaves={}\nnum_cat=1\nsplit_feature={}\nthreshold={}\ndecision_type={}\nleft_child={}\n\
         right_child={}\nleaf_value={}\ncat_boundaries=0 {words}\ncat_threshold={}\n\nend of trees\n",
        splits + 1,
        zeros(splits),
        zeros(splits),
        list(&|_| "1".to_owned(), splits),
        list(&|i| if i + 1 < splits { (i + 1).to_string() } else { "-1".to_owned() }, splits),
        list(&|i| (-(i as i64) - 2).to_string(), splits),
        zeros(splits + 1),
        zeros(words),
    );
    let refused = import(text.as_bytes()).expect_err("a gigabyte of sets");
    assert!(refused.to_string().contains("exceeds the limit `category-bytes`"), "{refused}");
}

#[test]
fn files_often_handed_over_instead_are_told_what_they_are() {
    let cases: [(&[u8], &str, &str); 8] = [
        (b"", "IMPORT_UNKNOWN_FORMAT", "begins with nothing"),
        (b"binf\0\0\0?", "IMPORT_UNKNOWN_FORMAT", "save_model(\"model.json\")"),
        (b"[\n  { \"nodeid\": 0", "IMPORT_UNKNOWN_FORMAT", "dump_model"),
        (b"booster[0]:\n0:[f0<1]", "IMPORT_UNKNOWN_FORMAT", "dump_model"),
        (b"\x80\x04\x95", "IMPORT_UNKNOWN_FORMAT", "pickle"),
        (br#"{"name":"tree","tree_info":[]}"#, "IMPORT_NOT_A_MODEL", "LightGBM's dump_model"),
        (br#"{"oblivious_trees":[]}"#, "IMPORT_NOT_A_MODEL", "CatBoost"),
        (br#"{"model":1}"#, "IMPORT_VALUE", "the document: `learner` is missing"),
    ];
    for (bytes, code, words) in cases {
        let error = import(bytes).expect_err(words);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}
