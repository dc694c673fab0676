//! What the host's calls do, in safe Rust.

use plumbline_core::lead::Form;
use plumbline_core::model::Scratch;
use plumbline_core::score::{Options, Workspace};
use plumbline_core::{Bundle, Scorer, Timestamp};

use crate::answer::{self, Answer, Refusal};

/// The buffers that host and module share, and the model.
pub struct Door {
    input: Vec<u8>,
    rows: Vec<f64>,
    text: Vec<u8>,
    values: Vec<f64>,
    model: Option<Loaded>,
}

struct Loaded {
    scorer: Scorer,
    work: Workspace,
    scratch: Scratch,
}

impl Door {
    pub const fn new() -> Door {
        Door { input: Vec::new(), rows: Vec::new(), text: Vec::new(), values: Vec::new(), model: None }
    }

    pub fn reserve(&mut self, bytes: u32) -> *mut u8 {
        let bytes = bytes as usize;
        if self.input.len() < bytes {
            self.input.resize(bytes, 0);
        }
        self.input.as_mut_ptr()
    }

    pub fn rows(&mut self, values: u32) -> *mut f64 {
        let values = values as usize;
        if self.rows.len() < values {
            self.rows.resize(values, f64::NAN);
        }
        self.rows.as_mut_ptr()
    }

    pub fn text(&self) -> *const u8 {
        self.text.as_ptr()
    }

    pub fn values(&self) -> *const f64 {
        self.values.as_ptr()
    }

    pub fn load(&mut self, bytes: u32) -> i32 {
        let scorer = Bundle::read_for_scoring(first(&self.input, bytes))
            .map_err(|error| Refusal::new(error.code(), &error))
            .and_then(|bundle| Scorer::new(bundle).map_err(|error| Refusal::new(error.code(), &error)));
        // The bundle is not needed again: the host keeps it in case this instance traps.
        self.input = Vec::new();
        self.text.clear();
        let answer = scorer.map(|scorer| {
            scorer.write_card(&mut self.text);
            self.rows.resize(scorer.engine().columns(), f64::NAN);
            self.model = Some(Loaded { scorer, work: Workspace::default(), scratch: Scratch::default() });
        });
        answer::length(&mut self.text, answer)
    }

    pub fn score(&mut self, bytes: u32, now_ms: f64, reasons: u32) -> i32 {
        self.answer(bytes, |model, lead, out| {
            let (scorer, work) = (&model.scorer, &mut model.work);
            scorer.score_json(lead, Timestamp(now_ms as i64), &options(reasons), work, out).map_err(Refusal::from)
        })
    }

    pub fn score_body(&mut self, bytes: u32, now_ms: f64, reasons: u32) -> i32 {
        self.answer(bytes, |model, body, out| {
            let form = if body.trim_ascii_start().first() == Some(&b'[') { Form::Array } else { Form::Lines };
            let (scorer, work, now) = (&model.scorer, &mut model.work, Timestamp(now_ms as i64));
            let answered = scorer.answer_body(body, form, now, &options(reasons), work, out, &mut |_, _| {});
            answered.map(|_| ()).map_err(|error| Refusal::from(vec![error]))
        })
    }

    pub fn features(&mut self, bytes: u32, now_ms: f64) -> i32 {
        let mut rows = std::mem::take(&mut self.rows);
        let length = self.answer(bytes, |model, lead, _| {
            let row = model.scorer.features_json(lead, Timestamp(now_ms as i64), &options(0), &mut model.work)?;
            rows.clear();
            rows.extend_from_slice(row);
            Ok(())
        });
        self.rows = rows;
        length
    }

    pub fn values_read(&mut self, bytes: u32) -> i32 {
        self.answer(bytes, |model, lead, out| {
            model.scorer.values_json(lead, &options(0), &mut model.work, out).map_err(Refusal::from)
        })
    }

    pub fn score_row(&mut self) -> f64 {
        let Some(model) = &mut self.model else { return f64::NAN };
        let engine = model.scorer.engine();
        let Some(row) = self.rows.get(..engine.columns()) else { return f64::NAN };
        self.values.resize(engine.outputs(), 0.0);
        engine.margins(row, &mut model.scratch, &mut self.values);
        model.scorer.probability(&self.values, &mut model.work)
    }

    pub fn score_rows(&mut self, rows: u32, margins: bool) {
        let Some(model) = &mut self.model else { return };
        let engine = model.scorer.engine();
        let (rows, outputs) = (rows as usize, engine.outputs());
        let Some(input) = self.rows.get(..rows * engine.columns()) else { return };
        self.values.resize(rows * outputs, 0.0);
        engine.margins_batch(input, &mut model.scratch, &mut self.values);
        if margins {
            return;
        }
        for row in 0..rows {
            let Some(margins) = self.values.get(row * outputs..(row + 1) * outputs) else { return };
            let probability = model.scorer.probability(margins, &mut model.work);
            // Probabilities close up to the front: one per row stands where `outputs` margins stood, never beyond them.
            if let Some(place) = self.values.get_mut(row) {
                *place = probability;
            }
        }
    }

    pub fn explain_row(&mut self) -> u32 {
        let Some(model) = &mut self.model else { return 0 };
        let Some(row) = self.rows.get(..model.scorer.engine().columns()) else { return 0 };
        let Some(contributions) = model.scorer.contributions(row, &mut model.work) else { return 0 };
        self.values.clear();
        self.values.extend_from_slice(contributions);
        self.values.len() as u32
    }

    /// Answers the first `bytes` bytes of input with a text.
    fn answer(&mut self, bytes: u32, call: impl FnOnce(&mut Loaded, &[u8], &mut Vec<u8>) -> Answer) -> i32 {
        self.text.clear();
        let answer = match &mut self.model {
            Some(model) => call(model, first(&self.input, bytes), &mut self.text),
            None => Err(Refusal::new("MODEL_NOT_LOADED", &"no model is loaded")),
        };
        answer::length(&mut self.text, answer)
    }
}

fn first(input: &[u8], bytes: u32) -> &[u8] {
    input.get(..bytes as usize).unwrap_or(input)
}

fn options(reasons: u32) -> Options {
    Options::with_reasons(reasons as usize)
}
