//! What happens in a simulated history, besides leads and their outcomes.

use serde::{Deserialize, Serialize};

/// Something that happens. Shares are parts of 1; a share of 0 ends what one above it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// A person sends a command.
    Post {
        /// Which of the script's people, by place.
        by: usize,
        /// The path that is posted to.
        path: String,
        /// The body.
        body: serde_json::Value,
    },
    /// From now on people do what the rollout waits for: they waive these gates where they are open, and approve once nothing else is.
    Attend {
        /// Gates to waive, by id.
        #[serde(default)]
        waive: Vec<String>,
    },
    /// The first field of leads moves by so many standard deviations.
    Drift {
        /// How far from training.
        deviations: f64,
    },
    /// Leads come from a source that training did not have.
    NewCategory {
        /// The share of such leads.
        share: f64,
    },
    /// Leads come without a budget.
    Missing {
        /// The share of such leads.
        share: f64,
    },
    /// A version fails.
    Errors {
        /// Which.
        of: Side,
        /// The share of requests.
        share: f64,
    },
    /// A version is slow.
    Latency {
        /// Which.
        of: Side,
        /// The share of requests.
        share: f64,
        /// How long they take.
        ms: f64,
    },
    /// A version ranks worse: its scores of some leads say nothing about them.
    RanksWorse {
        /// Which.
        of: Side,
        /// The share of leads.
        share: f64,
    },
    /// A log shard takes no rows; they come once it is back.
    OutageShard {
        /// Its number, from 0.
        #[serde(default)]
        shard: u32,
        /// For so long.
        hours: f64,
    },
    /// The clock of control is wrong at one tick.
    ClockJump {
        /// By how much; below 0: it was set back.
        hours: f64,
    },
    /// Each tick happens so many times from now on.
    DuplicateTicks {
        /// How many times.
        times: u32,
    },
    /// All programs end and start again: nothing is left but what is stored.
    Restart,
    /// All programs are killed and started again: rows that no batch had stored yet are lost with them.
    KillHost,
    /// Rows of the challenger's arm are lost on their way to the log.
    Srm {
        /// The share of them.
        share: f64,
    },
    /// From now on the service retrains the model as its rules say, and a person starts the rollout of a model that is queued.
    Retrain,
    /// Sales says nothing any more.
    SilenceSales,
    /// Sales reports that something about the challenger's scores is odd.
    FeedbackOdd,
}

/// One of the two versions of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Today's model.
    Champion,
    /// The version on trial.
    Challenger,
}

/// When it happens, and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Day of the history, from 0.
    pub day: u32,
    /// Minute of the day; it happens at the beginning of its hour.
    pub minute: u32,
    /// What.
    pub what: Happening,
}
