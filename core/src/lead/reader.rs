//! A schema compiled for reading leads.

use super::slots::UNKNOWN;
use super::{Lead, LeadError, Limits, Place, Slots, Value};
use crate::json::{Cursor, Decimal, NumberFault, Stop, Token};
use crate::name::Names;
use crate::schema::{Categories, FieldKind, Role, Schema, means_missing};
use crate::table::{Epoch, parse_date};

/// A schema compiled for reading leads into [`Slots`]. Equal readers read every lead alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader {
    names: Names,
    plans: Vec<Plan>,
    /// Where a lead's id may stand, in order of preference.
    ids: Vec<usize>,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    takes: Takes,
    required: bool,
    categories: Categories,
    /// A number is a code though texts are listed.
    codes: bool,
    /// Texts that mean missing.
    missing: Vec<String>,
    /// The number that means missing.
    missing_number: Option<f64>,
    /// The unit of a date that is a number.
    epoch: Epoch,
    min: f64,
    max: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Number,
    Category,
    Text,
    Flag,
    List,
    Date,
    /// A text or a number, kept as text.
    Id,
}

impl Takes {
    fn in_words(self) -> &'static str {
        match self {
            Takes::Number => FieldKind::Number.described(),
            Takes::Category => FieldKind::Category.described(),
            Takes::Text => FieldKind::Text.described(),
            Takes::Flag => FieldKind::Flag.described(),
            Takes::List => FieldKind::List.described(),
            Takes::Date => FieldKind::Date.described(),
            Takes::Id => "text or a number",
        }
    }
}

impl Reader {
    /// Compiles `schema`. Of a schema without an id field, `lead_id` and `id` are taken as the lead's id unless it declares them.
    #[inline(never)]
    pub fn new(schema: &Schema) -> Reader {
        let mut names: Vec<&str> = schema.fields.iter().map(|f| f.name.as_str()).collect();
        let mut plans: Vec<Plan> = Vec::with_capacity(names.len() + 1);
        for field in &schema.fields {
            let takes = match (field.role, field.kind) {
                (Role::Id, _) => Takes::Id,
                (_, FieldKind::Number) => Takes::Number,
                (_, FieldKind::Category) => Takes::Category,
                (_, FieldKind::Text) => Takes::Text,
                (_, FieldKind::Flag) => Takes::Flag,
                (_, FieldKind::List) => Takes::List,
                (_, FieldKind::Date) => Takes::Date,
            };
            plans.push(Plan {
                takes,
                required: field.required,
                categories: Categories::new(&field.categories),
                codes: field.codes,
                missing: field.missing.clone(),
                missing_number: field.missing_number,
                epoch: field.epoch,
                min: field.min.unwrap_or(f64::NEG_INFINITY),
                max: field.max.unwrap_or(f64::INFINITY),
            });
        }
        let mut ids: Vec<usize> = schema.fields.iter().position(|f| f.role == Role::Id).into_iter().collect();
        if ids.is_empty() {
            for name in ["lead_id", "id"].into_iter().filter(|name| schema.field(name).is_none()) {
                ids.push(plans.len());
                names.push(name);
                plans.push(Plan {
                    takes: Takes::Id,
                    required: false,
                    categories: Categories::default(),
                    codes: false,
                    missing: Vec::new(),
                    missing_number: None,
                    epoch: Epoch::Milliseconds,
                    min: f64::NEG_INFINITY,
                    max: f64::INFINITY,
                });
            }
        }
        Reader { names: Names::new(names.into_iter()), plans, ids }
    }

    /// The lead's id; empty when it carries none.
    pub fn id<'s>(&self, slots: &'s Slots) -> &'s str {
        self.ids.iter().map(|id| slots.text(*id)).find(|id| !id.is_empty()).unwrap_or("")
    }

    /// Reads one lead, a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read_json(&self, json: &[u8], limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        slots.reset(self.plans.len());
        let text = as_text(json, limits).map_err(|e| vec![e])?;
        let mut cursor = Cursor::new(text);
        self.read_next(&mut cursor, limits, slots)
            .and_then(|()| {
                cursor.skip_space();
                if cursor.is_at_end() { Ok(()) } else { Err(Stop::Malformed("expected one lead, found more after it")) }
            })
            .map_err(|stop| vec![stop.at(cursor.offset(), limits)])?;
        self.finish(slots)
    }

    /// Reads the values of `lead`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read_lead(&self, lead: &Lead, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        slots.reset(self.plans.len());
        for (key, value) in lead.iter() {
            let Some((i, plan)) = self.names.find(key).and_then(|i| Some((i, self.plans.get(i)?))) else {
                slots.note_unknown(key);
                continue;
            };
            slots.mark(i);
            let to = To { field: i, name: key, plan, limits };
            match value {
                Value::Missing => {}
                Value::Flag(flag) => to.flag(*flag, slots),
                Value::Number(x) if x.is_finite() => to.number(Ok(*x), "", slots),
                Value::Number(_) => to.number(Err(NumberFault::NotFinite), "", slots),
                Value::Text(text) => to.text(text, slots),
                Value::List(items) => {
                    if to.begin_list(slots) {
                        for (item, text) in items.iter().enumerate() {
                            to.item(item, text, slots);
                        }
                    }
                }
            }
        }
        self.finish(slots)
    }

    /// Reads the next value as a lead. What is wrong with single fields is noted in `slots`; `Err` when the text itself is broken.
    pub(crate) fn read_next(&self, cursor: &mut Cursor<'_>, limits: &Limits, slots: &mut Slots) -> Result<(), Stop> {
        slots.reset(self.plans.len());
        let depth = limits.nesting.min(128);
        cursor.skip_space();
        if cursor.peek() != b'{' {
            let found = kind_at(cursor);
            cursor.skip_value(depth, &mut slots.buffer)?;
            slots.refuse(LeadError::NotAnObject { found });
            return Ok(());
        }
        if depth == 0 {
            return Err(Stop::TooDeep);
        }
        cursor.advance();
        let mut previous = self.plans.len();
        cursor.items(b'}', &mut |cursor| self.read_member(cursor, limits, depth - 1, &mut previous, slots))
    }

    #[inline]
    fn read_member(
        &self,
        cursor: &mut Cursor<'_>,
        limits: &Limits,
        depth: u32,
        previous: &mut usize,
        slots: &mut Slots,
    ) -> Result<(), Stop> {
        let guess = slots.followers.get(*previous).copied().unwrap_or(u32::MAX) as usize;
        let found = match self.names.at(guess) {
            Some(name) if cursor.key(name) => Some(guess),
            _ => self.look_up(cursor, *previous, slots)?,
        };
        cursor.expect(b':', "expected a colon")?;
        cursor.skip_space();
        let Some((i, plan)) = found.and_then(|i| Some((i, self.plans.get(i)?))) else {
            return cursor.skip_value(depth, &mut slots.buffer);
        };
        *previous = i;
        let name = self.names.at(i).unwrap_or("");
        if !slots.mark(i) {
            let twice = LeadError::DuplicateField { field: name.to_owned() };
            slots.refuse(twice);
            return cursor.skip_value(depth, &mut slots.buffer);
        }
        To { field: i, name, plan, limits }.value(cursor, depth, slots)
    }

    /// Takes a key and finds its field; notes an unknown one.
    #[inline(never)]
    fn look_up(&self, cursor: &mut Cursor<'_>, previous: usize, slots: &mut Slots) -> Result<Option<usize>, Stop> {
        let mut buffer = std::mem::take(&mut slots.buffer);
        let token = cursor.string(&mut buffer);
        let key = match &token {
            Ok(Token::Plain(text)) => text,
            _ => buffer.as_str(),
        };
        let found = self.names.find(key);
        if token.is_ok() && found.is_none() {
            slots.note_unknown(key);
        }
        slots.buffer = buffer;
        token?;
        if slots.followers.len() <= self.plans.len() {
            slots.followers.resize(self.plans.len() + 1, u32::MAX);
        }
        if let (Some(follower), Some(found)) = (slots.followers.get_mut(previous), found) {
            *follower = found as u32;
        }
        Ok(found)
    }

    /// After all values: required fields, and the verdict.
    pub(crate) fn finish(&self, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        for (i, plan) in self.plans.iter().enumerate() {
            if plan.required {
                let slot = slots.get(i);
                let name = self.names.at(i).unwrap_or("");
                if slot.number.is_nan() && slot.start == slot.end && !slots.is_refused(name) {
                    slots.refuse(LeadError::MissingField { field: name.to_owned() });
                }
            }
        }
        slots.verdict()
    }
}

impl Stop {
    pub(crate) fn at(self, offset: usize, limits: &Limits) -> LeadError {
        let offset = offset as u64;
        match self {
            Stop::Malformed(what) => LeadError::Malformed { offset, what },
            Stop::TooDeep => LeadError::TooDeep { offset, limit: limits.nesting.min(128) },
        }
    }
}

/// `bytes` as text, within the limits; a byte order mark before it is skipped, as RFC 8259 allows.
pub(crate) fn as_text<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, LeadError> {
    // Positions in `Slots` are 32 bits wide; the setting cannot widen that.
    let limit = limits.body_bytes.min(u64::from(u32::MAX / 2));
    if bytes.len() as u64 > limit {
        return Err(LeadError::BodyTooLarge { bytes: bytes.len() as u64, limit });
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes)
        .map_err(|e| LeadError::Malformed { offset: e.valid_up_to() as u64, what: "the body is not valid UTF-8" })
}

/// U+FEFF in UTF-8, as some editors put it before a text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

fn kind_at(cursor: &Cursor<'_>) -> &'static str {
    match cursor.peek() {
        b'{' => "an object",
        b'[' => "a list",
        b'"' => "text",
        b't' | b'f' => "true or false",
        b'n' => "null",
        _ => "a number",
    }
}

/// Where a value goes.
struct To<'a> {
    field: usize,
    name: &'a str,
    plan: &'a Plan,
    limits: &'a Limits,
}

impl To<'_> {
    fn place(&self, item: Option<usize>) -> Place {
        Place { field: self.name.to_owned(), item: item.map(|i| i as u32) }
    }

    #[cold]
    fn wrong(&self, item: Option<usize>, found: &'static str, slots: &mut Slots) {
        let codes = self.plan.takes == Takes::Category && self.plan.categories.is_empty();
        let expected = match item {
            Some(_) => "text",
            None if codes => "a category code",
            None => self.plan.takes.in_words(),
        };
        slots.refuse(LeadError::WrongType { place: self.place(item), expected, found });
    }

    #[inline]
    fn value(&self, cursor: &mut Cursor<'_>, depth: u32, slots: &mut Slots) -> Result<(), Stop> {
        match cursor.peek() {
            b'"' => {
                match cursor.string(&mut slots.buffer)? {
                    Token::Plain(text) => self.text(text, slots),
                    Token::Unescaped => {
                        let text = std::mem::take(&mut slots.buffer);
                        self.text(&text, slots);
                        slots.buffer = text;
                    }
                }
                Ok(())
            }
            b'-' | b'0'..=b'9' => {
                let start = cursor.offset();
                let number = cursor.number()?;
                self.number(number, cursor.source(start), slots);
                Ok(())
            }
            b't' => cursor.literal("true").map(|()| self.flag(true, slots)),
            b'f' => cursor.literal("false").map(|()| self.flag(false, slots)),
            b'n' => cursor.literal("null"),
            b'[' if depth == 0 => Err(Stop::TooDeep),
            b'[' => self.list(cursor, depth, slots),
            b'{' => {
                self.wrong(None, "an object", slots);
                cursor.skip_value(depth, &mut slots.buffer)
            }
            _ => Err(Stop::Malformed("expected a value")),
        }
    }

    #[inline]
    fn number(&self, number: Result<f64, NumberFault>, source: &str, slots: &mut Slots) {
        if self.plan.takes == Takes::Id {
            // An id keeps its digits: 007 cannot come as a number, and 2^60 is a fine id.
            return match number {
                Ok(x) if source.is_empty() => slots.set_text(self.field, &Decimal(x).to_string()),
                Err(NumberFault::NotFinite) if source.is_empty() => self.refuse_number(NumberFault::NotFinite, slots),
                _ => self.text(source, slots),
            };
        }
        match (number, self.plan.takes) {
            // A category is a text: its digits count, however many.
            (Err(NumberFault::UnsafeInteger), Takes::Category) if !self.plan.categories.is_empty() => self.text(source, slots),
            (Err(fault), _) => self.refuse_number(fault, slots),
            (Ok(x), Takes::Number) => {
                if self.plan.missing_number == Some(x) {
                    return;
                }
                if x < self.plan.min || x > self.plan.max {
                    return self.refuse_range(x, slots);
                }
                slots.set_number(self.field, x);
            }
            (Ok(x), Takes::Category) => {
                let count = self.plan.categories.len() as f64;
                if count == 0.0 || (self.plan.codes && x >= 0.0 && x < count && x.fract() == 0.0) {
                    slots.set_number(self.field, x);
                } else {
                    self.listed_number(x, source, slots);
                }
            }
            (Ok(x), Takes::Flag) if x == 0.0 || x == 1.0 => slots.set_number(self.field, x),
            (Ok(x), Takes::Date) => self.moment(x, slots),
            (Ok(_), _) => self.wrong(None, "a number", slots),
        }
    }

    /// A date as a number, in the field's unit. One that is more likely in another unit than milliseconds is refused.
    fn moment(&self, x: f64, slots: &mut Slots) {
        let unit = self.plan.epoch;
        match unit.to_ms(x) {
            Some(_) if unit == Epoch::Milliseconds && Epoch::suspected(x).is_some() => self.refuse_epoch(x, slots),
            Some(ms) if ms as i64 as f64 == ms && ms.abs() <= 1e15 => slots.set_number(self.field, ms),
            _ => self.wrong(None, "a number", slots),
        }
    }

    #[cold]
    fn refuse_epoch(&self, value: f64, slots: &mut Slots) {
        let unit = Epoch::suspected(value).unwrap_or_default();
        slots.refuse(LeadError::OtherEpoch { place: self.place(None), value, unit });
    }

    /// A number where texts are listed: a category by its text, as written or as short as can be, and never a code.
    fn listed_number(&self, x: f64, source: &str, slots: &mut Slots) {
        let short = Decimal(x).to_string();
        let written = if source.is_empty() { short.as_str() } else { source };
        let categories = &self.plan.categories;
        match categories.find(written) {
            Some(code) => slots.set_number(self.field, code as f64),
            None => self.unknown(written, slots),
        }
    }

    /// A category that the schema does not list.
    #[cold]
    fn unknown(&self, text: &str, slots: &mut Slots) {
        slots.set_number(self.field, UNKNOWN);
        slots.set_text(self.field, text);
        slots.note_unknown_value(self.field);
    }

    #[cold]
    fn refuse_number(&self, fault: NumberFault, slots: &mut Slots) {
        let place = self.place(None);
        slots.refuse(match fault {
            NumberFault::UnsafeInteger => LeadError::UnsafeInteger { place },
            NumberFault::NotFinite | NumberFault::Malformed => LeadError::NotFinite { place },
        });
    }

    #[cold]
    fn refuse_range(&self, value: f64, slots: &mut Slots) {
        let below = value < self.plan.min;
        let side = if below { "below the minimum of" } else { "above the maximum of" };
        let limit = if below { self.plan.min } else { self.plan.max };
        slots.refuse(LeadError::OutOfRange { place: self.place(None), value, side, limit });
    }

    #[inline]
    fn text(&self, text: &str, slots: &mut Slots) {
        let is_id = self.plan.takes == Takes::Id;
        let limit = if is_id { self.limits.id_bytes } else { self.limits.string_bytes };
        if text.len() > limit as usize {
            return slots.refuse(LeadError::TooLong { place: self.place(None), limit });
        }
        if is_id && text.contains('\0') {
            return slots.refuse(LeadError::BadId { place: self.place(None) });
        }
        if !self.plan.missing.is_empty() && means_missing(&self.plan.missing, text) && self.plan.categories.find(text).is_none() {
            return;
        }
        // An empty text says nothing: the field is missing, unless it is a category.
        if text.is_empty() && matches!(self.plan.takes, Takes::Text | Takes::Date | Takes::Id) {
            return;
        }
        match self.plan.takes {
            Takes::Category => match self.plan.categories.find(text) {
                Some(code) => slots.set_number(self.field, code as f64),
                None if text.is_empty() => {}
                None if self.plan.categories.is_empty() => self.wrong(None, "text", slots),
                None => self.unknown(text, slots),
            },
            Takes::Text | Takes::Id => slots.set_text(self.field, text),
            Takes::Date => match parse_date(text) {
                Some(ms) => slots.set_number(self.field, ms as f64),
                None => slots.refuse(LeadError::BadDate { place: self.place(None) }),
            },
            Takes::Number | Takes::Flag | Takes::List => self.wrong(None, "text", slots),
        }
    }

    fn flag(&self, flag: bool, slots: &mut Slots) {
        match self.plan.takes {
            Takes::Flag => slots.set_number(self.field, f64::from(u8::from(flag))),
            // As pandas counts them.
            Takes::Number => self.number(Ok(f64::from(u8::from(flag))), "", slots),
            Takes::Category if !self.plan.categories.is_empty() => self.text(if flag { "true" } else { "false" }, slots),
            _ => self.wrong(None, "true or false", slots),
        }
    }

    fn list(&self, cursor: &mut Cursor<'_>, depth: u32, slots: &mut Slots) -> Result<(), Stop> {
        let taken = self.begin_list(slots);
        let mut item = 0;
        cursor.advance();
        cursor.items(b']', &mut |cursor| {
            cursor.skip_space();
            if !taken || item > self.limits.list_items as usize {
                cursor.skip_value(depth - 1, &mut slots.buffer)?;
            } else if cursor.peek() == b'"' {
                match cursor.string(&mut slots.buffer)? {
                    Token::Plain(text) => self.item(item, text, slots),
                    Token::Unescaped => {
                        let text = std::mem::take(&mut slots.buffer);
                        self.item(item, &text, slots);
                        slots.buffer = text;
                    }
                }
            } else {
                self.wrong(Some(item), kind_at(cursor), slots);
                cursor.skip_value(depth - 1, &mut slots.buffer)?;
            }
            item += 1;
            Ok(())
        })
    }

    /// Whether the field takes a list; notes the problem when it does not.
    fn begin_list(&self, slots: &mut Slots) -> bool {
        let taken = self.plan.takes == Takes::List;
        if taken {
            slots.start_list(self.field);
        } else {
            self.wrong(None, "a list", slots);
        }
        taken
    }

    fn item(&self, item: usize, text: &str, slots: &mut Slots) {
        let limit = self.limits.list_items;
        match item.cmp(&(limit as usize)) {
            std::cmp::Ordering::Less if text.len() > self.limits.string_bytes as usize => {
                let (place, limit) = (self.place(Some(item)), self.limits.string_bytes);
                slots.refuse(LeadError::TooLong { place, limit });
            }
            std::cmp::Ordering::Less => slots.add_item(self.field, text),
            std::cmp::Ordering::Equal => {
                slots.refuse(LeadError::TooManyItems { field: self.name.to_owned(), limit });
            }
            std::cmp::Ordering::Greater => {}
        }
    }
}
