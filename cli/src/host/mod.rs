//! The native host of the service: connections, the thread that writes the log, and the one that scores what was answered by others.

mod body;
pub mod connection;
pub mod later;
pub mod log;
pub mod page;

use std::io;

use crate::Failure;

/// A thread that could not be started.
pub fn no_thread(e: io::Error) -> Failure {
    Failure::Service { code: "THREAD_FAILED", message: format!("cannot start a thread: {e}") }
}
