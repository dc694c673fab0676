//! The control object: which model serves, what is known of it, and what was decided and why.
//!
//! One object owns the registry, the rollout's state and ledger, the windows of all shards, alerts and keys. It decides nothing by
//! itself: rules are pure functions of `core`, and this room stores what they need and does what they say. Time is passed in.

mod alert;
mod ask;
mod consent;
mod diagnose;
mod drift;
mod evidence;
mod export;
mod gauge;
mod incident;
mod keys;
mod known;
mod minutes;
mod note;
mod outbox;
mod plan;
mod policy;
mod progress;
mod random;
mod registry;
mod report;
mod resend;
mod retrain;
mod review;
mod rollout;
mod route;
mod sent;
mod show;
mod suite;
mod survey;
mod test;
mod tick;
mod verify;
mod windows;
mod writeback;

use std::sync::Arc;

use plumbline_core::rollout::Policy;
use plumbline_core::route::AllocationSettings;
use thiserror::Error;

use crate::access::Access;

use crate::problem::Problem;
use crate::settings::Settings;
use crate::store::{Owner, Sql, SqlError, SqlValue, migrate};

pub use ask::{AROUND_MS, Ask, MOST_ROWS, stored};
pub(crate) use export::malformed;
pub use keys::{Key, NewKey};
pub use note::Note;
pub use outbox::Undelivered;
pub use registry::Registered;
pub use resend::Resend;
pub use retrain::{Phase, Run, Trigger};
pub use review::Listed;
pub use rollout::Stepped;
pub use sent::Sent;
pub use test::DueTest;
pub use windows::Figures;

/// The control object on a store.
#[derive(Debug)]
pub struct Control<S> {
    sql: S,
    /// The rules in force.
    policy: Policy,
    /// The rules of the host's settings.
    own: Policy,
    /// Whether the host's settings have not been put in force.
    is_unsettled: bool,
    /// What [`Control::follow_policy`] took up last.
    followed: String,
    /// What the settings say of the draw: hash, rules, salts. The rollout says who serves.
    base: AllocationSettings,
    layouts: windows::Layouts,
    minutes: minutes::Minutes,
    /// The leads of the look of a test that is due; lost without harm.
    summed: Option<test::Summed>,
    /// When the leads of such a look were last asked for.
    tried_ms: Option<i64>,
    /// The retraining under way, as far as it is in memory.
    retraining: retrain::Retraining,
    /// Who may call.
    access: Arc<Access>,
    /// The key by which personal fields of leads that are sent are hashed; empty: they are left out.
    personal_key: String,
    entropy: random::Entropy,
}

/// Why control could not do what was asked.
#[derive(Debug, Error)]
pub enum Fault {
    /// What was asked for is not possible.
    #[error("{}", .0.detail)]
    Problem(Problem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] SqlError),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault::Problem(problem)
    }
}

impl Fault {
    /// What the caller is answered. A store's own words stay inside.
    pub fn problem(&self) -> Problem {
        match self {
            Fault::Problem(problem) => problem.clone(),
            Fault::Store(_) => {
                Problem::new(503, "CONTROL_UNREACHABLE", "the store of the lifecycle cannot be used; scoring goes on")
            }
        }
    }
}

impl<S: Sql> Control<S> {
    /// Opens the control object in `sql`, bringing its tables up to date. `base` says how leads are drawn.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed, is not a control object's, or a newer version of Plumbline wrote it.
    pub fn open(mut sql: S, policy: Policy, base: AllocationSettings) -> Result<Control<S>, SqlError> {
        migrate(&mut sql, Owner::Control)?;
        let (layouts, minutes, access, entropy, retraining) = Default::default();
        let own = policy.clone();
        Ok(Control {
            sql,
            policy,
            own,
            is_unsettled: false,
            followed: String::new(),
            base,
            layouts,
            minutes,
            summed: None,
            tried_ms: None,
            retraining,
            access,
            personal_key: String::new(),
            entropy,
        })
    }

    /// Forgets all that is not stored.
    pub fn forget(&mut self) {
        (self.layouts, self.minutes) = Default::default();
        (self.summed, self.tried_ms) = (None, None);
        self.followed = String::new();
        self.retraining = retrain::Retraining::default();
    }

    /// Hashes personal fields of leads that are sent by `key`, the host's `PLUMBLINE_SECRET`; without one they are left out.
    pub fn hash_personal(&mut self, key: impl Into<String>) {
        self.personal_key = key.into();
    }

    /// The rules that hold now.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `settings` with what the rules need noted of leads and requests, where the owner did not say otherwise.
    pub fn settings(&self, settings: Settings) -> Settings {
        noting(&self.policy, settings)
    }

    /// Notes how leads are drawn, for other programs with this store.
    ///
    /// # Errors
    /// The store failed.
    pub fn remember(&mut self) -> Result<(), SqlError> {
        let base = serde_json::to_string(&self.base).unwrap_or_default();
        self.set_kept("base", &base)
    }

    /// Takes up how leads are drawn, and the rules in force, as the store has them.
    ///
    /// # Errors
    /// The store failed, or what it has cannot be read.
    pub fn recall(&mut self) -> Result<(), SqlError> {
        if let Some(base) = self.kept("base")? {
            self.base = serde_json::from_str(&base).map_err(|e| SqlError::Driver(format!("the draw cannot be read: {e}")))?;
        }
        self.follow_policy()
    }

    /// The store, for a host's own needs.
    pub fn sql(&mut self) -> &mut S {
        &mut self.sql
    }

    /// The value kept under `key`.
    fn kept(&mut self, key: &str) -> Result<Option<String>, SqlError> {
        let found = self.sql.query("SELECT value FROM meta WHERE key = ?1", &[crate::store::Param::Text(key)])?;
        Ok(found.first().map(|row| text(row, 0)))
    }

    /// Keeps `value` under `key`.
    fn set_kept(&mut self, key: &str, value: &str) -> Result<(), SqlError> {
        set_kept(&mut self.sql, key, value)
    }
}

/// Keeps `value` under `key`, as a part of the caller's transaction.
fn set_kept(sql: &mut dyn Sql, key: &str, value: &str) -> Result<(), SqlError> {
    let set = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql.execute(set, &[crate::store::Param::Text(key), crate::store::Param::Text(value)]).map(drop)
}

/// `settings` with what `policy` needs noted of leads and requests, where the owner did not say otherwise.
pub(crate) fn noting(policy: &Policy, settings: Settings) -> Settings {
    let segments =
        if settings.segments.is_empty() { policy.experiment.segments.fields.clone() } else { settings.segments.clone() };
    Settings { segments, tallies: true, leads: settings.leads.clone().or_else(|| Some(policy.leads.clone())), ..settings }
}

/// Column `at` of `row` as text; empty where it is none.
fn text(row: &[SqlValue], at: usize) -> String {
    row.get(at).and_then(SqlValue::as_text).unwrap_or_default().to_owned()
}

/// Column `at` of `row` as an integer; 0 where it is none.
fn integer(row: &[SqlValue], at: usize) -> i64 {
    row.get(at).and_then(SqlValue::as_integer).unwrap_or_default()
}

/// Column `at` of `row` as a number, if it is one.
fn real(row: &[SqlValue], at: usize) -> Option<f64> {
    row.get(at).and_then(SqlValue::as_real)
}

#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod watch_tests;
#[cfg(test)]
mod writeback_tests;
