//! A status: a word and a sign; its colour only repeats them.

use leptos::prelude::*;

use super::{Icon, Sign};

/// How a status is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should be.
    Good,
    /// Wrong.
    Bad,
    /// Not known yet.
    Wait,
    /// Known to be missing.
    Alone,
}

/// A pill with a sign and `words`.
#[component]
pub fn Status(mood: Mood, #[prop(into)] words: String) -> impl IntoView {
    let (class, sign) = match mood {
        Mood::Good => ("status good", Sign::Tick),
        Mood::Bad => ("status bad", Sign::Warning),
        Mood::Wait => ("status wait", Sign::Wait),
        Mood::Alone => ("status alone", Sign::Alone),
    };
    view! {
        <span class=class>
            <Icon sign size=14 />
            {words}
        </span>
    }
}
