//! Bodies of leads to bodies of scores.

use super::{Options, Score, ScoreError, Scorer, Workspace};
use crate::json::Object;
use crate::lead::{Form, LeadError, Slots, Timestamp};

/// What is told of each lead of a body: its position, and its score or why it has none.
pub type EachScore<'a> = &'a mut dyn FnMut(u32, Result<Score, ScoreError>);

impl Scorer {
    /// Scores every lead of `body` and tells `each` of them in order; a lead that is refused does not keep the others from being
    /// scored. Returns how many leads there were.
    ///
    /// # Errors
    /// When the body as a whole cannot be read. `each` may have been told of leads before; what it made of them must then be
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
        let mut slots = std::mem::take(&mut work.slots);
        let mut block = Block { scorer: self, next: 0, rows: Vec::new(), waiting: Vec::new(), each };
        let count = self.reader.read_body(body, form, &options.limits, &mut slots, &mut |_, slots, lead| {
            if options.reasons > 0 || lead.is_err() {
                block.score(work);
            }
            match lead {
                Err(problems) => block.tell(Err(ScoreError::from(problems))),
                Ok(()) if options.reasons > 0 => {
                    std::mem::swap(&mut work.slots, slots);
                    let score = self.score_slots(now, options, work);
                    std::mem::swap(&mut work.slots, slots);
                    block.tell(score);
                }
                Ok(()) => {
                    self.pipeline.apply(slots, now, &mut work.row);
                    block.wait(slots, work);
                }
            }
        });
        block.score(work);
        work.slots = slots;
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

/// Leads that were read and wait to be scored together: the engine is several times faster on many rows than on one.
struct Block<'a> {
    scorer: &'a Scorer,
    next: u32,
    /// Row-major.
    rows: Vec<f64>,
    /// Per row the lead's id and unknown fields.
    waiting: Vec<(Option<String>, Vec<String>)>,
    each: EachScore<'a>,
}

impl Block<'_> {
    /// Enough to keep the engine busy, few enough to stay in a small cache.
    const LEADS: usize = 128;

    fn tell(&mut self, result: Result<Score, ScoreError>) {
        (self.each)(self.next, result);
        self.next += 1;
    }

    /// Takes the lead in `slots`, whose row is in `work`.
    fn wait(&mut self, slots: &Slots, work: &mut Workspace) {
        let id = self.scorer.reader.id(slots);
        self.waiting.push(((!id.is_empty()).then(|| id.to_owned()), slots.unknown_fields().to_vec()));
        self.rows.extend_from_slice(&work.row);
        if self.waiting.len() == Block::LEADS {
            self.score(work);
        }
    }

    /// Scores all that wait.
    fn score(&mut self, work: &mut Workspace) {
        let (scorer, outputs) = (self.scorer, self.scorer.engine.outputs().max(1));
        work.margins.clear();
        work.margins.resize(self.waiting.len() * outputs, 0.0);
        scorer.engine.margins_batch(&self.rows, &mut work.engine, &mut work.margins);
        let leads = std::mem::take(&mut self.waiting);
        for ((lead_id, unknown_fields), margins) in leads.into_iter().zip(work.margins.chunks(outputs)) {
            work.probabilities.clear();
            work.probabilities.extend_from_slice(margins);
            scorer.bundle.model().link.apply(&mut work.probabilities);
            let judged = scorer.judge(margins, &work.probabilities);
            self.tell(judged.map(|score| Score { lead_id, unknown_fields, ..score }));
        }
        self.rows.clear();
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
