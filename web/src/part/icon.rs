//! Signs drawn as lines; always beside a word, so hidden from screen readers.

use leptos::prelude::*;

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A tick.
    Tick,
    /// A cross.
    Cross,
    /// A triangle with an exclamation mark.
    Warning,
    /// Three dots.
    Wait,
    /// A cloud that is crossed out.
    Alone,
    /// A flame: the highest band.
    Flame,
    /// A sun: the bands between.
    Sun,
    /// A snowflake: the lowest band.
    Snow,
    /// A browser window.
    Page,
    /// A globe.
    Edge,
    /// A moon.
    Moon,
    /// A sheet of paper coming out of a printer.
    Print,
}

impl Sign {
    fn path(self) -> &'static str {
        match self {
            Sign::Tick => "M4.5 12.5l5 5 10-11",
            Sign::Cross => "M6 6l12 12M18 6L6 18",
            Sign::Warning => "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.2",
            Sign::Wait => "M5 12h.01M12 12h.01M19 12h.01",
            Sign::Alone => "M4 4l16 16M8.6 8.7A6 6 0 0 0 7 18h10.5M11.5 7.1A6 6 0 0 1 17.7 11a3.6 3.6 0 0 1 2.6 5.4",
            Sign::Flame => {
                "M12 3c.6 3.4 5.5 5.6 5.5 10.6A5.5 5.5 0 0 1 12 20.5a5.5 5.5 0 0 1-5.5-6c0-2.6 1.5-4 2.4-5.5.7 1.2 1 1.9 1.9 2.4C11.3 8.8 11 5.6 12 3z"
            }
            Sign::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Sign::Snow => "M12 2.5v19M3.8 7.2l16.4 9.6M20.2 7.2L3.8 16.8M9.5 4l2.5 2.5L14.5 4M9.5 20l2.5-2.5 2.5 2.5",
            Sign::Page => "M3.5 5.5h17v13h-17zM3.5 9.5h17M6.5 7.5h.01",
            Sign::Edge => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3.2 3 3.2 15 0 18M12 3c-3.2 3-3.2 15 0 18",
            Sign::Moon => "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
            Sign::Print => "M7 9V3.5h10V9M7 17H4V9h16v8h-3M7 13.5h10v7H7z",
        }
    }
}

/// Draws `sign` as tall as the text beside it, or `size` pixels.
#[component]
pub fn Icon(sign: Sign, #[prop(default = 16)] size: u32) -> impl IntoView {
    view! {
        <svg
            class="icon"
            width=size
            height=size
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=sign.path() />
        </svg>
    }
}
