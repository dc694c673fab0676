//! Hosts that are built with the service. The native one, `plumbline serve`, is a room of the command.

#[cfg(any(target_arch = "wasm32", test))]
mod edge;
