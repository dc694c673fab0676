//! Icons: shapes that carry a meaning together with their word.

use maud::{Markup, html};

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say what they are")]
pub enum Icon {
    Tick,
    Warning,
    Bars,
    Question,
    Slash,
    Dot,
    Octagon,
    Pause,
    Play,
    Ring,
    Back,
    Flame,
    Sun,
    Snow,
}

impl Icon {
    /// All.
    pub const ALL: [Icon; 14] = [
        Icon::Tick,
        Icon::Warning,
        Icon::Bars,
        Icon::Question,
        Icon::Slash,
        Icon::Dot,
        Icon::Octagon,
        Icon::Pause,
        Icon::Play,
        Icon::Ring,
        Icon::Back,
        Icon::Flame,
        Icon::Sun,
        Icon::Snow,
    ];

    fn path(self) -> &'static str {
        match self {
            Icon::Tick => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.5l3 3 5-6",
            Icon::Warning => "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.2",
            Icon::Bars => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 10h8M8 14h8",
            Icon::Question => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4M12 16.5v.2",
            Icon::Slash => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 18L18 6",
            Icon::Dot => "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
            Icon::Octagon => "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16v.2",
            Icon::Pause => "M4 4h16v16H4zM10 9v6M14 9v6",
            Icon::Play => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM10 8.5l5 3.5-5 3.5z",
            Icon::Ring => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
            Icon::Flame => "M12 21c-4 0-6.5-2.6-6.5-6 0-4.5 4.5-6 4.5-12 4 2.2 8.5 6.5 8.5 12 0 3.4-2.5 6-6.5 6z",
            Icon::Sun => "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
            Icon::Snow => "M12 2v20M3.3 7l17.4 10M20.7 7L3.3 17",
            Icon::Back => "M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 0 10",
        }
    }
}

/// The drawing of `icon`, hidden from readers: its word stands beside it.
pub fn icon(icon: Icon) -> Markup {
    html! {
        svg.icon width="16" height="16" viewBox="0 0 24 24" aria-hidden="true" { path d=(icon.path()) {} }
    }
}
