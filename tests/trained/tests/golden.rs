//! A trained model has one digest: the golden one, in any order of its rows. `tests/hosts/trained.test.mjs` holds wasm to the same.

use plumbline_trained::{Kind, begin, digest};

const ROWS: u32 = 3_000;

fn trained(kind: Kind, order: u64) -> String {
    let mut fit = begin(kind, ROWS, order).unwrap();
    while fit.step().unwrap() {}
    digest(&fit).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn models_have_their_golden_digests_in_any_order_of_rows() {
    let lines = |order| Kind::COMPARED.map(|kind| format!("{} {}\n", kind.name(), trained(kind, order))).concat();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/trained.txt");
    let golden = std::fs::read_to_string(&file).unwrap();
    let found = lines(0);
    assert_eq!(found, golden, "a change of the trainer that is meant changes {} too", file.display());
    for order in [1, 7, 20] {
        assert_eq!(lines(order), golden, "order {order}");
    }
}
