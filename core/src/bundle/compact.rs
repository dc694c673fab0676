//! Trees in the fewest bytes: what repeats is coded ([`super::code`]), what is noise lies in planes as it is, and training weights
//! are rounded, since they tell more bytes than all splits together and only weigh the paths of an explanation.
//!
//! Margins keep every bit. `docs/FORMATS.md` says what the rounding does to explanations.

use super::BundleError;
use super::code::{Decoder, Encoder};
use super::container::{Dtype, Writer, about, malformed};
use super::plane::{Numbers, is_single, rotated, unrotated};
use super::tree::{Columns, Growth, Width, counts, total};
use crate::model::{Ensemble, Node};

/// Low bits of a leaf's training weight, in single precision, that are not kept: two of the 23 below the leading one are.
const DROPPED: u32 = 21;
/// As many as a valid tree has; each has a table of its own.
const MOST_LEVELS: usize = 4097;

/// How many low planes are noise, in single precision: of leaves' values, and of steps from cut to cut. In double precision
/// [`NOISE`] of the eight are.
const LEAF_NOISE: usize = 3;
const CUT_NOISE: usize = 2;
const NOISE: usize = 6;

/// Adds the splits and leaves of `ensemble`, flattened as `c`, whose columns have the `cuts` and whose splits the `ranks`.
pub(super) fn write(ensemble: &Ensemble, c: &Columns, cuts: &[Vec<f64>], ranks: &[u64], file: &mut Writer) {
    file.integers("cut.count", &counts(cuts));
    let mut code = Encoder::default();
    levels(ensemble).iter().for_each(|level| code.run(level));
    code.run(&c.kind);
    let columns = c.column.iter().copied();
    planes(cuts.len(), |p| code.run(&columns.clone().map(|column| (column >> (8 * p)) as u8).collect::<Vec<_>>()));
    let mut own: Vec<Vec<u64>> = vec![Vec::new(); cuts.len()];
    for ((column, _), rank) in c.column.iter().zip(&c.threshold).zip(ranks).filter(|((_, t), _)| t.is_some()) {
        if let Some(own) = own.get_mut(*column as usize) {
            own.push(*rank);
        }
    }
    for (cuts, own) in cuts.iter().zip(&own) {
        planes(cuts.len(), |p| code.run(&own.iter().map(|rank| (rank >> (8 * p)) as u8).collect::<Vec<_>>()));
    }
    let single = is_single(c.leaf_value.iter().copied());
    let rotated: Vec<u64> = c.leaf_value.iter().map(|value| rotated(*value, single)).collect();
    split_planes("leaf.value", &rotated, if single { LEAF_NOISE } else { NOISE }, file, &mut code);
    let single = is_single(cuts.iter().flatten().copied());
    let steps: Vec<u64> = cuts.iter().flat_map(|cuts| steps(cuts, single)).collect();
    split_planes("cut.value", &steps, if single { CUT_NOISE } else { NOISE }, file, &mut code);

    let (covers, [least, dropped]) = round(&c.leaf_cover);
    file.integers("cover.scale", &[least.into(), dropped.into()]);
    code.run(&covers);
    let [tables, words] = code.finish();
    file.put("code.table", Dtype::U8, &[tables.len()], tables);
    file.put("code.words", Dtype::U8, &[words.len()], words);
}

/// How many bytes a number has of which `noise` are noise.
fn width(noise: usize) -> usize {
    if noise == NOISE { 8 } else { 4 }
}

/// Per level, of all trees in order, which nodes are leaves.
fn levels(ensemble: &Ensemble) -> Vec<Vec<u8>> {
    let mut levels: Vec<Vec<u8>> = Vec::new();
    for tree in &ensemble.trees {
        let (mut nodes, mut depth) = (vec![0u32], 0);
        while !nodes.is_empty() {
            if levels.len() == depth {
                levels.push(Vec::new());
            }
            let mut below = Vec::new();
            for node in nodes.iter().filter_map(|i| tree.nodes.get(*i as usize)) {
                if let Some(level) = levels.get_mut(depth) {
                    level.push(matches!(node, Node::Leaf(_)).into());
                }
                if let Node::Split(split) = node {
                    below.extend([split.left, split.right]);
                }
            }
            (nodes, depth) = (below, depth + 1);
        }
    }
    levels
}

/// Calls `each` with every plane that numbers below `limit` have; none when all are 0.
fn planes(limit: usize, mut each: impl FnMut(usize)) {
    let most = limit.saturating_sub(1) as u64;
    for plane in (0..8).take_while(|p| most >> (8 * p) > 0) {
        each(plane);
    }
}

/// The noisy low planes of `values` as a tensor, the others as runs.
fn split_planes(name: &'static str, values: &[u64], noise: usize, file: &mut Writer, code: &mut Encoder) {
    file.planes(name, values, noise);
    for plane in noise..width(noise) {
        code.run(&values.iter().map(|v| (v >> (8 * plane)) as u8).collect::<Vec<_>>());
    }
}

/// From each cut to the next in steps of the smallest difference there is, the first from the bottom.
fn steps(cuts: &[f64], single: bool) -> impl Iterator<Item = u64> {
    let mut before = 0u64;
    cuts.iter().map(move |cut| {
        let place = if single { place32((*cut as f32).to_bits()).into() } else { place64(cut.to_bits()) };
        let step = place.wrapping_sub(before);
        before = place;
        step
    })
}

/// Bits of floats to numbers of the same order.
fn place32(bits: u32) -> u32 {
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn place64(bits: u64) -> u64 {
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// `covers` as single precision rounded to the nearest number of few leading bits; those bits less the least, which is stored, with
/// how many bits were dropped.
fn round(covers: &[f64]) -> (Vec<u8>, [u32; 2]) {
    let mut dropped = DROPPED;
    loop {
        let largest = f32::MAX.to_bits() >> dropped;
        let single = |cover: &f64| (cover.abs().min(f32::MAX.into()) as f32).to_bits();
        let round = |cover: &f64| ((single(cover) + (1 << (dropped - 1))) >> dropped).min(largest);
        let rounded: Vec<u32> = covers.iter().map(round).collect();
        let least = rounded.iter().copied().min().unwrap_or(0);
        if let Ok(symbols) = rounded.iter().map(|cover| u8::try_from(cover - least)).collect() {
            return (symbols, [least, dropped]);
        }
        dropped += 1;
    }
}

/// Fills the splits and leaves of `growth`, of `trees` trees over `columns` columns. The number of leaves is that of a tensor which
/// holds each of them, and what else is there follows from it, so nothing grows beyond a multiple of the file.
#[inline(never)]
pub(super) fn read(numbers: &mut Numbers<'_, '_>, trees: usize, columns: usize, growth: &mut Growth) -> Result<(), BundleError> {
    let mut code = Box::new(Decoder::of(numbers));
    let (mut value, leaf_noise) = numbers.noise("leaf.value", &[LEAF_NOISE, NOISE]);
    let (mut step, cut_noise) = numbers.noise("cut.value", &[CUT_NOISE, NOISE]);
    let (scale, counts) = (numbers.integers("cover.scale"), numbers.integers("cut.count"));
    let leaves = value.len();
    if leaves < trees || counts.len() != columns || total(&counts) != step.len() {
        return Err(malformed("the encoded tensors differ in length"));
    }
    let splits = leaves - trees;
    growth.is_leaf = shape(&mut code, trees, leaves + splits)?;
    growth.kind = run(&mut code, splits).into_iter().map(u32::from).collect();
    let mut bytes = |n: usize, limit: usize| {
        let mut whole = vec![0u32; n];
        planes(limit, |p| whole.iter_mut().zip(run(&mut code, n)).for_each(|(whole, byte)| *whole |= u32::from(byte) << (8 * p)));
        whole
    };
    growth.column = bytes(splits, columns);

    let mut places: Vec<Vec<usize>> = vec![Vec::new(); columns];
    for (at, (column, kind)) in growth.column.iter().zip(&growth.kind).enumerate() {
        let own =
            places.get_mut(*column as usize).ok_or_else(|| about("code.words", "refers to a column that does not exist"))?;
        if kind & 2 == 0 {
            own.push(at);
        }
    }
    growth.cut = vec![0; splits];
    for (places, count) in places.iter().zip(&counts) {
        for (at, cut) in places.iter().zip(bytes(places.len(), *count as usize)) {
            if let Some(place) = growth.cut.get_mut(*at) {
                *place = cut;
            }
        }
    }
    for (values, noise) in [(&mut value, leaf_noise), (&mut step, cut_noise)] {
        for plane in noise..width(noise) {
            let high = run(&mut code, values.len());
            values.iter_mut().zip(high).for_each(|(value, byte)| *value |= u64::from(byte) << (8 * plane));
        }
    }
    growth.leaf_value = value.into_iter().map(|bits| unrotated(bits, leaf_noise != NOISE)).collect();
    let [least, dropped] = scale
        .first_chunk::<2>()
        .filter(|[_, dropped]| (DROPPED..32).contains(dropped))
        .ok_or_else(|| about("cover.scale", "must hold two numbers"))?;
    let cover = |symbol: u8| f32::from_bits(least.wrapping_add(symbol.into()) << dropped).into();
    growth.leaf_cover = run(&mut code, leaves).into_iter().map(cover).collect();
    growth.split_cover = vec![0; splits];
    growth.width = Width::F32;
    growth.cut_value = cut_values(step, &counts, cut_noise != NOISE);
    growth.cut_end = counts;
    code.finish()
}

/// A run of `n` bytes.
fn run(code: &mut Decoder<'_>, n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    code.run(&mut bytes);
    bytes
}

/// A bit per node, tree by tree, of `nodes` nodes, level by level.
fn shape(code: &mut Decoder<'_>, trees: usize, nodes: usize) -> Result<Vec<u8>, BundleError> {
    let (mut levels, mut size, mut nodes_so_far) = (Vec::new(), trees, 0);
    while size > 0 {
        nodes_so_far += size;
        if nodes_so_far > nodes || levels.len() == MOST_LEVELS {
            break;
        }
        let level = run(code, size);
        size = 2 * level.iter().filter(|leaf| **leaf == 0).count();
        levels.push(level.into_iter());
    }
    if size > 0 || nodes_so_far != nodes {
        return Err(malformed("the encoded shapes do not match the number of leaves"));
    }
    let (mut bits, mut at) = (vec![0u8; nodes.div_ceil(8)], 0);
    for _ in 0..trees {
        let mut size = 1;
        for level in &mut levels {
            let mut splits = 0;
            for leaf in level.by_ref().take(size) {
                if let Some(byte) = bits.get_mut(at / 8) {
                    *byte |= u8::from(leaf != 0) << (at % 8);
                }
                splits += usize::from(leaf == 0);
                at += 1;
            }
            size = 2 * splits;
            if size == 0 {
                break;
            }
        }
    }
    Ok(bits)
}

/// The cuts at the ends of `steps`, `counts` of them per column.
fn cut_values(steps: Vec<u64>, counts: &[u32], single: bool) -> Vec<f64> {
    let (mut values, mut steps) = (Vec::with_capacity(steps.len()), steps.into_iter());
    for count in counts {
        let mut place = 0u64;
        for step in steps.by_ref().take(*count as usize) {
            place = place.wrapping_add(step);
            // The order's reverse: it is its own inverse but for which half is turned.
            let bits32 = if place as u32 >> 31 == 1 { place as u32 & !(1 << 31) } else { !(place as u32) };
            let bits64 = if place >> 63 == 1 { place & !(1 << 63) } else { !place };
            values.push(if single { f32::from_bits(bits32).into() } else { f64::from_bits(bits64) });
        }
    }
    values
}
