//! Declarations in TOML: what passes its check compiles or is refused with codes, and travels through a bundle unchanged.

use plumbline::harness::declaration;
use plumbline_core::model::{Arithmetic, Body, Linear, Link, Model};
use plumbline_core::{Bundle, Manifest, Options, Pipeline, Scorer, Timestamp, Workspace};

pub(super) fn schema(data: &[u8]) {
    let Ok(declaration) = declaration(data, "fuzz".to_owned()) else { return };
    let json = serde_json::to_string(&declaration).expect("a declaration is JSON");
    assert_eq!(serde_json::from_str::<plumbline_core::Declaration>(&json).expect("JSON"), declaration);
    let schema = declaration.schema();
    let columns = Pipeline::columns(&schema, &declaration.feature);
    let compiled = Pipeline::compile(&schema, &declaration.feature, &columns);
    if let Err(errors) = &compiled {
        assert!(!errors.problems.is_empty() && errors.problems.iter().all(|p| !p.code.is_empty()));
        return;
    }
    if columns.len() > 2000 {
        return;
    }
    let weights = (0..columns.len()).map(|i| (i % 7) as f64 - 3.0).collect();
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![0.25], weights, means: Vec::new() };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let manifest = Manifest::declared(declaration, &model.columns, &[]);
    let bundle = Bundle::new(manifest, model);
    let Ok(bytes) = bundle.write() else { return };
    let read = Bundle::read(&bytes).expect("what was written is read");
    assert!(read.manifest == bundle.manifest, "a declaration changed on its way through a bundle");
    let Ok(scorer) = Scorer::new(read) else { return };
    let (mut work, mut out) = (Workspace::default(), Vec::new());
    for lead in [r#"{"a": 1, "b": "x", "c": ["x"], "d": true, "day": "2026-11-23", "mail": "a@b.example"}"#, "{}"] {
        let scored = scorer.score_json(lead.as_bytes(), Timestamp(0), &Options::with_reasons(3), &mut work, &mut out);
        if scored.is_ok() {
            serde_json::from_slice::<serde_json::Value>(&out).expect("a score is JSON");
        }
        out.clear();
    }
}
