//! AVX-512: one row's way through 64 shallow trees, a level at a time.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "see Safety in the module above"))]

use super::Work;

/// Trees of a word, and the most ladders.
pub(crate) const WIDTH: usize = 64;
/// Cuts compared at once; of so many times so many cuts a rank is a byte.
pub(crate) const CUTS: usize = 16;
/// Most levels of a tree.
pub(crate) const LEVELS: usize = 6;

/// Proof that this processor has AVX-512 with look-ups of 64 bytes (VBMI).
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

/// Nothing, where there is no AVX-512.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Avx512 {}

/// The test at one node of each of 64 trees.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct NodeTests {
    /// The ladder whose rank is tested.
    pub(crate) ladders: [u8; WIDTH],
    /// The least rank that passes.
    pub(crate) cuts: [u8; WIDTH],
}

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// The proof, when it is true.
    pub(crate) fn detect() -> Option<Avx512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Avx512(()))
    }

    /// Does `work`, compiled for AVX-512.
    #[inline]
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: see the module's head.
        unsafe { wide(work) }
    }

    /// How many of 16 cuts `x` passes.
    #[inline(always)]
    pub(crate) fn cuts_passed(self, cuts: &[f32; CUTS], x: f32) -> usize {
        // SAFETY: see the module's head.
        unsafe { cuts_passed(cuts, x) }
    }

    /// Which of 64 trees' tests a row passes, given its ranks.
    #[inline(always)]
    pub(crate) fn passed(self, tests: &NodeTests, ranks: &[u8; WIDTH]) -> u64 {
        // SAFETY: see the module's head.
        unsafe { passed(tests, ranks) }
    }

    /// The numbers whose bits these are: bit `k` of number `n` is bit `n` of word `k`.
    #[inline(always)]
    pub(crate) fn numbers(self, bits: &[u64; LEVELS]) -> [u8; WIDTH] {
        // SAFETY: see the module's head.
        unsafe { numbers(bits) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")]
#[inline]
fn cuts_passed(cuts: &[f32; CUTS], x: f32) -> usize {
    use std::arch::x86_64::*;
    // SAFETY: 16 numbers for 16 numbers.
    let cuts = unsafe { std::mem::transmute::<[f32; CUTS], __m512>(*cuts) };
    _mm512_cmp_ps_mask::<_CMP_LE_OQ>(cuts, _mm512_set1_ps(x)).count_ones() as usize
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")]
#[inline]
fn passed(tests: &NodeTests, ranks: &[u8; WIDTH]) -> u64 {
    use std::arch::x86_64::*;
    // SAFETY: 64 bytes for 64 bytes, of which every pattern is a value.
    let read = |bytes: &[u8; WIDTH]| unsafe { std::mem::transmute::<[u8; WIDTH], __m512i>(*bytes) };
    _mm512_cmpge_epu8_mask(_mm512_permutexvar_epi8(read(&tests.ladders), read(ranks)), read(&tests.cuts))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")]
#[inline]
fn numbers(bits: &[u64; LEVELS]) -> [u8; WIDTH] {
    use std::arch::x86_64::*;
    let mut numbers = _mm512_setzero_si512();
    let mut value = 1;
    for word in bits {
        numbers = _mm512_or_si512(numbers, _mm512_maskz_set1_epi8(*word, value));
        value *= 2;
    }
    // SAFETY: 64 bytes for 64 bytes, of which every pattern is a value.
    unsafe { std::mem::transmute::<__m512i, [u8; WIDTH]>(numbers) }
}

#[cfg(not(target_arch = "x86_64"))]
impl Avx512 {
    pub(crate) fn detect() -> Option<Avx512> {
        None
    }

    pub(crate) fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub(crate) fn cuts_passed(self, _: &[f32; CUTS], _: f32) -> usize {
        match self {}
    }

    pub(crate) fn passed(self, _: &NodeTests, _: &[u8; WIDTH]) -> u64 {
        match self {}
    }

    pub(crate) fn numbers(self, _: &[u64; LEVELS]) -> [u8; WIDTH] {
        match self {}
    }
}
