//! A trained model has one digest: the golden one, in any order of its rows. `tests/hosts/trained.test.mjs` holds wasm to the same.

use plumbline_trained::{Kind, begin, digest};

const ROWS: u32 = 3_000;

/// A line for each kind, with the digest of its model of the leads in this order.
fn lines(order: u64) -> Result<String, String> {
    let mut lines = String::new();
    for kind in Kind::COMPARED {
        let mut fit = begin(kind, ROWS, order)?;
        while fit.step().map_err(|e| e.to_string())? {}
        let hex: String = digest(&fit)?.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push_str(&format!("{} {hex}\n", kind.name()));
    }
    Ok(lines)
}

#[test]
fn models_have_their_golden_digests_in_any_order_of_rows() -> Result<(), String> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/trained.txt");
    let golden = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
    assert_eq!(lines(0)?, golden, "a change of the trainer that is meant changes {} too", file.display());
    for order in [1, 7, 20] {
        assert_eq!(lines(order)?, golden, "order {order}");
    }
    Ok(())
}
