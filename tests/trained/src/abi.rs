//! The functions that a module's host calls.
//!
//! # Safety
//! No unsafe operation is made here. `no_mangle` needs the keyword because two functions of one name would be undefined behaviour; the prefix
//! is this module's alone. The host only reads the 32 bytes at the address it is given.
#![allow(unsafe_code, reason = "`unsafe(no_mangle)`, see above")]

use std::cell::RefCell;

use plumbline_core::train::Fit;

use crate::Kind;

thread_local! {
    static FIT: RefCell<Option<Fit>> = const { RefCell::new(None) };
    static DIGEST: RefCell<[u8; 32]> = const { RefCell::new([0; 32]) };
}

/// Begins a fit of the kind of this number to `rows` leads in this order; 1 when it can be made, else 0.
#[unsafe(no_mangle)]
extern "C" fn trained_begin(kind: u32, rows: u32, order: u32) -> u32 {
    let fit = crate::begin(Kind::numbered(kind), rows, u64::from(order)).ok();
    let is_begun = u32::from(fit.is_some());
    FIT.with_borrow_mut(|kept| *kept = fit);
    is_begun
}

/// Makes a step; 1 while more are to be made, 0 at the end, 2 when the fit failed.
#[unsafe(no_mangle)]
extern "C" fn trained_step() -> u32 {
    FIT.with_borrow_mut(|fit| match fit.as_mut().map(Fit::step) {
        Some(Ok(is_more)) => u32::from(is_more),
        _ => 2,
    })
}

/// The address of the model's SHA-256, 32 bytes.
#[unsafe(no_mangle)]
extern "C" fn trained_digest() -> *const u8 {
    let digest = FIT.with_borrow(|fit| fit.as_ref().and_then(|fit| crate::digest(fit).ok())).unwrap_or_default();
    DIGEST.with_borrow_mut(|kept| {
        *kept = digest;
        kept.as_ptr()
    })
}
