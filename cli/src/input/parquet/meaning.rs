//! What the stored values of a column mean, from the type the file declares.
//!
//! | declared | read as |
//! |---|---|
//! | boolean | yes or no |
//! | integers of any width, also unsigned | whole numbers, exactly |
//! | float, double, float16 | numbers; NaN is missing |
//! | decimal of scale 0 | whole numbers, as texts of their digits beyond 64 bits |
//! | other decimals | numbers, correctly rounded |
//! | date, timestamp, int96 | moments |
//! | time of day | texts, as Python's `isoformat` writes them |
//! | bytes that are UTF-8, whatever the declared type | texts |
//! | UUID | texts of 36 characters |
//! | other bytes | opaque, equal only to equal bytes |

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::data_type::Int96;
use parquet::schema::types::ColumnDescriptor;
use plumbline_core::table::{Cell, Moment};
use serde_json::Value as Json;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Flag,
    Whole {
        unsigned: bool,
    },
    Number,
    Float16,
    /// A whole number of 10^-scale.
    Decimal {
        scale: i32,
    },
    /// A moment, counted in a unit since 1970.
    Time(Unit),
    /// A time of day, counted in a unit since midnight.
    OfDay(Unit),
    Text,
    Uuid,
}

/// What moments are counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    Days,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    fn of(unit: TimeUnit) -> Unit {
        match unit {
            TimeUnit::MILLIS => Unit::Millis,
            TimeUnit::MICROS => Unit::Micros,
            TimeUnit::NANOS => Unit::Nanos,
        }
    }

    fn moment(self, n: i64) -> Moment {
        match self {
            Unit::Days => Moment::from_ms(n.saturating_mul(86_400_000)),
            Unit::Millis => Moment::from_ms(n),
            Unit::Micros => Moment::from_us(n),
            Unit::Nanos => Moment::from_ns(n),
        }
    }

    fn nanos(self) -> i64 {
        match self {
            Unit::Days => 86_400_000_000_000,
            Unit::Millis => 1_000_000,
            Unit::Micros => 1_000,
            Unit::Nanos => 1,
        }
    }
}

impl Meaning {
    /// The meaning of the values of `column`.
    pub fn of(column: &ColumnDescriptor) -> Meaning {
        let physical = column.physical_type();
        match (column.logical_type_ref(), column.converted_type(), physical) {
            (Some(LogicalType::Decimal(_)), ..) | (_, ConvertedType::DECIMAL, _) => {
                Meaning::Decimal { scale: column.type_scale() }
            }
            (Some(LogicalType::Timestamp(time)), ..) => Meaning::Time(Unit::of(time.unit)),
            (Some(LogicalType::Time(time)), ..) => Meaning::OfDay(Unit::of(time.unit)),
            (Some(LogicalType::Float16), ..) => Meaning::Float16,
            (Some(LogicalType::Uuid), ..) => Meaning::Uuid,
            (_, ConvertedType::TIMESTAMP_MILLIS, _) => Meaning::Time(Unit::Millis),
            (_, ConvertedType::TIMESTAMP_MICROS, _) => Meaning::Time(Unit::Micros),
            (_, ConvertedType::TIME_MILLIS, _) => Meaning::OfDay(Unit::Millis),
            (_, ConvertedType::TIME_MICROS, _) => Meaning::OfDay(Unit::Micros),
            (_, ConvertedType::DATE, _) => Meaning::Time(Unit::Days),
            (_, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64, _) => {
                Meaning::Whole { unsigned: true }
            }
            (_, _, Physical::BOOLEAN) => Meaning::Flag,
            (_, _, Physical::INT32 | Physical::INT64) => Meaning::Whole { unsigned: false },
            (_, _, Physical::INT96) => Meaning::Time(Unit::Nanos),
            (_, _, Physical::FLOAT | Physical::DOUBLE) => Meaning::Number,
            (_, _, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) => Meaning::Text,
        }
    }

    /// A value of the kind that all values of `column` have; none where each has to be looked at.
    pub fn example(self, column: &ColumnDescriptor) -> Option<Cell<'static>> {
        let is_bytes = matches!(column.physical_type(), Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY);
        Some(match self {
            Meaning::Flag => Cell::Bool(true),
            Meaning::Whole { unsigned: true } if column.physical_type() == Physical::INT64 => return None,
            Meaning::Decimal { scale: 0 } if is_bytes => return None,
            Meaning::Whole { .. } | Meaning::Decimal { scale: 0 } => Cell::Int(0),
            Meaning::Number | Meaning::Float16 | Meaning::Decimal { .. } => Cell::Float(0.0),
            Meaning::Time(_) => Cell::Time(Moment::default()),
            Meaning::OfDay(_) | Meaning::Uuid => Cell::Text(""),
            Meaning::Text => match column.converted_type() {
                ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Cell::Text(""),
                _ => return None,
            },
        })
    }

    /// The value stored as 32 bits.
    pub fn of_i32(self, n: i32, scratch: &mut Scratch) -> Cell<'_> {
        self.of_i64(if self == (Meaning::Whole { unsigned: true }) { i64::from(n as u32) } else { i64::from(n) }, scratch)
    }

    /// The value stored as 64 bits.
    #[inline]
    pub fn of_i64(self, n: i64, scratch: &mut Scratch) -> Cell<'_> {
        match self {
            Meaning::Whole { unsigned: true } => Cell::of_whole(n as u64),
            Meaning::Time(unit) => Cell::Time(unit.moment(n)),
            Meaning::OfDay(unit) => scratch.text(of_day(n.saturating_mul(unit.nanos()))),
            Meaning::Decimal { scale } => decimal(n.into(), scale, scratch),
            _ => Cell::Int(n),
        }
    }

    /// The value stored as bytes.
    #[inline]
    pub fn of_bytes<'a>(self, bytes: &'a [u8], scratch: &'a mut Scratch) -> Cell<'a> {
        match (self, bytes) {
            (Meaning::Decimal { scale }, bytes) if bytes.len() <= 16 => {
                let sign = if bytes.first().is_some_and(|first| *first > 127) { -1 } else { 0 };
                decimal(bytes.iter().fold(sign, |sum: i128, byte| sum << 8 | i128::from(*byte)), scale, scratch)
            }
            (Meaning::Float16, [low, high]) => of_f64(half(u16::from_le_bytes([*low, *high]))),
            (Meaning::Uuid, bytes) if bytes.len() == 16 => {
                let hex = hex(bytes);
                let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
                scratch.text(parts.map(Option::unwrap_or_default).join("-"))
            }
            (_, bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(text),
                Err(_) => {
                    scratch.opaque = Json::String(format!("0x{}", hex(bytes)));
                    Cell::Other(&scratch.opaque)
                }
            },
        }
    }
}

/// Holds a value that the file stores in another form.
#[derive(Debug, Default)]
pub struct Scratch {
    text: String,
    opaque: Json,
}

impl Scratch {
    fn text(&mut self, text: String) -> Cell<'_> {
        self.text = text;
        Cell::Text(&self.text)
    }
}

/// The moment of a day and the nanoseconds within it, as Hive and Spark wrote them.
pub fn of_i96(time: &Int96) -> Cell<'static> {
    let nanos = match time.data() {
        [low, high, ..] => u64::from(*high) << 32 | u64::from(*low),
        _ => 0,
    };
    Cell::Time(Moment { ms: time.to_millis(), ns: (nanos % 1_000_000) as u32 })
}

/// A number; NaN is missing.
pub fn of_f64<'a>(x: f64) -> Cell<'a> {
    if x.is_nan() { Cell::Missing } else { Cell::Float(x) }
}

fn decimal(n: i128, scale: i32, scratch: &mut Scratch) -> Cell<'_> {
    match (scale, i64::try_from(n), u64::try_from(n)) {
        (0, Ok(n), _) => Cell::Int(n),
        (0, _, Ok(n)) => Cell::of_whole(n),
        (0, ..) => scratch.text(n.to_string()),
        // The decimal's own digits, correctly rounded.
        _ => format!("{n}e{}", -i64::from(scale)).parse().map_or(Cell::Missing, Cell::Float),
    }
}

/// `13:05:09`, with the fraction of a second where there is one.
fn of_day(nanos: i64) -> String {
    let (seconds, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match fraction {
        0 => text,
        n if n % 1000 == 0 => format!("{text}.{:06}", n / 1000),
        n => format!("{text}.{n:09}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction / 16_777_216.0,
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) / 1024.0 * f64::from_bits(((exponent - 15 + 1023) as u64) << 52),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use plumbline_core::table::Scalar;

    use super::*;

    #[test]
    fn halves_decimals_and_times_of_day_are_read() {
        let halves =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_953_125), (1, 5.960_464_477_539_063e-8), (0x7bff, 65_504.0)];
        for (bits, x) in halves {
            assert_eq!(half(bits), x, "{bits:x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
        let read = |n, scale| decimal(n, scale, &mut Scratch::default()).own();
        assert_eq!(read(1234, 2), Scalar::Float(12.34));
        assert_eq!(read(i64::MIN.into(), 0), Scalar::Int(i64::MIN));
        assert_eq!(read(u64::MAX.into(), 0), Scalar::UInt(u64::MAX));
        assert_eq!(read(1 << 70, 0), Scalar::Text("1180591620717411303424".to_owned()));
        let times =
            [(0, "00:00:00"), (47_109_000_000_000, "13:05:09"), (1_500_000_000, "00:00:01.500000"), (1, "00:00:00.000000001")];
        for (nanos, text) in times {
            assert_eq!(of_day(nanos), text);
        }
    }
}
