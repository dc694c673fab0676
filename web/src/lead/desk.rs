//! What the view knows at this moment, and the few ways to change it.

use std::sync::Arc;

use leptos::prelude::*;
use plumbline_core::{Lead, Score, Timestamp};

use crate::edge::wire::{Answer, Fault, Problem};
use crate::form::{Draft, Entry, Item};
use crate::host::clock;
use crate::session::Session;

/// A score, or every fault of the lead.
pub type Judgement = Result<Score, Vec<Fault>>;

/// The state of the lead view; copied freely, it is a handful of handles.
#[derive(Clone, Copy)]
pub struct Desk {
    session: StoredValue<Arc<Session>>,
    /// The lead as it is edited.
    pub draft: RwSignal<Draft>,
    /// Which sample it began as.
    pub sample: RwSignal<usize>,
    /// The last edit.
    pub edit: RwSignal<Option<Edit>>,
    /// The moment the lead is scored for: the edge's, once it has answered.
    pub at: RwSignal<Timestamp>,
    /// What this page says.
    pub here: Memo<Judgement>,
    /// What the edge says.
    pub edge: RwSignal<Edge>,
    /// Round trips to the edge, ms, latest last.
    pub trips: RwSignal<Vec<f64>>,
    /// The outcome in words, for screen readers; changes when both sides have settled.
    pub spoken: RwSignal<String>,
    /// Counts questions to the edge; raise it to ask again.
    pub turn: RwSignal<u64>,
}

/// The last field edited, and the draft before that.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The field.
    pub field: String,
    /// All fields before this one was touched.
    pub before: Draft,
}

/// What the edge says.
#[derive(Debug, Clone, PartialEq)]
pub enum Edge {
    /// Nothing yet about the lead as it stands; what it said before, if anything.
    Asking(Option<Result<Answer, Problem>>),
    /// A score of this lead, or a refusal.
    Heard(Result<Answer, Problem>),
    /// Nothing; why, in a sentence.
    Silent(String),
}

impl Edge {
    /// What it last said, be it of this lead or the one before.
    pub fn last(&self) -> Option<&Result<Answer, Problem>> {
        match self {
            Edge::Asking(last) => last.as_ref(),
            Edge::Heard(answer) => Some(answer),
            Edge::Silent(_) => None,
        }
    }
}

impl Desk {
    /// A desk with the first sample on it.
    pub fn new(session: Arc<Session>) -> Desk {
        let first = session.samples.first().map(|sample| Draft::of(&sample.lead)).unwrap_or_default();
        let session = StoredValue::new(session);
        let draft = RwSignal::new(first);
        let at = RwSignal::new(clock::now());
        let here = Memo::new(move |_| {
            let (draft, at) = (draft.get(), at.get());
            session.with_value(|s| s.judge(&draft.lead(&s.form), at))
        });
        Desk {
            session,
            draft,
            sample: RwSignal::new(0),
            edit: RwSignal::new(None),
            at,
            here,
            edge: RwSignal::new(Edge::Asking(None)),
            trips: RwSignal::new(Vec::new()),
            spoken: RwSignal::new(String::new()),
            turn: RwSignal::new(0),
        }
    }

    /// The loaded model and its form.
    pub fn session(&self) -> Arc<Session> {
        self.session.get_value()
    }

    /// The form's items.
    pub fn items(&self) -> Vec<Item> {
        self.session.with_value(|s| s.form.items.clone())
    }

    /// The lead as it stands.
    pub fn lead(&self) -> Lead {
        self.draft.with(|draft| self.session.with_value(|s| draft.lead(&s.form)))
    }

    /// Puts `entry` into `field`. Several changes of one field in a row count as one edit.
    pub fn set(&self, field: &str, entry: Entry) {
        if self.draft.with_untracked(|draft| *draft.entry(field) == entry) {
            return;
        }
        if self.edit.with_untracked(|edit| edit.as_ref().is_none_or(|e| e.field != field)) {
            self.edit.set(Some(Edit { field: field.to_owned(), before: self.draft.get_untracked() }));
        }
        self.draft.update(|draft| draft.set(field, entry));
    }

    /// Takes the last edit back.
    pub fn undo(&self) {
        if let Some(edit) = self.edit.get_untracked() {
            self.edit.set(None);
            self.draft.set(edit.before);
        }
    }

    /// Starts over with sample `index`.
    pub fn pick(&self, index: usize) {
        let Some(draft) = self.session.with_value(|s| s.samples.get(index).map(|sample| Draft::of(&sample.lead))) else { return };
        self.edit.set(None);
        self.sample.set(index);
        self.draft.set(draft);
    }

    /// Asks the edge about the lead as it stands once more.
    pub fn ask_again(&self) {
        self.turn.update(|turn| *turn += 1);
    }

    /// The faults of `field`: those the page found, else those the edge named.
    pub fn faults(&self, field: &str) -> Vec<Fault> {
        let mine = self.here.with(|here| here.as_ref().err().cloned().unwrap_or_default());
        let theirs = self.edge.with(|edge| match edge {
            Edge::Heard(Err(problem)) => problem.faults(),
            _ => Vec::new(),
        });
        let mut faults = mine;
        faults.extend(
            theirs.into_iter().filter(|t| !faults.iter().any(|m| m.code == t.code && m.field == t.field)).collect::<Vec<_>>(),
        );
        faults.retain(|fault| fault.field.as_deref() == Some(field));
        faults
    }
}
