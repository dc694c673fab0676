//! One step down a tree in heap order: from node `at` to `2·at` or `2·at + 1`, as the answer to the node's question says.
//!
//! The one place of the engine with `unsafe`. A step is three instructions (read the question, read the answer, add), if the
//! compiler lets it be: left alone, it rewrites a chain of steps as a sum of shifted answers, which is right and takes twice
//! as many. Measured on 300 trees of depth 6: 0.87 µs a row with this module, 1.4 without.
//!
//! # Safety
//! Nothing here depends on a caller: [`descend`] starts at 1 and takes `LEVELS` steps, and 2^`LEVELS` = `ROOM` is checked when it
//! is compiled. After `k` steps `at` < 2^(k + 1), for a step doubles it and adds an answer, of which one bit is taken. So before
//! each of the steps `at` < 2^`LEVELS`, which is what `assert_unchecked` says. The assembly is empty: it changes nothing and hides
//! from the compiler how `at` was made, and with that the bound, hence the assertion. Elsewhere than on x86-64 and Arm64 all this
//! is left out and the code is the same in safe Rust; so it is under Miri.
#![cfg_attr(
    all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)),
    allow(unsafe_code, reason = "see Safety above")
)]
#![expect(
    clippy::indexing_slicing,
    reason = "a question is a u16 into 2^16 answers, and `at` is below `ROOM`: no bounds check remains"
)]

use super::answer::Answers;

/// The leaf of each tree, in 0..`ROOM`. Place 0 of `questions` is unused.
#[inline(always)]
pub(super) fn descend<const LEVELS: usize, const ROOM: usize, const TREES: usize>(
    questions: [&[u16; ROOM]; TREES],
    answers: &Answers,
) -> [usize; TREES] {
    const { assert!(1 << LEVELS == ROOM) };
    let mut at = [1; TREES];
    macro_rules! level {
        ($($level:literal)*) => {$(
            if LEVELS > $level {
                for (at, questions) in at.iter_mut().zip(questions) {
                    *at = step(questions, *at, answers);
                }
            }
        )*};
    }
    const { assert!(LEVELS <= 8) };
    level!(0 1 2 3 4 5 6 7);
    at.map(|at| at & (ROOM - 1))
}

#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
#[inline(always)]
fn step<const ROOM: usize>(questions: &[u16; ROOM], at: usize, answers: &Answers) -> usize {
    // SAFETY: see the module's head.
    unsafe { std::hint::assert_unchecked(at < ROOM) };
    let mut next = at + at + usize::from(answers[usize::from(questions[at])] & 1);
    // SAFETY: an empty text; the register keeps its value.
    unsafe { std::arch::asm!("/* {0} */", inout(reg) next, options(pure, nomem, nostack, preserves_flags)) };
    next
}

#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
#[inline(always)]
fn step<const ROOM: usize>(questions: &[u16; ROOM], at: usize, answers: &Answers) -> usize {
    at << 1 | usize::from(answers[usize::from(questions[at & (ROOM - 1)])] & 1)
}
