//! A score that a page worked out itself, as it comes with the exposure.

use serde::{Deserialize, Serialize};

use super::arm::TestArm;
use super::fault::EventError;
use super::read::Fields;
use super::role::Role;

/// Shadows that one score may bring.
const MOST_SHADOWS: usize = 8;
/// Bytes of the name of a band.
const BAND_BYTES: usize = 256;

/// A score that a page worked out with the current deployment and showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PageScoreEvent"))]
pub struct PageScore {
    /// The variant that the lead was assigned to.
    pub variant: String,
    /// As what it answered: champion, challenger or named.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub role: Role,
    /// The deployment.
    pub epoch: u64,
    /// The side of the test, A or B; none outside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub arm: Option<TestArm>,
    /// The score is hidden from ranking.
    #[serde(default)]
    pub explores: bool,
    /// What the model said.
    #[serde(flatten)]
    pub said: PageFigure,
    /// What versions on trial said, at most 8; never shown.
    #[serde(default)]
    pub shadows: Vec<PageShadow>,
}

/// What one model said of a lead in a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageFigure {
    /// Probability in [0, 1].
    pub probability: f64,
    /// Score before calibration.
    #[serde(default)]
    pub margin: Option<f64>,
    /// Band.
    #[serde(default)]
    pub band: String,
    /// The model's name; empty where the page does not give it.
    #[serde(default)]
    pub model: String,
}

/// The score of a shadow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageShadow {
    /// Its version.
    pub version: String,
    /// Its variant.
    pub variant: String,
    /// What it said.
    #[serde(flatten)]
    pub said: PageFigure,
}

impl PageScore {
    const ROLES: [(&'static str, Role); 3] =
        [("champion", Role::Champion), ("challenger", Role::Challenger), ("named", Role::Named)];

    /// Reads the member `score` of an event.
    pub(super) fn read(mut fields: Fields) -> Result<PageScore, EventError> {
        let variant = fields.required_id("score.variant")?;
        let role = fields.choice("score.role", &PageScore::ROLES, "champion, challenger or named")?;
        let epoch = fields.number("score.epoch", is_count, "a whole number from 0 to 2^53 - 1")?;
        let epoch = epoch.ok_or(EventError::Missing { field: "score.epoch", why: "" })? as u64;
        let arm = match fields.id("score.arm")? {
            None => None,
            Some(arm) => Some(TestArm::of(&arm).ok_or(EventError::BadValue {
                field: "score.arm",
                found: format!("{arm:?}"),
                wanted: "A or B",
            })?),
        };
        let explores = fields.flag("score.explores")?;
        let said = PageFigure::read(&mut fields, ["score.probability", "score.margin", "score.band", "score.model"])?;
        let shadows = fields.objects("score.shadows", "score.shadows.", MOST_SHADOWS, "a list of at most 8 objects")?;
        let shadows = shadows.into_iter().map(PageShadow::read).collect::<Result<_, _>>()?;
        fields.finish()?;
        Ok(PageScore { variant, role, epoch, arm, explores, said, shadows })
    }
}

impl PageShadow {
    fn read(mut fields: Fields) -> Result<PageShadow, EventError> {
        let version = fields.required_id("score.shadows.version")?;
        let variant = fields.required_id("score.shadows.variant")?;
        let names = ["score.shadows.probability", "score.shadows.margin", "score.shadows.band", "score.shadows.model"];
        let said = PageFigure::read(&mut fields, names)?;
        fields.finish()?;
        Ok(PageShadow { version, variant, said })
    }
}

impl PageFigure {
    fn read(fields: &mut Fields, [probability, margin, band, model]: [&'static str; 4]) -> Result<PageFigure, EventError> {
        let found = fields.number(probability, |p| (0.0..=1.0).contains(&p), "a number from 0 to 1")?;
        Ok(PageFigure {
            probability: found.ok_or(EventError::Missing { field: probability, why: "" })?,
            margin: fields.number(margin, |_| true, "a number")?,
            band: fields.bounded(band, BAND_BYTES, "a text of 1 to 256 bytes")?.unwrap_or_default(),
            model: fields.id(model)?.unwrap_or_default(),
        })
    }
}

/// Whether `x` is a whole number that is exact in JavaScript too.
fn is_count(x: f64) -> bool {
    (0.0..9_007_199_254_740_992.0).contains(&x) && x.fract() == 0.0
}
