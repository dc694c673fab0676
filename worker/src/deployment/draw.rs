//! The allocation, bound to the models served: which variant scores a lead, and as what it is logged.

use std::ops::Range;
use std::sync::Arc;

use plumbline_core::Value;
use plumbline_core::event::{Role, TestArm};
use plumbline_core::route::{Allocation, AllocationSettings};

use super::Served;
use crate::error::ServiceError;

/// A name under which a model's scores are logged.
#[derive(Debug)]
pub(crate) struct Variant {
    pub name: Arc<str>,
    /// Which of the served models.
    pub model: usize,
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
    /// The variants that score every lead and are only recorded.
    shadows: Range<usize>,
}

impl Draws {
    /// Compiles `settings` over `models`, with its variants: the champion first. A variant names a model by its version, its name, or
    /// `name/version`.
    ///
    /// # Errors
    /// Everything wrong with the settings; a variant that names no model, several, or another variant's; a rule on a field that the
    /// champion does not read.
    pub(super) fn compile(settings: AllocationSettings, models: &[Served]) -> Result<(Draws, Vec<Variant>), ServiceError> {
        let names =
            std::iter::once(&settings.champion).chain(settings.arm.iter().map(|arm| &arm.variant)).chain(&settings.shadow);
        let names: Vec<Arc<str>> = names.map(|name| name.as_str().into()).collect();
        let shadows = names.len() - settings.shadow.len()..names.len();
        let allocation = Allocation::compile(settings).map_err(ServiceError::Allocation)?;
        let variants = names.into_iter().map(|name| bind(name, models)).collect::<Result<Vec<_>, _>>()?;
        // Two variants of one model would be an experiment of a model with itself.
        for (i, variant) in variants.iter().enumerate() {
            if variants.iter().take(i).any(|other| other.model == variant.model) {
                return Err(ServiceError::Variant {
                    variant: variant.name.to_string(),
                    found: "is the same model as another variant",
                });
            }
        }
        let champion = variants.first().and_then(|variant| models.get(variant.model));
        let mut rules = allocation.settings().rule.iter();
        match rules.find(|rule| champion.is_none_or(|served| served.field(&rule.field).is_none())) {
            Some(rule) => Err(ServiceError::Rule { field: rule.field.clone() }),
            None => Ok((Draws { allocation, shadows }, variants)),
        }
    }

    /// Who of `variants` answers the lead `id` with the values that `field` gives.
    pub(super) fn draw(&self, variants: &[Variant], id: &str, field: impl Fn(&str) -> Value) -> Draw {
        let assignment = self.allocation.assign_lead(id, field);
        let variant = variants.iter().position(|variant| *variant.name == *assignment.variant);
        let arm = self.allocation.test_arm(&assignment);
        Draw { variant: variant.unwrap_or(0), role: assignment.role, explores: assignment.explores, arm }
    }

    /// The variants that score every lead and are only recorded.
    pub(super) fn shadows(&self) -> Range<usize> {
        self.shadows.clone()
    }
}

fn bind(name: Arc<str>, models: &[Served]) -> Result<Variant, ServiceError> {
    let mut found = models.iter().enumerate().filter(|(_, served)| served.answers_to(&name)).map(|(model, _)| model);
    match (found.next(), found.next()) {
        (Some(model), None) => Ok(Variant { name, model }),
        (first, _) => {
            let found = if first.is_none() { "matches no served model" } else { "matches several served models" };
            Err(ServiceError::Variant { variant: name.to_string(), found })
        }
    }
}
