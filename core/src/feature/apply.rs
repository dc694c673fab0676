//! The hot path: a lead's places to a row.

use super::compile::{Domains, Kind, Op};
use super::{DatePart, FeatureVector, Impute, Pipeline, Step};
use crate::lead::{Slots, Timestamp};
use crate::math;
use crate::table::{Civil, DAY_MS};

impl Pipeline {
    /// Writes the row of the lead in `slots`, scored at `now`, into `out`, replacing its content: one value per column, NaN is
    /// missing, all others finite.
    pub fn apply(&self, slots: &Slots, now: Timestamp, out: &mut FeatureVector) {
        out.clear();
        self.append(slots, now, out);
    }

    /// [`apply`](Self::apply) behind the rows that `rows` holds already.
    pub fn append(&self, slots: &Slots, now: Timestamp, rows: &mut Vec<f64>) {
        let start = rows.len();
        rows.resize(start + self.width, f64::NAN);
        let out = rows.get_mut(start..).unwrap_or_default();
        for &(field, column) in &self.direct {
            write(out, column, slots.get(field as usize).number);
        }
        for op in &self.ops {
            let columns = self.columns.get(op.columns.0 as usize..op.columns.1 as usize).unwrap_or(&[]);
            let steps = self.steps.get(op.steps.0 as usize..op.steps.1 as usize).unwrap_or(&[]);
            op.apply(slots, now, columns, steps, out);
        }
    }
}

#[inline]
fn write(out: &mut [f64], column: u32, value: f64) {
    if let Some(place) = out.get_mut(column as usize) {
        *place = value;
    }
}

impl Op {
    fn apply(&self, slots: &Slots, now: Timestamp, columns: &[u32], steps: &[Step], out: &mut [f64]) {
        let field = self.field as usize;
        if let Kind::MultiHot(items) = &self.kind {
            let missing = slots.get(field).number.is_nan();
            for column in columns {
                write(out, *column, if missing { f64::NAN } else { 0.0 });
            }
            for item in slots.items(field).filter_map(|item| items.find(item)) {
                write(out, columns.get(item).copied().unwrap_or(u32::MAX), 1.0);
            }
            for column in columns {
                if let Some(place) = out.get_mut(*column as usize) {
                    *place = run(steps, *place);
                }
            }
        } else if self.spread {
            let code = self.number(slots, now);
            // An unknown category is certainly none of these; only a missing one could be any of them.
            let missing = code.is_nan() && slots.get(field).number.is_nan() && slots.text(field).is_empty();
            for (i, column) in columns.iter().enumerate() {
                let value = if missing { f64::NAN } else { f64::from(u8::from(code == i as f64)) };
                write(out, *column, run(steps, value));
            }
        } else if let Some(column) = columns.first() {
            write(out, *column, run(steps, self.number(slots, now)));
        }
    }

    fn number(&self, slots: &Slots, now: Timestamp) -> f64 {
        let slot = slots.get(self.field as usize);
        let x = slot.number;
        let by_code = |table: &[f64], other: f64| {
            let listed = x >= 0.0 && x < table.len() as f64;
            if listed { table.get(x as usize).copied().unwrap_or(other) } else { other }
        };
        match &self.kind {
            Kind::Number => x,
            Kind::Code => {
                if x >= 0.0 {
                    x
                } else {
                    f64::NAN
                }
            }
            Kind::Days => x / DAY_MS as f64,
            Kind::Missing => f64::from(u8::from(x.is_nan() && slot.start == slot.end)),
            Kind::Bucket(_) if x.is_nan() => x,
            Kind::Bucket(edges) => edges.partition_point(|edge| *edge <= x) as f64,
            Kind::Ordinal(places) => by_code(places, f64::NAN),
            Kind::Target(values, default) => by_code(values, *default),
            Kind::Items => x,
            Kind::Characters => match slots.text(self.field as usize) {
                "" => f64::NAN,
                text => text.chars().count() as f64,
            },
            Kind::DatePart(_) if x.is_nan() => x,
            Kind::DatePart(part) => part.of(x as i64),
            Kind::DaysSince => (now.0 as f64 - x) / DAY_MS as f64,
            Kind::EmailDomain(domains) => match slots.text(self.field as usize) {
                "" => f64::NAN,
                address => f64::from(domains.class(address)),
            },
            Kind::Ratio(per) => x / slots.get(*per as usize).number,
            Kind::MultiHot(_) => f64::NAN,
        }
    }
}

fn run(steps: &[Step], start: f64) -> f64 {
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    steps.iter().fold(finite(start), |x, step| {
        finite(match *step {
            Step::Impute(Impute::Constant(value) | Impute::Mean(value)) => {
                if x.is_nan() {
                    value
                } else {
                    x
                }
            }
            Step::Clip { min, max } => {
                if x < min {
                    min
                } else if x > max {
                    max
                } else {
                    x
                }
            }
            Step::Log1p => math::ln_1p(x),
            Step::Standard { mean, std } => (x - mean) / std,
            Step::MinMax { min, max } => (x - min) / (max - min),
        })
    })
}

impl DatePart {
    fn of(self, ms: i64) -> f64 {
        let civil = Civil::from_ms(ms);
        match self {
            DatePart::Year => civil.year as f64,
            DatePart::Quarter => f64::from(civil.month.div_ceil(3)),
            DatePart::Month => f64::from(civil.month),
            DatePart::Day => f64::from(civil.day),
            DatePart::Weekday => f64::from(civil.weekday),
            DatePart::DayOfYear => f64::from(civil.day_of_year),
            DatePart::Hour => f64::from(civil.hour),
        }
    }
}

impl Domains {
    /// The class's place; `classes` for any other domain, one more for an invalid address.
    fn class(&self, address: &str) -> u32 {
        let Some((user, domain)) = address.trim().rsplit_once('@') else { return self.classes + 1 };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b >= 0x80;
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(fits);
        if user.is_empty() || !domain.contains('.') || !domain.split('.').all(is_label) {
            return self.classes + 1;
        }
        let lower;
        let domain = if domain.bytes().any(|b| b.is_ascii_uppercase()) {
            lower = domain.to_ascii_lowercase();
            lower.as_str()
        } else {
            domain
        };
        if let Some(class) = self.whole.find(domain).and_then(|i| self.whole_class.get(i)) {
            return *class;
        }
        self.endings.iter().find(|(ending, _)| domain.ends_with(ending.as_str())).map_or(self.classes, |(_, class)| *class)
    }
}
