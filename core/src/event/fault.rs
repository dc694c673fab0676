//! Why an event, or a list of events, was rejected.

use thiserror::Error;

/// Why one event was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// The text is not a JSON object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// A field that events of this kind do not have.
    #[error("{field}: unknown field; known are {known}")]
    UnknownField {
        /// The field.
        field: String,
        /// The fields there are.
        known: String,
    },
    /// A field that appears more than once.
    #[error("{field}: appears more than once")]
    Repeated {
        /// The field.
        field: String,
    },
    /// A field that is required here.
    #[error("{field}: missing{why}")]
    Missing {
        /// The field.
        field: &'static str,
        /// When it is required, if not always.
        why: &'static str,
    },
    /// A value of the wrong type or out of range.
    #[error("{field}: {found} is not {wanted}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The value, shortened.
        found: String,
        /// What is allowed.
        wanted: &'static str,
    },
    /// A field that events of this kind may not have.
    #[error("{field}: an event of kind {kind} has none")]
    NotAllowed {
        /// The field.
        field: &'static str,
        /// The event's kind.
        kind: &'static str,
    },
    /// A time without a time zone.
    #[error("{field}: {found} has no time zone; append Z for UTC or an offset such as +01:00")]
    NoZone {
        /// The field.
        field: &'static str,
        /// The time as given.
        found: String,
    },
    /// A time later than the clock allows.
    #[error("{field}: {found} lies in the future by {ahead_s} s; at most 300 s are allowed")]
    Future {
        /// The field.
        field: &'static str,
        /// The time as given.
        found: String,
        /// Seconds after now.
        ahead_s: i64,
    },
    /// A time before any lead was scored, such as seconds given as milliseconds.
    #[error("{field}: {found} lies before the year 2000; numbers are milliseconds since 1970")]
    TooEarly {
        /// The field.
        field: &'static str,
        /// The time as given.
        found: String,
    },
}

impl EventError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            EventError::NotAnObject => "EVENT_NOT_AN_OBJECT",
            EventError::UnknownField { .. } => "EVENT_UNKNOWN_FIELD",
            EventError::Repeated { .. } => "EVENT_REPEATED_FIELD",
            EventError::Missing { .. } => "EVENT_MISSING_FIELD",
            EventError::BadValue { .. } => "EVENT_BAD_VALUE",
            EventError::NotAllowed { .. } => "EVENT_FIELD_NOT_ALLOWED",
            EventError::NoZone { .. } => "EVENT_TIME_WITHOUT_ZONE",
            EventError::Future { .. } => "EVENT_IN_FUTURE",
            EventError::TooEarly { .. } => "EVENT_TOO_EARLY",
        }
    }
}

/// Why a list of events was rejected as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventsError {
    /// There is no event.
    #[error("there is no event: expected a JSON object, or one on each line")]
    Empty,
    /// There are too many.
    #[error("more than {most} events in one request; split them")]
    TooMany {
        /// Events allowed in one request.
        most: usize,
    },
    /// The body is not UTF-8.
    #[error("the events are not UTF-8 at byte {at}")]
    NotText {
        /// The first byte that is not.
        at: usize,
    },
}

impl EventsError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            EventsError::Empty => "EVENTS_EMPTY",
            EventsError::TooMany { .. } => "EVENTS_TOO_MANY",
            EventsError::NotText { .. } => "EVENTS_NOT_TEXT",
        }
    }
}
