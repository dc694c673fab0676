//! Instructions that not every processor of a family has: found once, asked for by a token.
//!
//! Only x86-64 knows such; elsewhere there is no token and this costs nothing. What runs under the token is ordinary code of the
//! engine, compiled a second time; its results are integers, copies and sums in the order that the source says (rustc
//! fuses no multiplication and addition that the source does not), and so the same bits.
//!
//! # Safety
//! A token is made by its `detect` alone, which asks the processor. Whoever holds one may run what needs it.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "see Safety above"))]

use super::mark::Mark;
use super::question::LANES;
use super::sweep::{Asked, CUTS, LEVELS, WIDTH};

/// Proof that this processor has AVX2 and the bit operations that came with it.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Proof that this processor has AVX-512 with look-ups of 64 bytes (VBMI).
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

/// Nothing, where there is no AVX2.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(super) enum Avx2 {}

/// Nothing, where there is no AVX-512.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(super) enum Avx512 {}

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
impl Avx512 {
    /// The proof, when it is true.
    pub(super) fn detect() -> Option<Avx512> {
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
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt")]
        fn wide<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: see the module's head.
        unsafe { wide(work) }
    }

    /// How many of 16 cuts `x` passes.
    #[inline(always)]
    pub(super) fn cuts_passed(self, cuts: &[f32; CUTS], x: f32) -> usize {
        // SAFETY: see the module's head.
        unsafe { cuts_passed(cuts, x) }
    }

    /// Which of 64 trees' questions a row passes, given its ranks.
    #[inline(always)]
    pub(super) fn passed(self, asked: &Asked, ranks: &[u8; WIDTH]) -> u64 {
        // SAFETY: see the module's head.
        unsafe { passed(asked, ranks) }
    }

    /// The numbers whose bits these are: bit `k` of number `n` is bit `n` of word `k`.
    #[inline(always)]
    pub(super) fn numbers(self, bits: &[u64; LEVELS]) -> [u8; WIDTH] {
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
fn passed(asked: &Asked, ranks: &[u8; WIDTH]) -> u64 {
    use std::arch::x86_64::*;
    // SAFETY: 64 bytes for 64 bytes, of which every pattern is a value.
    let read = |bytes: &[u8; WIDTH]| unsafe { std::mem::transmute::<[u8; WIDTH], __m512i>(*bytes) };
    _mm512_cmpge_epu8_mask(_mm512_permutexvar_epi8(read(&asked.ladders), read(ranks)), read(&asked.cuts))
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

#[cfg(not(target_arch = "x86_64"))]
impl Avx512 {
    pub(super) fn detect() -> Option<Avx512> {
        None
    }

    pub(super) fn run<W: Work>(self, _: W) -> W::Output {
        match self {}
    }

    pub(super) fn cuts_passed(self, _: &[f32; CUTS], _: f32) -> usize {
        match self {}
    }

    pub(super) fn passed(self, _: &Asked, _: &[u8; WIDTH]) -> u64 {
        match self {}
    }

    pub(super) fn numbers(self, _: &[u64; LEVELS]) -> [u8; WIDTH] {
        match self {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Avx2, Avx512};

    /// The other tests prove each path that the processor has; this one reports which those are, past the harness, which captures
    /// what tests print. A set that the system lists and `detect` misses would be a path that no test ever runs.
    #[test]
    fn instruction_sets_are_detected_and_reported() {
        let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let lists = |needed: &[&str]| needed.iter().all(|flag| flags.split_ascii_whitespace().any(|listed| listed == *flag));
        for (set, has, needed) in [
            ("AVX2", Avx2::detect().is_some(), &["avx2", "bmi1", "bmi2"][..]),
            ("AVX-512", Avx512::detect().is_some(), &["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi"][..]),
        ] {
            assert!(has || !lists(needed), "{set} is listed in /proc/cpuinfo and not detected");
            let line =
                if has { format!("run: the engine's {set} paths\n") } else { format!("not run: the engine's {set} paths\n") };
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }
}
