//! A lead as it was read: one place per field, reused from lead to lead without allocating.

use super::{Items, LeadError, Value};

/// The place of one field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    /// A number; a flag as 0 or 1; a category's code; a date's milliseconds; the count of a list's items. NaN: missing, or a text.
    pub(crate) number: f64,
    /// Bytes of the arena (text), or range of the items (list).
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The field has come.
    pub(crate) seen: bool,
}

/// The code of a category that the schema does not list.
pub(crate) const UNKNOWN: f64 = -1.0;

const EMPTY: Slot = Slot { number: f64::NAN, start: 0, end: 0, seen: false };

/// A lead as it was read by a [`Reader`](super::Reader): one place per field, in the schema's order.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    slots: Vec<Slot>,
    arena: String,
    items: Vec<(u32, u32)>,
    /// Keys of the lead that the schema does not know, in their order, at most [`Slots::MAX_UNKNOWN`].
    pub(crate) unknown: Vec<String>,
    /// Fields whose category the schema does not list.
    unknown_values: Vec<u32>,
    /// What is wrong so far, at most [`Slots::MAX_PROBLEMS`]; how many more there were.
    problems: Vec<LeadError>,
    more_problems: u64,
    /// Which field came after each, last time (the first: after none, at the end): leads of one source come with their keys in
    /// one order.
    pub(crate) followers: Vec<u32>,
    /// For texts with escapes while they are read.
    pub(crate) buffer: String,
}

impl Slots {
    /// So many unknown keys are reported by name; a lead may carry any number.
    pub const MAX_UNKNOWN: usize = 50;

    /// So many problems of one lead are told one by one, the others are counted: a body of two-byte mistakes must not become an
    /// answer a hundred times its size.
    pub const MAX_PROBLEMS: usize = 20;

    /// Exchanges the leads of both; what they have learned of the order of keys stays where it is.
    pub fn exchange(&mut self, other: &mut Slots) {
        std::mem::swap(self, other);
        std::mem::swap(&mut self.followers, &mut other.followers);
        std::mem::swap(&mut self.buffer, &mut other.buffer);
    }

    /// Bytes of memory held for texts, lists and places.
    pub fn bytes(&self) -> usize {
        self.arena.capacity()
            + self.buffer.capacity()
            + self.items.capacity() * size_of::<(u32, u32)>()
            + self.slots.capacity() * size_of::<Slot>()
    }

    /// Forgets the lead and makes `fields` empty places.
    pub(crate) fn reset(&mut self, fields: usize) {
        self.slots.clear();
        self.slots.resize(fields, EMPTY);
        self.arena.clear();
        self.items.clear();
        self.unknown.clear();
        self.unknown_values.clear();
        self.problems.clear();
        self.more_problems = 0;
    }

    /// Notes something that is wrong with the lead.
    pub(crate) fn refuse(&mut self, problem: LeadError) {
        if self.problems.len() < Slots::MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    /// Whether something is wrong with `field`, as far as it was noted.
    pub(crate) fn is_refused(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field() == Some(field))
    }

    /// The verdict: everything that was noted.
    pub(crate) fn verdict(&mut self) -> Result<(), Vec<LeadError>> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut problems = std::mem::take(&mut self.problems);
        if self.more_problems > 0 {
            problems.push(LeadError::More { count: self.more_problems });
        }
        Err(problems)
    }

    #[inline]
    pub(crate) fn get(&self, field: usize) -> Slot {
        self.slots.get(field).copied().unwrap_or(EMPTY)
    }

    /// Marks `field` as come; false when it had come before.
    #[inline]
    pub(crate) fn mark(&mut self, field: usize) -> bool {
        match self.slots.get_mut(field) {
            Some(slot) => !std::mem::replace(&mut slot.seen, true),
            None => true,
        }
    }

    #[inline]
    pub(crate) fn set_number(&mut self, field: usize, number: f64) {
        if let Some(slot) = self.slots.get_mut(field) {
            slot.number = number;
        }
    }

    pub(crate) fn set_text(&mut self, field: usize, text: &str) {
        let (start, end) = self.store(text);
        if let Some(slot) = self.slots.get_mut(field) {
            (slot.start, slot.end) = (start, end);
        }
    }

    /// Starts a list; follow with [`add_item`](Self::add_item).
    pub(crate) fn start_list(&mut self, field: usize) {
        let at = self.items.len() as u32;
        if let Some(slot) = self.slots.get_mut(field) {
            (slot.number, slot.start, slot.end) = (0.0, at, at);
        }
    }

    pub(crate) fn add_item(&mut self, field: usize, text: &str) {
        let span = self.store(text);
        self.items.push(span);
        if let Some(slot) = self.slots.get_mut(field) {
            slot.number += 1.0;
            slot.end += 1;
        }
    }

    fn store(&mut self, text: &str) -> (u32, u32) {
        let start = self.arena.len() as u32;
        self.arena.push_str(text);
        (start, self.arena.len() as u32)
    }

    pub(crate) fn note_unknown_value(&mut self, field: usize) {
        self.unknown_values.push(field as u32);
    }

    /// Positions of the fields whose category the schema does not list, in the order of the lead.
    pub fn unknown_values(&self) -> impl Iterator<Item = usize> {
        self.unknown_values.iter().map(|field| *field as usize)
    }

    pub(crate) fn note_unknown(&mut self, key: &str) {
        if self.unknown.len() < Slots::MAX_UNKNOWN && !self.unknown.iter().any(|known| known == key) {
            self.unknown.push(key.chars().take(100).collect());
        }
    }

    /// The text of `field`, empty when missing: a text field, an id, or a category the schema does not list.
    pub(crate) fn text(&self, field: usize) -> &str {
        let slot = self.get(field);
        self.arena.get(slot.start as usize..slot.end as usize).unwrap_or("")
    }

    /// The items of the list `field`.
    pub(crate) fn items(&self, field: usize) -> Items<'_> {
        let slot = self.get(field);
        let spans = self.items.get(slot.start as usize..slot.end as usize).unwrap_or(&[]);
        Items { arena: &self.arena, spans: spans.iter() }
    }

    pub(crate) fn list_value(&self, field: usize) -> Value {
        if self.get(field).number.is_nan() { Value::Missing } else { Value::List(self.items(field).map(str::to_owned).collect()) }
    }

    /// Keys of the lead that the schema does not know, in their order; at most [`Slots::MAX_UNKNOWN`] of them.
    pub fn unknown_fields(&self) -> &[String] {
        &self.unknown
    }
}
