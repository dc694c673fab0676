//! Rows 12, 13 and 15: a rule that rolls back at once.

use super::Step;
use crate::rollout::Stage;
use crate::rollout::clock::DAY_MS;
use crate::rollout::red::RedVerdict;
use crate::rollout::state::End;
use crate::sentence::Sentence;

impl Step<'_> {
    /// The champion over the same stretch says whether the challenger is to blame. One that was not judged is not red.
    pub(super) fn red(&mut self, verdicts: &[RedVerdict], evidence: &str) {
        let red = |version: &str| verdicts.iter().find(|verdict| verdict.version == version && verdict.is_red);
        let champion = red(&self.state.champion);
        let Some(rollout) = &self.state.rollout else {
            if let Some(verdict) = champion {
                self.revert_on_red(verdict, verdicts, evidence);
            }
            return;
        };
        let challenger = red(&rollout.challenger);
        match (rollout.stage, challenger, champion) {
            (Stage::Shadow, Some(verdict), _) | (Stage::Shadow, None, Some(verdict)) | (_, Some(verdict), Some(_)) => {
                self.suspend(13, verdict.rule.cause(), verdict.sentence.clone());
            }
            (_, Some(verdict), None) => {
                let text = format!("{} All leads are with today's model.", verdict.sentence.text);
                let sentence = Sentence { text, ..verdict.sentence.clone() };
                self.end(12, End::RolledBack, sentence, evidence);
            }
            // Only the champion is red: an alert pages, and nothing here would help.
            (_, None, _) => {}
        }
    }

    /// Row 15 without a person: soon after completion, and only if the champion before is seen to be well.
    fn revert_on_red(&mut self, verdict: &RedVerdict, verdicts: &[RedVerdict], evidence: &str) {
        let days = i64::from(self.policy.stage.full.auto_rollback_days);
        let Some(previous) = &self.state.previous else { return };
        let is_recent = previous.is_loaded && self.now < previous.since_ms + days * DAY_MS;
        let mut probes = verdicts.iter().filter(|verdict| verdict.version == previous.version).peekable();
        let is_well = probes.peek().is_some() && probes.all(|verdict| !verdict.is_red);
        if is_recent && is_well {
            self.revert(verdict.sentence.clone(), evidence);
        }
    }
}
