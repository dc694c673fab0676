//! How a command ended when it did not fail.

/// How a command ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All good.
    Done,
    /// Done, but some rows were rejected.
    SomeRejected,
    /// Done, and the check failed.
    CheckFailed,
}
