//! The commands, one module each. None uses another: what several need is in the rooms.

pub mod alerts;
pub mod assign;
pub mod bench;
pub mod drift;
pub mod experiment;
pub mod features;
pub mod import;
pub mod inspect;
pub mod keys;
pub mod kill;
pub mod leads;
pub mod ledger;
pub mod metrics;
pub mod models;
pub mod outcomes;
pub mod quality;
pub mod report;
pub mod rollout;
pub mod schema;
pub mod score;
pub mod serve;
pub mod simulate;
pub mod sql;
pub mod window;
