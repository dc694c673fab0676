//! Sizes that several files of the engine agree on.

/// Most questions of one ensemble; a larger one is walked without this table.
pub(super) const LIMIT: usize = 1 << 16;

/// Questions of one region are padded to this many, the width of a copy.
pub(super) const WORD: usize = 16;

/// Most lanes of an ensemble whose rows can be written as bytes.
pub(super) const LANES: usize = 32;

/// The rank of a missing value in a lane.
pub(super) const MISSING: u8 = u8::MAX;
