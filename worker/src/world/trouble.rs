//! What goes wrong in the service of a simulated history: versions that fail or are slow, rows that are lost or late, clocks that jump.

use plumbline_core::event::{Status, TestArm, lead_number};
use plumbline_core::random::Random;
use plumbline_core::window::HOUR_MS;

use super::happening::{Happening, Side};
use crate::Effects;

/// What goes wrong now.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// Versions that fail, and for which share of requests.
    errors: Vec<(String, f64)>,
    /// Versions that are slow, for which share of requests, and how long those take, µs.
    slow: Vec<(String, f64, u32)>,
    /// Versions whose scores say nothing, and for which share of leads.
    blind: Vec<(String, f64)>,
    /// The share of rows of the challenger's arm that is lost.
    lost: f64,
    /// The shard that takes no rows, and until when.
    out: Option<(u32, i64)>,
    /// What is to be stored in it then.
    pub held_back: Vec<(u32, String)>,
    /// By how much the clock is wrong at the next tick.
    pub jump_ms: i64,
    /// How often each tick happens.
    pub ticks: u32,
}

impl Troubles {
    /// Begins or ends a trouble.
    pub fn begin(&mut self, now_ms: i64, what: &Happening, versions: [&str; 2]) {
        let [champion, challenger] = versions;
        let named = |side: Side| if side == Side::Champion { champion.to_owned() } else { challenger.to_owned() };
        match what {
            Happening::Errors { of, share } => {
                let version = named(*of);
                self.errors.retain(|(known, _)| *known != version);
                self.errors.push((version, *share));
            }
            Happening::Latency { of, share, ms } => {
                let version = named(*of);
                self.slow.retain(|(known, _, _)| *known != version);
                self.slow.push((version, *share, (ms * 1_000.0) as u32));
            }
            Happening::RanksWorse { of, share } => {
                let version = named(*of);
                self.blind.retain(|(known, _)| *known != version);
                self.blind.push((version, *share));
            }
            Happening::Srm { share } => self.lost = *share,
            Happening::OutageShard { shard, hours } => self.out = Some((*shard, now_ms + (hours * HOUR_MS as f64) as i64)),
            Happening::ClockJump { hours } => self.jump_ms = (hours * HOUR_MS as f64) as i64,
            Happening::DuplicateTicks { times } => self.ticks = *times,
            _ => {}
        }
    }

    /// Lets the rows of a request suffer what goes wrong now.
    pub fn strike(&self, effects: &mut Effects, random: &mut Random) {
        for row in &mut effects.predictions {
            let version = row.model.version.as_str();
            for (_, share, us) in self.slow.iter().filter(|(slow, _, _)| slow == version) {
                if random.unit() < *share {
                    row.duration_us = Some(*us);
                }
            }
            for (_, share) in self.blind.iter().filter(|(blind, _)| blind == version) {
                if row.probability.is_some() && random.unit() < *share {
                    row.probability = Some(random.unit());
                }
            }
            for (_, share) in self.errors.iter().filter(|(broken, _)| broken == version) {
                if random.unit() < *share {
                    (row.status, row.code) = (Status::Failed, Some("MODEL_FAILED"));
                    (row.margin, row.probability) = (None, None);
                    row.band.clear();
                }
            }
        }
        if self.lost > 0.0 {
            // A lead's rows are lost together.
            let is_lost = |lead: &str| (lead_number(lead) % 10_000) as f64 <= self.lost * 10_000.0;
            effects.predictions.retain(|row| row.arm != Some(TestArm::Treatment) || !is_lost(&row.lead_id));
        }
    }

    /// Whether this shard takes no rows.
    pub fn is_out(&self, shard: u32) -> bool {
        self.out.is_some_and(|(out, _)| out == shard)
    }

    /// What was held back from a shard that takes rows again at `now_ms`.
    pub fn back(&mut self, now_ms: i64) -> Vec<(u32, String)> {
        if self.out.is_none_or(|(_, until)| now_ms < until) {
            return Vec::new();
        }
        self.out = None;
        std::mem::take(&mut self.held_back)
    }
}
