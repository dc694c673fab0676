//! Instructions that not every processor of a family has: found once, asked for by a token.
//!
//! Only x86-64 knows such; elsewhere there is no token and this costs nothing. What runs under the token is ordinary code of the
//! engine, compiled a second time; its results are integers, copies and sums in the order that the source says (rustc
//! fuses no multiplication and addition that the source does not), and so the same bits.
//!
//! # Safety
//! A token is made by its `detect` alone, which asks the processor. Code that holds one may run what needs it.

mod avx2;
mod avx512;

pub(super) use avx2::{Avx2, FlatTree, LEAVES};
pub(super) use avx512::{Avx512, CUTS, LEVELS, NodeTests, WIDTH};

/// Something to run. A trait, because a closure cannot be forced to be inlined into its caller.
pub(super) trait Work {
    /// What it answers.
    type Output;
    /// Does it. Mark it, and all that is to use the wide instructions, `#[inline(always)]`.
    fn run(self) -> Self::Output;
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
