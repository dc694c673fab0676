//! What becomes of freed memory. The host gives back what large requests took, since the next may never come; a command, which ends soon,
//! keeps all of it for itself: on a page given back, the system would spend the time of clearing it again.
#![expect(unsafe_code, reason = "the allocator's functions have no safe wrapper")]

use std::cell::Cell;
use std::time::Duration;

/// How long after a large request its memory is given back: the answer has left by then, and of many requests one pays for all.
const REST: Duration = Duration::from_millis(400);

/// The number of mimalloc's option `purge_delay`, which its crate does not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory until the program ends.
pub fn keep() {
    // SAFETY: it takes no pointer and sets a number that is read when memory is freed.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}

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

/// Bytes of memory that the program takes, as the system counts them; none where it does not say.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_how_much_memory_is_taken() {
        let bytes = super::resident().unwrap();
        assert!((1 << 20..1 << 40).contains(&bytes), "{bytes}");
    }
}
