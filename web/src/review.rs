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

/// The reviews in an answer of `GET /v1/reviews`.
pub fn listed(text: &str) -> Vec<Listed> {
    field(&parse(text).unwrap_or_default(), "reviews")
}

/// The review that `GET /v1/reviews/{id}` answers.
pub fn review(text: &str) -> Option<Review> {
    whole(&parse(text)?).ok()
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
        assert!(review("[]").is_none() && review("{").is_none());
    }
}
