//! Bodies of leads to bodies of scores.

use super::{Block, Options, Score, ScoreError, Scorer, Workspace};
use crate::json::Object;
use crate::lead::{Form, LeadError, Timestamp};

/// Called for each lead of a body with its position, and its score or why it has none.
pub type EachScore<'a> = &'a mut dyn FnMut(u32, Result<Score, ScoreError>);

impl Scorer {
    /// Scores every lead of `body` and calls `each` for them in order; a lead that is refused does not keep the others from being
    /// scored. Returns how many leads there were.
    ///
    /// # Errors
    /// When the body as a whole cannot be read. `each` may have been called for leads before; what it made of them must then be
    /// thrown away.
    pub fn score_body(
        &self,
        body: &[u8],
        form: Form,
        now: Timestamp,
        options: &Options,
        work: &mut Workspace,
        each: EachScore<'_>,
    ) -> Result<u32, LeadError> {
        let (mut slots, mut block) = (std::mem::take(&mut work.slots), std::mem::take(&mut work.block));
        let mut next = 0;
        let mut tell = |result| {
            each(next, result);
            next += 1;
        };
        let count = self.reader.read_body(body, form, &options.limits, &mut slots, &mut |lead| {
            let full = block.len() == Block::LEADS || options.reasons > 0 || lead.read.is_err();
            if full && !block.is_empty() {
                block.score(self, work, &mut |_, score| tell(score));
                block.clear();
            }
            match lead.read {
                Err(problems) => tell(Err(ScoreError::from(problems))),
                Ok(()) if options.reasons > 0 => tell(self.score_read(lead.slots, now, options, work)),
                Ok(()) => drop(block.push(self, lead.slots, now)),
            }
        });
        block.score(self, work, &mut |_, score| tell(score));
        block.clear();
        (work.slots, work.block) = (slots, block);
        count
    }

    /// [`score_body`](Self::score_body) that appends the answer to `out`: the score's JSON for one lead, an array for an array, a
    /// line each for lines. A refused lead's place is taken by `{"error": {code, detail, errors}}`. `each` sees every result.
    ///
    /// # Errors
    /// When the body as a whole cannot be read; `out` is then as it was.
    #[allow(clippy::too_many_arguments, reason = "the one call of every host: what to score, how, and where the answer goes")]
    pub fn answer_body(
        &self,
        body: &[u8],
        form: Form,
        now: Timestamp,
        options: &Options,
        work: &mut Workspace,
        out: &mut Vec<u8>,
        each: &mut dyn FnMut(u32, &Result<Score, ScoreError>),
    ) -> Result<u32, LeadError> {
        let start = out.len();
        if form == Form::Array {
            out.push(b'[');
        }
        let answered = self.score_body(body, form, now, options, work, &mut |i, result| {
            if form == Form::Array && i > 0 {
                out.push(b',');
            }
            match &result {
                Ok(score) => score.write_json(out),
                Err(error) => error.write_json(out),
            }
            if form == Form::Lines {
                out.push(b'\n');
            }
            each(i, &result);
        });
        match &answered {
            Err(_) => out.truncate(start),
            Ok(_) if form == Form::Array => out.push(b']'),
            Ok(_) => {}
        }
        answered
    }
}

impl ScoreError {
    /// Appends `{"error": …}` to `out`, the place of a lead that was refused.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_refusal(self.code(), &self.to_string(), self.problems(), out);
    }
}

/// Appends `{"error": {code, detail, errors?}}` to `out`: what stands where an answer was asked for; of a lead with its problems.
pub fn write_refusal(code: &str, detail: &str, problems: &[LeadError], out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    let mut error = Object::begin(object.key("error"));
    error.text("code", code);
    error.text("detail", detail);
    if !problems.is_empty() {
        error.list("errors", problems, &mut |out, problem| problem.write_json(out));
    }
    error.end();
    object.end();
}
