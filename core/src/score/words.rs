//! Reasons in words: a field's templates ([`template`]), filled with a lead's value.

use std::borrow::Cow;

use crate::json::Decimal;
use crate::lead::{Slots, Timestamp};
use crate::schema::template::{self, Place, mentions};
use crate::schema::{Field, FieldKind};
use crate::table::{Civil, DAY_MS};

/// A field's value as it was read, in words.
pub(crate) struct Said {
    pub(crate) value: String,
    /// Whole days from a date to now.
    pub(crate) days: Option<i64>,
    /// What decides between `{one|many}`.
    pub(crate) is_one: bool,
    pub(crate) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Missing,
    /// A category that the model has never seen.
    Unknown,
    /// 0, no, or an empty list.
    Zero,
    Present,
}

/// What the lead in `slots` says in its field number `i`, which is `field`.
pub(crate) fn say(field: &Field, i: usize, slots: &Slots, now: Timestamp) -> Said {
    let x = slots.get(i).number;
    let text = slots.text(i);
    let mut said = Said { value: String::new(), days: None, is_one: x == 1.0, state: State::Present };
    said.value = match field.kind {
        FieldKind::List if !x.is_nan() => {
            let shown: Vec<&str> = slots.items(i).take(5).collect();
            let more = if x > 5.0 { format!(" and {} more", x as u32 - 5) } else { String::new() };
            shown.join(", ") + &more
        }
        FieldKind::Category if x >= 0.0 => match field.categories.get(x as usize) {
            Some(category) => category.clone(),
            None => number(x),
        },
        FieldKind::Flag if !x.is_nan() => (if x == 0.0 { "no" } else { "yes" }).to_owned(),
        FieldKind::Date if !x.is_nan() => {
            let days = now.0.saturating_sub(x as i64).div_euclid(DAY_MS);
            (said.days, said.is_one) = (Some(days), days == 1);
            date(x as i64)
        }
        FieldKind::Number if !x.is_nan() => {
            let shown = number(x);
            said.is_one = shown == "1";
            shown
        }
        _ => text.chars().take(60).collect(),
    };
    let counts = matches!(field.kind, FieldKind::Number | FieldKind::Flag | FieldKind::List);
    if said.value.is_empty() && !(field.kind == FieldKind::List && x == 0.0) {
        said.state = State::Missing;
        said.value = "not known".to_owned();
    } else if field.kind == FieldKind::Category && x < 0.0 {
        said.state = State::Unknown;
    } else if counts && x == 0.0 {
        said.state = State::Zero;
        if field.kind == FieldKind::List {
            said.value = "none".to_owned();
        }
    }
    said
}

/// The sentence of `field` for what was `said`, without points.
pub(crate) fn sentence(field: &Field, said: &Said) -> String {
    if said.state == State::Unknown {
        // What the model adds is for a missing value: no template may credit this one.
        return format!("{}: {}", field.display_name(), said.shown());
    }
    let special = match said.state {
        State::Missing => Some(&field.reason_missing),
        State::Zero => Some(&field.reason_zero),
        State::Present | State::Unknown => field.reason_of.get(&said.value),
    };
    // A general template says that something is so: it cannot stand for a missing value, a no or an empty list.
    let denies = said.state == State::Missing || (said.state == State::Zero && field.kind != FieldKind::Number);
    let general = (!denies).then_some(&field.reason);
    // "{days} days ago" is not said of a day to come.
    let to_come = said.days.is_some_and(|days| days < 0);
    let fits = |template: &&String| !(template.is_empty() || to_come && mentions(template, "{days}"));
    match special.filter(fits).or(general.filter(fits)) {
        Some(template) => fill(template, said),
        None => {
            let unit = if field.unit.is_empty() || said.state == State::Missing { "" } else { " " };
            let unit_name = if unit.is_empty() { "" } else { &field.unit };
            format!("{}: {}{unit}{unit_name}", field.display_name(), said.value)
        }
    }
}

/// The sentence of a change from `before` to `after`, without points.
pub(crate) fn change(field: &Field, before: Said, after: Said) -> String {
    let counted = field.kind == FieldKind::Number && before.state != State::Missing && after.state != State::Missing;
    if counted && mentions(&field.reason, "{value}") {
        let said = Said { value: format!("{} → {}", before.value, after.value), state: State::Present, ..after };
        return fill(&field.reason, &said);
    }
    if let (FieldKind::Date, Some(from), Some(to)) = (field.kind, before.days, after.days)
        && before.value == after.value
    {
        let (from, to) = (number(from as f64), number(to as f64));
        return format!("{}: {from} → {to} {} ago", field.display_name(), if to == "1" { "day" } else { "days" });
    }
    format!("{}: {} → {}", field.display_name(), before.shown(), after.shown())
}

impl Said {
    /// The value, or that the model does not know it.
    fn shown(&self) -> Cow<'_, str> {
        if self.state == State::Unknown {
            return format!("{} is not known to the model", self.value).into();
        }
        (&*self.value).into()
    }
}

fn fill(template: &str, said: &Said) -> String {
    template::fill(template, &mut |place, out| match (place, said.days) {
        (Place::Value, _) => out.push_str(&said.value),
        (Place::Days, Some(days)) => out.push_str(&number(days as f64)),
        (Place::Days, None) => out.push('?'),
        (Place::Plural(one, many), _) => out.push_str(if said.is_one { one } else { many }),
        (Place::Unknown, _) => {}
    })
}

/// A day, such as `2026-11-23`.
pub(crate) fn date(ms: i64) -> String {
    let civil = Civil::from_ms(ms);
    let Ok(year @ 0..10_000) = u32::try_from(civil.year) else {
        return format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
    };
    let mut out = String::with_capacity(10);
    digits(&mut out, year, 1000);
    out.push('-');
    digits(&mut out, civil.month, 10);
    out.push('-');
    digits(&mut out, civil.day, 10);
    out
}

/// Appends the digits of `x` from that of weight `weight` on: formatting costs more than the digits.
fn digits(out: &mut String, x: u32, weight: u32) {
    let mut weight = weight;
    while weight > 0 {
        out.push(char::from(b'0' + (x / weight % 10) as u8));
        weight /= 10;
    }
}

/// Points in words: `+12 points`, `−1 point`, `less than a point`.
pub(crate) fn points(points: i32) -> String {
    match points {
        0 => "less than a point".to_owned(),
        1 => "+1 point".to_owned(),
        -1 => "−1 point".to_owned(),
        _ => {
            let size = points.unsigned_abs();
            let mut out = String::with_capacity(24);
            out.push(if points > 0 { '+' } else { '−' });
            let mut weight = 1;
            while size / weight >= 10 {
                weight *= 10;
            }
            digits(&mut out, size, weight);
            out.push_str(" points");
            out
        }
    }
}

/// A number for people: thousands separated by commas, at most two decimals; of a small number the first two digits that say
/// something, down to the sixth decimal.
pub(crate) fn number(x: f64) -> String {
    if x.abs() >= 1e15 {
        return Decimal(x).to_string();
    }
    let hundredths = (x.abs() * 100.0).round() as u64;
    if hundredths < 10 {
        return small(x);
    }
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    let digits = whole.to_string();
    let mut out = String::with_capacity(digits.len() + 8);
    if x < 0.0 && hundredths > 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    match (fraction / 10, fraction % 10) {
        (0, 0) => {}
        (tenths, 0) => out.push_str(&format!(".{tenths}")),
        (tenths, hundredths) => out.push_str(&format!(".{tenths}{hundredths}")),
    }
    out
}

/// [`number`] below a tenth.
fn small(x: f64) -> String {
    let millionths = (x.abs() * 1e6).round() as u64;
    let sign = if x < 0.0 && millionths > 0 { "−" } else { "" };
    // Two digits: what stands behind them is rounded away.
    let unit = if millionths >= 10_000 {
        1000
    } else if millionths >= 1000 {
        100
    } else if millionths >= 100 {
        10
    } else {
        1
    };
    let millionths = (millionths + unit / 2) / unit * unit;
    let digits = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    format!("{sign}{}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let rows = [
            (0.0, "0"),
            (-0.0, "0"),
            (7.0, "7"),
            (1234567.891, "1,234,567.89"),
            (-0.5, "−0.5"),
            (0.1, "0.1"),
            (0.07, "0.07"),
            (0.0999, "0.1"),
            (0.0949, "0.095"),
            (0.0123, "0.012"),
            (-0.001, "−0.001"),
            (0.000_456, "0.00046"),
            (0.000_001_4, "0.000001"),
            (-1e-9, "0"),
            (5e-324, "0"),
        ];
        for (x, text) in rows {
            assert_eq!(number(x), text);
        }
        assert_eq!(number(1e300).len(), 301);
    }
}
