//! The walk: for one row, up each tree summing leaves and down again handing out contributions.
//!
//! # Formula
//! The Shapley value of column i in the game of a leaf of value v is v·(oᵢ − zᵢ)·∫₀¹ ∏ⱼ≠ᵢ (t·oⱼ + (1 − t)·zⱼ) dt, where oⱼ is 1 when
//! the row follows all of the path's splits on column j and zⱼ is the training share that does. The integrand is a polynomial
//! of a degree below the number of columns on the path, so Gauss–Legendre quadrature of half as many points gives it exactly,
//! and its weights are positive, so nothing cancels. At each point t:
//!
//! - up: with U the children's sums, h the side the row takes and c the other, a split's sum is U_h − keep·share_c·(U_h − U_c);
//! - down: with T the product of the path above, T_c = T·keep·share_c and T_h = T − T_c; the split's column earns
//!   T·gain·share_c·(U_h − U_c).
//!
//! # Source
//! The integral form: Owen, "Multilinear extensions of games" (1972). Path-dependent tree games: Lundberg et al., "From local
//! explanations to global understanding with explainable AI for trees" (2020).
#![expect(clippy::indexing_slicing, reason = "indices are made at compile time and lie within what is reserved there")]

use super::forest::{Base, Forest, Head, LANES, Lanes, ROOT};

impl Forest {
    /// Writes the contributions of `row` to `out`; see [`super::Explainer::contributions`].
    pub fn contributions(&self, row: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let width = self.comparisons.columns() + 1;
        for (out, bias) in out.chunks_exact_mut(width).zip(&self.bias) {
            out[width - 1] = *bias;
        }
        let values = self.comparisons.values(row);
        let mut scratch = Scratch {
            states: vec![ROOT; self.largest[1] + 1],
            last_states: vec![0; self.largest[2]],
            sums: vec![[0.0; LANES]; self.largest[0]],
            gains: vec![[0.0; LANES]; self.largest[1]],
            last_gains: vec![0.0; self.largest[2]],
        };
        let (mut inner, mut last, mut leaves) = (0, 0, 0);
        for tree in &self.trees {
            let start = tree.output as usize * width;
            if let Some(out) = out.get_mut(start..start + width) {
                self.add_tree(tree, [inner, last, leaves], &values, &mut scratch, out);
            }
            (inner, last, leaves) = (tree.inner as usize, tree.last as usize, tree.leaves as usize);
        }
    }

    fn add_tree(&self, tree: &Head, start: [usize; 3], values: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
        let inner = &self.inner[start[0]..tree.inner as usize];
        let last = &self.last[start[1]..tree.last as usize];
        let leaves = &self.leaves[start[2]..tree.leaves as usize];
        for (i, split) in inner.iter().enumerate() {
            scratch.states[i + 1] = state(&split.base, values, &scratch.states);
        }
        for (i, split) in last.iter().enumerate() {
            scratch.last_states[i] = state(&split.base, values, &scratch.states);
        }
        let Scratch { states, last_states, sums, gains, last_gains } = scratch;
        for block in 0..tree.blocks {
            for (slot, value) in leaves {
                sums[*slot as usize] = [*value; LANES];
            }
            for (i, split) in last.iter().enumerate() {
                let (base, state) = (&split.base, last_states[i]);
                let (hot, cold) = sides(state);
                let shade = &self.shades[shade(base, state, block)];
                let gain = base.share[cold] * (split.leaf[hot] - split.leaf[cold]);
                last_gains[i] = gain;
                sums[base.slot as usize] = each(|q| split.leaf[hot] - shade.keep[q] * gain);
            }
            for (i, split) in inner.iter().enumerate().rev() {
                let (base, state) = (&split.base, states[i + 1]);
                let (hot, cold) = sides(state);
                let shade = &self.shades[shade(base, state, block)];
                let (up, beside) = (sums[split.child as usize + hot], sums[split.child as usize + cold]);
                let gain: Lanes = each(|q| base.share[cold] * (up[q] - beside[q]));
                gains[i] = each(|q| shade.gain[q] * gain[q]);
                sums[base.slot as usize] = each(|q| up[q] - shade.keep[q] * gain[q]);
            }
            // The sums are no longer needed; their places hold the products of the paths.
            sums[0] = self.weights[(tree.block + block) as usize];
            for (i, split) in inner.iter().enumerate() {
                let (base, state) = (&split.base, states[i + 1]);
                let (hot, cold) = sides(state);
                let shade = &self.shades[shade(base, state, block)];
                let product = sums[base.slot as usize];
                out[base.column as usize] += dot(&product, &gains[i]);
                let beside: Lanes = each(|q| product[q] * (shade.keep[q] * base.share[cold]));
                sums[split.child as usize + cold] = beside;
                sums[split.child as usize + hot] = each(|q| product[q] - beside[q]);
            }
            for (i, split) in last.iter().enumerate() {
                let (base, state) = (&split.base, last_states[i]);
                let shade = &self.shades[shade(base, state, block)];
                out[base.column as usize] += dot(&sums[base.slot as usize], &shade.gain) * last_gains[i];
            }
        }
    }
}

/// Working memory of one call.
struct Scratch {
    /// Of each inner split of the tree, after [`ROOT`]: 0 when the row leaves its column's path above, else 1 + the side taken.
    states: Vec<u8>,
    last_states: Vec<u8>,
    /// Per slot: on the way up sums of leaves, on the way down products of paths.
    sums: Vec<Lanes>,
    gains: Vec<Lanes>,
    last_gains: Vec<f64>,
}

fn state(base: &Base, values: &[f64], states: &[u8]) -> u8 {
    let right = values[base.value as usize] >= base.threshold;
    if states[base.ancestor as usize] == base.ancestor_state { 1 + u8::from(right) } else { 0 }
}

/// (The side the row takes, the other); left and right when it does not matter.
fn sides(state: u8) -> (usize, usize) {
    let hot = usize::from(state >> 1);
    (hot, 1 - hot)
}

/// The position of the split's shade; 0 is the cold one.
fn shade(base: &Base, state: u8, block: u32) -> usize {
    if state == 0 { 0 } else { (base.shade + block) as usize }
}

fn each(f: impl Fn(usize) -> f64) -> Lanes {
    core::array::from_fn(f)
}

fn dot(a: &Lanes, b: &Lanes) -> f64 {
    (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3])
}
