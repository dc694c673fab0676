//! From values to pixels.

use crate::text::coordinate;

/// A linear scale.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// The value at `start`.
    pub from: f64,
    /// The value at `end`.
    pub to: f64,
    /// Pixels.
    pub start: f64,
    /// Pixels.
    pub end: f64,
}

impl Scale {
    /// The pixel of `value`.
    pub fn at(&self, value: f64) -> f64 {
        let width = self.to - self.from;
        if width == 0.0 {
            (self.start + self.end) / 2.0
        } else {
            self.start + (value - self.from) / width * (self.end - self.start)
        }
    }

    /// The pixel of `value` as an attribute, within the drawing.
    pub fn px(&self, value: f64) -> String {
        let (low, high) = (self.start.min(self.end), self.start.max(self.end));
        coordinate(self.at(value).clamp(low, high))
    }
}

/// Round values of 1, 2 or 5 that cover `low..=high` in about `count` steps.
pub fn ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let rough = ((high - low) / count).max(1e-9);
    let mut power = 1.0;
    while power > rough {
        power /= 10.0;
    }
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    let step = power
        * match rough / power {
            ratio if ratio < 1.5 => 1.0,
            ratio if ratio < 3.5 => 2.0,
            ratio if ratio < 7.5 => 5.0,
            _ => 10.0,
        };
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last).take(40).map(|tick| tick as f64 * step).collect()
}

/// The path of a line with gaps where a value is missing.
pub fn line(values: &[Option<f64>], x: impl Fn(usize) -> f64, y: &Scale) -> String {
    let mut path = String::with_capacity(values.len() * 12);
    let mut pen = 'M';
    for (place, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                path.push(pen);
                path.push_str(&coordinate(x(place)));
                path.push(' ');
                path.push_str(&y.px(value));
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    path
}

/// The path of the area between `low` and `high`, and of its two edges.
pub fn area(low: &[Option<f64>], high: &[Option<f64>], x: impl Fn(usize) -> f64, y: &Scale) -> (String, String) {
    let (mut area, mut run): (String, Vec<(usize, f64, f64)>) = (String::new(), Vec::new());
    let close = |run: &mut Vec<(usize, f64, f64)>, area: &mut String| {
        for (place, (at, _, high)) in run.iter().enumerate() {
            area.push(if place == 0 { 'M' } else { 'L' });
            area.push_str(&format!("{} {}", coordinate(x(*at)), y.px(*high)));
        }
        for (at, low, _) in run.iter().rev() {
            area.push_str(&format!("L{} {}", coordinate(x(*at)), y.px(*low)));
        }
        if !run.is_empty() {
            area.push('Z');
        }
        run.clear();
    };
    for place in 0..low.len().min(high.len()) {
        match (low.get(place).copied().flatten(), high.get(place).copied().flatten()) {
            (Some(low), Some(high)) => run.push((place, low, high)),
            _ => close(&mut run, &mut area),
        }
    }
    close(&mut run, &mut area);
    let edges = format!("{}{}", line(low, &x, y), line(high, &x, y));
    (area, edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover() {
        let ticks = ticks(0.81, 0.93, 4.0);
        assert!(ticks[0] <= 0.81 && ticks[ticks.len() - 1] >= 0.93 && ticks.len() <= 8, "{ticks:?}");
    }

    #[test]
    fn gaps_stay_gaps() {
        let y = Scale { from: 0.0, to: 1.0, start: 10.0, end: 0.0 };
        assert_eq!(line(&[Some(0.0), None, Some(1.0), Some(0.5)], |i| i as f64, &y), "M0 10M2 0L3 5");
        let (area, _) = area(&[Some(0.0), None], &[Some(1.0), None], |i| i as f64, &y);
        assert_eq!(area, "M0 0L0 10Z");
    }
}
