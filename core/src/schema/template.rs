//! Templates of reasons: text with places that a lead's value fills.
//!
//! `{value}` is the value in words, `{days}` whole days from a date to the moment of scoring, `{one|many}` the first word when
//! the value (or the days) is 1, else the second. Languages with more plural forms are not served yet. Nothing is escaped: what
//! shows the text in a page must.

use super::FieldKind;

/// A place in a template, without its braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    Value,
    Days,
    /// The word for one, and the word for all other numbers.
    Plural(&'a str, &'a str),
    Unknown,
}

impl<'a> Place<'a> {
    fn of(text: &'a str) -> Place<'a> {
        match (text, text.split_once('|')) {
            ("value", _) => Place::Value,
            ("days", _) => Place::Days,
            (_, Some((one, many))) => Place::Plural(one, many),
            _ => Place::Unknown,
        }
    }
}

/// Checks a template for a field of `kind`; the error is a whole sentence.
pub(crate) fn check(template: &str, kind: FieldKind) -> Result<(), String> {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((place, after)) = after.split_once('}') else {
            return Err(format!("the template {template:?} has an unclosed brace"));
        };
        let is_known = match Place::of(place) {
            Place::Value => true,
            Place::Days => kind == FieldKind::Date,
            Place::Plural(_, many) => !many.contains('|'),
            Place::Unknown => false,
        };
        if !is_known || before.contains('}') {
            return Err(format!(
                "the template {template:?} has an unknown placeholder {{{place}}}; use {{value}}, {{one|many}} or, for a date, {{days}}"
            ));
        }
        rest = after;
    }
    if rest.contains('}') { Err(format!("the template {template:?} has an unmatched closing brace")) } else { Ok(()) }
}

/// Whether `template` has `place`. (std's search for a text within a text is five times the code.)
pub(crate) fn mentions(template: &str, place: &str) -> bool {
    template.as_bytes().windows(place.len()).any(|part| part == place.as_bytes())
}

/// The text of `template`; `write` appends what stands in a place.
pub(crate) fn fill(template: &str, write: &mut dyn FnMut(Place<'_>, &mut String)) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        write(Place::of(place), &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_checked() {
        for good in ["", "{value}", "{value} {time|times}", "no place", "{|s}"] {
            assert_eq!(check(good, FieldKind::Number), Ok(()), "{good}");
        }
        assert_eq!(check("{days} {day|days} ago", FieldKind::Date), Ok(()));
        for bad in ["{", "}", "{value", "value}", "{days}", "{label}", "{a|b|c}", "a}{value}"] {
            assert!(check(bad, FieldKind::Number).is_err(), "{bad}");
        }
    }
}
