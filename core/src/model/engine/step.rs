//! Steps down trees in heap order: from node `at` to `2·at` or `2·at + 1`, as the answer to the node's question says.
//!
//! Two things make a step three instructions (read the question, read the answer, add), and both need care. The number of levels
//! is hidden from the compiler, or else it unrolls the steps and rewrites them as a sum of shifted answers, which is right and
//! takes twice as many. And then it no longer sees that `at` stays in bounds, so it is told: the one place of the engine with
//! `unsafe`. Measured on 300 trees of depth 6: 0.95 µs a row so, 1.10 with `at` masked in safe code, 1.6 unrolled. Eight trees
//! are written out by hand because a size-optimised build (the one that travels to a page) keeps loops as loops.
//!
//! # Safety
//! `step` requires `at < ROOM`. Its caller starts at 1 and takes `LEVELS` steps, for [`Levels`] holds nothing else and
//! 2^`LEVELS` = `ROOM` is checked when it is made. A step doubles `at` and adds one bit, so before step `k` (from 0) `at` < 2^(k + 1),
//! and `k` + 1 is at most `LEVELS`. `assert_unchecked` makes Miri, and any build with debug assertions, check this at every step.
#![allow(unsafe_code, reason = "see Safety above")]
#![expect(clippy::indexing_slicing, reason = "a question is a u16 into 2^16 answers, and `at` is below `ROOM`: no check remains")]

use super::answer::Answers;

/// Trees stepped together: enough to hide the latency of a step, few enough for the registers.
pub(super) const GROUP: usize = 8;

/// `LEVELS`, as a number the compiler does not know.
pub(super) struct Levels<const LEVELS: usize, const ROOM: usize>(usize);

impl<const LEVELS: usize, const ROOM: usize> Levels<LEVELS, ROOM> {
    pub(super) fn hidden() -> Self {
        const { assert!(1 << LEVELS == ROOM) };
        Levels(std::hint::black_box(LEVELS))
    }

    /// The leaf of each tree, in 0..`ROOM`. Place 0 of `questions` is unused.
    #[inline(always)]
    pub(super) fn descend(&self, questions: [&[u16; ROOM]; GROUP], answers: &Answers) -> [usize; GROUP] {
        let [q0, q1, q2, q3, q4, q5, q6, q7] = questions;
        let [mut a0, mut a1, mut a2, mut a3, mut a4, mut a5, mut a6, mut a7] = [1; GROUP];
        for _ in 0..self.0 {
            // SAFETY: see the module's head.
            unsafe {
                a0 = step(q0, a0, answers);
                a1 = step(q1, a1, answers);
                a2 = step(q2, a2, answers);
                a3 = step(q3, a3, answers);
                a4 = step(q4, a4, answers);
                a5 = step(q5, a5, answers);
                a6 = step(q6, a6, answers);
                a7 = step(q7, a7, answers);
            }
        }
        let leaf = |at: usize| at & (ROOM - 1);
        [leaf(a0), leaf(a1), leaf(a2), leaf(a3), leaf(a4), leaf(a5), leaf(a6), leaf(a7)]
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
    at + at + usize::from(answers[usize::from(questions[at])] & 1)
}
