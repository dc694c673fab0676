//! What the page says: words of one file, numbers and times as the reader's locale writes them.

mod number;
mod plural;
mod safe;
mod time;
mod unit;

use std::collections::BTreeMap;

use maud::{Markup, html};
use plumbline_core::report::Measure;
use plumbline_core::sentence::Sentence;
use serde_json::Value;

pub use number::{Locale, coordinate};
pub use safe::{Safe, Whole, shown};
pub use time::{Calendar, day_of, ms_of};
pub use unit::{Unit, id_of};

/// English, which is built in.
const ENGLISH: &str = include_str!("../../text/en.json");

/// The words of a language and how its readers write numbers.
#[derive(Clone)]
pub struct Text {
    /// By key; plural forms by key and category, as `days.one`.
    words: BTreeMap<String, String>,
    /// Separators and signs.
    pub locale: Locale,
    /// Whether this is the language that the service writes its sentences in.
    is_english: bool,
    /// The plural category of a number.
    plural: fn(u64) -> &'static str,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} words)", self.words.len())
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::new(ENGLISH, Locale::default())
    }
}

impl Text {
    /// The language of the JSON `file`, which maps keys to texts with `{slots}`, or to texts by plural category. What it lacks, and all of an empty one, is English.
    pub fn new(file: &str, locale: Locale) -> Text {
        let mut words = read(ENGLISH);
        if !file.is_empty() && file != ENGLISH {
            for (key, word) in read(file) {
                words.insert(key, word);
            }
        }
        let language = words.get("_lang").cloned().unwrap_or_default();
        Text { words, locale, is_english: language == "en", plural: if language == "ar" { plural::arabic } else { plural::two } }
    }

    /// `Wed 18 Nov, 14:05` of an RFC 3339 time, on the reader's clock.
    pub fn moment(&self, at: &str) -> String {
        self.locale.calendar.moment(at)
    }

    /// The text of `key`; the key itself where there is none.
    pub fn of<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// The text of `group` and `id` together; the id where there is none.
    pub fn named(&self, group: &str, id: &str) -> String {
        self.words.get(&[group, id].concat()).map_or(id, String::as_str).to_owned()
    }

    /// Whether there is a text of `key`.
    pub fn has(&self, key: &str) -> bool {
        self.words.contains_key(key)
    }

    /// Whether any key begins with `group` and a dot.
    pub fn has_group(&self, group: &str) -> bool {
        self.words.keys().any(|key| key.split_once('.').is_some_and(|(own, _)| own == group))
    }

    /// The text of `key` with its slots filled.
    pub fn fill(&self, key: &str, slots: &[(&str, &str)]) -> String {
        self.isolated(self.of(key), slots)
    }

    /// `text` with its slots filled; where text runs from the right, names and numbers keep their own direction.
    fn isolated(&self, text: &str, slots: &[(&str, &str)]) -> String {
        if self.direction() != "rtl" {
            return filled(text, slots);
        }
        let wrap = |value: &str| {
            let is_left = value.contains(|c: char| c.is_ascii_alphanumeric()) && !value.contains('\u{2066}');
            if is_left { format!("\u{2066}{value}\u{2069}") } else { value.to_owned() }
        };
        let own: Vec<(&str, String)> = slots.iter().map(|(name, value)| (*name, wrap(value))).collect();
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        filled(text, &own)
    }

    /// The text of `key` in the plural form of `n`, with `{n}` and its other slots filled.
    pub fn count(&self, key: &str, n: u64, slots: &[(&str, &str)]) -> String {
        let form = |category: &str| self.words.get(&format!("{key}.{category}"));
        let text = form((self.plural)(n)).or_else(|| form("other")).map_or_else(|| self.of(key), String::as_str);
        let shown = self.locale.whole(n);
        let mut slots = slots.to_vec();
        slots.push(("n", &shown));
        self.isolated(text, &slots)
    }

    /// A sentence of the report: in this language where it has a text for the sentence's code and all its slots are known, else as it came.
    pub fn sentence(&self, sentence: &Sentence) -> String {
        self.translated(sentence).unwrap_or_else(|| self.locale.calendar.localized(&sentence.text))
    }

    /// The sentence as markup: one that stays in English says so, for those who hear it and where text runs from the right.
    pub fn said(&self, sentence: &Sentence) -> Markup {
        match self.translated(sentence) {
            Some(text) if self.direction() == "rtl" => html! { span dir="rtl" { (Whole(&text)) } },
            Some(text) => html! { (Whole(&text)) },
            None if self.is_english || sentence.text.is_empty() => {
                html! { (Whole(&self.locale.calendar.localized(&sentence.text))) }
            }
            None => html! { span lang="en" dir="ltr" { (Whole(&self.locale.calendar.localized(&sentence.text))) } },
        }
    }

    /// What a measure's figure, interval and target say, as text; in English the sentence of the service.
    pub fn measured(&self, measure: &Measure, currency: &str) -> String {
        // It is shown as text of others is, where marks of direction are seen as their codes.
        self.own(measure, currency)
            .map_or_else(|| self.sentence(&measure.sentence), |text| text.replace(['\u{2066}', '\u{2069}', '\u{200e}'], ""))
    }

    /// The same as markup, in which figures keep their direction where text runs from the right.
    pub fn measured_markup(&self, measure: &Measure, currency: &str) -> Markup {
        match self.own(measure, currency) {
            Some(text) => html! { (text) },
            None => html! { (Whole(&self.sentence(&measure.sentence))) },
        }
    }

    /// What is said of a measure in this language; none in English.
    fn own(&self, measure: &Measure, currency: &str) -> Option<String> {
        if self.is_english {
            return None;
        }
        let unit = Unit::of(measure.id);
        let is_rtl = self.direction() == "rtl";
        let figure = self.estimate(&measure.estimate, unit, currency);
        let figure = if is_rtl { format!("\u{2066}{figure}\u{2069}") } else { figure };
        let semicolon = if is_rtl { "؛" } else { ";" };
        let target = measure.target.as_ref().map(|target| format!("{semicolon} {}", self.target(target, unit, currency)));
        Some(format!("{}: {figure}{}", self.measure(measure), target.unwrap_or_default()))
    }

    fn translated(&self, sentence: &Sentence) -> Option<String> {
        let text = self.words.get(&format!("sentence.{}", sentence.code))?;
        let mut slots: Vec<(&str, String)> = Vec::new();
        for slot in text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)) {
            let (name, format) = slot.split_once(':').unwrap_or((slot, ""));
            slots.push((slot, self.slot(sentence.values.get(name)?, name, format)));
        }
        let slots: Vec<(&str, &str)> = slots.iter().map(|(slot, value)| (*slot, value.as_str())).collect();
        // The marks of signs are for the page's own markup; in text that is shown as it came they would be seen.
        Some(filled(text, &slots).replace('\u{200e}', ""))
    }

    /// A value of a sentence: `{share:percent}`, `{at_ms:moment}`, `{stage:stage}`, or as it is.
    fn slot(&self, value: &Value, name: &str, format: &str) -> String {
        let named = |id: &str| {
            let id = id.strip_prefix("approval:").unwrap_or(id);
            let known = |group: &str| self.words.get(&format!("{group}.{id}"));
            known("role").or_else(|| known("gate")).or_else(|| known(name)).cloned().unwrap_or_else(|| id.to_owned())
        };
        match (value, value.as_f64()) {
            (_, Some(x)) => match format {
                "percent" => self.locale.percent(x),
                "moment" => self.locale.calendar.at(x as i64),
                "part" => self.locale.fixed(x, 3),
                _ => self.locale.shortest(x),
            },
            (Value::String(text), _) => named(text),
            (Value::Array(entries), _) => entries.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join(", "),
            _ => String::new(),
        }
    }

    /// `ltr` or `rtl`.
    pub fn direction(&self) -> &str {
        if self.of("_dir") == "rtl" { "rtl" } else { "ltr" }
    }
}

fn read(file: &str) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    let Some(Value::Object(members)) = crate::read::parse(file) else { return words };
    for (key, value) in members {
        match value {
            Value::String(text) => drop(words.insert(key, text)),
            Value::Object(forms) => {
                for (category, text) in forms {
                    if let Value::String(text) = text {
                        words.insert(format!("{key}.{category}"), text);
                    }
                }
            }
            _ => {}
        }
    }
    words
}

/// `text` with each `{name}` replaced by the slot of that name; other braces stay.
fn filled(text: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let slot = after
            .split_once('}')
            .and_then(|(name, after)| slots.iter().find(|(slot, _)| *slot == name).map(|(_, value)| (*value, after)));
        match slot {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_and_other_braces_stay() {
        assert_eq!(filled("{a} of {b}, {c}", &[("a", "1"), ("b", "2")]), "1 of 2, {c}");
        assert_eq!(filled("}{", &[]), "}{");
    }

    #[test]
    fn a_sentence_is_told_in_the_language_of_the_file() {
        let german =
            Text::new(r#"{"sentence.LATE":"{days} Tage zu spät","n":{"one":"{n} Tag","other":"{n} Tage"}}"#, Locale::default());
        assert_eq!(german.sentence(&Sentence::new("LATE", "3 days late").with("days", 3)), "3 Tage zu spät");
        assert_eq!(german.sentence(&Sentence::new("EARLY", "early")), "early");
        assert_eq!(
            german.sentence(&Sentence::new("LATE", "late")),
            "late",
            "a slot without a value leaves the sentence as it came"
        );
        assert_eq!((german.count("n", 1, &[]), german.count("n", 2_000, &[])), ("1 Tag".to_owned(), "2,000 Tage".to_owned()));
    }

    #[test]
    fn names_keep_their_direction_where_text_runs_from_the_right() {
        let text = Text::new(r#"{"_lang":"ar","_dir":"rtl","x":"يخدم {version}","n":{"other":"{n} أيام"}}"#, Locale::default());
        assert_eq!(text.fill("x", &[("version", "2026-09-14.1")]), "يخدم \u{2066}2026-09-14.1\u{2069}");
        assert_eq!(text.count("n", 3, &[]), "\u{2066}3\u{2069} أيام");
        let measure = plumbline_core::report::Measure {
            id: plumbline_core::report::MeasureId::Precision,
            tab: plumbline_core::report::Tab::Performance,
            unit: "ratio".into(),
            estimate: plumbline_core::report::Estimate::of(Some(0.8)),
            status: plumbline_core::report::Status::Pass,
            sentence: Sentence::default(),
            window_days: 7,
            target: Some(plumbline_core::report::Target { op: ">=".into(), value: 0.7 }),
            champion: plumbline_core::report::Series::default(),
            challenger: None,
        };
        assert!(!text.measured(&measure, "USD").contains('\u{2066}'), "its marks would be shown");
        assert_eq!(Text::default().fill("ask.not_done", &[("why", "x")]), "Not done: x");
    }

    #[test]
    fn values_are_written_by_their_kind_and_what_stays_english_says_so() {
        let file = r#"{"_lang":"xx","sentence.SERVES":"{stage}: {share:percent} seit {at_ms:moment}; fehlt: {missing}","stage.canary":"Probe","role.ml_lead":"Leitung"}"#;
        let text = Text::new(file, Locale { percent: "%".into(), ..Locale::default() });
        let serves = Sentence::new("SERVES", "serves")
            .with("stage", "canary")
            .with("share", 0.1)
            .with("at_ms", 0)
            .with("missing", vec!["approval:ml_lead"]);
        assert_eq!(text.sentence(&serves), "Probe: 10.0% seit Thu 1 Jan, 00:00; fehlt: Leitung");
        let said = text.said(&Sentence::new("OTHER", "<b>")).into_string();
        assert_eq!(said, "<span lang=\"en\" dir=\"ltr\"><bdi>&lt;b&gt;</bdi></span>");
        assert_eq!(Text::default().said(&Sentence::new("OTHER", "b")).into_string(), "<bdi>b</bdi>");
    }
}
