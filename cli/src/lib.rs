//! The native command: import, inspect, score, assign, metrics, windows, drift, quality, bench, and the native host of the service.
//!
//! A shell round `plumbline-core` and `plumbline-worker`: it owns files, terminals, signals, sockets and the clock, and no rule of
//! scoring. Tests in `tests/` run the real binary.

mod client;
mod clock;
mod command;
mod declare;
mod delta;
mod failure;
mod host;
mod input;
mod memory;
mod mlflow;
mod outcome;
mod output;
mod report;
mod store;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

/// The readers of input files, for the harness in `tests`; not a public interface.
#[doc(hidden)]
pub mod harness {
    pub use crate::input::declaration::declaration;
    pub use crate::input::{Records, Step, of_bytes};
    pub use crate::output::shortest;

    /// Whether `arguments`, the program's name first, are a command of this program.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
        use clap::Parser as _;
        crate::Cli::try_parse_from(arguments).map(drop).map_err(|e| e.to_string())
    }
    /// Playing histories of a simulated company, and the stores they are played into.
    pub mod world {
        pub use crate::host::demo::{base, play_script};
        pub use crate::store::Store;
    }
    /// What commands print with --json, where core has no type for it.
    pub mod report {
        pub use crate::mlflow::Published;
        pub use crate::report::baseline::BaselineSummary;
        pub use crate::report::bench::Report as Bench;
        pub use crate::report::capacity::CapacitySummary;
        pub use crate::report::card::Card;
        pub use crate::report::check::{ConfigReport, SetupReport};
        pub use crate::report::features::FeaturesReport;
        pub use crate::report::gate::GateReport;
        pub use crate::report::pull::PullSummary;
        pub use crate::report::summary::{
            AssignSummary, FeaturesSummary, ImportSummary, SchemaSummary, ScoreSummary, WindowSummary,
        };
        pub use crate::report::train::TrainSummary;
    }
}

use clap::{Parser, Subcommand};

use command::{
    alerts, assign, baseline, bench, capacity, changes, check, diagnose, drift, experiment, export, features, import, inspect,
    keys, kill, leads, ledger, messages, metrics, models, outcomes, pull, push, quality, report as show, rescore, retrain,
    rollout, schema, score, serve, simulate, sql, train, window,
};
use outcome::Outcome;
use output::terminal;

pub use failure::Failure;

/// The exit codes; printed by `plumbline --help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    check failed: drift was found (drift --check), the suite was not met (quality), the ledger is not whole (ledger verify), a gate
       cannot be decided or a connection does not answer (check), the diagnosis found something (diagnose), requests failed (capacity)
  2    invalid arguments, or arguments that contradict the model
  3    done, but rows were rejected (score, features, assign; see OUT.rejected; outcomes, feedback), or more were left out than --max-left-out allows
  4    the model file or bundle was rejected
  5    the input could not be read or parsed
  6    the output could not be written
  7    the service could not start, or stopped unexpectedly
  8    a running service rejected the command
  130  interrupted by Ctrl-C (143: by SIGTERM); existing files are unchanged
  141  the reader of standard output closed it";

/// Lead scoring with identical bits on every host.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    /// Print results as JSON on standard output, errors as JSON on standard error
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(Box<train::Train>),
    Import(import::Import),
    Baseline(baseline::Baseline),
    Inspect(inspect::Inspect),
    Schema(schema::Schema),
    Features(features::Features),
    Score(score::ScoreLeads),
    Assign(assign::Assign),
    Metrics(metrics::Metrics),
    Window(window::Window),
    Drift(drift::Drift),
    Experiment(Box<experiment::Experiment>),
    Plan(experiment::PlanExperiment),
    Quality(quality::Quality),
    Bench(bench::Bench),
    Capacity(capacity::Capacity),
    Check(check::Check),
    Diagnose(diagnose::Diagnose),
    Serve(serve::Serve),
    Rollout(rollout::Rollout),
    Retrain(retrain::Retrain),
    Rescore(rescore::Rescore),
    Changes(changes::Changes),
    Kill(kill::Kill),
    Models(models::Models),
    Push(push::Push),
    Pull(pull::Pull),
    Ledger(ledger::Ledger),
    Leads(leads::Leads),
    Outcomes(outcomes::Outcomes),
    Feedback(outcomes::Feedback),
    Report(show::ShowReport),
    Keys(keys::Keys),
    Sql(sql::SqlCommand),
    Alerts(alerts::Alerts),
    Messages(messages::Messages),
    Incidents(alerts::Incidents),
    Reviews(alerts::Reviews),
    Note(alerts::Note),
    Simulate(simulate::Simulate),
    Export(export::Export),
}

/// Runs the command `args` asks for and returns its exit code. `args` starts with the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    input::quiet_panics();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Nothing is left to do when the terminal itself is gone.
            drop(e.print());
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    // A check has three exit codes: passed, failed, could not be run.
    let is_check = matches!(cli.command, Command::Quality(_) | Command::Check(_));
    let is_server = match &cli.command {
        Command::Train(train) => train.served().is_some(),
        command => matches!(command, Command::Serve(_)),
    };
    if !is_server {
        memory::keep();
    }
    let outcome = match cli.command {
        Command::Train(train) => trained(&train, cli.json),
        Command::Import(import) => import.run(cli.json),
        Command::Baseline(baseline) => baseline.run(cli.json),
        Command::Inspect(inspect) => inspect.run(cli.json),
        Command::Schema(schema) => schema.run(cli.json),
        Command::Features(features) => features.run(cli.json),
        Command::Score(score) => score.run(cli.json),
        Command::Assign(assign) => assign.run(cli.json),
        Command::Metrics(metrics) => metrics.run(cli.json),
        Command::Window(window) => window.run(cli.json),
        Command::Drift(drift) => drift.run(cli.json),
        Command::Experiment(experiment) => experiment.run(cli.json),
        Command::Plan(plan) => plan.run(cli.json),
        Command::Quality(quality) => quality.run(cli.json),
        Command::Bench(bench) => bench.run(cli.json),
        Command::Capacity(capacity) => capacity.run(cli.json),
        Command::Check(check) => check.run(cli.json),
        Command::Diagnose(diagnose) => diagnose.run(cli.json),
        Command::Serve(serve) => serve.run(cli.json),
        Command::Rollout(rollout) => rollout.run(cli.json),
        Command::Retrain(retrain) => retrained(&retrain, cli.json),
        Command::Rescore(rescore) => rescore.run(cli.json),
        Command::Changes(changes) => changes.run(cli.json),
        Command::Kill(kill) => kill.run(cli.json),
        Command::Models(models) => models.run(cli.json),
        Command::Push(push) => push.run(cli.json),
        Command::Pull(pull) => pull.run(cli.json),
        Command::Ledger(ledger) => ledger.run(cli.json),
        Command::Leads(leads) => leads.run(cli.json),
        Command::Outcomes(outcomes) => outcomes.run(cli.json),
        Command::Feedback(feedback) => feedback.run(cli.json),
        Command::Report(report) => report.run(cli.json),
        Command::Keys(keys) => keys.run(cli.json),
        Command::Sql(sql) => sql.run(cli.json),
        Command::Alerts(alerts) => alerts.run(cli.json),
        Command::Messages(messages) => messages.run(cli.json),
        Command::Incidents(incidents) => incidents.run(cli.json),
        Command::Reviews(reviews) => reviews.run(cli.json),
        Command::Note(note) => note.run(cli.json),
        Command::Simulate(simulate) => simulate.run(cli.json),
        Command::Export(export) => export.run(cli.json),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeRejected) => ExitCode::from(3),
        Ok(Outcome::CheckFailed) => ExitCode::from(1),
        Err(Failure::Gone) => ExitCode::from(Failure::Gone.exit()),
        Err(failure) => {
            terminal::complain(&failure, cli.json);
            ExitCode::from(if is_check { 2 } else { failure.exit() })
        }
    }
}

/// Asks for a retraining, or does one that the service does not do itself.
fn retrained(retrain: &retrain::Retrain, json: bool) -> Result<Outcome, Failure> {
    let Some(elsewhere) = retrain.elsewhere()? else { return retrain.run(json) };
    let unread = |e: clap::Error| Failure::usage("ARGUMENTS", e.to_string());
    match Cli::try_parse_from(elsewhere.arguments()).map_err(unread)?.command {
        Command::Train(train) => {
            let trained = train.trained()?;
            let outcome = elsewhere.hand_in(&trained.summary, json)?;
            // The service has the model: that MLflow has not is said last.
            trained.unpublished.map_or(Ok(outcome), |failure| Err(elsewhere.not_in_mlflow(failure)))
        }
        _ => Ok(Outcome::CheckFailed),
    }
}

/// Trains, and serves what was trained if that is asked for.
fn trained(train: &train::Train, json: bool) -> Result<Outcome, Failure> {
    let outcome = train.run(json)?;
    match (train.served(), outcome) {
        (Some((model, listen, settings)), Outcome::Done) => serve::Serve::of(model, listen, settings).run(json),
        (Some(_), _) => {
            terminal::note("not served: more rows were left out than --max-left-out allows");
            Ok(outcome)
        }
        (None, _) => Ok(outcome),
    }
}
