//! Values on their way to PostgreSQL and back, in its binary form.

use std::error::Error;

use plumbline_core::table::format_date;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::store::{Param, SqlError, SqlValue};

type Fault = Box<dyn Error + Sync + Send>;

/// A parameter, sent as the type that the statement needs.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self.0 {
            Param::Null => return Ok(IsNull::Yes),
            Param::Integer(i) => integer(i, kind, out)?,
            Param::Real(x) => match *kind {
                Type::FLOAT8 => x.to_sql(kind, out)?,
                _ if x.fract() == 0.0 && x.abs() < 9e15 => integer(x as i64, kind, out)?,
                _ => return Err(format!("a number is to be {kind}").into()),
            },
            Param::Text(text) if text.contains('\0') => return Err("a text contains the character U+0000".into()),
            Param::Text(text) if is_text(kind) => text.to_sql(&Type::TEXT, out)?,
            Param::Blob(bytes) if *kind == Type::BYTEA => bytes.to_sql(kind, out)?,
            Param::Text(_) | Param::Blob(_) => return Err(format!("a text or bytes are to be {kind}").into()),
        };
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(i: i64, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
    match *kind {
        Type::INT8 => i.to_sql(kind, out),
        Type::INT4 => i32::try_from(i)?.to_sql(kind, out),
        Type::INT2 => i16::try_from(i)?.to_sql(kind, out),
        Type::FLOAT8 => (i as f64).to_sql(kind, out),
        Type::BOOL => (i != 0).to_sql(kind, out),
        _ if is_text(kind) => i.to_string().to_sql(&Type::TEXT, out),
        _ => Err(format!("an integer is to be {kind}").into()),
    }
}

fn is_text(kind: &Type) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN, Type::JSON].contains(kind)
}

/// A value of a row.
#[derive(Debug)]
pub(super) struct Read(pub Result<SqlValue, SqlError>);

impl<'a> FromSql<'a> for Read {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Read, Fault> {
        let whole = |i: i64| Read(SqlError::check_integer(i).map(SqlValue::Integer));
        Ok(match *kind {
            Type::INT8 => whole(i64::from_sql(kind, raw)?),
            Type::INT4 => whole(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => whole(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => whole(bool::from_sql(kind, raw)?.into()),
            Type::FLOAT8 => Read(Ok(SqlValue::Real(f64::from_sql(kind, raw)?))),
            Type::FLOAT4 => Read(Ok(SqlValue::Real(f32::from_sql(kind, raw)?.into()))),
            Type::BYTEA => Read(Ok(SqlValue::Blob(raw.to_vec()))),
            Type::NUMERIC => Read(numeric(raw).ok_or("a number that cannot be read")?),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                // Microseconds since 2000.
                let ms = i64::from_sql(&Type::INT8, raw)?.div_euclid(1000).saturating_add(EPOCH_MS);
                let text = format_date(ms);
                let text =
                    if text.len() == 10 { format!("{text} 00:00:00.000") } else { text.replace('T', " ").replace('Z', "") };
                Read(Ok(SqlValue::Text(text)))
            }
            Type::DATE => {
                let ms = i64::from(i32::from_sql(&Type::INT4, raw)?) * 86_400_000 + EPOCH_MS;
                Read(Ok(SqlValue::Text(format_date(ms))))
            }
            _ if is_text(kind) => Read(Ok(SqlValue::Text(String::from_utf8(raw.to_vec())?))),
            // After a byte that says the version.
            Type::JSONB => Read(Ok(SqlValue::Text(String::from_utf8(raw.get(1..).unwrap_or_default().to_vec())?))),
            // `cell` of the prelude: number of fields, type, length, the version and the JSON.
            _ if matches!(kind.kind(), Kind::Composite(_)) => Read(cell(raw.get(13..).unwrap_or_default())?),
            _ => return Err(format!("a value of type {kind} cannot be read: cast it to text").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Read, Fault> {
        Ok(Read(Ok(SqlValue::Null)))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Begin of 2000.
const EPOCH_MS: i64 = 946_684_800_000;

fn cell(json: &[u8]) -> Result<Result<SqlValue, SqlError>, Fault> {
    use serde_json::Value;
    if json.is_empty() {
        return Ok(Ok(SqlValue::Null));
    }
    Ok(match serde_json::from_slice(json)? {
        Value::Null => Ok(SqlValue::Null),
        Value::Bool(is) => Ok(SqlValue::Integer(is.into())),
        Value::Number(number) => match number.as_i64() {
            Some(i) => SqlError::check_integer(i).map(SqlValue::Integer),
            None => Ok(SqlValue::Real(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Ok(SqlValue::Text(text)),
        other => Ok(SqlValue::Text(other.to_string())),
    })
}

/// A decimal: digits of base 10,000, the power of the first, the sign.
fn numeric(raw: &[u8]) -> Option<Result<SqlValue, SqlError>> {
    let mut words = raw
        .chunks_exact(2)
        .map(|word| i16::from_be_bytes([word.first().copied().unwrap_or(0), word.get(1).copied().unwrap_or(0)]));
    let (_, weight, sign, scale) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let digits: Vec<i16> = words.collect();
    // Not a number, or infinite.
    if !matches!(sign, 0 | 0x4000) {
        return Some(Ok(SqlValue::Real(f64::NAN)));
    }
    let mut text = String::from(if sign == 0 { "0" } else { "-0" });
    for place in 0..=weight.max(-1) {
        text.push_str(&format!("{:04}", usize::try_from(place).ok().and_then(|at| digits.get(at)).unwrap_or(&0)));
    }
    if scale == 0 {
        return Some(match text.parse() {
            Ok(integer) => SqlError::check_integer(integer).map(SqlValue::Integer),
            Err(_) => Err(SqlError::LargeInteger),
        });
    }
    text.push('.');
    for place in (weight + 1)..(weight + 1).max(digits.len() as i16) {
        text.push_str(&format!("{:04}", usize::try_from(place).ok().and_then(|at| digits.get(at)).unwrap_or(&0)));
    }
    // Zeros between the point and the first digit.
    let text = if weight < -1 { fraction(&text, weight, &digits) } else { text };
    text.parse().ok().map(|real| Ok(SqlValue::Real(real)))
}

fn fraction(text: &str, weight: i16, digits: &[i16]) -> String {
    let sign = if text.starts_with('-') { "-" } else { "" };
    let zeros = "0000".repeat(usize::from((-1 - weight).unsigned_abs()));
    let digits: String = digits.iter().map(|digit| format!("{digit:04}")).collect();
    format!("{sign}0.{zeros}{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_whole() {
        let read = |digits: &[i16], weight: i16, sign: i16, scale: i16| {
            let words = [digits.len() as i16, weight, sign, scale].into_iter().chain(digits.iter().copied());
            numeric(&words.flat_map(i16::to_be_bytes).collect::<Vec<u8>>()).unwrap()
        };
        assert_eq!(read(&[1, 2345], 1, 0, 0), Ok(SqlValue::Integer(12_345)));
        assert_eq!(read(&[3], 2, 0x4000, 0), Ok(SqlValue::Integer(-300_000_000)));
        assert_eq!(read(&[], 0, 0, 0), Ok(SqlValue::Integer(0)));
        assert_eq!(read(&[12, 5000], 0, 0, 1), Ok(SqlValue::Real(12.5)));
        assert_eq!(read(&[2500], -1, 0x4000, 2), Ok(SqlValue::Real(-0.25)));
        assert_eq!(read(&[7], -2, 0, 8), Ok(SqlValue::Real(0.000_000_07)));
        assert_eq!(read(&[90, 719, 9254, 7410, 0], 4, 0, 0), Err(SqlError::LargeInteger));
    }
}
