//! Links of a report.

use maud::{Markup, html};

use crate::text::Safe;

/// A link to `to` where it is a view of this page, an `https:` or a `mailto:` address; else the text alone.
pub fn link(to: &str, text: &str) -> Markup {
    let is_safe = to.starts_with("#/") || to.starts_with("https://") || to.starts_with("mailto:");
    html! { @if is_safe { a href=(to) { (Safe(text)) } } @else { (Safe(text)) } }
}
