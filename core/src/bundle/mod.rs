//! The model bundle, `*.plumb`: one safetensors file with everything needed to score, explain and judge.
//!
//! `docs/FORMATS.md` specifies it. Reading trusts nothing: sizes, indices, the digest and the golden leads are all checked
//! before a bundle exists, and what a hostile file may make us allocate is a small multiple of its own size. What a bundle
//! does not do: prove who wrote it (a digest is no signature).

mod agree;
mod baseline;
mod code;
mod compact;
mod container;
mod declaration;
mod decode;
mod digest;
mod error;
mod golden;
mod header;
mod manifest;
mod plane;
mod reference;
mod tree;

pub use agree::FileCategories;
pub use baseline::{BandShare, Baseline, DataFile, Figure, ScoreOutcomes, Weight};
pub use declaration::{Band, Declaration, ModelCard};
pub use error::BundleError;
pub use golden::{Expected, Golden};
pub use manifest::{Checked, Manifest, Provenance};
pub use reference::{Distribution, FieldReference, Reference};

#[cfg(feature = "harness")]
pub(crate) use header::seal;

use container::{Reader, Writer};
use header::{Shape, ShapeKind};
use plane::Numbers;

use crate::model::{Body, Calibration, Engine, Linear, Model, Ranked};

/// The latest format this program writes and reads.
pub const FORMAT: u32 = 3;

/// How the numbers of trees lie in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Packing {
    /// Tensors anyone can read, every bit kept. Format 1.
    #[default]
    Plain,
    /// The fewest bytes: coded, and training weights rounded to three leading bits. Scores keep every bit, contributions do not;
    /// `docs/FORMATS.md` says by how much. Format 2.
    Compact,
}

/// What is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Golden leads; each is scored.
    pub goldens: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 256 << 20, goldens: 1000 }
    }
}

/// A model with its schema, features, calibration, bands and provenance.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What is known of the model beside its numbers.
    pub manifest: Manifest,
    /// How fields and scores were distributed in training.
    pub reference: Option<Reference>,
    /// What the model was when it was trained (`plumbline baseline`).
    pub baseline: Option<Baseline>,
    model: Model,
    goldens: Vec<Golden>,
    packing: Packing,
    /// Compiled to verify the goldens; kept for the scorer.
    engine: Option<Engine>,
}

impl Bundle {
    /// A bundle of `model` and what is known of it. Golden leads are made when it is written, unless rows are given
    /// ([`Bundle::with_golden_rows`]).
    pub fn new(manifest: Manifest, model: Model) -> Bundle {
        Bundle { manifest, reference: None, baseline: None, model, goldens: Vec::new(), packing: Packing::Plain, engine: None }
    }

    /// The same bundle with golden leads made of `rows` (each one value per column; about 20, as varied as can be).
    pub fn with_golden_rows(mut self, rows: &[Vec<f64>]) -> Bundle {
        self.goldens = rows.iter().map(|row| Golden { row: row.clone(), expected: Expected::default() }).collect();
        self
    }

    /// The same bundle, to be written so.
    pub fn packed(mut self, packing: Packing) -> Bundle {
        self.packing = packing;
        self
    }

    /// How the file is packed that this was read from or will become.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The golden leads of a bundle that was read.
    pub fn goldens(&self) -> &[Golden] {
        &self.goldens
    }

    /// The model, compiled. Reading a bundle compiles it once to score the golden leads, and this takes that engine over.
    pub fn take_engine(&mut self) -> Engine {
        self.engine.take().unwrap_or_else(|| Engine::compile(&self.model))
    }

    /// Reads and verifies a bundle of ordinary size; after it scoring cannot fail on the model.
    ///
    /// # Errors
    /// [`BundleError`] with the reason.
    pub fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
        Bundle::read_within(bytes, &Limits::default())
    }

    /// Reads and verifies a bundle within `limits`.
    ///
    /// # Errors
    /// [`BundleError`] with the reason.
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Bundle, BundleError> {
        Bundle::take_apart(bytes, limits).and_then(compiled)
    }

    /// Reads and verifies what scoring needs of a bundle of ordinary size: everything but its reference and baseline, which are left out. For a
    /// module that travels to a page, which then carries no code for them.
    ///
    /// # Errors
    /// [`BundleError`] with the reason.
    pub fn read_for_scoring(bytes: &[u8]) -> Result<Bundle, BundleError> {
        Bundle::parts(bytes, &Limits::default(), |_, _, _| Ok((None, None))).and_then(compiled)
    }

    /// Everything but the golden leads' scores is verified.
    pub(crate) fn take_apart(bytes: &[u8], limits: &Limits) -> Result<(Bundle, Option<Ranked>), BundleError> {
        Bundle::parts(bytes, limits, training)
    }

    #[inline(never)]
    fn parts(
        bytes: &[u8],
        limits: &Limits,
        training: fn(&Reader<'_>, &Manifest, &Model) -> Result<Training, BundleError>,
    ) -> Result<(Bundle, Option<Ranked>), BundleError> {
        limit("the file", bytes.len() as u64, limits.bytes)?;
        let file = Reader::new(bytes)?;
        header::check_format(&file)?;
        header::check_digest(&file, bytes)?;
        let mut manifest = header::json(&file, "manifest", decode::manifest)?;
        let mut numbers = Numbers::of(&file);
        if let Calibration::Isotonic { x, y, .. } = &mut manifest.calibration {
            *x = numbers.plain("isotonic.x");
            *y = numbers.plain("isotonic.y");
        }
        let shape = header::json(&file, "model", Shape::decode)?;
        let (mut nodes_are_valid, mut ranked) = (false, None);
        let body = match shape.kind {
            ShapeKind::Trees => {
                let grown = tree::read(&file, shape.arithmetic, shape.columns.len())?;
                (nodes_are_valid, ranked) = (grown.is_valid, Some(grown.ranked));
                Body::Trees(grown.ensemble)
            }
            ShapeKind::Linear => Body::Linear(Linear {
                arithmetic: shape.arithmetic,
                base: numbers.plain("base"),
                weights: numbers.plain("linear.weight"),
                means: numbers.plain("linear.mean"),
            }),
        };
        numbers.finish()?;
        let model = Model { columns: shape.columns, body, link: shape.link, outputs: shape.outputs };
        check(&manifest, &model, nodes_are_valid)?;
        let (reference, baseline) = training(&file, &manifest, &model)?;
        let goldens = header::read_goldens(&file, model.columns.len(), limits.goldens)?;
        let packing = if file.tensor("code.words").is_some() { Packing::Compact } else { Packing::Plain };
        Ok((Bundle { manifest, reference, baseline, model, goldens, packing, engine: None }, ranked))
    }

    /// The bytes of the bundle, the same for the same content, always. The golden leads' bits are those of this program.
    ///
    /// # Errors
    /// [`BundleError`] when the content is not what a reader would accept.
    pub fn write(&self) -> Result<Vec<u8>, BundleError> {
        check(&self.manifest, &self.model, false)?;
        if self.reference.as_ref().is_some_and(|reference| !reference.fits(&self.manifest.schema)) {
            return Err(reference::unsound());
        }
        let mut file = Writer::default();
        let kind = match &self.model.body {
            Body::Trees(ensemble) => {
                tree::write(ensemble, self.model.columns.len(), self.packing, &mut file);
                (ShapeKind::Trees, ensemble.arithmetic)
            }
            Body::Linear(linear) => {
                file.plain("base", &linear.base);
                file.plain("linear.weight", &linear.weights);
                file.plain("linear.mean", &linear.means);
                (ShapeKind::Linear, linear.arithmetic)
            }
        };
        let mut manifest = self.manifest.clone();
        if let Calibration::Isotonic { x, y, .. } = &mut manifest.calibration {
            file.plain("isotonic.x", &std::mem::take(x));
            file.plain("isotonic.y", &std::mem::take(y));
        }
        let reference = self.reference.as_ref().map(|reference| reference::write(reference, &mut file));
        let baseline = self.baseline.as_ref().map(baseline::write).transpose()?;
        let goldens = self.expect_goldens();
        header::finish(file, &manifest, &Shape::of(&self.model, kind), (reference.as_deref(), baseline), &goldens)
    }

    /// The golden leads with the bits of the reference evaluator, which every engine is then held to.
    fn expect_goldens(&self) -> Vec<Golden> {
        let rows = if self.goldens.is_empty() {
            golden::make_rows(&self.model, golden::made(self.model.columns.len()))
        } else {
            self.goldens.iter().map(|g| g.row.clone()).collect()
        };
        let mut margins = vec![0.0; self.model.outputs as usize];
        let mut expected = |row: &[f64]| {
            self.model.margins(row, &mut margins);
            golden::expected(&margins, &self.manifest, &self.model)
        };
        rows.into_iter().map(|row| Golden { expected: expected(&row), row }).collect()
    }
}

impl PartialEq for Bundle {
    /// Equal content; how it is packed, and whether it is compiled already, does not count.
    fn eq(&self, other: &Bundle) -> bool {
        self.manifest == other.manifest
            && self.reference == other.reference
            && self.baseline == other.baseline
            && self.model == other.model
    }
}

/// What is known of the training data.
type Training = (Option<Reference>, Option<Baseline>);

fn training(file: &Reader<'_>, manifest: &Manifest, model: &Model) -> Result<Training, BundleError> {
    Ok((reference::of(file, manifest, model)?, baseline::of(file)?))
}

/// The bundle with its engine, once its golden leads have their expected bits.
fn compiled((mut bundle, ranked): (Bundle, Option<Ranked>)) -> Result<Bundle, BundleError> {
    let engine = Engine::compile_ranked(&bundle.model, ranked.as_ref());
    golden::verify(&bundle.goldens, &bundle.manifest, &bundle.model, &engine)?;
    bundle.engine = Some(engine);
    Ok(bundle)
}

fn limit(what: &'static str, found: u64, limit: u64) -> Result<(), BundleError> {
    if found > limit { Err(BundleError::TooLarge { what, found, limit }) } else { Ok(()) }
}

/// What both reader and writer demand of the content.
fn check(manifest: &Manifest, model: &Model, nodes_are_valid: bool) -> Result<(), BundleError> {
    model.validate_given(nodes_are_valid).map_err(|e| BundleError::InvalidModel(e.to_string()))?;
    let members = manifest.calibration.members();
    if manifest.calibration.is_average() && members.len() != model.outputs as usize {
        let (members, outputs) = (members.len(), model.outputs);
        return Err(BundleError::InvalidModel(format!(
            "its calibration averages {members} models, but it has {outputs} outputs"
        )));
    }
    members.iter().try_for_each(check_calibration)
}

/// What both reader and writer demand of one calibration.
fn check_calibration(calibration: &Calibration) -> Result<(), BundleError> {
    match calibration {
        Calibration::None => Ok(()),
        Calibration::Sigmoid { slope, intercept, .. } if slope.is_finite() && intercept.is_finite() => Ok(()),
        Calibration::Isotonic { x, y, .. } => {
            let rising =
                x.windows(2).all(|w| matches!(w, [a, b] if a < b)) && y.windows(2).all(|w| matches!(w, [a, b] if a <= b));
            let finite = x.iter().chain(y).all(|v| v.is_finite());
            let sound = rising && finite && x.len() == y.len() && !x.is_empty();
            if sound {
                Ok(())
            } else {
                Err(BundleError::InvalidModel("its isotonic knots must increase and be equal in number".into()))
            }
        }
        Calibration::Sigmoid { .. } => Err(BundleError::InvalidModel("its calibration is not finite".into())),
        Calibration::Average(_) => Err(BundleError::InvalidModel("its calibration averages averages".into())),
    }
}

#[cfg(test)]
mod tests;
