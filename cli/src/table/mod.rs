//! What files hold, as commands use it: whole columns, typed batches, leads, moments; columns by name, and those carried through.

pub mod account;
pub mod batches;
pub mod columns;
pub mod keep;
pub mod labelled;
pub mod leads;
pub mod moment;
pub mod named;
pub mod number;
pub mod places;
pub mod training;
pub mod wire;
