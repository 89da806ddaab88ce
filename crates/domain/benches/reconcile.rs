//! A site of 20,000 assets reconciled rack by rack and its moves matched, with seeded moves, swaps, copied labels, unknown
//! assets and differing papers, against the floor: looking each sighting's ledger row up and copying the sighting, which any
//! answer must carry. What comes out is compared with the oracle of the tests before anything is printed.

#![allow(clippy::unwrap_used, dead_code, reason = "the tests' walked site, which stops at what it did not expect")]

#[path = "../tests/reconciling/engine.rs"]
mod engine;
#[path = "../tests/reconciling/walk.rs"]
mod walk;

use std::{
    collections::HashMap,
    hint::black_box,
    time::{Duration, Instant},
};

use xunjian_domain::{
    ids::AssetId,
    ledger::LedgerEntry,
    reconciliation::{Sighting, Verdict, match_moves},
};

use crate::{
    engine::{reconcile, reports},
    walk::Walk,
};

const ASSETS: usize = 20_000;
const ROUNDS: usize = 9;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn floor(walk: &Walk) -> Vec<(&LedgerEntry, Sighting)> {
    let by_id: HashMap<&AssetId, &LedgerEntry> = walk.assets.iter().map(|asset| (&asset.id, asset)).collect();
    let seen = walk.racks.iter().flat_map(|rack| &rack.sightings);
    seen.filter_map(|seen| Some((*by_id.get(seen.asset.as_ref()?)?, seen.clone()))).collect()
}

fn assert_equal_to_oracle(walk: &Walk) {
    let found = reconcile(walk);
    for (found, (verdicts, unknown)) in found.iter().zip(walk.expected()) {
        let mut known: Vec<(AssetId, Vec<Verdict>)> =
            found.iter().filter_map(|one| Some((one.asset.clone()?, one.verdicts.clone()))).collect();
        known.sort();
        assert_eq!(known, verdicts);
        assert_eq!(found.len() - known.len(), unknown);
    }
    let reports = reports(walk, &found);
    for (found, (whereabouts, elsewhere)) in match_moves(&reports).iter().zip(walk.expected_whereabouts()) {
        assert_eq!(found.whereabouts, whereabouts, "{}", found.asset);
        assert!(found.seen_elsewhere.iter().copied().eq(&elsewhere));
    }
}

fn main() {
    let walk = Walk::new(294, ASSETS);
    assert_equal_to_oracle(&walk);
    let (mut whole, mut least) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let found = reconcile(&walk);
        black_box(match_moves(&reports(&walk, &found)).len());
        whole.push(begun.elapsed());
        let begun = Instant::now();
        black_box(floor(&walk).len());
        least.push(begun.elapsed());
    }
    let sightings: usize = walk.racks.iter().map(|rack| rack.sightings.len()).sum();
    let (whole, least) = (median(whole), median(least));
    println!(
        "reconcile {ASSETS} assets in {} racks by {sightings} sightings and match their moves, equal to the oracle: {:.1} × \
         looking each row up and copying its sighting ({whole:.1} ms to {least:.1} ms)",
        walk.racks.len(),
        whole / least,
    );
}
