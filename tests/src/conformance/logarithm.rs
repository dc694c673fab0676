//! Whether `math::lnf` has the bits of the host's `logf`, float by float: XGBoost's `base_score` goes through it.

use plumbline_core::math::lnf;

use super::{Conformance, Suite};

/// Every float in (0, 1).
pub const ALL: u32 = 1;
const ONE: u32 = 0x3f80_0000;

/// Compares every `stride`-th float in (0, 1), as it is and as a base score; two threads, some twenty seconds for all.
pub fn run(stride: u32) -> Conformance {
    let nothing = Conformance { source: "C library", suites: Vec::new(), models: 0, rows: 0, left_out: Vec::new() };
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return Conformance { left_out: vec!["logf: the host's C library is not glibc".to_owned()], ..nothing };
    }
    let half = ONE / 2;
    let suites = std::thread::scope(|scope| {
        let lower = scope.spawn(|| compare(1, half, stride));
        let upper = compare(half, ONE, stride);
        lower.join().map_or_else(|_| vec![Suite::named("logf")], |lower| lower.into_iter().zip(upper).map(merged).collect())
    });
    Conformance { suites, ..nothing }
}

fn merged((mut a, b): (Suite, Suite)) -> Suite {
    a.cases += b.cases;
    a.passed += b.passed;
    a.failures.extend(b.failures);
    a
}

/// The floats with bits `from..to`.
fn compare(from: u32, to: u32, stride: u32) -> Vec<Suite> {
    let (mut plain, mut margins) = (Suite::named("logf, floats in (0, 1)"), Suite::named("margins of base scores in (0, 1)"));
    for bits in (from..to).step_by(stride as usize) {
        let p = f32::from_bits(bits);
        let check = |suite: &mut Suite, x: f32| {
            let (ours, theirs) = (lnf(x), host(x));
            suite.check(ours.to_bits() == theirs.to_bits(), || format!("{x:e} ({bits:08x}): {ours}, C library {theirs}"));
        };
        check(&mut plain, p);
        check(&mut margins, 1.0 / p.clamp(1e-6, 1.0 - 1e-6) - 1.0);
    }
    vec![plain, margins]
}

/// The host's `logf`.
#[expect(clippy::disallowed_methods, reason = "std calls the C library's logf, which is what is compared")]
fn host(x: f32) -> f32 {
    x.ln()
}
