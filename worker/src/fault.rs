//! Models that misbehave, for the tests of this crate and of the hosts. Not in a build that serves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a model does instead of scoring at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It panics.
    Panic,
    /// It takes so long.
    Wait(Duration),
}

/// The version that misbehaves, and how.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Option<(String, Fault)>>);

impl Faults {
    /// From now on the model of `version` misbehaves, and no other.
    pub(crate) fn inject(&self, version: &str, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version.to_owned(), fault));
    }

    /// Does what the model of `version` does instead of scoring at once. At the edge, where tests reach nothing but the shell, a model
    /// misbehaves by the name of its version.
    pub(crate) fn misbehave(&self, version: &str) {
        #[cfg(target_arch = "wasm32")]
        match version {
            #[expect(clippy::panic, reason = "it is what is asked for")]
            "panics" => panic!("the model was asked to panic"),
            "takes-long" => dawdle(),
            _ => {}
        }
        let fault = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match fault.filter(|(known, _)| known == version) {
            #[expect(clippy::panic, reason = "it is what is asked for")]
            Some((_, Fault::Panic)) => panic!("the model was asked to panic"),
            Some((_, Fault::Wait(time))) => std::thread::sleep(time),
            None => {}
        }
    }
}

/// Takes some tenths of a second at least: WebAssembly can neither sleep nor read a clock.
#[cfg(target_arch = "wasm32")]
fn dawdle() {
    const STEPS: u64 = 1_000_000_000;
    (0..STEPS).for_each(|step| {
        std::hint::black_box(step);
    });
}
