use proptest::prelude::*;

use super::*;
use crate::model::{Column, Ensemble, Leaf, Link, Missing, Node, Split, Test, Tree};

const COLUMNS: usize = 6;

/// A random tree grown by splitting random leaves, `most` times at most; children's covers sum to their parent's.
fn tree(outputs: u32, most: usize) -> impl Strategy<Value = Tree> {
    let growth = (any::<prop::sample::Index>(), split(), -1.0..1.0f64, 0.0..=1.0f64);
    (0..outputs, prop_oneof![Just(1.0), 0.1..2.0f64], prop::collection::vec(growth, 0..=most)).prop_map(
        |(output, weight, growths)| {
            let leaf = |value, cover| Node::Leaf(Leaf { value, cover, linear: None });
            let mut nodes = vec![leaf(0.5, 100.0)];
            for (at, mut split, value, share) in growths {
                let leaves: Vec<usize> = (0..nodes.len()).filter(|i| matches!(nodes[*i], Node::Leaf(_))).collect();
                let at = *at.get(&leaves);
                let Node::Leaf(old) = &nodes[at] else { unreachable!("only leaves are chosen") };
                let share = if share < 0.1 { 0.0 } else { share };
                let (left, right) = (leaf(value, old.cover * share), leaf(-value * 0.7 + 0.1, old.cover - old.cover * share));
                (split.left, split.right, split.cover) = (nodes.len() as u32, nodes.len() as u32 + 1, old.cover);
                nodes[at] = Node::Split(split);
                nodes.extend([left, right]);
            }
            Tree { output, weight, nodes }
        },
    )
}

fn split() -> impl Strategy<Value = Split> {
    let threshold = || prop_oneof![Just(0.0), Just(-0.0), Just(f64::INFINITY), Just(f64::NEG_INFINITY), -2.0..2.0f64];
    let test = prop_oneof![
        3 => threshold().prop_map(Test::Less),
        3 => threshold().prop_map(Test::LessEqual),
        1 => any::<u8>().prop_map(|w| Test::In(vec![w.into()])),
        1 => any::<u8>().prop_map(|w| Test::NotIn(vec![w.into()])),
    ];
    let missing = prop_oneof![Just(Missing::None), Just(Missing::Zero), Just(Missing::Nan)];
    (0..COLUMNS as u32, test, missing, any::<bool>()).prop_map(|(column, test, missing, default_left)| Split {
        column,
        test,
        missing,
        default_left,
        left: 0,
        right: 0,
        cover: 0.0,
    })
}

fn row() -> impl Strategy<Value = Vec<f64>> {
    let special = prop::sample::select(vec![f64::NAN, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e-36, 3.0, 7.0, 40.0]);
    prop::collection::vec(prop_oneof![special, -2.0..2.0f64], COLUMNS)
}

fn model(trees: Vec<Tree>, outputs: u32) -> Model {
    let columns = (0..COLUMNS).map(|i| Column { name: format!("f{i}"), categorical: false }).collect();
    let base = vec![0.25; outputs as usize];
    Model { columns, body: Body::Trees(Ensemble { arithmetic: Arithmetic::F64, base, trees }), link: Link::Identity, outputs }
}

/// What the tree is expected to give when only the columns of `known` are: the game whose Shapley values are sought.
fn worth(tree: &Tree, node: u32, row: &[f64], known: u32) -> f64 {
    let cover = |child: u32| match &tree.nodes[child as usize] {
        Node::Split(split) => split.cover,
        Node::Leaf(leaf) => leaf.cover,
    };
    match &tree.nodes[node as usize] {
        Node::Leaf(leaf) => leaf.value,
        Node::Split(split) if known >> split.column & 1 == 1 => {
            let child = if split.goes_left(row[split.column as usize]) { split.left } else { split.right };
            worth(tree, child, row, known)
        }
        Node::Split(split) => {
            let (left, right) = (cover(split.left), cover(split.right));
            let share = if left + right > 0.0 { left / (left + right) } else { 0.5 };
            share * worth(tree, split.left, row, known) + (1.0 - share) * worth(tree, split.right, row, known)
        }
    }
}

/// Shapley values by definition, over all subsets of columns.
fn brute_force(model: &Model, row: &[f64]) -> Vec<f64> {
    let Body::Trees(ensemble) = &model.body else { unreachable!("the oracle knows trees only") };
    let mut out = vec![0.0; ensemble.base.len() * (COLUMNS + 1)];
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    for tree in &ensemble.trees {
        let out = &mut out[tree.output as usize * (COLUMNS + 1)..][..COLUMNS + 1];
        let worths: Vec<f64> = (0..1 << COLUMNS).map(|known| tree.weight * worth(tree, 0, row, known)).collect();
        for column in 0..COLUMNS {
            for without in (0..1u32 << COLUMNS).filter(|known| known >> column & 1 == 0) {
                let others = without.count_ones();
                let share = factorial(others) * factorial(COLUMNS as u32 - 1 - others) / factorial(COLUMNS as u32);
                out[column] += share * (worths[(without | 1 << column) as usize] - worths[without as usize]);
            }
        }
        out[COLUMNS] += worths[0];
    }
    for (k, base) in ensemble.base.iter().enumerate() {
        out[k * (COLUMNS + 1) + COLUMNS] += base;
    }
    out
}

fn explained(model: &Model, row: &[f64]) -> Vec<f64> {
    let mut out = vec![f64::NAN; model.outputs as usize * (model.columns.len() + 1)];
    Explainer::compile(model).expect("it can be explained").contributions(row, &mut out);
    out
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "value {i}: {found} for {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn contributions_are_the_shapley_values(
        // Few splits make shallow trees, which have tables; many seldom do.
        (outputs, trees) in (1u32..3, prop_oneof![Just(5), Just(14)])
            .prop_flat_map(|(k, most)| (Just(k), prop::collection::vec(tree(k, most), 0..4))),
        rows in prop::collection::vec(row(), 1..4),
    ) {
        let model = model(trees, outputs);
        prop_assert!(model.validate().is_ok());
        for row in rows {
            let found = explained(&model, &row);
            assert_close(&found, &brute_force(&model, &row), 1e-13);
            let mut margins = vec![0.0; outputs as usize];
            model.margins(&row, &mut margins);
            let sums: Vec<f64> = found.chunks(COLUMNS + 1).map(|c| c.iter().sum()).collect();
            assert_close(&sums, &margins, 1e-13);
        }
    }
}

/// A path of 30 splits over 20 columns: more points than one block, columns met again. Too many columns to enumerate, but the sum
/// of the contributions is a quadrature too, and equals the margin only when that is exact.
#[test]
fn long_paths_take_several_blocks() {
    let columns = 20u32;
    let mut nodes = Vec::new();
    for depth in 0..30u32 {
        let at = 2 * depth;
        let cover = f64::from(31 - depth);
        let column = (depth * 7) % columns;
        nodes.push(Node::Split(Split {
            column,
            test: Test::Less(if depth < columns { 0.0 } else { -1.0 }),
            missing: Missing::Nan,
            default_left: depth % 3 == 0,
            left: at + 2,
            right: at + 1,
            cover,
        }));
        nodes.push(Node::Leaf(Leaf { value: f64::from(depth) - 10.0, cover: 1.0, linear: None }));
    }
    nodes.push(Node::Leaf(Leaf { value: 3.0, cover: 1.0, linear: None }));
    let names = (0..columns).map(|i| Column { name: format!("f{i}"), categorical: false }).collect();
    let trees = vec![Tree { output: 0, weight: 1.0, nodes }];
    let body = Body::Trees(Ensemble { arithmetic: Arithmetic::F64, base: vec![0.0], trees });
    let model = Model { columns: names, body, link: Link::Identity, outputs: 1 };
    assert!(model.validate().is_ok());
    for row in [vec![-2.0; 20], vec![-0.5; 20], vec![f64::NAN; 20], (0..20).map(|i| f64::from(i % 3) - 1.5).collect()] {
        let mut margin = [0.0];
        model.margins(&row, &mut margin);
        let found = explained(&model, &row);
        assert_close(&[found.iter().sum()], &margin, 1e-12);
    }
}

#[test]
fn linear_models_are_explained_by_their_terms() {
    let columns = (0..2).map(|i| Column { name: format!("f{i}"), categorical: false }).collect();
    let linear = Linear {
        arithmetic: Arithmetic::F64,
        base: vec![1.0, 0.0],
        weights: vec![2.0, 3.0, -1.0, 0.5],
        means: vec![10.0, 100.0],
    };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Softmax, outputs: 2 };
    assert_eq!(explained(&model, &[11.0, f64::NAN]), [2.0, -300.0, 321.0, -1.0, -50.0, 40.0]);
}

#[test]
fn linear_trees_are_not_explained() {
    let linear = crate::model::LinearLeaf { intercept: 0.0, terms: Vec::new() };
    let leaf = Node::Leaf(Leaf { value: 1.0, cover: 1.0, linear: Some(linear) });
    let model = model(vec![Tree { output: 0, weight: 1.0, nodes: vec![leaf] }], 1);
    assert!(Explainer::compile(&model).is_none());
}
