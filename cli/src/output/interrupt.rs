//! Ctrl-C: temp files vanish, then the program leaves. Either a file is complete under its name, or it is not there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Failure;
use crate::output::terminal;

/// The temp files to remove when the program is interrupted.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    temps: Arc<Mutex<Vec<PathBuf>>>,
}

/// Whether signals end the program here no longer: a server answers them.
static HANDED_OVER: AtomicBool = AtomicBool::new(false);

impl Interrupt {
    /// From now on signals are the caller's: those who watched do nothing when one comes. To be called once no temp file is left.
    pub fn hand_over() {
        HANDED_OVER.store(true, Ordering::SeqCst);
    }

    /// Starts to watch for SIGINT and SIGTERM. A blocked read cannot delay it: a thread of its own waits for the signal.
    pub fn watch() -> Result<Interrupt, Failure> {
        let interrupt = Interrupt::default();
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Failure::read("signals"))?;
        let watched = interrupt.clone();
        std::thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || {
                if let Some(signal) = signals.forever().next() {
                    watched.leave(signal);
                }
            })
            .map_err(Failure::read("signals"))?;
        Ok(interrupt)
    }

    /// From now on `temp` is removed on interruption.
    pub fn guard(&self, temp: &Path) {
        self.lock().push(temp.to_path_buf());
    }

    /// Runs `finish`, which renames `temps` into place; an interruption comes before it or after it, not within.
    pub fn finish<T>(&self, temps: &[PathBuf], finish: impl FnOnce() -> T) -> T {
        let mut guarded = self.lock();
        let done = finish();
        guarded.retain(|temp| !temps.contains(temp));
        done
    }

    fn leave(&self, signal: i32) {
        if HANDED_OVER.load(Ordering::SeqCst) {
            return;
        }
        // Held until the end: nothing may be renamed into place any more.
        let temps = self.lock();
        for temp in temps.iter() {
            // It may not be there any more, which is as good.
            drop(std::fs::remove_file(temp));
        }
        terminal::note("interrupted: existing files are unchanged");
        std::process::exit(128 + signal);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.temps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
