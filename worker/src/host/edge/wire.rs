//! Values of SQL as they cross to the shell and back: a tag, then 8 bytes of a double, or a length and so many bytes.
//!
//! A result begins with its number of columns. Integers are little-endian, as everywhere.

use crate::store::{Param, SqlError, SqlValue};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

/// The parameters of a statement.
///
/// # Errors
/// [`SqlError::LargeInteger`]: JavaScript would round it.
pub(super) fn encode(params: &[Param<'_>]) -> Result<Vec<u8>, SqlError> {
    let mut out = Vec::new();
    for param in params {
        match param {
            Param::Null => out.push(NULL),
            Param::Integer(i) => number(INTEGER, SqlError::check_integer(*i)? as f64, &mut out),
            Param::Real(x) => number(REAL, *x, &mut out),
            Param::Text(text) => sized(TEXT, text.as_bytes(), &mut out),
            Param::Blob(bytes) => sized(BLOB, bytes, &mut out),
        }
    }
    Ok(out)
}

fn number(tag: u8, number: f64, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend(number.to_le_bytes());
}

fn sized(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

/// The rows of a result; none when it is not written as one.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Vec<SqlValue>>> {
    let (width, mut rest) = length(bytes)?;
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let mut row = Vec::with_capacity(width.min(rest.len()));
        for _ in 0..width {
            let (value, tail) = value(rest)?;
            row.push(value);
            rest = tail;
        }
        if row.is_empty() {
            return None;
        }
        rows.push(row);
    }
    Some(rows)
}

fn value(bytes: &[u8]) -> Option<(SqlValue, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    Some(match *tag {
        NULL => (SqlValue::Null, rest),
        INTEGER | REAL => {
            let (bytes, rest) = rest.split_first_chunk()?;
            let number = f64::from_le_bytes(*bytes);
            (if *tag == INTEGER { SqlValue::Integer(number as i64) } else { SqlValue::Real(number) }, rest)
        }
        TEXT | BLOB => {
            let (length, rest) = length(rest)?;
            let (bytes, rest) = rest.split_at_checked(length)?;
            let value =
                if *tag == BLOB { SqlValue::Blob(bytes.into()) } else { SqlValue::Text(String::from_utf8(bytes.into()).ok()?) };
            (value, rest)
        }
        _ => return None,
    })
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*length) as usize, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went() {
        let params = [
            Param::Null,
            Param::Integer(-7),
            Param::Real(0.1),
            Param::Text("ü\n\0"),
            Param::Blob(&[0, 255, 10]),
            Param::Text(""),
        ];
        let row = vec![
            SqlValue::Null,
            SqlValue::Integer(-7),
            SqlValue::Real(0.1),
            SqlValue::Text("ü\n\0".into()),
            SqlValue::Blob(vec![0, 255, 10]),
            SqlValue::Text(String::new()),
        ];
        let values = encode(&params).unwrap();
        let result = [&6_u32.to_le_bytes()[..], &values, &values].concat();
        assert_eq!(decode(&result), Some(vec![row.clone(), row]));
        assert_eq!(decode(&[3, 0, 0, 0]), Some(vec![]));
        // One row of six values, cut anywhere, is none.
        let one = [&6_u32.to_le_bytes()[..], &values].concat();
        assert!((0..one.len()).filter(|end| *end != 4).all(|end| decode(&one[..end]).is_none()));
        assert_eq!(decode(&[1, 0, 0, 0, 9]), None);
        assert_eq!(decode(&[0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn an_integer_that_javascript_would_round_is_refused() {
        let largest = (1_i64 << 53) - 1;
        assert!(encode(&[Param::Integer(largest), Param::Integer(-largest)]).is_ok());
        for large in [largest + 1, -largest - 1, i64::MIN] {
            assert_eq!(encode(&[Param::Integer(large)]), Err(SqlError::LargeInteger), "{large}");
        }
    }
}
