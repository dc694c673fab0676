//! Properties that hold for every allocation.

use proptest::prelude::*;

use super::*;
use crate::event::Role;

const IDS: usize = 20_000;

fn allocation(hash: Hash, salt: &str, shares: &[u32]) -> Allocation {
    let room = WHOLE_BP / shares.len() as u32;
    let arms = shares.iter().enumerate().map(|(i, share)| Arm {
        variant: format!("c{i}"),
        share_bp: (*share).min(room),
        room_bp: Some(room),
    });
    let settings = AllocationSettings {
        experiment: salt.to_owned(),
        hash,
        arm: arms.collect(),
        exploration_bp: 100,
        ..AllocationSettings::champion_only("champion")
    };
    Allocation::compile(settings).unwrap()
}

fn hash() -> impl Strategy<Value = Hash> {
    prop::sample::select(Hash::ALL.map(|(_, hash)| hash).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Widening never moves a lead that is in, and rolling back moves back exactly the leads that were moved.
    #[test]
    fn widening_moves_only_newcomers(
        hash in hash(), salt in "[a-z0-9]{1,12}", grown in 0usize..3,
        mut shares in prop::collection::vec(0u32..=3_333, 1..4), by in 0u32..=3_333,
    ) {
        let before = allocation(hash, &salt, &shares);
        let grown = grown % shares.len();
        shares[grown] = shares[grown].saturating_add(by).min(10_000);
        let after = allocation(hash, &salt, &shares);
        let name = format!("c{grown}");
        for i in 0..IDS / 10 {
            let id = format!("lead-{i}");
            let (was, is) = (before.assign(&id), after.assign(&id));
            if was.variant != is.variant {
                prop_assert_eq!(was.variant, "champion");
                prop_assert_eq!(is.variant, name.as_str());
            }
        }
    }

    /// Each arm holds its share of leads, within six standard deviations of the binomial.
    #[test]
    fn arms_hold_their_share(salt in "[a-z0-9]{1,12}", shares in prop::collection::vec(0u32..=3_333, 1..4)) {
        let allocation = allocation(Hash::Sha256, &salt, &shares);
        let mut counts = vec![0u32; shares.len()];
        for i in 0..IDS {
            let assignment = allocation.assign(&format!("lead-{i}"));
            if let Some(arm) = assignment.variant.strip_prefix('c').and_then(|n| n.parse::<usize>().ok()) {
                counts[arm] += 1;
            }
        }
        for (count, share) in counts.iter().zip(&shares) {
            let p = f64::from(*share) / 10_000.0;
            let bound = 6.0 * (IDS as f64 * p * (1.0 - p)).sqrt();
            prop_assert!((f64::from(*count) - IDS as f64 * p).abs() <= bound, "{count} of {IDS} at {share} bp");
        }
    }

    /// The exploration slice does not know the rollout: chi-square of the 2 × 2 table stays below 30 (p = 4e-8).
    #[test]
    fn exploration_and_rollout_are_independent(salt in "[a-z0-9]{1,12}") {
        let settings = AllocationSettings { exploration_bp: 2_000, ..allocation(Hash::Sha256, &salt, &[3_000]).settings().clone() };
        let allocation = Allocation::compile(settings).unwrap();
        let mut table = [[0.0f64; 2]; 2];
        for i in 0..IDS {
            let assignment = allocation.assign(&format!("lead-{i}"));
            table[usize::from(assignment.role == Role::Challenger)][usize::from(assignment.explores)] += 1.0;
        }
        let [[a, b], [c, d]] = table;
        let chi2 = IDS as f64 * (a * d - b * c) * (a * d - b * c) / ((a + b) * (c + d) * (a + c) * (b + d));
        prop_assert!(chi2 < 30.0, "{table:?}: chi-square {chi2}");
    }
}
