//! Reviews as the service lists and keeps them, and what people answered.

use plumbline_core::report::Review;
use serde_json::Value;

use crate::read::{Misfit, Read, field, member, parse, whole};

/// What the page knows of the reviews.
#[derive(Debug, Default)]
pub struct Reviews {
    /// All that were listed, the newest first; none before the service answered.
    pub listed: Option<Vec<Listed>>,
    /// The one that is open.
    pub open: Option<Review>,
    /// Whether the service has no review of the id that was asked for.
    pub is_lost: bool,
    /// Decisions of people about reviews.
    pub decisions: Vec<Decision>,
}

impl Reviews {
    /// The id of the review that `asked` names: its own, or that of the newest of a kind such as `weekly`.
    pub fn id<'a>(&'a self, asked: &'a str) -> Option<&'a str> {
        if asked.contains('-') {
            return Some(asked);
        }
        self.listed.iter().flatten().find(|listed| listed.kind == asked).map(|listed| listed.id.as_str())
    }
}

/// A review in the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// `daily`, `weekly` or `monthly`.
    pub kind: String,
    /// When it was made, milliseconds since 1970.
    pub at_ms: i64,
}

impl Read for Listed {
    fn read(value: &Value, misfit: &mut Misfit) -> Listed {
        Listed {
            id: member(value, "id", misfit),
            kind: member(value, "kind", misfit),
            at_ms: field::<Option<f64>>(value, "at_ms").unwrap_or_default() as i64,
        }
    }
}

/// What a person decided about a review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The review's id.
    pub about: String,
    /// When it was written.
    pub at: String,
    /// Who wrote it.
    pub by: String,
    /// What was decided and why.
    pub text: String,
}

impl Read for Decision {
    fn read(value: &Value, misfit: &mut Misfit) -> Decision {
        Decision {
            about: member(value, "about", misfit),
            at: member(value, "at", misfit),
            by: member(value, "by", misfit),
            text: member(value, "text", misfit),
        }
    }
}

/// The reviews in an answer of `GET /v1/reviews`.
pub fn listed(text: &str) -> Vec<Listed> {
    field(&parse(text).unwrap_or_default(), "reviews")
}

/// The review that `GET /v1/reviews/{id}` answers.
pub fn review(text: &str) -> Option<Review> {
    whole(&parse(text)?).ok()
}

/// The notes of `GET /v1/notes` that are about something, the newest first.
pub fn decisions(text: &str) -> Vec<Decision> {
    let mut all: Vec<Decision> = field(&parse(text).unwrap_or_default(), "notes");
    all.retain(|note| !note.about.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_names_the_newest_review_of_it() {
        let list = r#"{"reviews":[{"id":"daily-2026-11-24","kind":"daily","at_ms":2},{"id":"weekly-2026-11-23","kind":"weekly","at_ms":1.0}]}"#;
        let reviews = Reviews { listed: Some(listed(list)), ..Reviews::default() };
        assert_eq!((reviews.id("weekly"), reviews.id("monthly")), (Some("weekly-2026-11-23"), None));
        assert_eq!(reviews.id("daily-2026-11-01"), Some("daily-2026-11-01"));
        assert_eq!(decisions(r#"{"notes":[{"about":"","text":"x"},{"about":"monthly-2026-11-01","text":"No"}]}"#).len(), 1);
        assert!(review("[]").is_none() && review("{").is_none());
    }
}
