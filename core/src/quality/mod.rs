//! Data quality: suites of Great Expectations 1.x, judged per lead, per window of leads and per table.
//!
//! A [`Suite`] is read once and checked whole. [`Validation`] judges a table that comes in batches of typed [`Column`](crate::table::Column)s, one pass,
//! and gives results equal to the peer's; [`Suite::check_lead`] judges a single lead at scoring time; [`generate()`] makes a suite
//! of training data. All expectations of release 1.24 that run without a database are known, and three older ones.
//!
//! In the crate only with the feature `quality`: it brings an engine for regular expressions, which a scorer that travels to a page
//! has no use for.

mod condition;
mod distinct;
mod distribution;
mod document;
mod error;
mod facts;
mod found;
mod gate;
mod generate;
mod json;
mod kernel;
mod kwargs;
mod lead;
mod moment;
mod now;
mod pattern;
mod result;
mod rule;
mod schema;
mod state;
mod strptime;
mod suite;
mod test;
#[cfg(test)]
mod tests;
mod validation;
mod value;
mod words;

pub use document::{ExceptionInfo, ExpectationConfig, ExpectationResult, Statistics, SuiteResult};
pub use error::{Raised, SuiteError, SuiteErrors};
pub use found::{Details, Found, PartitionFound, ValueCount};
pub use gate::Gate;
pub use generate::{Profile, generate};
pub use json::read as read_json;
pub use lead::{Finding, LeftOut, Verdict};
pub use moment::{Written, parse_moment};
pub use result::{Detail, ResultFormat};
pub use suite::{Expectation, Reading, Severity, Suite};
pub use validation::{Outcome, Report, Validation};
