//! The memory that scoring works in: a block of leads, each with what was read of it. Reused, so that a lead does not allocate.

use std::cell::Cell;

use plumbline_core::ScoreError;
use plumbline_core::event::Role;
use plumbline_core::lead::Slots;
use plumbline_core::score::{Block, Workspace};

use super::Outcome;
use crate::deployment::Draw;
use crate::gate::Check;

/// A place that holds more than this after its lead is given back.
const KEEP_BYTES: usize = 16 << 10;

/// A block of leads on their way to their scores.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What leads are read into first.
    pub slots: Slots,
    pub work: Workspace,
    /// Places of leads, reused; the first `count` are taken.
    pub leads: Vec<Place>,
    pub count: usize,
    /// Per model, the leads that wait for it.
    pub queues: Vec<Queue>,
}

/// One lead.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Per distinct schema, what was read.
    pub readings: Vec<Reading>,
    pub check: Check,
    /// Its answer, or its shadows.
    pub parts: Vec<Part>,
    /// Variants that should score it and are not at hand.
    pub absent: Vec<Draw>,
}

/// A lead as one schema reads it.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub slots: Slots,
    /// None: not read yet.
    pub read: Option<Result<(), ScoreError>>,
}

/// The score of one variant for a lead.
#[derive(Debug)]
pub(super) struct Part {
    pub draw: Draw,
    /// Its number in the model's block.
    pub number: usize,
    /// None while it waits.
    pub outcome: Option<Outcome>,
}

/// Leads that wait for one model.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub block: Block,
    /// Per lead of the block, its place and its part.
    pub parts: Vec<(usize, usize)>,
}

thread_local! {
    static MEMORY: Cell<Option<Box<Memory>>> = const { Cell::new(None) };
}

impl Memory {
    /// Lends the thread's memory, with room for `models` models and `readings` distinct schemas.
    pub fn lend<T>(models: usize, readings: usize, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = MEMORY.take().unwrap_or_default();
        if memory.queues.len() < models {
            memory.queues.resize_with(models, Queue::default);
        }
        if memory.leads.first().is_none_or(|place| place.readings.len() < readings) {
            memory.leads.clear();
            memory.leads.resize_with(Block::LEADS, || Place::with_readings(readings));
        }
        let result = work(&mut memory);
        MEMORY.set(Some(memory));
        result
    }

    /// Frees all places.
    pub fn clear(&mut self) {
        for place in self.leads.iter_mut().take(self.count) {
            place.clear();
        }
        for queue in &mut self.queues {
            queue.block.clear();
            queue.parts.clear();
        }
        self.count = 0;
    }
}

impl Place {
    fn with_readings(readings: usize) -> Place {
        let readings = std::iter::repeat_with(Reading::default).take(readings).collect();
        Place { readings, ..Place::default() }
    }

    fn clear(&mut self) {
        for reading in &mut self.readings {
            reading.read = None;
            if reading.slots.bytes() > KEEP_BYTES {
                reading.slots = Slots::default();
            }
        }
        self.check = Check::default();
        self.parts.clear();
        self.absent.clear();
    }
}

impl Part {
    /// Whether it is only recorded.
    pub fn is_shadow(&self) -> bool {
        self.draw.role == Role::Shadow
    }
}
