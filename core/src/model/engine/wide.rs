//! Instructions that not every processor of a family has: found once, asked for by a token.
//!
//! Only x86-64 knows such; elsewhere there is no token and this costs nothing. What runs under the token is ordinary code of the
//! engine, compiled a second time; its results are integers, copies and sums in the order that the source says (no fused
//! multiplication, which is another feature), and so the same bits.
//!
//! # Safety
//! [`Avx2`] is made by [`Avx2::detect`] alone, which asks the processor. Whoever holds one may run what needs it.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "see Safety above"))]

use super::mark::Mark;
use super::question::LANES;

/// Proof that this processor has AVX2 and the bit operations that came with it.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Nothing, where there is no AVX2.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(super) enum Avx2 {}

/// Something to run. A trait, because a closure cannot be told to be compiled into its caller.
pub(super) trait Work {
    /// What it answers.
    type Output;
    /// Does it. Mark it, and all that is to use the wide instructions, `#[inline(always)]`.
    fn run(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// The proof, when it is true.
    pub(super) fn detect() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
        has.then_some(Avx2(()))
    }

    /// Does `work`, compiled for AVX2.
    #[inline]
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2")]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: see the module's head.
        unsafe { wide(work) }
    }

    /// The leaf of a row in a tree, given its ranks.
    #[inline(always)]
    pub(super) fn exit(self, mark: &Mark, ranks: &[u8; LANES]) -> u32 {
        // SAFETY: see the module's head.
        unsafe { exit(mark, ranks) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn exit(mark: &Mark, ranks: &[u8; LANES]) -> u32 {
    use std::arch::x86_64::*;
    // SAFETY: 32 bytes for 32 bytes, of which every pattern is a value.
    let read = |bytes: &[u8; 32]| unsafe { std::mem::transmute::<[u8; 32], __m256i>(*bytes) };
    let ranks = read(ranks);
    let (low, high) = (_mm256_permute2x128_si256::<0x00>(ranks, ranks), _mm256_permute2x128_si256::<0x11>(ranks, ranks));
    // A lane with bit 7 set is looked up as 0, so each table answers for its own half.
    let lanes = read(&mark.lanes);
    let others = _mm256_xor_si256(lanes, _mm256_set1_epi8(i8::MIN));
    let ranks = _mm256_or_si256(_mm256_shuffle_epi8(low, lanes), _mm256_shuffle_epi8(high, others));
    // From `cut` on and at most `span` beyond; what is below `cut` wraps round to more.
    let beyond = _mm256_sub_epi8(ranks, read(&mark.cuts));
    let passed = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(beyond, read(&mark.spans)), beyond));
    let passed = _mm256_set1_epi32(passed);
    let open = |lefts| _mm256_cmpeq_epi32(_mm256_and_si256(read(lefts), passed), _mm256_setzero_si256());
    let [a, b, c, d] = &mark.lefts;
    let open = _mm256_packs_epi16(_mm256_packs_epi32(open(a), open(b)), _mm256_packs_epi32(open(c), open(d)));
    _mm256_movemask_epi8(open).trailing_zeros()
}

#[cfg(not(target_arch = "x86_64"))]
impl Avx2 {
    pub(super) fn detect() -> Option<Avx2> {
        None
    }

    pub(super) fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub(super) fn exit(self, _: &Mark, _: &[u8; LANES]) -> u32 {
        match self {}
    }
}
