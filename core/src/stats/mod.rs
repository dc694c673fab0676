//! Distributions, tests and intervals. Pure functions of numbers; upper tails are survival functions, never 1 − cdf.
//!
//! Transcendental functions come from [`math`](crate::math), so that a verdict is the same on every host; the crate `statrs`
//! calls the host's and serves as an oracle in tests.

pub mod normal;
