//! Distributions, tests and intervals. Pure functions of numbers; upper tails are survival functions, never 1 − cdf.
//!
//! Transcendental functions come from [`math`](crate::math), so that a verdict is the same on every host; the crate `statrs`
//! calls the host's and serves as an oracle in tests.
//!
//! A distribution's functions answer NaN for parameters that name no distribution and for NaN, as [`normal::quantile`] does; the
//! tests and intervals built on them reject such input with a code first.

pub mod alternative;
pub mod bayes;
pub mod beta;
pub mod binomial;
pub mod bootstrap;
mod bracket;
pub mod chi_square;
pub mod contingency;
pub mod cuped;
pub mod effect;
pub mod error;
pub mod estimate;
pub mod fisher_f;
pub mod gamma;
pub mod group_sequential;
pub mod hypergeometric;
pub mod kolmogorov;
pub mod level;
pub mod margin;
pub mod moments;
pub mod multiple;
pub mod noncentral_t;
pub mod normal;
#[cfg(test)]
mod oracle;
pub mod poisson;
pub mod post_stratification;
pub mod power;
pub mod proportion;
pub mod ratio;
pub(crate) mod root;
mod saddle;
pub mod sequential;
#[cfg(test)]
mod simulation;
pub mod srm;
pub mod student;
pub mod survival;
pub mod two_sample;
