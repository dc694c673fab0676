//! The native host of the service: connections, the thread that writes the log, and the one that scores what was answered by others.

mod body;
pub mod connection;
pub mod demo;
pub mod later;
pub mod lifecycle;
pub mod log;
pub mod page;
pub mod sender;

use std::io;

use crate::Failure;

/// A thread that could not be started.
pub fn no_thread(e: io::Error) -> Failure {
    Failure::Service { code: "THREAD_FAILED", message: format!("cannot start a thread: {e}") }
}

/// 256 random bits.
///
/// # Errors
/// The system gives none.
pub fn random() -> Result<[u8; 32], Failure> {
    let mut bits = [0u8; 32];
    getrandom::fill(&mut bits)
        .map_err(|e| Failure::Service { code: "NO_RANDOMNESS", message: format!("the system gives no random bits: {e}") })?;
    Ok(bits)
}

/// A secret of 256 random bits, in hexadecimal.
///
/// # Errors
/// The system gives no random bits.
pub fn secret() -> Result<String, Failure> {
    Ok(random()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
