//! The native host of the service: connections, and the thread that writes the log.

mod body;
pub mod connection;
pub mod log;
pub mod page;

use std::io;

use crate::Failure;

/// A thread that could not be started.
pub fn no_thread(e: io::Error) -> Failure {
    Failure::Service { code: "THREAD_FAILED", message: format!("cannot start a thread: {e}") }
}
