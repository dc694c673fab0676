//! AVX2: the leaf of one row in a small tree, every split of which is tested at once.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "see Safety in the module above"))]

use super::super::size::LANES;
use super::Work;

/// Most leaves of a tree.
pub(crate) const LEAVES: usize = 32;

/// Proof that this processor has AVX2 and the bit operations that came with it.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

/// Nothing, where there is no AVX2.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Avx2 {}

/// A tree whose splits are tested all at once. Places of splits that it does not have are passed by no leaf's left.
#[derive(Debug, Clone)]
#[repr(C, align(32))]
pub(crate) struct FlatTree {
    /// Where the rank of each split's column stands; bit 4 moved to bit 7, as the instruction wants it.
    pub(crate) lanes: [u8; LEAVES],
    /// The least rank that passes.
    pub(crate) cuts: [u8; LEAVES],
    /// How much more still passes: all ranks do, and [`MISSING`](super::super::size::MISSING) if a missing value goes right.
    pub(crate) spans: [u8; LEAVES],
    /// Of each leaf, a bit for each split that has it on its left, placed so that bit `leaf` of the outcome is its own.
    pub(crate) lefts: [[u8; LEAVES]; 4],
}

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// The proof, when it is true.
    pub(crate) fn detect() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
        has.then_some(Avx2(()))
    }

    /// Does `work`, compiled for AVX2.
    #[inline]
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2")]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: see the module's head.
        unsafe { wide(work) }
    }

    /// The leaf of a row in a tree, given its ranks.
    #[inline(always)]
    pub(crate) fn exit_leaf(self, tree: &FlatTree, ranks: &[u8; LANES]) -> u32 {
        // SAFETY: see the module's head.
        unsafe { exit_leaf(tree, ranks) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn exit_leaf(tree: &FlatTree, ranks: &[u8; LANES]) -> u32 {
    use std::arch::x86_64::*;
    // SAFETY: 32 bytes for 32 bytes, of which every pattern is a value.
    let read = |bytes: &[u8; 32]| unsafe { std::mem::transmute::<[u8; 32], __m256i>(*bytes) };
    let ranks = read(ranks);
    let (low, high) = (_mm256_permute2x128_si256::<0x00>(ranks, ranks), _mm256_permute2x128_si256::<0x11>(ranks, ranks));
    // A lane with bit 7 set is looked up as 0, so each table answers for its own half.
    let lanes = read(&tree.lanes);
    let others = _mm256_xor_si256(lanes, _mm256_set1_epi8(i8::MIN));
    let ranks = _mm256_or_si256(_mm256_shuffle_epi8(low, lanes), _mm256_shuffle_epi8(high, others));
    // From `cut` on and at most `span` beyond; what is below `cut` wraps round to more.
    let beyond = _mm256_sub_epi8(ranks, read(&tree.cuts));
    let passed = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(beyond, read(&tree.spans)), beyond));
    let passed = _mm256_set1_epi32(passed);
    let open = |lefts| _mm256_cmpeq_epi32(_mm256_and_si256(read(lefts), passed), _mm256_setzero_si256());
    let [a, b, c, d] = &tree.lefts;
    let open = _mm256_packs_epi16(_mm256_packs_epi32(open(a), open(b)), _mm256_packs_epi32(open(c), open(d)));
    _mm256_movemask_epi8(open).trailing_zeros()
}

#[cfg(not(target_arch = "x86_64"))]
impl Avx2 {
    pub(crate) fn detect() -> Option<Avx2> {
        None
    }

    pub(crate) fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub(crate) fn exit_leaf(self, _: &FlatTree, _: &[u8; LANES]) -> u32 {
        match self {}
    }
}
