//! Dates as people write them, read as Python's `dateutil` reads them.
//!
//! A port of the decisions of `dateutil.parser.parse` 2.9 with its default settings. What the text does not say is taken from
//! 1 January 2000 at midnight, where dateutil asks the clock; a year of two digits lies within 50 years of 2026. Offsets are
//! applied, names of zones other than UTC are passed over. Compared with dateutil itself on thousands of texts.

use crate::table::{Civil, Moment, days_from_civil, days_in_month};

const DAY: i64 = 86_400;
const PIVOT: i64 = 2026;

/// A moment as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The moment, the offset taken off when there was one.
    pub at: Moment,
    /// Whether an offset or UTC was named.
    pub has_zone: bool,
}

/// The moment `text` names; `None` when dateutil would raise.
///
/// # Example
/// ```
/// use plumbline_core::quality::parse_moment;
/// assert_eq!(parse_moment("Jan 02 1970 00:00:01").map(|m| m.at.ms), Some(86_401_000));
/// assert_eq!(parse_moment("2026/13/45"), None);
/// ```
pub fn parse_moment(text: &str) -> Option<Written> {
    let tokens = split(text);
    let mut parse = Parse { tokens, ..Parse::default() };
    parse.run()?;
    parse.build()
}

/// `2026-11-23T09:15:00`, with six more digits where there is a fraction.
pub(super) fn iso(moment: Moment) -> String {
    let day = Civil::from_ms(moment.ms);
    let within = moment.ms.div_euclid(1000).rem_euclid(DAY);
    let (hour, minute, second) = (within / 3600, within / 60 % 60, within % 60);
    let mut text = format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", day.year, day.month, day.day);
    let (ms, ns) = (moment.ms.rem_euclid(1000), i64::from(moment.ns));
    if (ms, ns) != (0, 0) {
        text.push_str(&format!(".{:06}", ms * 1000 + ns / 1000));
    }
    text
}

/// The moment of a civil date and time; `None` when there is no such.
pub(super) fn assemble(year: i64, month: i64, day: i64, clock: [i64; 4]) -> Option<Moment> {
    let [hour, minute, second, micro] = clock;
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > month_length(year, month) || !is_time {
        return None;
    }
    let seconds = days_from_civil(year, month as u32, day as u32) * DAY + hour * 3600 + minute * 60 + second;
    Some(Moment::from_us(seconds * 1_000_000 + micro))
}

pub(super) fn month_length(year: i64, month: i64) -> i64 {
    i64::from(days_in_month(year, month as u32))
}

/// Lexical units: runs of letters, of digits, a space, any other character.
fn split(text: &str) -> Vec<String> {
    let mut chars = text.chars().filter(|c| *c != '\0').peekable();
    let mut tokens = Vec::new();
    while let Some(first) = chars.next() {
        let mut token = String::from(first);
        let (mut word, mut dotted, mut letters) = (first.is_alphabetic(), false, false);
        if !word && !first.is_ascii_digit() {
            tokens.push(if first.is_whitespace() { " ".to_owned() } else { token });
            continue;
        }
        while let Some(&next) = chars.peek() {
            letters |= word;
            let ends_in_dot = token.ends_with('.');
            match (word, dotted) {
                (true, _) if next.is_alphabetic() => {}
                (false, _) if next.is_ascii_digit() => {}
                (true, false) if next == '.' => dotted = true,
                (false, false) if next == '.' || (next == ',' && token.len() >= 2) => dotted = true,
                (_, true) if next == '.' => {}
                (true, true) if next.is_ascii_digit() && ends_in_dot => word = false,
                (false, true) if next.is_alphabetic() && ends_in_dot => word = true,
                _ => break,
            }
            token.push(next);
            chars.next();
        }
        if dotted && (letters || token.matches('.').count() > 1 || token.ends_with(['.', ','])) {
            let mut part = String::new();
            for c in token.chars() {
                if matches!(c, '.' | ',') {
                    if !part.is_empty() {
                        tokens.push(std::mem::take(&mut part));
                    }
                    tokens.push(c.to_string());
                } else {
                    part.push(c);
                }
            }
            if !part.is_empty() {
                tokens.push(part);
            }
            continue;
        }
        if dotted && !word && !token.contains('.') {
            token = token.replace(',', ".");
        }
        tokens.push(token);
    }
    tokens
}

#[derive(Debug, Default)]
struct Parse {
    tokens: Vec<String>,
    date: Vec<i64>,
    year_at: Option<usize>,
    month_at: Option<usize>,
    day_at: Option<usize>,
    century: bool,
    weekday: bool,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    micro: Option<i64>,
    am_or_pm: Option<usize>,
    zone: Option<String>,
    offset: Option<i64>,
}

const JUMPS: [&str; 18] = [" ", ".", ",", ";", "-", "/", "'", "at", "on", "and", "ad", "m", "t", "of", "st", "nd", "rd", "th"];
const DAYS: [&[&str]; 7] = [
    &["mon", "monday"],
    &["tue", "tuesday"],
    &["wed", "wednesday"],
    &["thu", "thursday"],
    &["fri", "friday"],
    &["sat", "saturday"],
    &["sun", "sunday"],
];
const MONTHS: [&[&str]; 12] = [
    &["jan", "january"],
    &["feb", "february"],
    &["mar", "march"],
    &["apr", "april"],
    &["may"],
    &["jun", "june"],
    &["jul", "july"],
    &["aug", "august"],
    &["sep", "sept", "september"],
    &["oct", "october"],
    &["nov", "november"],
    &["dec", "december"],
];
const UNITS: [&[&str]; 3] = [&["h", "hour", "hours"], &["m", "minute", "minutes"], &["s", "second", "seconds"]];
const HALVES: [&[&str]; 2] = [&["am", "a"], &["pm", "p"]];

fn find(table: &[&[&str]], word: &str) -> Option<usize> {
    let word = word.to_lowercase();
    table.iter().position(|words| words.contains(&word.as_str()))
}

fn is_utc(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "utc" | "gmt" | "z")
}

fn is_jump(word: &str) -> bool {
    JUMPS.contains(&word.to_lowercase().as_str())
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

impl Parse {
    fn token(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).map(String::as_str)
    }

    fn is(&self, at: usize, what: &str) -> bool {
        self.token(at) == Some(what)
    }

    fn run(&mut self) -> Option<()> {
        let mut i = 0;
        while let Some(token) = self.tokens.get(i).cloned() {
            let word = token.as_str();
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                i = self.number(i, word)?;
            } else if matches!(word.to_lowercase().as_str(), "inf" | "infinity" | "nan") {
                return None;
            } else if find(&DAYS, word).is_some() {
                self.weekday = true;
            } else if let Some(month) = find(&MONTHS, word) {
                i = self.month(i, month as i64 + 1)?;
            } else if let Some(half) = find(&HALVES, word) {
                let hour = self.hour.filter(|hour| (0..=12).contains(hour))?;
                self.hour = Some(half_day(hour, half));
                self.am_or_pm = Some(half);
            } else if self.could_be_zone(word, true) {
                self.offset = matches!(word, "utc" | "gmt" | "z").then_some(0);
                self.zone = Some(word.to_owned());
                if let Some(sign) = self.tokens.get_mut(i + 1).filter(|t| matches!(t.as_str(), "+" | "-")) {
                    *sign = if sign == "+" { "-" } else { "+" }.to_owned();
                    self.offset = None;
                    if is_utc(word) {
                        self.zone = None;
                    }
                }
            } else if self.hour.is_some() && matches!(word, "+" | "-") {
                i = self.offset(i, if word == "+" { 1 } else { -1 })?;
            } else if !is_jump(word) {
                return None;
            }
            i += 1;
        }
        Some(())
    }

    fn month(&mut self, mut i: usize, month: i64) -> Option<usize> {
        self.add(month, false, Some('M'))?;
        match self.token(i + 1) {
            Some(sep @ ("-" | "/")) => {
                let sep = sep.to_owned();
                self.add_text(i + 2, None)?;
                if self.is(i + 3, &sep) {
                    self.add_text(i + 4, None)?;
                    i += 2;
                }
                i += 2;
            }
            Some(" ") if self.is(i + 3, " ") && self.token(i + 2)?.eq_ignore_ascii_case("of") && self.token(i + 4).is_some() => {
                if let Some(year) = self.token(i + 4).and_then(digits) {
                    let year = full_year(year, false);
                    self.add(year, year > 99, Some('Y'))?;
                }
                i += 4;
            }
            _ => {}
        }
        Some(i)
    }

    fn offset(&mut self, mut i: usize, sign: i64) -> Option<usize> {
        let value = self.token(i + 1)?.to_owned();
        let length = value.chars().count();
        let (hours, minutes) = if length == 4 {
            (digits(value.get(..2)?)?, digits(value.get(2..)?)?)
        } else if self.is(i + 2, ":") {
            let minutes = digits(self.token(i + 3)?)?;
            i += 2;
            (digits(&value)?, minutes)
        } else if length <= 2 {
            (digits(&value)?, 0)
        } else {
            return None;
        };
        self.offset = Some(hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_mul(sign));
        let named = self.token(i + 2).is_some_and(is_jump) && self.is(i + 3, "(") && self.is(i + 5, ")");
        if named && self.token(i + 4).is_some_and(|name| name.len() >= 3 && self.could_be_zone(name, false)) {
            self.zone = self.tokens.get(i + 4).cloned();
            i += 4;
        }
        Some(i + 1)
    }

    fn number(&mut self, at: usize, text: &str) -> Option<usize> {
        let (value, length, mut i) = (text.parse::<f64>().ok()?, text.chars().count(), at);
        let next_is_unit = self.token(i + 1).and_then(|t| find(&UNITS, t)).is_some();
        if self.date.len() == 3
            && matches!(length, 2 | 4)
            && self.hour.is_none()
            && (self.token(i + 1).is_none() || (!self.is(i + 1, ":") && !next_is_unit))
        {
            self.hour = Some(digits(text.get(..2)?)?);
            if length == 4 {
                self.minute = Some(digits(text.get(2..)?)?);
            }
        } else if length == 6 || (length > 6 && text.find('.') == Some(6)) {
            if self.date.is_empty() && !text.contains('.') {
                for part in [text.get(..2)?, text.get(2..4)?, text.get(4..)?] {
                    self.add(digits(part)?, false, None)?;
                }
            } else {
                self.hour = Some(digits(text.get(..2)?)?);
                self.minute = Some(digits(text.get(2..4)?)?);
                self.seconds(text.get(4..)?)?;
            }
        } else if matches!(length, 8 | 12 | 14) {
            self.add(digits(text.get(..4)?)?, true, Some('Y'))?;
            self.add(digits(text.get(4..6)?)?, false, None)?;
            self.add(digits(text.get(6..8)?)?, false, None)?;
            if length > 8 {
                self.hour = Some(digits(text.get(8..10)?)?);
                self.minute = Some(digits(text.get(10..12)?)?);
            }
            if length > 12 {
                self.second = Some(digits(text.get(12..)?)?);
            }
        } else if let Some((next, unit)) = self.unit(i) {
            i = next;
            match unit {
                0 => {
                    self.hour = Some(value as i64);
                    if value.fract() != 0.0 {
                        self.minute = Some((60.0 * value.fract()) as i64);
                    }
                }
                1 => self.minutes(value),
                2 => self.seconds(text)?,
                _ => {}
            }
        } else if self.is(i + 1, ":") && self.token(i + 2).is_some() {
            self.hour = Some(value as i64);
            let minutes = self.token(i + 2)?.parse::<f64>().ok().filter(|x| x.is_finite())?;
            self.minutes(minutes);
            if self.is(i + 3, ":") && self.token(i + 4).is_some() {
                let seconds = self.token(i + 4)?.to_owned();
                self.seconds(&seconds)?;
                i += 2;
            }
            i += 2;
        } else if let Some(sep @ ("-" | "/" | ".")) = self.token(i + 1) {
            let sep = sep.to_owned();
            self.add_text(i, None)?;
            if self.token(i + 2).is_some_and(|t| !is_jump(t)) {
                self.add_date_part(i + 2)?;
                if self.is(i + 3, &sep) {
                    self.add_date_part(i + 4)?;
                    i += 2;
                }
                i += 1;
            }
            i += 1;
        } else if self.token(i + 1).is_none_or(is_jump) {
            match self.token(i + 2).and_then(|t| find(&HALVES, t)) {
                Some(half) => {
                    self.hour = Some(half_day(value as i64, half));
                    i += 1;
                }
                None => self.add(value as i64, value > 100.0, None)?,
            }
            i += 1;
        } else if let Some(half) = self.token(i + 1).and_then(|t| find(&HALVES, t)).filter(|_| value < 24.0) {
            self.hour = Some(half_day(value as i64, half));
            i += 1;
        } else if self.could_be_day(value) {
            self.add(value as i64, value > 100.0, None)?;
        } else {
            return None;
        }
        Some(i)
    }

    fn add_date_part(&mut self, at: usize) -> Option<()> {
        match find(&MONTHS, self.token(at)?) {
            Some(month) => self.add(month as i64 + 1, false, Some('M')),
            None => self.add_text(at, None),
        }
    }

    /// The place to go on from and the unit (hour, minute, second) of the number at `i`, when one stands by it.
    fn unit(&self, i: usize) -> Option<(usize, usize)> {
        let unit = |at: usize| self.token(at).and_then(|t| find(&UNITS, t));
        if let Some(unit) = unit(i + 1) {
            Some((i + 1, unit))
        } else if let (true, Some(unit)) = (self.is(i + 1, " "), unit(i + 2)) {
            Some((i + 2, unit))
        } else if let Some(unit) = i.checked_sub(1).and_then(unit) {
            Some((i, unit + 1))
        } else if i > 1 && i + 1 == self.tokens.len() && self.is(i - 1, " ") {
            unit(i - 2).map(|unit| (i, unit + 1))
        } else {
            None
        }
    }

    fn minutes(&mut self, value: f64) {
        self.minute = Some(value as i64);
        self.second = (value.fract() != 0.0).then(|| (60.0 * value.fract()) as i64);
    }

    fn seconds(&mut self, text: &str) -> Option<()> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        self.second = Some(digits(whole)?);
        let part: String = part.chars().chain("000000".chars()).take(6).collect();
        self.micro = Some(digits(&part)?);
        Some(())
    }

    fn could_be_zone(&self, word: &str, alone: bool) -> bool {
        let free = self.hour.is_some() && self.zone.is_none() && (!alone || self.offset.is_none());
        free && word.chars().count() <= 5 && (word.bytes().all(|b| b.is_ascii_uppercase()) || word == "z")
    }

    fn could_be_day(&self, value: f64) -> bool {
        let longest = match (self.day_at, self.month_at, self.year_at) {
            (Some(_), ..) => return false,
            (None, None, _) => 31,
            (None, Some(month), year) => {
                let year = year.and_then(|at| self.date.get(at)).copied().unwrap_or(2000);
                month_length(year, self.date.get(month).copied().unwrap_or(1))
            }
        };
        (1.0..=longest as f64).contains(&value)
    }

    fn add_text(&mut self, at: usize, label: Option<char>) -> Option<()> {
        let text = self.token(at)?;
        let (value, long) = (digits(text)?, text.len() > 2);
        self.add(value, long, label)
    }

    fn add(&mut self, value: i64, is_year: bool, label: Option<char>) -> Option<()> {
        self.century |= is_year;
        let label = match label {
            Some(label) if is_year && label != 'Y' => return None,
            label => {
                if is_year {
                    Some('Y')
                } else {
                    label
                }
            }
        };
        let place = match label {
            Some('Y') => Some(&mut self.year_at),
            Some('M') => Some(&mut self.month_at),
            Some(_) => Some(&mut self.day_at),
            None => None,
        };
        if let Some(place) = place {
            if place.is_some() {
                return None;
            }
            *place = Some(self.date.len());
        }
        self.date.push(value);
        Some(())
    }

    /// Which of the numbers is the year, which the month, which the day.
    fn resolve(&self) -> Option<[Option<i64>; 3]> {
        let mut places = [self.year_at, self.month_at, self.day_at];
        let known = places.iter().flatten().count();
        if self.date.len() == 3 && known == 2 {
            let left = (0..3).find(|at| !places.contains(&Some(*at)));
            places.iter_mut().filter(|place| place.is_none()).for_each(|place| *place = left);
        }
        if known > 0 && (self.date.len() == known || (self.date.len() == 3 && known == 2)) {
            return Some(places.map(|place| place.and_then(|at| self.date.get(at)).copied()));
        }
        Some(match (self.date.as_slice(), self.month_at) {
            ([], _) => [None; 3],
            ([a], Some(_)) => [None, Some(*a), None],
            ([a, b], Some(at)) => {
                let (month, other) = if at == 0 { (*a, *b) } else { (*b, *a) };
                if other > 31 { [Some(other), Some(month), None] } else { [None, Some(month), Some(other)] }
            }
            ([a], None) => {
                if *a > 31 {
                    [Some(*a), None, None]
                } else {
                    [None, None, Some(*a)]
                }
            }
            ([a, b], None) if *a > 31 => [Some(*a), Some(*b), None],
            ([a, b], None) if *b > 31 => [Some(*b), Some(*a), None],
            ([a, b], None) => [None, Some(*a), Some(*b)],
            ([a, b, c], Some(0)) => if *b > 31 { [*b, *a, *c] } else { [*c, *a, *b] }.map(Some),
            ([a, b, c], Some(1)) => if *a > 31 { [*a, *b, *c] } else { [*c, *b, *a] }.map(Some),
            ([a, b, c], Some(_)) => if *b > 31 { [*b, *c, *a] } else { [*a, *c, *b] }.map(Some),
            ([a, b, c], None) if *a > 31 || self.year_at == Some(0) => [*a, *b, *c].map(Some),
            ([a, b, c], None) => if *a > 12 { [*c, *b, *a] } else { [*c, *a, *b] }.map(Some),
            _ => return None,
        })
    }

    fn build(&self) -> Option<Written> {
        let [year, month, day] = self.resolve()?;
        let said = [year, month, day, self.hour, self.minute, self.second, self.micro, self.offset];
        if said.iter().all(Option::is_none) && !self.weekday && self.zone.is_none() && self.am_or_pm.is_none() {
            return None;
        }
        let (year, month) = (full_year(year.unwrap_or(2000), self.century), month.unwrap_or(1));
        let clock = [self.hour, self.minute, self.second, self.micro].map(|part| part.unwrap_or(0));
        let at = assemble(year, month, day.unwrap_or(1), clock)?;
        let utc = self.zone.as_deref().is_some_and(is_utc);
        let offset = if utc { 0 } else { self.offset.unwrap_or(0) };
        let at = Moment { ms: at.ms.saturating_sub(offset.saturating_mul(1000)), ..at };
        Some(Written { at, has_zone: utc || self.offset.is_some() })
    }
}

fn half_day(hour: i64, half: usize) -> i64 {
    match (hour, half) {
        (..12, 1) => hour + 12,
        (12, 0) => 0,
        _ => hour,
    }
}

fn full_year(year: i64, century: bool) -> i64 {
    if year >= 100 || century {
        return year;
    }
    let year = year + PIVOT / 100 * 100;
    if year >= PIVOT + 50 {
        year - 100
    } else if year < PIVOT - 50 {
        year + 100
    } else {
        year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment as dateutil 2.9.0 gives it, `-` where it raises.
    #[test]
    fn moments_are_those_of_dateutil() {
        let rows = [
            ("2026-01-01 00:00:00", "2026-01-01T00:00:00"),
            ("2026-01-01T10:11:12.5Z", "2026-01-01T10:11:12.500000"),
            ("Jan 01 1970 12:00:01", "1970-01-01T12:00:01"),
            ("Dec 31 1999 12:00:01", "1999-12-31T12:00:01"),
            ("1999-12-31 12:00:01.012345 +0800", "1999-12-31T04:00:01.012345"),
            ("2026-01-01 10:00:00-03:30", "2026-01-01T13:30:00"),
            ("12/1/2016", "2016-12-01T00:00:00"),
            ("13/1/2016", "2016-01-13T00:00:00"),
            ("20260102", "2026-01-02T00:00:00"),
            ("20260102T030405", "2026-01-02T03:04:05"),
            ("260102", "2002-01-26T00:00:00"),
            ("10 am 3 March 2020", "2020-03-03T10:00:00"),
            ("3rd of May 2001", "2001-05-03T00:00:00"),
            ("Sep.20.2009", "2009-09-20T00:00:00"),
            ("4:30:21.447 2001-02-03", "2001-02-03T04:30:21.447000"),
            ("12h30m 2001-02-03", "2001-02-03T12:30:00"),
            ("2026/13/45", "-"),
            ("2026-02-30", "-"),
            ("not a date", "-"),
            ("", "-"),
            ("user0@example.com", "-"),
            ("1.2.3.4.5", "-"),
            ("99999999999999999999", "-"),
        ];
        for (text, expected) in rows {
            assert_eq!(parse_moment(text).map_or("-".to_owned(), |m| iso(m.at)), expected, "{text}");
        }
    }
}
