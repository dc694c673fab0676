//! What files hold, as commands use it: whole columns, typed batches, leads, moments.

pub mod account;
pub mod batches;
pub mod columns;
pub mod leads;
pub mod moment;
pub mod number;
pub mod places;
