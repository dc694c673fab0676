//! The parts of the report, field by field. A field that core adds to one of them has to be named here before this compiles.

use plumbline_core::alert::IncidentKind;
use plumbline_core::diagnose::{Finding, Judgement};
use plumbline_core::report::{
    ActionPart, AlertPart, Answers, BandPart, Business, Change, ChangePart, ComparisonPart, Complete, Day, Deployment,
    DiagnosisPart, Effect, Estimate, Estimated, Event, ExperimentPart, FeaturePart, GatePart, Goal, Health, Human, IncidentPart,
    LoadTest, LookPart, Measure, MeasureId, MissedPart, Model, OddPart, Performance, PredictionDrift, Quality, Question,
    RetrainingPart, RetrainingRun, Revenue, Review, ReviewKind, ReviewPart, RolloutPart, Satisfaction, ScoreHistogram,
    SegmentPart, Series, Serving, SettingsPart, SignOff, SplitPart, StagePart, Status, SuitePart, Tab, Target, Third, Verdict,
};
use plumbline_core::rollout::Severity;
use plumbline_core::rollout::policy::Contact;
use plumbline_core::sentence::Sentence;
use serde_json::Value;

use super::field::{Misfit, Read, member};

macro_rules! parts {
    ($($part:ident { $($name:ident),* })*) => {
        $(impl Read for $part {
            // Inlined into one another they are twice the size.
            #[inline(never)]
            fn read(value: &Value, misfit: &mut Misfit) -> $part {
                if !value.is_object() {
                    misfit.0.get_or_insert_default();
                }
                $part { $($name: member(value, stringify!($name), misfit)),* }
            }
        })*
    };
}

macro_rules! names {
    ($($kind:ident { $($text:literal => $name:ident),* })*) => {
        $(impl Read for $kind {
            fn read(value: &Value, misfit: &mut Misfit) -> $kind {
                match value.as_str() {
                    $(Some($text) => return $kind::$name,)*
                    _ => misfit.0.get_or_insert_default(),
                };
                [$($kind::$name),*][0]
            }
        })*
    };
}

parts! {
    Sentence { code, text, values }
    Estimate { value, low, high, level, n, n_needed }
    Series { start, step_s, value, low, high }
    Target { op, value }
    Complete { shards, answered, hosts, hosts_behind, epoch, killed }
    Deployment { id, name, environment, currency, version }
    Verdict { status, sentence, because }
    Question { status, sentence, route }
    Answers { what_changed, which_serves, may_promote, who_acts, worth }
    Day { day, statuses }
    Change { seq, at, sentence, actor, trouble }
    Event { seq, at, kind, sentence, actor, prev, hash }
    Measure { id, tab, unit, estimate, status, sentence, window_days, target, champion, challenger }
    LoadTest { req_per_s, at }
    Health { hourly, load_test }
    ScoreHistogram { n, positive }
    Estimated { auc }
    PredictionDrift { ks, percentiles, now, week_before, training }
    Performance { threshold, score_histogram, outcome_delay_days, explored, estimated, prediction_drift }
    FeaturePart { name, importance, ks, ks_bound, psi, missing, missing_reference, new_share, new_values, status, edges, categories, reference, current, ks_by_day }
    MissedPart { expected, is_critical, checked, unexpected }
    SuitePart { name, version, at, leads, passed, failed, failed_critical, status, missed }
    Quality { features, features_total, expected_false_alarms_per_week, suites }
    BandPart { name, from, leads, conversion }
    Satisfaction { counts }
    Third { id, leads, people, model }
    Human { leads, converted, sentence, model_auc, people_auc, difference, agreement, thirds }
    Business { bands, hot_share, satisfaction, human }
    StagePart { id, state, share, days, min_days, from, to }
    Serving { version, role, share }
    GatePart { id, estimate, baseline, target, status, required, provisional, waived, waivable, ready_at, sentence, evidence }
    SignOff { stage, role, by, at, comment, evidence }
    OddPart { id, at }
    Effect { leads_per_day, share_before, share_after, sentence }
    ActionPart { id, allowed, needs_scope, effect }
    RolloutPart { id, revision, stage, held, suspended, extensions, earliest_at, next, missing, stages, serving, gates, sign_offs, odd_reports, actions, ledger_total, post_mortems }
    SplitPart { p, expected, observed }
    ChangePart { id, control, treatment, change, status, sentence }
    SegmentPart { by, value, control, treatment, change, status }
    LookPart { at, look, information, lift }
    ExperimentPart { rollout, status, sentence, srm, measures, segments, segments_total, looks, looks_planned }
    ComparisonPart { versions, n, differences }
    Goal { month, id, status, sentence, due_at, route }
    Revenue { estimate, target, per_lead, leads, series, method, excluded }
    AlertPart { id, rule, severity, measure, subject, state, stale, estimate, threshold, opened_at, resolved_at, owner_role, due_at, escalates_to, taken_by, incident, sentence }
    IncidentPart { id, kind, severity, state, opened_at, due_at, owner_role, escalates_to, taken_by, restored_at, closed_at, cause, post_mortem, needs_post_mortem, alert, sentence }
    RetrainingRun { id, at, trigger, state, rows, estimate, champion_auc, result, version, sentence }
    RetrainingPart { next_at, runs }
    Model { version, status, aliases, registered_at, ended, is_post_mortem_open, digest, rows, data_sha256, estimates, importance }
    Finding { id, status, sentence, action, route }
    DiagnosisPart { id, ran_at, finding, steps }
    Contact { role, name, email, slack }
    SettingsPart { contacts, links, policy_sha256 }
    ReviewPart { id, status, sentence, rows }
    Review { format, id, kind, made_at, sentence, parts, question }
}

names! {
    Status { "pass" => Pass, "fail" => Fail, "inconclusive" => Inconclusive, "insufficient_data" => InsufficientData, "error" => Error, "tracked" => Tracked }
    Tab { "health" => Health, "performance" => Performance, "quality" => Quality, "business" => Business }
    MeasureId {
        "p50_ms" => P50Ms, "p99_ms" => P99Ms, "throughput" => Throughput, "error_rate" => ErrorRate, "uptime" => Uptime, "auc" => Auc,
        "precision" => Precision, "recall" => Recall, "calibration_error" => CalibrationError, "freshness" => Freshness, "missing" => Missing,
        "drift_ks" => DriftKs, "coverage" => Coverage, "conversion" => Conversion, "deal_size" => DealSize, "satisfaction" => Satisfaction,
        "scores_per_day" => ScoresPerDay
    }
    Severity { "info" => Info, "yellow" => Yellow, "red" => Red }
    IncidentKind { "alert" => Alert, "rollout" => Rollout, "post_mortem" => PostMortem }
    ReviewKind { "daily" => Daily, "weekly" => Weekly, "monthly" => Monthly }
    Judgement { "fine" => Fine, "unknown" => Unknown, "suspect" => Suspect, "cause" => Cause }
}
