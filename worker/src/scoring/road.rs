//! The road of each lead: read, check, draw, score, record. One lead, many, rows of a table and shadows all take it.
//!
//! Leads travel in blocks. A lead is read once by each distinct schema that has to score it; what was read, and the row made of it,
//! stay in the block's memory until the lead is recorded.

use std::convert::Infallible;
use std::sync::Arc;

use plumbline_core::event::Role;
use plumbline_core::lead::{Form, LeadError, Slots};
use plumbline_core::{ScoreError, Scorer};

use super::memory::{Memory, Part, Place, Queue, Reading};
use super::record::{Facts, Scored};
use super::source::{Json, Source};
use super::{Answered, SCORED_BY, Scoring};
use crate::deployment::{Draw, Served};
use crate::tally::SeenRow;

/// What is called with the answer to each lead, in order.
type Each<'e> = &'e mut dyn FnMut(Answered<'_>);

impl<'a> Scoring<'a> {
    /// Scores every lead of `body` and calls `each` with the answer to each, in order.
    ///
    /// # Errors
    /// When the body as a whole cannot be read; nothing is to be logged then.
    pub(crate) fn body(&mut self, body: &[u8], form: Form, mut each: impl FnMut(Answered<'_>)) -> Result<(), LeadError> {
        let (reader, limits) = (self.served.scorer.reader(), self.options.limits);
        self.travel(&mut each, |scoring, memory, each| {
            let mut slots = std::mem::take(&mut memory.slots);
            let read = reader.read_body(body, form, &limits, &mut slots, &mut |lead| {
                scoring.arrive(&Json(lead.json), lead.slots, lead.read, memory, each);
            });
            memory.slots = slots;
            read.map(drop)
        })
    }

    /// Scores every one of `rows` and calls `each` with the answer to each, in order.
    pub(crate) fn rows<S: Source>(&mut self, rows: impl Iterator<Item = S>, mut each: impl FnMut(Answered<'_>)) {
        let (reader, limits) = (self.served.scorer.reader(), self.options.limits);
        let Ok(()) = self.travel(&mut each, |scoring, memory, each| {
            let mut slots = std::mem::take(&mut memory.slots);
            for row in rows {
                let read = row.read(reader, &limits, &mut slots);
                scoring.arrive(&row, &mut slots, read, memory, each);
            }
            memory.slots = slots;
            Ok::<(), Infallible>(())
        });
    }

    /// Lends memory to `arrivals` and scores what still waits after them.
    fn travel<E>(
        &mut self,
        each: Each<'_>,
        arrivals: impl FnOnce(&mut Self, &mut Memory, Each<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (models, readings) = (self.deployment.models().len(), self.deployment.readings());
        Memory::lend(models, readings, |memory| {
            let arrived = arrivals(self, memory, each);
            if arrived.is_ok() {
                self.score(memory, each);
                self.settle();
            }
            memory.clear();
            arrived
        })
    }

    /// Takes in the next lead, which was read into `slots`: checks it, draws who scores it, and queues it for them.
    fn arrive(
        &mut self,
        source: &dyn Source,
        slots: &mut Slots,
        read: Result<(), Vec<LeadError>>,
        memory: &mut Memory,
        each: Each<'_>,
    ) {
        if memory.count == memory.leads.len() {
            self.score(memory, each);
            memory.clear();
        }
        let Memory { leads, count, queues, .. } = memory;
        let Some(place) = leads.get_mut(*count) else { return };
        let check = match (&read, &self.served.gate) {
            (Ok(()), Some(gate)) => gate.check(slots),
            _ => Default::default(),
        };
        let scorer = &self.served.scorer;
        let id = scorer.reader().id(slots);
        let value = |field: &str| scorer.value(slots, field);
        let drawn = if self.is_drawn { self.deployment.draw(id, self.is_suspended, value) } else { None };
        let draw = drawn.unwrap_or(self.fixed);
        place.check = check;
        let is_kept = self.again.is_none() && self.keeps_leads && !self.is_load;
        if is_kept && place.check.refused.is_none() && read.is_ok() && !id.is_empty() {
            let position = self.leads + *count as u32;
            self.effects.seen.keep(position, id, &source.json(), self.now.0, self.deployment.known());
        }
        if let Some(reading) = place.readings.get_mut(self.served.reading) {
            reading.slots.exchange(slots);
            reading.read = Some(read.map_err(ScoreError::from));
        }
        if self.again.is_none() {
            self.queue(draw, source, (*count, place), queues);
        } else if drawn.is_some() {
            for variant in self.deployment.recorded().iter().copied().filter(|variant| *variant != draw.variant) {
                self.queue(Draw { variant, role: Role::Shadow, ..draw }, source, (*count, place), queues);
            }
        }
        *count += 1;
    }

    /// Queues the lead in `place` for the model of `draw`, or notes why it is not scored.
    fn queue(&self, draw: Draw, source: &dyn Source, (at, place): (usize, &mut Place), queues: &mut [Queue]) {
        let Some((model, served)) = self.model_of(draw) else {
            place.absent.push(draw);
            return;
        };
        let mut part = Part { draw, number: 0, outcome: None };
        if let Some(refused) = &place.check.refused {
            part.outcome = Some(Err(refused.clone()));
        } else if let Err(error) = self.read(served.reading, &served.scorer, source, place) {
            part.outcome = Some(Err(error));
        } else if let (Some(queue), Some(reading)) = (queues.get_mut(model), place.readings.get(served.reading)) {
            part.number = queue.block.push(&served.scorer, &reading.slots, self.now);
            queue.parts.push((at, place.parts.len()));
        }
        place.parts.push(part);
    }

    /// Notes what `served` read of a lead, by which it is counted, for the row recorded last.
    fn see(&mut self, served: &Served, Reading { slots, read }: &Reading) {
        if !self.tallies {
            return;
        }
        let seen = &mut self.effects.seen;
        let start = seen.count();
        let is_read = matches!(read, Some(Ok(()))) && !served.version.layout.features().is_empty();
        if is_read {
            served.version.see(&served.scorer, slots, seen);
        }
        let values = is_read.then(|| start..seen.count());
        seen.rows.push(SeenRow { version: Some(Arc::clone(&served.version)), values });
    }

    /// Notes that the version of the row recorded last was not at hand.
    fn see_absent(&mut self) {
        if self.tallies {
            self.effects.seen.rows.push(SeenRow { version: None, values: None });
        }
    }

    /// Has the lead in `place` read by the reader of `scorer`, number `reading`, unless it was.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(&self, reading: usize, scorer: &Scorer, source: &dyn Source, place: &mut Place) -> Result<(), ScoreError> {
        let own = place.readings.get(self.served.reading).and_then(|own| own.read.as_ref());
        // Text that is broken is so for every schema.
        let broken = own.filter(|read| read.as_ref().is_err_and(ScoreError::is_of_text)).cloned();
        let Some(Reading { slots, read }) = place.readings.get_mut(reading) else { return Ok(()) };
        let limits = &self.options.limits;
        let read = read.get_or_insert_with(|| match broken {
            Some(broken) => broken,
            None => source.read(scorer.reader(), limits, slots).map_err(ScoreError::from),
        });
        read.clone()
    }

    /// Scores all leads that wait, records them and calls `each` with their answers.
    fn score(&mut self, memory: &mut Memory, each: Each<'_>) {
        let Memory { work, leads, count, queues, .. } = memory;
        for (number, (served, queue)) in self.deployment.models().iter().zip(queues.iter_mut()).enumerate() {
            let Queue { block, parts } = queue;
            if block.is_empty() {
                continue;
            }
            SCORED_BY.set(number as u32 + 1);
            #[cfg(any(test, feature = "faults"))]
            self.service.misbehave(&served.scorer.id().version);
            block.score(&served.scorer, work, &mut |number, outcome| {
                let part = parts.get(number).and_then(|(lead, part)| leads.get_mut(*lead)?.parts.get_mut(*part));
                if let Some(part) = part {
                    part.outcome = Some(outcome);
                }
            });
        }
        SCORED_BY.set(0);
        for place in leads.iter_mut().take(*count) {
            let Place { readings, check, parts, absent } = place;
            let id = match readings.get(self.served.reading) {
                Some(own) if self.is_drawn => self.served.scorer.reader().id(&own.slots),
                _ => "",
            };
            let facts = match readings.get(self.served.reading) {
                Some(Reading { slots, read: Some(Ok(())) }) => self.facts(slots),
                _ => Facts::default(),
            };
            for part in parts {
                let (Some((model, served)), Some(mut outcome)) = (self.model_of(part.draw), part.outcome.take()) else {
                    continue;
                };
                let (Some(reading), Some(queue)) = (readings.get(served.reading), queues.get(model)) else { continue };
                let Some(variant) = self.deployment.variant(part.draw.variant) else { continue };
                if let Ok(score) = &mut outcome {
                    let row = queue.block.row(&served.scorer, part.number);
                    let reasons = if part.is_shadow() { 0 } else { self.options.reasons };
                    served.scorer.explain(&reading.slots, row, self.now, reasons, work, score);
                }
                let flags = check.flags.as_ref().filter(|_| outcome.is_ok());
                let (draw, model, name) = (part.draw, served.scorer.id(), &variant.name);
                let scored = Scored { draw, drawn_id: id, flags, outcome: &outcome, model, variant: name, facts: &facts };
                self.record(self.leads, &scored);
                self.see(served, reading);
                if !part.is_shadow() {
                    if self.is_drawn {
                        self.draws.push(draw);
                    }
                    let row = if outcome.is_ok() { queue.block.row(&served.scorer, part.number) } else { &[] };
                    let flags = flags.map(|flags| &**flags);
                    each(Answered { variant: name, explores: draw.explores, flags, outcome, slots: &reading.slots, row });
                }
            }
            for draw in absent.drain(..) {
                self.record_absent(self.leads, draw, id, &facts);
                self.see_absent();
            }
            self.leads += 1;
        }
    }
}
