//! What single releases of XGBoost do differently with the files they write. A file scores as in the release that wrote it.
//!
//! Found by `tests/vectors/releases`, which compares every release's margins bit for bit.

use crate::model::{Body, Ensemble, Leaf, Node, Split, Test, Tree};

/// What the release that wrote a file does differently from the latest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Release {
    /// 1.0 to 1.2: `base_score` of `binary:logitraw` is a probability, and trees are summed before the base margin is added.
    pub(super) early: bool,
    /// 1.6: a category code beyond a split's set goes the way of missing values, not the way of codes that are not in the set.
    codes_beyond_are_missing: bool,
}

impl Release {
    /// The release of `version`, such as `1.6.2`.
    pub(super) fn of(version: &str) -> Release {
        let is = |release: &str| version.strip_prefix(release).is_some_and(|rest| rest.starts_with('.'));
        Release { early: is("1.0") || is("1.1") || is("1.2"), codes_beyond_are_missing: is("1.6") }
    }

    /// Makes of `body`, read as if the latest release had written it, what it is to this one. Returns how many trees at the end
    /// belong to no round.
    pub(super) fn apply(self, body: &mut Body, dart: bool) -> u32 {
        let Body::Trees(ensemble) = body else { return 0 };
        if self.codes_beyond_are_missing {
            let nodes = ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes);
            nodes.for_each(|node| {
                if let Node::Split(split) = node {
                    codes_beyond_right(split)
                }
            });
        }
        if self.early && !dart { base_last(ensemble) } else { 0 }
    }
}

/// A set that is left by codes not in it, except those beyond its last word, which go right like missing values.
fn codes_beyond_right(split: &mut Split) {
    let Test::NotIn(set) = &split.test else { return };
    // Missing values go left like all codes that are not in the set.
    if split.default_left {
        return;
    }
    let words = set.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
    split.test = Test::In(set.iter().take(words).map(|word| !word).collect());
}

/// Base margins as trees of one leaf at the end, because addition in single precision depends on its order.
fn base_last(ensemble: &mut Ensemble) -> u32 {
    if ensemble.base.iter().all(|base| *base == 0.0) {
        return 0;
    }
    let leaf = |value: f64| vec![Node::Leaf(Leaf { value, cover: 0.0, linear: None })];
    let constants = ensemble.base.iter_mut().enumerate().map(|(output, base)| Tree {
        output: output as u32,
        weight: 1.0,
        nodes: leaf(std::mem::take(base)),
    });
    let before = ensemble.trees.len();
    ensemble.trees.extend(constants);
    (ensemble.trees.len() - before) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Arithmetic, Missing};

    #[test]
    fn releases_are_told_apart() {
        let early = ["1.0.2", "1.1.0", "1.2.1"].map(|version| Release::of(version).early);
        let later = ["1.3.3", "1.10.0", "2.1.4", "", "11.0.0"].map(|version| Release::of(version).early);
        assert_eq!((early, later), ([true; 3], [false; 5]));
        assert!(Release::of("1.6.2").codes_beyond_are_missing && !Release::of("1.7.6").codes_beyond_are_missing);
    }

    #[test]
    fn a_code_beyond_the_set_goes_the_way_of_missing_values() {
        let split = |default_left| Split {
            column: 0,
            test: Test::NotIn(vec![0b110, 0]),
            missing: Missing::Nan,
            default_left,
            left: 1,
            right: 2,
            cover: 0.0,
        };
        for default_left in [false, true] {
            let mut changed = split(default_left);
            codes_beyond_right(&mut changed);
            let left = |x: f64| changed.goes_left(x);
            assert_eq!([left(0.0), left(1.0), left(2.0), left(31.0)], [true, false, false, true]);
            assert_eq!([left(32.0), left(4000.0), left(f64::NAN)], [default_left; 3]);
        }
    }

    #[test]
    fn the_base_is_added_last() {
        let leaf = |value| Tree { output: 0, weight: 1.0, nodes: vec![Node::Leaf(Leaf { value, cover: 0.0, linear: None })] };
        let trees = vec![leaf(f64::from(1e-8f32)), leaf(f64::from(1e-8f32))];
        let ensemble = Ensemble { arithmetic: Arithmetic::F32, base: vec![1.0], trees };
        let mut body = Body::Trees(ensemble);
        let margin = |body: &Body| {
            let Body::Trees(ensemble) = body else { return f64::NAN };
            let mut out = [0.0];
            ensemble.margins(&[], &mut out);
            out[0]
        };
        let first = margin(&body);
        assert_eq!(Release { early: true, ..Release::default() }.apply(&mut body, false), 1);
        assert_eq!((first, margin(&body)), (1.0, f64::from(1e-8f32 + 1e-8f32 + 1.0f32)));
    }
}
