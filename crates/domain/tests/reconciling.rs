//! 校核 as a whole: every verdict, any order of scanning, and seeded sites against an independent oracle.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what it did not expect")]

#[path = "reconciling/cases.rs"]
mod cases;
#[path = "reconciling/engine.rs"]
mod engine;
#[path = "reconciling/walk.rs"]
mod walk;

use proptest::prelude::*;
use xunjian_domain::reconciliation::{Verdict, Whereabouts, match_moves};

use crate::{
    engine::{reconcile, reports},
    walk::{Draw, Walk},
};

/// Compares what the engine says of a walked site with what the oracle knows of it.
fn assert_equal_to_oracle(walk: &Walk) {
    let found = reconcile(walk);
    for ((rack, found), (verdicts, unknown)) in walk.racks.iter().zip(&found).zip(walk.expected()) {
        let mut known: Vec<_> =
            found.iter().filter_map(|one| Some((one.asset.clone()?, one.verdicts.clone()))).collect();
        known.sort();
        assert_eq!(known, verdicts, "the verdicts of {}", rack.id);
        let strange: Vec<_> = found.iter().filter(|one| one.asset.is_none()).collect();
        assert_eq!(strange.len(), unknown, "the unknown assets of {}", rack.id);
        assert!(strange.iter().all(|one| one.verdicts == [Verdict::NotInLedger]));
    }
    let matched = match_moves(&reports(walk, &found));
    let expected = walk.expected_whereabouts();
    assert_eq!(matched.len(), expected.len(), "one answer for each asset");
    for ((asset, found), (whereabouts, elsewhere)) in walk.assets.iter().zip(&matched).zip(expected) {
        assert_eq!(found.asset, &asset.id);
        assert_eq!(found.whereabouts, whereabouts, "{}", asset.id);
        assert_eq!(found.seen_elsewhere.iter().copied().cloned().collect::<Vec<_>>(), elsewhere, "{}", asset.id);
    }
}

#[test]
fn a_large_seeded_site_comes_out_as_the_oracle_says_and_holds_every_case() {
    let walk = Walk::new(294, 2_000);
    assert_equal_to_oracle(&walk);
    let expected = walk.expected();
    let all: std::collections::BTreeSet<Verdict> =
        expected.iter().flat_map(|(rows, _)| rows).flat_map(|(_, verdicts)| verdicts.iter().copied()).collect();
    assert_eq!(all.len(), 11, "every verdict but 账外 stands at some asset: {all:?}");
    assert!(expected.iter().any(|(_, unknown)| *unknown > 0), "and 账外 at some rack");
    let places: std::collections::BTreeSet<Whereabouts> =
        walk.expected_whereabouts().into_iter().map(|(whereabouts, _)| whereabouts).collect();
    assert_eq!(places.len(), 6, "every whereabouts occurs: {places:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_seeded_site_comes_out_as_the_oracle_says(seed: u64, assets in 1_usize..160) {
        assert_equal_to_oracle(&Walk::new(seed, assets));
    }

    #[test]
    fn the_order_of_scanning_decides_nothing_but_which_look_was_the_last(seed: u64, again: u64) {
        let mut walk = Walk::new(seed, 60);
        for rack in &mut walk.racks {
            // What was looked at twice keeps its later look only; then any order is as good as any other.
            let sightings = std::mem::take(&mut rack.sightings);
            for (at, one) in sightings.iter().enumerate() {
                let is_last = one.asset.is_none() || sightings[at + 1..].iter().all(|later| later.asset != one.asset);
                if is_last {
                    rack.sightings.push(one.clone());
                }
            }
        }
        let known = |walk: &Walk| reconcile(walk).into_iter().map(|rack| {
            let mut rows: Vec<_> = rack.into_iter().map(|one| (one.asset, one.verdicts)).collect();
            rows.sort();
            rows
        }).collect::<Vec<_>>();
        let before = known(&walk);
        for rack in &mut walk.racks {
            Draw::new(again).shuffle(&mut rack.sightings);
        }
        prop_assert_eq!(before, known(&walk));
    }

    #[test]
    fn a_verdict_stands_alone_where_it_says_so_and_nothing_is_missing_in_an_open_rack(seed: u64) {
        let walk = Walk::new(seed, 80);
        for (rack, found) in walk.racks.iter().zip(reconcile(&walk)) {
            for one in found {
                prop_assert!(!one.verdicts.is_empty());
                prop_assert!(one.verdicts.is_sorted());
                let alone = [Verdict::Matches, Verdict::Missing, Verdict::NotInLedger, Verdict::Unverified];
                prop_assert!(one.verdicts.len() == 1 || one.verdicts.iter().all(|verdict| !alone.contains(verdict)));
                prop_assert!(rack.is_closed || !one.verdicts.contains(&Verdict::Missing), "{} is open", rack.id);
                prop_assert_eq!(one.sighting.is_none(), one.verdicts == [Verdict::Missing] || (one.verdicts == [Verdict::Unverified] && one.sighting.is_none()));
            }
        }
    }
}
