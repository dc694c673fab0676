use super::*;
use crate::histogram::{Bins, CategoryCounts, Histogram};
use crate::model::{Arithmetic, Column, Ensemble, Leaf, LinearLeaf, Link, Missing, Node, Scale, Split, Test, Tree};
use crate::schema::{Field, Schema};

fn leaf(value: f64, cover: f64) -> Node {
    Node::Leaf(Leaf { value, cover, linear: None })
}

fn split(column: u32, test: Test, missing: Missing, default_left: bool, [left, right]: [u32; 2], cover: f64) -> Node {
    Node::Split(Split { column, test, missing, default_left, left, right, cover })
}

fn model_of(trees: Vec<Tree>, columns: usize, outputs: u32) -> Model {
    let column = |i| Column { name: format!("f{i}"), categorical: i == 2 };
    let base = (0..outputs).map(|k| 0.1 + f64::from(k)).collect();
    let body = Body::Trees(Ensemble { arithmetic: Arithmetic::F64, base, trees });
    Model { columns: (0..columns).map(column).collect(), body, link: Link::Logistic { scale: 1.0 }, outputs }
}

/// Every kind of test, missing value and leaf, breadth first.
fn varied() -> Model {
    let linear = LinearLeaf { intercept: 0.3, terms: vec![(0, 0.7), (3, -1e-9)] };
    let first = vec![
        split(0, Test::Less(1.5), Missing::Nan, true, [1, 2], 10.5),
        split(1, Test::LessEqual(-0.0), Missing::Zero, false, [3, 4], 6.25),
        split(2, Test::In(vec![5, 1 << 31]), Missing::Nan, false, [5, 6], 4.25),
        leaf(0.1, 2.0),
        leaf(-0.2, 4.25),
        Node::Leaf(Leaf { value: 1e-300, cover: 3.0, linear: Some(linear) }),
        split(2, Test::NotIn(vec![2]), Missing::None, true, [7, 8], 1.25),
        leaf(f64::MIN_POSITIVE / 4.0, 1.0),
        leaf(-3.5, 0.25),
    ];
    let second = vec![leaf(0.125, 10.5)];
    let trees = vec![Tree { output: 1, weight: 0.3, nodes: first }, Tree { output: 0, weight: 1.0, nodes: second }];
    model_of(trees, 4, 2)
}

fn linear() -> Model {
    let mut model = model_of(Vec::new(), 3, 1);
    let weights = vec![0.5, -1.0, 1e-3];
    model.body = Body::Linear(Linear { arithmetic: Arithmetic::F32, base: vec![-1.0], weights, means: Vec::new() });
    model
}

fn bundle(model: Model) -> Bundle {
    let calibration = Calibration::Isotonic { x: vec![0.1, 0.3], y: vec![0.05, 0.4], on: Scale::Probability };
    let field = |name: &str| Field { name: name.into(), ..Field::default() };
    let schema = Schema { fields: ["f0", "pages", "source"].map(field).to_vec() };
    Bundle::new(Manifest { name: "t\"é".into(), version: "1".into(), schema, calibration, ..Manifest::default() }, model)
}

fn histogram(edges: &[f64], counts: &[u64], missing: u64) -> Histogram {
    Histogram::with_counts(Bins::new(edges.to_vec()).unwrap(), counts.to_vec(), missing).unwrap()
}

/// Of two fields of three.
fn reference() -> Reference {
    let known = ["web", "f\u{e4}ir"].map(String::from).to_vec();
    let source = Distribution::Category(CategoryCounts::with_counts(known, vec![7, 8], 9, u64::MAX).unwrap());
    let pages = Distribution::Number(histogram(&[-0.5, 1e-300], &[1, 0, 3], 4));
    let fields =
        [("source", source), ("pages", pages)].map(|(name, distribution)| FieldReference { name: name.into(), distribution });
    Reference { fields: fields.to_vec(), score: histogram(&[0.5], &[10, 20], 0) }
}

#[test]
fn what_is_written_is_read() {
    for model in [varied(), linear(), model_of(Vec::new(), 0, 1)] {
        let mut written = bundle(model.clone());
        written.reference = Some(reference());
        let bytes = written.write().unwrap();
        let read = Bundle::read(&bytes).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.goldens().len(), golden::made(1));
        assert_eq!(read.write().unwrap(), bytes, "writing what was read gives the same bytes");
    }
}

/// The model with the covers that a compact file keeps of it, by the rule of docs/FORMATS.md.
fn rounded(mut model: Model) -> Model {
    let Body::Trees(ensemble) = &mut model.body else { return model };
    for tree in &mut ensemble.trees {
        for at in (0..tree.nodes.len()).rev() {
            let cover = |node: u32| tree.nodes[node as usize].cover() as f32;
            let sum = if let Node::Split(split) = &tree.nodes[at] { cover(split.left) + cover(split.right) } else { 0.0 };
            match &mut tree.nodes[at] {
                Node::Leaf(leaf) => leaf.cover = f32::from_bits(((leaf.cover as f32).to_bits() + (1 << 20)) >> 21 << 21).into(),
                Node::Split(split) => split.cover = sum.into(),
            }
        }
    }
    model
}

#[test]
fn a_compact_file_keeps_all_but_the_low_bits_of_covers() {
    for model in [varied(), linear(), model_of(Vec::new(), 0, 1), model_of(Vec::new(), 3, 2)] {
        let wanted = bundle(rounded(model.clone()));
        let bytes = bundle(model).packed(Packing::Compact).write().unwrap();
        let read = Bundle::read(&bytes).unwrap();
        assert_eq!(read, wanted);
        assert_eq!(read.write().unwrap(), bytes, "writing what was read gives the same bytes");
    }
}

#[test]
fn given_rows_become_the_golden_leads() {
    let rows = vec![vec![1.0, f64::NAN, 3.0, 4.0], vec![-0.0; 4]];
    let bytes = bundle(varied()).with_golden_rows(&rows).write().unwrap();
    let read = Bundle::read(&bytes).unwrap();
    assert_eq!(read.goldens().len(), 2);
    assert_eq!(read.goldens()[1].row[0].to_bits(), (-0.0f64).to_bits());
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    for packing in [Packing::Plain, Packing::Compact] {
        refuses_flips_and_truncations(&bundle(varied()).packed(packing).write().unwrap());
    }
}

fn refuses_flips_and_truncations(bytes: &[u8]) {
    for length in 0..bytes.len() {
        let refused = Bundle::read(&bytes[..length]).unwrap_err();
        assert_eq!(refused.code(), "BUNDLE_TRUNCATED", "{length}: {refused}");
    }
    let mut altered = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(Bundle::read(&altered).is_err(), "bit {bit}");
        altered[bit / 8] = bytes[bit / 8];
    }
    altered.push(0);
    assert_eq!(Bundle::read(&altered).unwrap_err().code(), "BUNDLE_MALFORMED");
}

/// `bytes` with `from` replaced by `to` of the same length, and a digest that is right again.
fn forged(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).expect("the text is there");
    let mut forged = bytes.to_vec();
    forged[at..at + from.len()].copy_from_slice(to.as_bytes());
    header::seal(&mut forged).unwrap();
    forged
}

#[test]
fn each_refusal_has_its_code() {
    let bytes = bundle(varied()).write().unwrap();
    let check = |bytes: &[u8], code: &str| assert_eq!(Bundle::read(bytes).unwrap_err().code(), code);
    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    check(&altered, "BUNDLE_ALTERED");
    check(&forged(&bytes, "\"format\":\"1\"", "\"format\":\"4\""), "BUNDLE_NEWER_FORMAT");
    check(&forged(&bytes, "\"probability\\\":\\\"3", "\"probability\\\":\\\"4"), "BUNDLE_GOLDEN_MISMATCH");
    check(&forged(&bytes, "\"outputs\\\":2", "\"outputs\\\":1"), "BUNDLE_INVALID_MODEL");
    check(&forged(&bytes, "\"leaf.value\"", "\"leaf.valua\""), "BUNDLE_MALFORMED");
    check(b"PK\x03\x04 a zip archive", "BUNDLE_MALFORMED");
    check(b"", "BUNDLE_TRUNCATED");
    let tight = Limits { bytes: 100, ..Limits::default() };
    assert_eq!(Bundle::read_within(&bytes, &tight).unwrap_err().code(), "BUNDLE_TOO_LARGE");
    let tight = Limits { goldens: 19, ..Limits::default() };
    assert_eq!(Bundle::read_within(&bytes, &tight).unwrap_err().code(), "BUNDLE_TOO_LARGE");
}

/// Reading checks numbers where they lie, not node by node: whatever stands in a file, it must accept no model that
/// [`Model::validate`] refuses.
#[test]
fn no_invalid_model_is_read_from_numbers_that_were_changed() {
    let mut single = varied();
    if let Body::Trees(ensemble) = &mut single.body {
        ensemble.arithmetic = Arithmetic::F32;
        ensemble.base = vec![0.0; 2];
        for tree in &mut ensemble.trees {
            tree.weight = 1.0;
            for node in &mut tree.nodes {
                if let Node::Leaf(leaf) = node {
                    leaf.value = f64::from(leaf.value as f32);
                }
            }
        }
    }
    let (mut refused, mut accepted) = (0, 0);
    for (model, packing) in [(varied(), Packing::Plain), (single, Packing::Plain), (varied(), Packing::Compact)] {
        let bytes = bundle(model).packed(packing).write().unwrap();
        let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
        for at in header..bytes.len() {
            for byte in [0, 1, 2, 4, 0x7f, 0x80, 0xef, 0xfe, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= byte;
                header::seal(&mut changed).unwrap();
                match Bundle::take_apart(&changed, &Limits::default()) {
                    Ok((read, _)) => {
                        read.model.validate().unwrap();
                        accepted += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(refused > 500 && accepted > 500, "{refused} refused, {accepted} accepted");
}

/// Written by the release before bins were of fields: f0 is a number field, f1 a column made of it, f2 a category.
#[test]
fn an_older_bundle_keeps_the_counts_of_its_number_fields() {
    let bytes = include_bytes!("reference/by_column.plumb");
    let read = Bundle::read(bytes).unwrap();
    let reference = read.reference.as_ref().unwrap();
    let below = |cuts: &[f64], counts: &[u64], missing| {
        Histogram::with_counts(Bins::below(cuts.to_vec()).unwrap(), counts.to_vec(), missing).unwrap()
    };
    let visits = Distribution::Number(below(&[0.0, 1.0, 5.0], &[1, 2, 3, 4], 5));
    assert_eq!(reference.fields, [FieldReference { name: "f0".into(), distribution: visits }]);
    assert_eq!(reference.score, below(&[0.25, 0.5], &[9, 8, 7], 0));
    let again = Bundle::read(&read.write().unwrap()).unwrap();
    assert_eq!(again, read);
    let scoring = Bundle::read_for_scoring(bytes).unwrap();
    assert_eq!(scoring, Bundle { reference: None, ..read });
    assert!(Bundle::read_for_scoring(&bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn a_reference_is_of_fields_and_each_of_them_once() {
    let twice = |name: &str| {
        let mut written = bundle(linear());
        let field =
            |name: &str| FieldReference { name: name.into(), distribution: Distribution::Number(histogram(&[], &[1], 0)) };
        written.reference = Some(Reference { fields: vec![field("f0"), field(name)], ..Reference::default() });
        written.write()
    };
    assert!(twice("pages").is_ok());
    for bad in ["f0", "f1", ""] {
        assert_eq!(twice(bad).unwrap_err().code(), "BUNDLE_MALFORMED", "{bad}");
    }
}
