//! Why a command ended without its result: one sentence with the place, a stable code, an exit code.

use std::io;

use thiserror::Error;

/// Why a command ended without its result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Failure {
    /// A file could not be opened or read.
    #[error("cannot read {place}: {source}")]
    Read {
        /// The file, or `standard input`.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {place}: {source}")]
    Write {
        /// The file, or `standard output`.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// The reader of our output closed it (`plumbline … | head`).
    #[error("the reader of standard output closed it")]
    Gone,
    /// A model file or bundle was refused; the code is the refusing part's own.
    #[error("{place}: {message}")]
    Model {
        /// The file.
        place: String,
        /// The code of the refusal.
        code: &'static str,
        /// The refusal, a sentence.
        message: String,
    },
    /// Leads, rows or a schema that cannot be understood as a whole.
    #[error("{place}: {message}")]
    Input {
        /// The file and, where known, the line.
        place: String,
        /// A stable name of the kind of problem.
        code: &'static str,
        /// What is wrong, a sentence.
        message: String,
    },
    /// The arguments contradict one another or the model.
    #[error("{message}")]
    Usage {
        /// A stable name of the kind of problem.
        code: &'static str,
        /// What is wrong, a sentence.
        message: String,
    },
    /// A running service rejected the request.
    #[error("{message}")]
    Rejected {
        /// The service's own code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The service could not start or stopped by itself.
    #[error("{message}")]
    Service {
        /// A stable name of the kind of problem.
        code: &'static str,
        /// What happened, a sentence.
        message: String,
    },
}

impl Failure {
    /// A stable name of the kind of failure.
    pub fn code(&self) -> &str {
        match self {
            Failure::Read { .. } => "READ_FAILED",
            Failure::Write { .. } => "WRITE_FAILED",
            Failure::Gone => "OUTPUT_CLOSED",
            Failure::Rejected { code, .. } => code,
            Failure::Model { code, .. }
            | Failure::Input { code, .. }
            | Failure::Usage { code, .. }
            | Failure::Service { code, .. } => code,
        }
    }

    /// The exit code, as [`crate::EXIT_CODES`] documents it.
    pub fn exit(&self) -> u8 {
        match self {
            Failure::Usage { .. } => 2,
            Failure::Model { .. } => 4,
            Failure::Read { .. } | Failure::Input { .. } => 5,
            Failure::Write { .. } => 6,
            Failure::Service { .. } => 7,
            Failure::Rejected { .. } => 8,
            Failure::Gone => 141,
        }
    }

    /// A [`Failure::Read`] at `place`, ready for `map_err`.
    pub fn read(place: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let place = place.into();
        |source| Failure::Read { place, source }
    }

    /// A [`Failure::Write`] at `place`, ready for `map_err`; a closed pipe becomes [`Failure::Gone`].
    pub fn write(place: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let place = place.into();
        |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::Gone,
            _ => Failure::Write { place, source },
        }
    }

    /// A [`Failure::Input`] at `place`.
    pub fn input(place: impl Into<String>, code: &'static str, message: impl Into<String>) -> Failure {
        Failure::Input { place: place.into(), code, message: message.into() }
    }

    /// The [`Failure::Input`] of an input without rows: no command takes it for one that was done.
    pub fn no_rows(place: impl Into<String>) -> Failure {
        Failure::input(place, "INPUT_EMPTY", "the input has no rows")
    }

    /// The same failure of MLflow, a service or the arguments with another sentence, such as the way forward; others stay as they are.
    pub fn and(mut self, more: &str) -> Failure {
        if let Failure::Service { message, .. } | Failure::Rejected { message, .. } | Failure::Usage { message, .. } = &mut self {
            message.push_str(". ");
            message.push_str(more);
        }
        self
    }

    /// A [`Failure::Usage`].
    pub fn usage(code: &'static str, message: impl Into<String>) -> Failure {
        Failure::Usage { code, message: message.into() }
    }
}
