//! Which row of a new ledger is the same asset as one of the version before, so that ids live on over imports.

use std::{collections::HashMap, hash::Hash};

use super::{Ledger, LedgerEntry};

/// Where new ids come from; an effect, so the caller brings it.
pub trait NewIds {
    /// A fresh UUIDv7 text.
    fn new_id(&mut self) -> String;
}

impl<F: FnMut() -> String> NewIds for F {
    fn new_id(&mut self) -> String {
        self()
    }
}

/// Gives each room, rack, asset, cluster and virtual machine of `next` the id it had in `previous`.
///
/// An asset is recognised by, in this order: its asset tag; its serial, where that is unique in both versions; its name
/// within its room, where unique; its rack, side, lowest unit, brand and model, and of several that share all of these (two
/// power strips of one rack) by their order. What is recognised by none keeps the new id that the importer gave it. Rooms, racks (within their room), clusters and virtual machines (within their cluster)
/// are recognised by name.
pub fn assign_identities(previous: &Ledger, next: &mut Ledger) {
    rename_places(previous, next);
    let (mut free, mut open) = (vec![true; previous.assets.len()], vec![true; next.assets.len()]);
    let keys: [fn(&LedgerEntry) -> Option<String>; 4] = [by_tag, by_serial, by_name, by_place];
    for key in keys {
        let old = unique(still(&free, &previous.assets).map(|(at, asset)| (at, key(asset))));
        let new = unique(still(&open, &next.assets).map(|(at, asset)| (at, key(asset))));
        same(&old, &new, previous, next, (&mut free, &mut open));
    }
    let old = in_order(still(&free, &previous.assets).map(|(at, asset)| (at, by_place(asset))));
    let new = in_order(still(&open, &next.assets).map(|(at, asset)| (at, by_place(asset))));
    same(&old, &new, previous, next, (&mut free, &mut open));
}

/// The assets whose flag is up, with their places.
fn still<'a>(flags: &'a [bool], assets: &'a [LedgerEntry]) -> impl Iterator<Item = (usize, &'a LedgerEntry)> {
    flags.iter().zip(assets).enumerate().filter(|(_, (flag, _))| **flag).map(|(at, (_, asset))| (at, asset))
}

/// Gives each new asset the id of the old one with its key, and takes both flags down.
fn same<K: Eq + Hash>(
    old: &HashMap<K, usize>,
    new: &HashMap<K, usize>,
    previous: &Ledger,
    next: &mut Ledger,
    (free, open): (&mut [bool], &mut [bool]),
) {
    for (key, at) in new {
        if let Some(before) = old.get(key) {
            next.assets[*at].id = previous.assets[*before].id.clone();
            free[*before] = false;
            open[*at] = false;
        }
    }
}

fn rename_places(previous: &Ledger, next: &mut Ledger) {
    let mut rooms = HashMap::new();
    for room in &mut next.rooms {
        if let Some(before) = previous.rooms.iter().find(|before| before.name == room.name) {
            rooms.insert(room.id.clone(), before.id.clone());
            room.id = before.id.clone();
        }
    }
    let known: HashMap<_, _> = previous.racks.iter().map(|rack| ((&rack.room, rack.name.as_str()), &rack.id)).collect();
    let mut racks = HashMap::new();
    for rack in &mut next.racks {
        if let Some(room) = rooms.get(&rack.room) {
            rack.room = room.clone();
        }
        if let Some(id) = known.get(&(&rack.room, rack.name.as_str())) {
            racks.insert(rack.id.clone(), (*id).clone());
            rack.id = (*id).clone();
        }
    }
    for asset in &mut next.assets {
        if let Some(room) = rooms.get(&asset.room) {
            asset.room = room.clone();
        }
        if let Some(rack) = racks.get(&asset.rack) {
            asset.rack = rack.clone();
        }
    }
    let mut clusters = HashMap::new();
    for cluster in &mut next.clusters {
        if let Some(before) = previous.clusters.iter().find(|before| before.name == cluster.name) {
            clusters.insert(cluster.id.clone(), before.id.clone());
            cluster.id = before.id.clone();
        }
    }
    let vms: HashMap<_, _> = previous.vms.iter().map(|vm| ((&vm.cluster, vm.name.as_str()), &vm.id)).collect();
    for vm in &mut next.vms {
        if let Some(cluster) = clusters.get(&vm.cluster) {
            vm.cluster = cluster.clone();
        }
        if let Some(id) = vms.get(&(&vm.cluster, vm.name.as_str())) {
            vm.id = (*id).clone();
        }
    }
}

/// The places whose key is present and stands only once.
fn unique(places: impl Iterator<Item = (usize, Option<String>)>) -> HashMap<String, usize> {
    let mut seen: HashMap<String, Option<usize>> = HashMap::new();
    for (at, key) in places {
        if let Some(key) = key {
            seen.entry(key).and_modify(|place| *place = None).or_insert(Some(at));
        }
    }
    seen.into_iter().filter_map(|(key, place)| Some((key, place?))).collect()
}

/// Every place, its key counted up among those that share it.
fn in_order(places: impl Iterator<Item = (usize, Option<String>)>) -> HashMap<(String, usize), usize> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut all = HashMap::new();
    for (at, key) in places {
        if let Some(key) = key {
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            all.insert((key, *count), at);
        }
    }
    all
}

fn by_tag(asset: &LedgerEntry) -> Option<String> {
    (!asset.asset_tag.is_empty()).then(|| asset.asset_tag.clone())
}

fn by_serial(asset: &LedgerEntry) -> Option<String> {
    (!asset.serial.is_empty()).then(|| asset.serial.clone())
}

fn by_name(asset: &LedgerEntry) -> Option<String> {
    (!asset.name.is_empty()).then(|| format!("{}\n{}", asset.room, asset.name))
}

fn by_place(asset: &LedgerEntry) -> Option<String> {
    let low = asset.span.map_or(0, |span| span.low);
    Some(format!("{}\n{:?}\n{low}\n{}\n{}", asset.rack, asset.face, asset.brand, asset.model))
}
