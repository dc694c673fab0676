//! The allocation, bound to the models served: which variant scores a lead, and as what it is logged.

use std::sync::Arc;

use plumbline_core::Value;
use plumbline_core::event::{Role, TestArm};
use plumbline_core::route::{Allocation, AllocationSettings, WHOLE_BP};

use super::Served;
use crate::error::ServiceError;

/// A name under which a model's scores are logged.
#[derive(Debug)]
pub(crate) struct Variant {
    pub name: Arc<str>,
    /// Which of the served models; none where this host could not load it.
    pub model: Option<usize>,
}

/// Who answers a lead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Draw {
    /// Which of the deployment's variants.
    pub variant: usize,
    pub role: Role,
    /// The score is to be hidden from ranking.
    pub explores: bool,
    /// The side of the test that the lead is on.
    pub arm: Option<TestArm>,
}

/// A compiled allocation whose variants are models at hand.
#[derive(Debug)]
pub(crate) struct Draws {
    allocation: Allocation,
    /// The variants that score leads which they do not serve and are only recorded then.
    recorded: Vec<usize>,
}

impl Draws {
    /// Compiles `settings` over `models`, with its variants: the champion first. A variant names a model by its version, its name, or
    /// `name/version`. Where `is_partial`, a challenger may be missing: the champion serves its leads.
    ///
    /// # Errors
    /// Everything wrong with the settings; a variant that names no model, several, or another variant's; a rule on a field that the
    /// champion does not read.
    pub(super) fn compile(
        settings: AllocationSettings,
        models: &[Served],
        is_partial: bool,
    ) -> Result<(Draws, Vec<Variant>), ServiceError> {
        let allocation = Allocation::compile(settings).map_err(ServiceError::Allocation)?;
        let settings = allocation.settings();
        let served = std::iter::once(&settings.champion).chain(settings.arm.iter().map(|arm| &arm.variant));
        let mut names: Vec<&str> = served.map(String::as_str).collect();
        let mut recorded: Vec<usize> = if settings.counterfactual { (0..names.len()).collect() } else { Vec::new() };
        for name in &settings.shadow {
            let at = names.iter().position(|known| known == name).unwrap_or(names.len());
            if at == names.len() {
                names.push(name);
            }
            if !recorded.contains(&at) {
                recorded.push(at);
            }
        }
        let mut variants = Vec::with_capacity(names.len());
        for (number, name) in names.into_iter().enumerate() {
            let variant = bind(name, models, is_partial && number > 0)?;
            if variant.model.is_none() && !recorded.contains(&number) {
                // That it does not score its leads is recorded.
                recorded.push(number);
            }
            variants.push(variant);
        }
        // Two variants of one model would be an experiment of a model with itself.
        for (i, variant) in variants.iter().enumerate() {
            if variant.model.is_some() && variants.iter().take(i).any(|other| other.model == variant.model) {
                return Err(ServiceError::Variant {
                    variant: variant.name.to_string(),
                    found: "is the same model as another variant",
                });
            }
        }
        let champion = variants.first().and_then(|variant| models.get(variant.model?));
        let mut rules = allocation.settings().rule.iter();
        match rules.find(|rule| champion.is_none_or(|served| served.field(&rule.field).is_none())) {
            Some(rule) => Err(ServiceError::Rule { field: rule.field.clone() }),
            None => Ok((Draws { allocation, recorded }, variants)),
        }
    }

    /// Who of `variants` answers the lead `id` with the values that `field` gives. Where the challenger is suspended, or is not at hand,
    /// the champion answers for it; the lead stays on its side of the test.
    pub(super) fn draw(&self, variants: &[Variant], id: &str, is_suspended: bool, field: impl Fn(&str) -> Value) -> Draw {
        let assignment = self.allocation.assign_lead(id, field);
        let arm = self.allocation.test_arm(&assignment);
        let drawn = variants.iter().enumerate().find(|(_, variant)| *variant.name == *assignment.variant);
        let explores = assignment.explores;
        match drawn {
            Some((variant, Variant { model: Some(_), .. })) if !is_suspended || variant == 0 => {
                Draw { variant, role: assignment.role, explores, arm }
            }
            _ => Draw { variant: 0, role: Role::Champion, explores, arm },
        }
    }

    /// The variants that score leads which they do not serve and are only recorded then.
    pub(super) fn recorded(&self) -> &[usize] {
        &self.recorded
    }

    /// What the draw was made of.
    pub(super) fn settings(&self) -> &AllocationSettings {
        self.allocation.settings()
    }

    /// Whether the kill switch is on.
    pub(super) fn is_killed(&self) -> bool {
        self.allocation.settings().killed
    }

    /// Whether a challenger serves some leads and not all: a test, which needs someone to watch it.
    pub(super) fn is_trial(&self) -> bool {
        self.allocation.settings().arm.iter().any(|arm| (1..WHOLE_BP).contains(&arm.share_bp))
    }
}

fn bind(name: &str, models: &[Served], may_be_missing: bool) -> Result<Variant, ServiceError> {
    let mut found = models.iter().enumerate().filter(|(_, served)| served.answers_to(name)).map(|(model, _)| model);
    match (found.next(), found.next()) {
        (Some(model), None) => Ok(Variant { name: name.into(), model: Some(model) }),
        (None, _) if may_be_missing => Ok(Variant { name: name.into(), model: None }),
        (first, _) => {
            let found = if first.is_none() { "matches no served model" } else { "matches several served models" };
            Err(ServiceError::Variant { variant: name.to_owned(), found })
        }
    }
}
