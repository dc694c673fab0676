//! Memory that large requests took, given back to the system: the allocator would keep it for the next, which may never come.
#![expect(unsafe_code, reason = "the allocator's function has no safe wrapper")]

use std::cell::Cell;
use std::time::Duration;

/// How long after a large request its memory is given back: the answer has left by then, and of many requests one pays for all.
const REST: Duration = Duration::from_millis(400);

/// Gives back what the calling thread and threads that have ended no longer use.
pub fn give_back() {
    // SAFETY: it takes no pointer and may be called by any thread at any time.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

/// Has the calling thread's event loop [`give_back`] in a moment, once however often it is asked meanwhile.
pub fn give_back_later() {
    thread_local! {
        static IS_PENDING: Cell<bool> = const { Cell::new(false) };
    }
    if !IS_PENDING.replace(true) {
        tokio::spawn(async {
            tokio::time::sleep(REST).await;
            IS_PENDING.set(false);
            give_back();
        });
    }
}
