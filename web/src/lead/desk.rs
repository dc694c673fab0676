//! What the lead view knows at a moment, and the ways to change it.

use serde_json::{Map, Value};

use super::{Draft, Fault, Field, Row, Score, Served, Stored};
use crate::read::write;

/// What the service says of the lead as it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Edge {
    /// It has not been asked.
    #[default]
    Unasked,
    /// It is being asked.
    Asking,
    /// It answered.
    Heard(Result<Score, Vec<Fault>>),
    /// It does not answer.
    Silent,
}

/// The state of the lead view.
#[derive(Debug, Default)]
pub struct Desk {
    /// Models that are served; the default first.
    pub models: Vec<Served>,
    /// The version that scores here; empty for the default.
    pub version: String,
    /// The model's bands and where each begins, the highest first.
    pub bands: Vec<(String, f64)>,
    /// The lead as it is edited.
    pub draft: Draft,
    /// The last field edited, and the draft and score before.
    pub edit: Option<(String, Draft, Option<Score>)>,
    /// What this page says; none before its first score.
    pub here: Option<Result<Score, Vec<Fault>>>,
    /// Why this page cannot score.
    pub lame: String,
    /// What the service says.
    pub edge: Edge,
    /// Leads to start from, where the service stores none: title and values.
    pub samples: Vec<(String, Map<String, Value>)>,
    /// Which one is shown.
    pub sample: usize,
    /// The leads scored last.
    pub recent: Vec<Row>,
    /// The lead that was opened by its id.
    pub stored: Option<Stored>,
    /// The id that was asked for and is not known.
    pub lost: Option<String>,
    /// Counts drafts: answers about an older one are dropped.
    pub turn: u32,
    /// Whether the list of leads has been asked for.
    pub is_listed: bool,
}

impl Desk {
    /// The model that scores here.
    pub fn model(&self) -> Option<&Served> {
        self.models.iter().find(|model| model.version == self.version).or(self.models.first())
    }

    /// The form's fields.
    pub fn fields(&self) -> &[Field] {
        self.model().map_or(&[], |model| model.fields.as_slice())
    }

    /// The lead as it stands, as JSON.
    pub fn lead(&self) -> String {
        write(&Value::Object(self.draft.lead(self.fields())))
    }

    /// The moment the lead is scored for: when its values came, else now.
    pub fn at_ms(&self, now_ms: i64) -> i64 {
        match (&self.edge, self.stored.as_ref().and_then(|stored| stored.fields.last())) {
            (Edge::Heard(Ok(score)), _) => score.at_ms.map_or(now_ms, |at| at as i64),
            (_, Some((at, _))) => *at,
            _ => now_ms,
        }
    }

    /// Puts `lead` on the desk as a new start.
    pub fn put(&mut self, lead: &Map<String, Value>) {
        self.draft = Draft::of(lead);
        (self.edit, self.here, self.edge) = (None, None, Edge::Unasked);
        self.turn += 1;
    }

    /// Takes what was typed into `field`. Several changes of one field in a row count as one edit.
    pub fn set(&mut self, name: &str, text: &str) -> bool {
        let Some(field) = self.fields().iter().find(|field| field.name == name).cloned() else { return false };
        let before = self.draft.clone();
        self.draft.set(&field, text);
        if self.draft == before {
            return false;
        }
        if self.edit.as_ref().is_none_or(|(edited, ..)| edited != name) {
            let score = self.here.as_ref().and_then(|here| here.as_ref().ok().cloned());
            self.edit = Some((name.to_owned(), before, score));
        }
        (self.edge, self.turn) = (Edge::Unasked, self.turn + 1);
        true
    }

    /// Takes the last edit back.
    pub fn undo(&mut self) -> bool {
        let Some((_, before, _)) = self.edit.take() else { return false };
        (self.draft, self.edge, self.turn) = (before, Edge::Unasked, self.turn + 1);
        true
    }

    /// Starts over with what was put on the desk.
    pub fn reset(&mut self) {
        let first = match &self.stored {
            Some(stored) => stored.fields.last().map(|(_, values)| values.clone()),
            None => self.samples.get(self.sample).map(|(_, values)| values.clone()),
        };
        self.put(&first.unwrap_or_default());
    }

    /// The faults of `field`, of this page else of the service.
    pub fn faults(&self, field: &str) -> Vec<&Fault> {
        let here = self.here.as_ref().and_then(|here| here.as_ref().err());
        let edge = if let Edge::Heard(Err(faults)) = &self.edge { Some(faults) } else { None };
        let of = |faults: &Vec<Fault>| faults.iter().any(|fault| fault.field.as_deref() == Some(field));
        let faults = here.filter(|faults| of(faults)).or(edge);
        faults.into_iter().flatten().filter(|fault| fault.field.as_deref() == Some(field)).collect()
    }
}
