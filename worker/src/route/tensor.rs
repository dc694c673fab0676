//! Tensors of the Open Inference Protocol, as JSON or as raw little-endian bytes, to values.

use plumbline_core::json::MAX_SAFE_INTEGER;
use plumbline_core::lead::{LeadError, Place, Value};
use plumbline_core::schema::{FieldKind, Role};

use super::json;
use super::table::Column;
use crate::scoring::Row;

/// The datatypes of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Bool,
    Unsigned(usize),
    Signed(usize),
    Float(usize),
    Bytes,
}

impl Datatype {
    pub(super) fn of(name: &str) -> Option<Datatype> {
        Some(match name {
            "BOOL" => Datatype::Bool,
            "UINT8" => Datatype::Unsigned(1),
            "UINT16" => Datatype::Unsigned(2),
            "UINT32" => Datatype::Unsigned(4),
            "UINT64" => Datatype::Unsigned(8),
            "INT8" => Datatype::Signed(1),
            "INT16" => Datatype::Signed(2),
            "INT32" => Datatype::Signed(4),
            "INT64" => Datatype::Signed(8),
            "FP16" => Datatype::Float(2),
            "FP32" => Datatype::Float(4),
            "FP64" => Datatype::Float(8),
            "BYTES" => Datatype::Bytes,
            _ => return None,
        })
    }

    /// Whether a JSON value, if it is a number, is one of this type: whole and in range where the type is.
    fn holds(self, json: &str) -> bool {
        let (signed, size) = match self {
            Datatype::Unsigned(size) => (0, size),
            Datatype::Signed(size) => (1, size),
            _ => return true,
        };
        if !json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return true;
        }
        let whole = json.parse::<i128>().ok().or_else(|| {
            // 3.0 and 3e2 are whole as well.
            json.parse::<f64>().ok().filter(|x| x.fract() == 0.0).map(|x| x as i128)
        });
        let most = (1i128 << (8 * size - signed)) - 1;
        whole.is_some_and(|whole| (-(most + 1) * signed as i128..=most).contains(&whole))
    }

    /// Bytes of one element; none when each says its own.
    fn size(self) -> Option<usize> {
        match self {
            Datatype::Bool => Some(1),
            Datatype::Unsigned(n) | Datatype::Signed(n) | Datatype::Float(n) => Some(n),
            Datatype::Bytes => None,
        }
    }
}

/// The elements of a tensor, row-major, still as they came.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    datatype: Datatype,
    elements: Vec<Element<'a>>,
}

#[derive(Debug)]
enum Element<'a> {
    Json(&'a str),
    Raw(&'a [u8]),
}

impl<'a> Elements<'a> {
    /// The `count` elements of JSON `data`, flat or nested up to `depth` levels.
    pub(super) fn of_json(datatype: Datatype, data: &'a str, count: usize, depth: usize) -> Result<Elements<'a>, String> {
        let mut elements = Vec::with_capacity(count);
        flatten(data, count, depth, &mut elements)?;
        if elements.len() == count { Ok(Elements { datatype, elements }) } else { Err(miscounted(elements.len(), count)) }
    }

    /// The `count` elements of raw `bytes`.
    pub(super) fn of_bytes(datatype: Datatype, bytes: &'a [u8], count: usize) -> Result<Elements<'a>, String> {
        let mut elements = Vec::with_capacity(count);
        let mut rest = bytes;
        while !rest.is_empty() && elements.len() < count {
            let size = match datatype.size() {
                Some(size) => size,
                None => match rest.split_first_chunk::<4>() {
                    Some((length, tail)) => {
                        rest = tail;
                        u32::from_le_bytes(*length) as usize
                    }
                    None => return Err("the last element has no length".into()),
                },
            };
            let (element, tail) = rest.split_at_checked(size).ok_or("the last element is truncated")?;
            elements.push(Element::Raw(element));
            rest = tail;
        }
        if !rest.is_empty() {
            return Err(format!("{} bytes remain after {count} elements", rest.len()));
        }
        if elements.len() == count { Ok(Elements { datatype, elements }) } else { Err(miscounted(elements.len(), count)) }
    }

    /// Sets `column` of `row` from element `at`. NaN is missing: a tensor has no other way to say so.
    pub(super) fn set(&self, at: usize, column: &Column<'_>, row: &mut Row) {
        match self.elements.get(at) {
            None => {}
            Some(Element::Json(json)) if self.datatype == Datatype::Bytes => match serde_json::from_str::<String>(json) {
                Ok(text) => row.set_cell(column, &text),
                Err(_) => row.set_json(column, json),
            },
            Some(Element::Json(json)) if self.datatype.holds(json) => match text_of_code(column, json.parse().ok()) {
                Some(text) => row.set_column(column, &text),
                None => row.set_json(column, json),
            },
            Some(Element::Json(_)) => refuse(column, "a number of its tensor's datatype", "a number outside its range", row),
            Some(Element::Raw(bytes)) => self.set_raw(bytes, column, row),
        }
    }

    fn set_raw(&self, bytes: &[u8], column: &Column<'_>, row: &mut Row) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        let unsigned = u64::from_le_bytes(word);
        match self.datatype {
            Datatype::Bytes => match std::str::from_utf8(bytes) {
                Ok(text) => row.set_cell(column, text),
                Err(_) => refuse(column, "text in UTF-8", "other bytes", row),
            },
            Datatype::Bool => row.set_column(column, &Value::Flag(unsigned != 0)),
            Datatype::Unsigned(_) => set_integer(i128::from(unsigned), column, row),
            Datatype::Signed(size) => {
                let shift = 64 - 8 * size.clamp(1, 8);
                set_integer(i128::from((unsigned << shift).cast_signed() >> shift), column, row);
            }
            Datatype::Float(size) => {
                let x = match size {
                    2 => half(unsigned as u16),
                    4 => f64::from(f32::from_bits(unsigned as u32)),
                    _ => f64::from_bits(unsigned),
                };
                let value = if x.is_nan() { Value::Missing } else { Value::Number(x) };
                row.set_column(column, &text_of_code(column, Some(x)).unwrap_or(value));
            }
        }
    }
}

/// The category that the code `x` stands for, where the field lists texts: a tensor of numbers has no other way to name one. None where it
/// lists none, or has none of this code.
fn text_of_code(column: &Column<'_>, x: Option<f64>) -> Option<Value> {
    let field = column.field.filter(|field| field.kind == FieldKind::Category)?;
    let code = x.filter(|x| x.fract() == 0.0 && (0.0..1e9).contains(x))?;
    field.categories.get(code as usize).map(|text| Value::Text(text.clone()))
}

fn refuse(column: &Column<'_>, expected: &'static str, found: &'static str, row: &mut Row) {
    row.wrong.push(LeadError::WrongType { place: Place { field: column.name.clone(), item: None }, expected, found });
}

fn set_integer(integer: i128, column: &Column<'_>, row: &mut Row) {
    if column.field.is_some_and(|field| field.role == Role::Id) {
        row.set_column(column, &Value::Text(integer.to_string()));
    } else if integer.unsigned_abs() > MAX_SAFE_INTEGER as u128 {
        row.wrong.push(LeadError::UnsafeInteger { place: Place { field: column.name.clone(), item: None } });
    } else {
        row.set_column(column, &text_of_code(column, Some(integer as f64)).unwrap_or(Value::Number(integer as f64)));
    }
}

fn flatten<'a>(data: &'a str, count: usize, depth: usize, out: &mut Vec<Element<'a>>) -> Result<(), String> {
    if !data.starts_with('[') {
        if out.len() == count {
            return Err(format!("data has more than {count} elements"));
        }
        out.push(Element::Json(data));
        return Ok(());
    }
    if depth == 0 {
        return Err("data is nested deeper than its shape".into());
    }
    let items = json::items(data, "data", count).map_err(|problem| problem.detail)?;
    items.into_iter().try_for_each(|item| flatten(item, count, depth - 1, out))
}

fn miscounted(found: usize, count: usize) -> String {
    format!("data has {found} elements, but the shape has {count}")
}

/// A half-precision float's value, exactly.
fn half(bits: u16) -> f64 {
    let magnitude = match (bits >> 10 & 0x1f, bits & 0x3ff) {
        // 2⁻²⁴ is the smallest subnormal.
        (0, fraction) => f64::from(fraction) / 16_777_216.0,
        (0x1f, 0) => f64::INFINITY,
        (0x1f, _) => f64::NAN,
        // 1.fraction × 2^(exponent − 15): the bits of the double are put together.
        (exponent, fraction) => f64::from_bits((u64::from(exponent) + 1008) << 52 | u64::from(fraction) << 42),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (bits, value) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333251953125), (1, 5.960464477539063e-8), (0x7bff, 65504.0)]
        {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
    }

    #[test]
    fn bytes_and_json_must_fill_the_shape() {
        assert!(Elements::of_json(Datatype::Float(8), "[[1],[2]]", 2, 2).is_ok());
        for bad in ["[1]", "[1,2,3]", "[[[1]],[2]]", "{}", "3"] {
            assert!(Elements::of_json(Datatype::Float(8), bad, 2, 2).is_err(), "{bad}");
        }
        for (datatype, good, bad) in [
            (Datatype::Unsigned(1), ["0", "255", "3.0"], ["256", "-1", "1.5"]),
            (Datatype::Signed(2), ["-32768", "32767", "1e2"], ["32768", "-32769", "1e300"]),
            (Datatype::Unsigned(8), ["18446744073709551615", "null", "\"x\""], ["18446744073709551616", "-1", "0.1"]),
        ] {
            assert!(good.iter().all(|json| datatype.holds(json)), "{good:?}");
            assert!(bad.iter().all(|json| !datatype.holds(json)), "{bad:?}");
        }
        assert!(Elements::of_bytes(Datatype::Float(4), &[0; 8], 2).is_ok());
        assert!(Elements::of_bytes(Datatype::Bytes, &[1, 0, 0, 0, b'a', 0, 0, 0, 0], 2).is_ok());
        for (bytes, count) in [(&[0u8; 7][..], 2), (&[0; 12], 2), (&[0; 4], 2)] {
            assert!(Elements::of_bytes(Datatype::Float(4), bytes, count).is_err(), "{bytes:?}");
        }
        assert!(Elements::of_bytes(Datatype::Bytes, &[255, 255, 255, 255, 1], 1).is_err());
    }
}
