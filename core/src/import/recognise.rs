//! Files that are often passed by mistake: what each is, and the line that exports a readable model from it.

/// A test of a file's beginning, and what the file is.
type Known = (fn(&[u8]) -> bool, &'static str);

const KNOWN: &[Known] = &[
    (
        |b| b.starts_with(b"binf") || b.starts_with(b"bs64"),
        "XGBoost's binary format: in the version that wrote it, run xgb.Booster(model_file=\"FILE\").save_model(\"model.json\")",
    ),
    (
        is_old_binary,
        "XGBoost's binary format from before 1.0: with an XGBoost below 3.1, run xgb.Booster(model_file=\"FILE\").save_model(\"model.json\")",
    ),
    (|b| b.starts_with(b"booster["), "the output of XGBoost's dump_model, for people: run booster.save_model(\"model.json\")"),
    (|b| b.starts_with(b"0:["), "the text of XGBoost's get_dump, for people: run booster.save_model(\"model.json\")"),
    (is_json_dump, "the JSON of XGBoost's dump_model, for people: run booster.save_model(\"model.json\")"),
    (|b| b.starts_with(b"["), "a JSON array; a model of XGBoost is an object: run booster.save_model(\"model.json\")"),
    (|b| b.starts_with(b"digraph"), "a drawing of a tree: run booster.save_model(\"model.json\")"),
    (
        |b| matches!(b, [0x80, 2..=5, ..]),
        "a Python pickle, as joblib writes too: load it, then run model.save_model(\"model.json\") for XGBoost or model.booster_.save_model(\"model.txt\") for LightGBM",
    ),
    (
        is_zlib,
        "a zlib archive, as joblib.dump(…, compress=…) writes: load it with joblib.load, then run model.save_model(\"model.json\") for XGBoost or model.booster_.save_model(\"model.txt\") for LightGBM",
    ),
    (|b| b.starts_with(b"ZF0x"), "an old joblib archive: load it with joblib.load, then run model.save_model(\"model.json\")"),
    (|b| b.starts_with(b"\x1f\x8b"), "a gzip archive inside a gzip archive: decompress it first"),
    (|b| b.starts_with(b"BZh"), "a bzip2 archive: decompress it first"),
    (|b| b.starts_with(b"\xfd7zXZ"), "an xz archive: decompress it first"),
    (|b| b.starts_with(b"\x04\x22\x4d\x18"), "an LZ4 archive: decompress it first"),
    (|b| b.starts_with(b"\x28\xb5\x2f\xfd"), "a zstd archive: decompress it first"),
    (|b| b.starts_with(b"PK\x03\x04"), "a zip archive: unpack it and pass the model file in it"),
    (|b| b.starts_with(b"CBM1"), "a CatBoost model, which is not supported"),
    (
        |b| b.starts_with(b"RDX") || b.starts_with(b"X\n\0\0"),
        "an R object: in R, run xgb.save(model, \"model.json\") or lgb.save(model, \"model.txt\")",
    ),
    (|b| b.starts_with(b"\x89HDF"), "an HDF5 file, such as a neural network, which is not supported"),
    (|b| b.starts_with(b"version https://git-lfs"), "a Git LFS pointer: run git lfs pull"),
    (|b| b.starts_with(b"<!") || b.starts_with(b"<html"), "a web page: the download went wrong"),
    (|b| b.starts_with(b"<"), "XML; PMML is not supported: export the model from the library that trained it"),
    (|b| b.windows(16).any(|part| part == b"\"__metadata__\":{\""), "a bundle, which is imported already"),
    (
        |b| b.first() == Some(&8) && b.windows(4).any(|part| part == b"onnx"),
        "an ONNX model, which is not supported: export the trees from the library that trained it",
    ),
];

/// The beginning of a file of unknown format, and what the file is.
pub(super) fn describe(start: &[u8]) -> String {
    if start.is_empty() {
        return "nothing".to_owned();
    }
    let shown = format!("{:?}", String::from_utf8_lossy(start.get(..16).unwrap_or(start)));
    let start = start.get(..4096).unwrap_or(start);
    match KNOWN.iter().find(|(is, _)| is(start)) {
        Some((_, what)) => format!("{shown} ({what})"),
        None => shown,
    }
}

/// The header of a binary without magic: base score, number of columns; then the names of objective and booster.
fn is_old_binary(start: &[u8]) -> bool {
    let score = start.first_chunk::<4>().map(|bytes| f32::from_le_bytes(*bytes));
    let has = |name: &[u8]| start.windows(name.len()).any(|part| part == name);
    score.is_some_and(|score| score.abs() > 1e-9 && score.abs() < 1e9) && (has(b"gbtree") || has(b"gblinear") || has(b"dart"))
}

fn is_json_dump(start: &[u8]) -> bool {
    start.starts_with(b"[") && start.windows(8).any(|part| part == b"\"nodeid\"")
}

/// A zlib header: method 8, and a check sum over both bytes.
fn is_zlib(start: &[u8]) -> bool {
    matches!(start, [0x78, level, ..] if (0x7800 + u16::from(*level)).is_multiple_of(31))
}

/// Where the model begins in a file that begins with lines of a log, and how many lines there are. The first line that a model begins
/// with counts, of the first few hundred.
pub(super) fn after_log(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    for number in 0..500 {
        let rest = bytes.get(at..).unwrap_or_default();
        let next = rest.strip_prefix(b"tree\r\n").or_else(|| rest.strip_prefix(b"tree\n"));
        if next.is_some_and(|next| next.starts_with(b"version=")) || rest.starts_with(b"{\"learner\"") {
            return (number > 0).then_some((at, number));
        }
        at += rest.iter().position(|byte| *byte == b'\n')? + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_passed_by_mistake_are_named() {
        let rows: &[(&[u8], &str)] = &[
            (b"binf\0\0\0\x3f", "save_model"),
            (b"\0\0\0\x3f\x1e\0\0\0\0\0\0\0\x0f\0\0\0\0\0\0\0binary:logistic\x06\0\0\0\0\0\0\0gbtree", "before 1.0"),
            (b"booster[0]:\n0:[f2<2.45] yes=1", "dump_model"),
            (b"0:[f2<2.45] yes=1,no=2,missing=1", "get_dump"),
            (b"[\n  { \"nodeid\": 0, \"depth\": 0", "dump_model"),
            (b"[1, 2]", "save_model"),
            (b"digraph {", "drawing"),
            (b"\x80\x04\x95", "pickle"),
            (b"\x78\x9c\x01", "joblib"),
            (b"\x78\x01", "joblib"),
            (b"PK\x03\x04", "zip"),
            (b"CBM1", "CatBoost"),
            (b"RDX3\nX\n", "xgb.save"),
            (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
            (b"<?xml version=", "PMML"),
            (b"\x08\x07\x12\x09onnxmltools", "ONNX"),
        ];
        for (start, expected) in rows {
            assert!(describe(start).contains(expected), "{}", describe(start));
        }
        assert_eq!((describe(b""), describe(b"hello")), ("nothing".to_owned(), "\"hello\"".to_owned()));
    }

    #[test]
    fn a_model_is_found_behind_a_log() {
        assert_eq!(after_log(b"[LightGBM] [Info] a\n\ntree\nversion=v4\n"), Some((21, 2)));
        assert_eq!(after_log(b"[12:00:00] WARNING: b\r\n{\"learner\":{}}"), Some((23, 1)));
        for none in [&b"tree\nversion=v4\n"[..], b"a\nb\n", b"a\ntree\nfall", b""] {
            assert_eq!(after_log(none), None);
        }
    }
}
