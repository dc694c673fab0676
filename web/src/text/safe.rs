//! Text of others: names, comments, reasons.

use maud::{PreEscaped, Render};

/// Characters of a foreign text that are shown at once.
const SHOWN: usize = 120;
/// Characters of a sentence: longer than any that the service writes.
const SENTENCE: usize = 800;

/// A text that others wrote. Control characters and marks that turn the direction of writing are shown as their codes, a long one is cut,
/// and it is always text, never markup.
#[derive(Debug, Clone, Copy)]
pub struct Safe<'a>(pub &'a str);

impl Render for Safe<'_> {
    fn render_to(&self, out: &mut String) {
        put(out, within(self.0, SHOWN));
    }
}

/// A sentence of the service, as [`Safe`] text of its own length.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a>(pub &'a str);

impl Render for Whole<'_> {
    fn render_to(&self, out: &mut String) {
        put(out, within(self.0, SENTENCE));
    }
}

fn put(out: &mut String, (shown, is_cut): (String, bool)) {
    PreEscaped(maud::html! { bdi { (shown) @if is_cut { "…" } } }.into_string()).render_to(out);
}

/// The text as it may be shown, at most [`SHOWN`] characters, and whether it was cut.
pub fn shown(text: &str) -> (String, bool) {
    within(text, SHOWN)
}

fn within(text: &str, most: usize) -> (String, bool) {
    let mut out = String::with_capacity(text.len().min(4 * most));
    for (place, c) in text.chars().enumerate() {
        if place == most {
            return (out, true);
        }
        match c {
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("␣{:04X}", c as u32));
            }
            c if c.is_control() => out.push_str(&format!("␣{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    (out, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(Safe("<b>&\u{202e}x").render().into_string(), "<bdi>&lt;b&gt;&amp;␣202Ex</bdi>");
        assert!(Safe(&"x".repeat(10_000)).render().into_string().len() < 200);
        assert!(Whole(&"x".repeat(10_000)).render().into_string().len() < 900);
    }
}
