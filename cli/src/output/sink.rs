//! Standard output or a file that appears when complete.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use super::{Draft, Interrupt};
use crate::Failure;

/// Standard output or a file that appears when complete.
#[derive(Debug)]
pub enum Sink {
    /// Standard output.
    Stdout(BufWriter<Stdout>),
    /// A file.
    Draft(Draft),
}

impl Sink {
    /// The file `path`, or standard output when none or `-`.
    pub fn open(path: Option<&Path>, interrupt: &Interrupt) -> Result<Sink, Failure> {
        match path {
            Some(path) if path != Path::new("-") => Ok(Sink::Draft(Draft::create(path, interrupt)?)),
            _ => Ok(Sink::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()))),
        }
    }

    /// Ends it: everything is written, the file has its name.
    pub fn commit(self, interrupt: &Interrupt) -> Result<(), Failure> {
        match self {
            Sink::Stdout(mut out) => out.flush().map_err(Failure::write("standard output")),
            Sink::Draft(draft) => draft.commit(interrupt),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(out) => out.write(bytes),
            Sink::Draft(draft) => draft.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(out) => out.flush(),
            Sink::Draft(draft) => draft.flush(),
        }
    }
}
