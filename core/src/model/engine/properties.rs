//! The engine against the reference evaluator, bit for bit, on random ensembles and awkward values.
//!
//! The trees grow from the seed that `proptest` draws, so a few numbers describe a failing case.

use proptest::prelude::*;

use super::super::{Arithmetic, Body, Column, Ensemble, Leaf, LinearLeaf, Link, Missing, Model, Node, Split, Test, Tree};
use super::wide::{Avx2, Avx512};
use super::{Engine, Plan, Ranked, Scratch};

const COLUMNS: u32 = 6;

/// A small generator (SplitMix64), so that a case is its seed.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A threshold or an input: mostly from a small pool, so that they meet and differ by one ulp.
    fn number(&mut self) -> f64 {
        let pool =
            [0.0, -0.0, 5e-324, -1e-40, 1e-35, f64::from(1e-35f32), 1.0, 0.1, f64::from(0.1f32), -3.5, 7.0, 1e30, f64::MAX];
        let x = if self.below(4) == 0 { self.next() as i64 as f64 / 1e18 } else { pool[self.below(pool.len())] };
        match self.below(8) {
            0 => x.next_up(),
            1 => x.next_down(),
            2 => -x,
            3 => f64::from((x as f32).next_up()),
            _ => x,
        }
    }

    fn value(&mut self) -> f64 {
        match self.below(12) {
            0 | 1 => f64::NAN,
            2 => [f64::INFINITY, f64::NEG_INFINITY][self.below(2)],
            3 => self.below(90) as f64,
            4 => [-1.0, -0.5, 4_294_967_296.0, 1e300, 31.9, 64.0][self.below(6)],
            _ => self.number(),
        }
    }

    fn split(&mut self, categorical: bool) -> Split {
        let column = self.below(COLUMNS as usize) as u32;
        let set = |s: &mut Seeded| (0..s.below(3)).map(|_| s.next() as u32).collect();
        let test = match self.below(4) {
            0 if categorical && column < 2 => Test::In(set(self)),
            1 if categorical && column < 2 => Test::NotIn(set(self)),
            2 => Test::LessEqual(if self.below(20) == 0 { f64::INFINITY } else { self.number() }),
            _ => Test::Less(if self.below(20) == 0 { f64::NEG_INFINITY } else { self.number() }),
        };
        let missing = [Missing::None, Missing::Zero, Missing::Nan][self.below(3)];
        Split { column, test, missing, default_left: self.below(2) == 0, left: 0, right: 0, cover: 1.0 }
    }

    fn leaf(&mut self, linear: bool) -> Node {
        let linear = (linear && self.below(2) == 0).then(|| LinearLeaf {
            intercept: self.number(),
            terms: (0..self.below(3)).map(|_| (self.below(COLUMNS as usize) as u32, self.number())).collect(),
        });
        Node::Leaf(Leaf { value: (self.next() as i64 >> 40) as f64 / 977.0, cover: 1.0, linear })
    }

    /// A tree of `leaves` leaves; `deep` always splits the newest leaf.
    fn tree(&mut self, leaves: usize, deep: bool, kind: Kind) -> Tree {
        let mut nodes = vec![self.leaf(kind.linear)];
        let mut ends = vec![(0usize, 0usize)];
        for _ in 1..leaves {
            let (at, depth) = ends.swap_remove(if deep { ends.len() - 1 } else { self.below(ends.len()) });
            if depth >= kind.depth {
                ends.push((at, depth));
                continue;
            }
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes.push(self.leaf(kind.linear));
            nodes.push(self.leaf(kind.linear));
            let split = self.split(kind.categorical);
            nodes[at] = Node::Split(Split { left: left as u32, right: right as u32, ..split });
            ends.extend([(left, depth + 1), (right, depth + 1)]);
        }
        let weight = if kind.dart { 0.5 + self.below(1000) as f64 / 777.0 } else { 1.0 };
        Tree { output: self.below(kind.outputs) as u32, weight, nodes }
    }
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    outputs: usize,
    depth: usize,
    categorical: bool,
    linear: bool,
    dart: bool,
}

fn model(arithmetic: Arithmetic, outputs: usize, trees: Vec<Tree>) -> Model {
    let columns = (0..COLUMNS).map(|c| Column { name: c.to_string(), categorical: c < 2 }).collect();
    let base = (0..outputs).map(|k| 0.25 + k as f64).collect();
    let body = Body::Trees(Ensemble { arithmetic, base, trees });
    Model { columns, body, link: Link::Identity, outputs: outputs as u32 }
}

/// What a bundle would store of the thresholds of `model`.
fn ranked(model: &Model) -> Ranked {
    let Body::Trees(ensemble) = &model.body else { return Ranked::default() };
    let threshold = |split: &Split| match split.test {
        Test::Less(t) | Test::LessEqual(t) => Some(t),
        _ => None,
    };
    let mut tables: Vec<Vec<f64>> = vec![Vec::new(); COLUMNS as usize];
    for split in ensemble.splits() {
        tables[split.column as usize].extend(threshold(split));
    }
    let mut ranked_cuts = Ranked::default();
    for table in &mut tables {
        table.sort_by(f64::total_cmp);
        table.dedup_by_key(|t| t.to_bits());
        ranked_cuts.values.extend(&*table);
        ranked_cuts.ends.push(ranked_cuts.values.len() as u32);
    }
    let rank = |split: &Split| {
        let place = |t: f64| tables[split.column as usize].iter().position(|known| known.to_bits() == t.to_bits()).unwrap();
        threshold(split).map_or(0, place) as u32
    };
    ranked_cuts.ranks.extend(ensemble.splits().map(rank));
    ranked_cuts
}

/// Fails unless engine and reference agree on every row, alone and in a batch, with wide instructions and without, and whatever is
/// stored of the thresholds.
fn check(model: &Model, rows: &[f64]) {
    let ranked_cuts = ranked(model);
    let mut wrong = ranked_cuts.clone();
    wrong.values.reverse();
    let short = Ranked { ranks: ranked_cuts.ranks.iter().copied().skip(1).collect(), ..ranked_cuts.clone() };
    let compiled = |ranked| Engine::compile_ranked(model, Some(ranked));
    for engine in
        [Engine::compile(model), Engine::compile(model).narrow(), compiled(&ranked_cuts), compiled(&wrong), compiled(&short)]
    {
        check_engine(model, &engine, rows);
    }
}

fn check_engine(model: &Model, engine: &Engine, rows: &[f64]) {
    let mut scratch = Scratch::default();
    let outputs = model.outputs as usize;
    let mut batch = vec![f64::NAN; rows.len() / COLUMNS as usize * outputs];
    engine.margins_batch(rows, &mut scratch, &mut batch);
    for (row, batch) in rows.chunks_exact(COLUMNS as usize).zip(batch.chunks_exact(outputs)) {
        let (mut expected, mut one) = (vec![f64::NAN; outputs], vec![f64::NAN; outputs]);
        model.margins(row, &mut expected);
        engine.margins(row, &mut scratch, &mut one);
        let bits = |margins: &[f64]| margins.iter().map(|m| if m.is_nan() { u64::MAX } else { m.to_bits() }).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&expected), "one row: {row:?}");
        assert_eq!(bits(batch), bits(&expected), "in a batch: {row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn engine_has_the_bits_of_the_reference(
        seed: u64, narrow: bool, outputs in 1usize..4, trees in 0usize..40, leaves in 1usize..60,
        depth in 1usize..20, deep: bool, categorical: bool, linear: bool, dart: bool,
    ) {
        let mut seeded = Seeded(seed);
        let kind = Kind { outputs, depth, categorical, linear, dart };
        let trees = (0..trees).map(|_| { let n = 1 + seeded.below(leaves); seeded.tree(n, deep, kind) }).collect();
        let arithmetic = if narrow { Arithmetic::F32 } else { Arithmetic::F64 };
        let rows: Vec<f64> = (0..COLUMNS as usize * 300).map(|_| seeded.value()).collect();
        check(&model(arithmetic, outputs, trees), &rows);
    }
}

#[test]
fn deep_leaf_wise_trees_of_255_leaves_have_the_bits_of_the_reference() {
    let mut seeded = Seeded(255);
    let kind = Kind { outputs: 1, depth: 300, categorical: true, linear: false, dart: false };
    let trees = (0..140).map(|t| seeded.tree(255, t % 2 == 0, kind)).collect();
    let rows: Vec<f64> = (0..COLUMNS as usize * 300).map(|_| seeded.value()).collect();
    check(&model(Arithmetic::F64, 1, trees), &rows);
}

#[test]
fn deep_trees_of_at_most_32_leaves_have_the_bits_of_the_reference() {
    let mut quick_scored = 0;
    for seed in 0..60 {
        let mut seeded = Seeded(seed);
        let outputs = 1 + seeded.below(3);
        let kind = Kind { outputs, depth: 31, categorical: false, linear: seed % 10 == 0, dart: seed % 3 == 0 };
        let trees = (0..50)
            .map(|t| {
                let n = 1 + seeded.below(32);
                seeded.tree(n, t % 2 == 0, kind)
            })
            .collect();
        let rows: Vec<f64> = (0..COLUMNS as usize * 200).map(|_| seeded.value()).collect();
        let model = model(if seed % 2 == 0 { Arithmetic::F32 } else { Arithmetic::F64 }, outputs, trees);
        check(&model, &rows);
        quick_scored +=
            usize::from(matches!(Engine::compile(&model).plan, Plan::Forest(forest) if forest.quick_scorer.is_some()));
    }
    // Without AVX2 this path is not run, as `wide::tests` reports.
    assert!(quick_scored > 30 || Avx2::detect().is_none(), "{quick_scored} of 60 are scored by QuickScorer");
}

#[test]
fn many_shallow_trees_have_the_bits_of_the_reference() {
    let mut in_lockstep = 0;
    for seed in 0..40 {
        let mut seeded = Seeded(seed);
        let outputs = 1 + seeded.below(2);
        let kind = Kind { outputs, depth: 1 + seeded.below(6), categorical: false, linear: seed % 10 == 0, dart: seed % 3 == 0 };
        let trees = (0..60 + seeded.below(90))
            .map(|_| {
                let n = 1 + seeded.below(40);
                seeded.tree(n, false, kind)
            })
            .collect();
        let rows: Vec<f64> = (0..COLUMNS as usize * 200).map(|_| seeded.value()).collect();
        let model = model(Arithmetic::F32, outputs, trees);
        check(&model, &rows);
        in_lockstep += usize::from(matches!(Engine::compile(&model).plan, Plan::Forest(forest) if forest.lockstep.is_some()));
    }
    // Without AVX-512 this path is not run, as `wide::tests` reports.
    assert!(in_lockstep > 20 || Avx512::detect().is_none(), "{in_lockstep} of 40 are walked in lockstep");
}

#[test]
fn an_improper_tree_is_left_to_the_reference() {
    let mut seeded = Seeded(7);
    let kind = Kind { outputs: 1, depth: 4, categorical: false, linear: false, dart: false };
    let mut tree = seeded.tree(8, false, kind);
    if let Some(Node::Split(split)) = tree.nodes.first_mut() {
        split.right = 99;
    }
    let rows: Vec<f64> = (0..COLUMNS as usize * 50).map(|_| seeded.value()).collect();
    check(&model(Arithmetic::F32, 1, vec![tree]), &rows);
}
