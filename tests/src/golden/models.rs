//! Models of every kind and semantics the core evaluates, small, grown at random.

use plumbline_core::model::{
    Arithmetic, Body, Calibration, Column, Ensemble, Leaf, Linear, LinearLeaf, Link, Missing, Model, Node, Scale, Split, Test,
    Tree,
};

use super::Draw;

/// A model with its calibration.
pub struct Case {
    /// Name, also of its files.
    pub name: &'static str,
    /// The model: four numeric columns and two of category codes below [`CODES`].
    pub model: Model,
    /// From its probability to the observed rate.
    pub calibration: Calibration,
}

/// Numeric columns of every case; the rest are categorical.
pub const NUMERIC: u32 = 4;
/// Columns of every case.
pub const COLUMNS: u32 = 6;
/// Category codes in the sets of a case are below this.
pub const CODES: u64 = 40;

/// The cases, the same always.
pub fn cases() -> Vec<Case> {
    let sigmoid = Calibration::Sigmoid { slope: -1.25, intercept: 0.125, on: Scale::Margin };
    let isotonic = Calibration::Isotonic { x: vec![0.1, 0.3, 0.35, 0.9], y: vec![0.02, 0.1, 0.5, 0.97], on: Scale::Probability };
    let plain = Calibration::None;
    vec![
        case("xgboost", trees(1, Arithmetic::F32, 1, 0), Link::Logistic { scale: 1.0 }, sigmoid),
        case("lightgbm", trees(2, Arithmetic::F64, 1, 0), Link::Logistic { scale: 0.7 }, isotonic.clone()),
        case("linear-trees", trees(5, Arithmetic::F64, 1, 8), Link::Logistic { scale: 1.0 }, plain.clone()),
        case("softmax", trees(3, Arithmetic::F32, 3, 0), Link::Softmax, plain),
        case("linear", Body::Linear(linear(4)), Link::Logistic { scale: 1.0 }, isotonic),
    ]
}

fn case(name: &'static str, body: Body, link: Link, calibration: Calibration) -> Case {
    let columns = (0..COLUMNS).map(|i| Column { name: format!("f{i}"), categorical: i >= NUMERIC }).collect();
    let outputs = if link == Link::Softmax { 3 } else { 1 };
    Case { name, model: Model { columns, body, link, outputs }, calibration }
}

fn linear(seed: u64) -> Linear {
    let mut draw = Draw::new(seed);
    let mut signed = || draw.unit() * 2.0 - 1.0;
    let weights = (0..COLUMNS).map(|_| signed()).collect();
    let means = (0..COLUMNS).map(|_| signed()).collect();
    Linear { arithmetic: Arithmetic::F64, base: vec![-0.5], weights, means }
}

/// Sixty trees; one in `linear` of their leaves is a linear function (0: none).
fn trees(seed: u64, arithmetic: Arithmetic, outputs: u32, linear: u64) -> Body {
    let mut grower = Grower { draw: Draw::new(seed), arithmetic, linear, nodes: Vec::new() };
    let trees = (0..60)
        .map(|i| {
            grower.grow(DEPTH);
            // Every fifth tree is weighted, as DART does.
            let weight = if i % 5 == 4 { 0.625 } else { 1.0 };
            Tree { output: i % outputs, weight, nodes: std::mem::take(&mut grower.nodes) }
        })
        .collect();
    Body::Trees(Ensemble { arithmetic, base: vec![-0.25; outputs as usize], trees })
}

/// Levels of splits at the most.
const DEPTH: u32 = 5;

const THRESHOLDS: [f64; 8] = [-1e9, -2.5, -0.1, 0.0, 1e-36, 0.3, 7.0, 1e30];

struct Grower {
    draw: Draw,
    arithmetic: Arithmetic,
    linear: u64,
    nodes: Vec<Node>,
}

impl Grower {
    /// Appends a subtree of at most `depth` levels of splits; its index and its cover.
    fn grow(&mut self, depth: u32) -> (u32, f64) {
        let at = self.nodes.len();
        let leaf = self.leaf();
        let cover = leaf.cover;
        self.nodes.push(Node::Leaf(leaf));
        if depth == 0 || (depth < DEPTH && self.draw.below(5) == 0) {
            return (at as u32, cover);
        }
        let (column, test) = self.question();
        let missing = match test {
            Test::LessEqual(_) => self.draw.pick(&[Missing::None, Missing::Zero, Missing::Nan]),
            _ => Missing::Nan,
        };
        let default_left = self.draw.below(2) == 0;
        let (left, left_cover) = self.grow(depth - 1);
        let (right, right_cover) = self.grow(depth - 1);
        let cover = left_cover + right_cover;
        self.nodes[at] = Node::Split(Split { column, test, missing, default_left, left, right, cover });
        (at as u32, cover)
    }

    fn question(&mut self) -> (u32, Test) {
        let column = self.draw.below(u64::from(COLUMNS)) as u32;
        if column >= NUMERIC {
            let set = vec![self.draw.bits() as u32, self.draw.bits() as u32 & 0xff];
            let f32s = self.arithmetic == Arithmetic::F32;
            return (column, if f32s { Test::NotIn(set) } else { Test::In(set) });
        }
        let threshold = self.draw.pick(&THRESHOLDS) + self.draw.below(4) as f64 / 8.0;
        match self.arithmetic {
            Arithmetic::F32 => (column, Test::Less(f64::from(threshold as f32))),
            Arithmetic::F64 => (column, Test::LessEqual(threshold)),
        }
    }

    fn leaf(&mut self) -> Leaf {
        let cover = 1.0 + self.draw.below(100) as f64;
        let value = (self.draw.unit() - 0.5) / 4.0;
        match self.arithmetic {
            Arithmetic::F32 => Leaf { value: f64::from(value as f32), cover, linear: None },
            Arithmetic::F64 if self.linear > 0 && self.draw.below(self.linear) == 0 => {
                let terms = vec![(0, (self.draw.unit() - 0.5) / 64.0), (2, (self.draw.unit() - 0.5) / 64.0)];
                Leaf { value, cover, linear: Some(LinearLeaf { intercept: value, terms }) }
            }
            Arithmetic::F64 => Leaf { value, cover, linear: None },
        }
    }
}
