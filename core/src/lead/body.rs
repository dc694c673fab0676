//! A request's body: one lead, an array of leads, or one lead a line.

use super::reader::{BYTE_ORDER_MARK, as_text};
use super::{LeadError, Limits, Reader, Slots};
use crate::json::{Cursor, Stop};

/// How a body holds its leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    One,
    /// A JSON array of objects.
    Array,
    /// One JSON object a line (NDJSON); empty lines are skipped.
    Lines,
}

impl Form {
    /// The form of `body` by its look: an array begins with `[`; lines begin with a line that ends in `}` and are followed by
    /// more; anything else is one lead. A host that knows the content type should go by that.
    pub fn of(body: &[u8]) -> Form {
        if Form::of_json(body) == Form::Array {
            return Form::Array;
        }
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start();
        let mut lines = body.splitn(2, |b| *b == b'\n');
        let first_is_whole = lines.next().is_some_and(|line| line.trim_ascii_end().ends_with(b"}"));
        let more_follows = lines.next().is_some_and(|rest| !rest.trim_ascii().is_empty());
        if first_is_whole && more_follows { Form::Lines } else { Form::One }
    }

    /// The form of a `body` that is known to be one JSON value: an array begins with `[`.
    pub fn of_json(body: &[u8]) -> Form {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start();
        if body.first() == Some(&b'[') { Form::Array } else { Form::One }
    }
}

/// One lead of a body, as it was read.
#[derive(Debug)]
pub struct BodyLead<'a> {
    /// Its position in the body, from 0.
    pub position: u32,
    /// Its JSON, for a reader of another schema.
    pub json: &'a [u8],
    /// Its places. The callee may take them by [`Slots::exchange`].
    pub slots: &'a mut Slots,
    /// Everything that is wrong with it.
    pub read: Result<(), Vec<LeadError>>,
}

/// What is called with each lead of a body.
pub type EachLead<'a> = &'a mut dyn FnMut(BodyLead<'_>);

impl Reader {
    /// Reads every lead of `body` and calls `each` with them in order. A lead that is refused does not keep the others from being
    /// read. Returns how many there were.
    ///
    /// # Errors
    /// When the body as a whole cannot be read: too large, no lead, too many leads, or an array in which the end
    /// of a malformed lead cannot be found (of such a lead only brackets and texts are looked at). `each` may
    /// have been told of leads before the error; what it made of them must then be thrown away.
    pub fn read_body(
        &self,
        body: &[u8],
        form: Form,
        limits: &Limits,
        slots: &mut Slots,
        each: EachLead<'_>,
    ) -> Result<u32, LeadError> {
        let mut count = 0;
        let mut next = |slots: &mut Slots, json: &[u8], read: Result<(), Vec<LeadError>>| {
            if count == limits.batch {
                return false;
            }
            each(BodyLead { position: count, json, slots, read });
            count += 1;
            true
        };
        let too_many = LeadError::BatchTooLarge { limit: limits.batch };
        if body.len() as u64 > limits.body_bytes {
            return Err(LeadError::BodyTooLarge { bytes: body.len() as u64, limit: limits.body_bytes });
        }
        if body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii().is_empty() {
            return Err(LeadError::Empty);
        }
        if has_more_than(limits.batch, body, form) {
            return Err(too_many);
        }
        match form {
            Form::One => {
                let lead = self.read_json(body, limits, slots);
                next(slots, body, lead);
            }
            Form::Array => {
                let mut cursor = Cursor::new(as_text(body, limits)?);
                let mut full = false;
                cursor
                    .expect(b'[', "expected an array of leads")
                    .and_then(|()| {
                        cursor.items(b']', &mut |cursor| {
                            let (start, at) = (cursor.clone(), cursor.offset());
                            let lead = match self.read_next(cursor, limits, slots) {
                                Ok(()) => self.finish(slots),
                                // What is wrong with this lead's text costs this lead, where its end can be found.
                                Err(stop) => {
                                    let refused = stop.at(cursor.offset(), limits);
                                    let mut rest = start;
                                    if !rest.skip_outline(&mut slots.buffer) {
                                        return Err(match stop {
                                            Stop::TooDeep => Stop::Malformed("unterminated array or object"),
                                            stop => stop,
                                        });
                                    }
                                    *cursor = rest;
                                    Err(vec![refused])
                                }
                            };
                            full = full || !next(slots, cursor.source(at).as_bytes(), lead);
                            if full { Err(Stop::TooDeep) } else { Ok(()) }
                        })
                    })
                    .and_then(|()| {
                        cursor.skip_space();
                        if cursor.is_at_end() {
                            Ok(())
                        } else {
                            Err(Stop::Malformed("unexpected data after the end of the array"))
                        }
                    })
                    .map_err(|stop| if full { too_many } else { stop.at(cursor.offset(), limits) })?;
            }
            Form::Lines => {
                for line in body.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
                    let lead = self.read_json(line, limits, slots);
                    if !next(slots, line, lead) {
                        return Err(too_many);
                    }
                }
            }
        }
        if count == 0 { Err(LeadError::Empty) } else { Ok(count) }
    }
}

/// Whether `body` has more than `limit` leads: known before the first is read, so that none is scored in vain. Only a body that is
/// long enough and has commas enough for that is gone through.
fn has_more_than(limit: u32, body: &[u8], form: Form) -> bool {
    let limit = limit as usize;
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if body.len() / 2 < limit {
        return false;
    }
    match form {
        Form::One => false,
        Form::Lines => body.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).nth(limit).is_some(),
        Form::Array => {
            commas(body) >= limit && std::str::from_utf8(body).is_ok_and(|text| Cursor::new(text).has_more_items_than(limit))
        }
    }
}

/// How many commas there are. Bytes add up in bytes, 16 and more at a time.
fn commas(body: &[u8]) -> usize {
    let few = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b',')).sum::<u8>();
    body.chunks(usize::from(u8::MAX)).map(|bytes| usize::from(few(bytes))).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn commas_are_counted_in_bodies_of_any_length() {
        for length in [0, 1, 254, 255, 256, 1_000] {
            let body: Vec<u8> = (0..length).map(|i| if i % 3 == 0 { b'x' } else { b',' }).collect();
            assert_eq!(super::commas(&body), body.iter().filter(|byte| **byte == b',').count());
            assert_eq!(super::commas(&vec![b','; length]), length);
        }
    }
}
