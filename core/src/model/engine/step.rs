//! Steps down complete trees: from node `at` to `2·at` or `2·at + 1`, as the answer to the node's question says.
//!
//! Three things make a step three instructions (read the question, read the answer, add), and all need care. The number of levels
//! is hidden from the compiler, or else it unrolls the steps and rewrites them as a sum of shifted answers, which is right and
//! takes twice as many. That an answer is one bit is hidden too, or else the sum becomes a shift and an "or", which no address
//! computes. And then it no longer sees that `at` stays in bounds, so it is given as an assumption: the one place of the engine's walk with
//! `unsafe`. Measured on 300 trees of depth 6: 0.95 µs a row so, 1.10 with `at` masked in safe code, 1.6 unrolled. The trees
//! are written out by hand because a size-optimised build (the one that travels to a page) keeps loops as loops.
//!
//! # Safety
//! `step` requires `at < ROOM`. Its caller starts at 1 and takes `LEVELS` steps, for [`Levels`] holds nothing else and
//! 2^`LEVELS` = `ROOM` is checked when it is made. A step doubles `at` and adds an answer, which is 0 or 1, because [`Answers`]
//! begin as zeros and [`Answers::write`], which alone changes them, keeps one bit of each. So before step `k` (from 0)
//! `at` < 2^(k + 1), and `k` + 1 is at most `LEVELS`. `assert_unchecked` makes Miri, and any build with debug assertions, check
//! this at every step.
#![allow(unsafe_code, reason = "see Safety above")]
#![expect(clippy::indexing_slicing, reason = "a question is a u16 into 2^16 answers, and `at` is below `ROOM`: no check remains")]

use super::size::{LIMIT, WORD};

/// Trees stepped together: enough to hide the latency of a step, few enough for the registers.
pub(super) const GROUP: usize = 8;

/// Trees stepped together when they lie side by side: their steps overlap with the next ones' by themselves.
pub(super) const FEW: usize = 4;

/// One byte per question: 0 goes left, 1 goes right.
#[derive(Debug)]
pub(super) struct Answers([u8; LIMIT]);

impl Answers {
    pub(super) fn new() -> Answers {
        Answers([0; LIMIT])
    }

    /// Writes the first of `run` to all places of `at..at + len`, [`WORD`] at a time: 0 for 0 and 1 for 1.
    /// Keeping one bit of each is also what spares the call of `memcpy` that a plain copy would become.
    #[inline(always)]
    pub(super) fn write(&mut self, at: usize, len: usize, run: &[u8]) {
        const ONE_OF_EACH: u128 = u128::from_ne_bytes([1; WORD]);
        let to = self.0.get_mut(at..at + len).unwrap_or_default();
        for (to, from) in to.as_chunks_mut().0.iter_mut().zip(run.as_chunks().0) {
            *to = (u128::from_ne_bytes(*from) & ONE_OF_EACH).to_ne_bytes();
        }
    }
}

/// `LEVELS`, as a number the compiler does not know.
pub(super) struct Levels<const LEVELS: usize, const ROOM: usize>(usize);

impl<const LEVELS: usize, const ROOM: usize> Levels<LEVELS, ROOM> {
    pub(super) fn hidden() -> Self {
        const { assert!(1 << LEVELS == ROOM) };
        Levels(std::hint::black_box(LEVELS))
    }

    /// The leaf of each tree, in 0..`ROOM`. Place 0 of a tree's questions is unused.
    #[inline(always)]
    pub(super) fn descend(&self, trees: [&[u16; ROOM]; GROUP], answers: &Answers) -> [usize; GROUP] {
        let [mut a0, mut a1, mut a2, mut a3, mut a4, mut a5, mut a6, mut a7] = [1; GROUP];
        for _ in 0..self.0 {
            // SAFETY: see the module's head.
            unsafe {
                a0 = step(trees[0], a0, answers);
                a1 = step(trees[1], a1, answers);
                a2 = step(trees[2], a2, answers);
                a3 = step(trees[3], a3, answers);
                a4 = step(trees[4], a4, answers);
                a5 = step(trees[5], a5, answers);
                a6 = step(trees[6], a6, answers);
                a7 = step(trees[7], a7, answers);
            }
        }
        let leaf = |at: usize| at & (ROOM - 1);
        [leaf(a0), leaf(a1), leaf(a2), leaf(a3), leaf(a4), leaf(a5), leaf(a6), leaf(a7)]
    }

    /// The same for trees that lie side by side: one address serves them all, and a host with few registers keeps the rest.
    #[inline(always)]
    pub(super) fn descend_side_by_side(&self, trees: &[[u16; ROOM]; FEW], answers: &Answers) -> [usize; FEW] {
        let [mut a0, mut a1, mut a2, mut a3] = [1; FEW];
        for _ in 0..self.0 {
            // SAFETY: see the module's head.
            unsafe {
                a0 = step(&trees[0], a0, answers);
                a1 = step(&trees[1], a1, answers);
                a2 = step(&trees[2], a2, answers);
                a3 = step(&trees[3], a3, answers);
            }
        }
        let leaf = |at: usize| at & (ROOM - 1);
        [leaf(a0), leaf(a1), leaf(a2), leaf(a3)]
    }
}

/// The next node.
///
/// # Safety
/// `at` < `ROOM`.
#[inline(always)]
unsafe fn step<const ROOM: usize>(questions: &[u16; ROOM], at: usize, answers: &Answers) -> usize {
    // SAFETY: the caller's duty.
    unsafe { std::hint::assert_unchecked(at < ROOM) };
    at + at + usize::from(answers.0[usize::from(questions[at])])
}
