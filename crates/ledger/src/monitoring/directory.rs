//! Whose row it is: resources of a ledger, found by id, serial, asset tag, name or address.
//!
//! The ledger has no column for addresses; an address is looked for among names and as a whole word of the remarks.

use std::collections::HashMap;

use xunjian_domain::{
    ledger::Ledger,
    monitoring::{Identity, MonitoredKind},
    text::Text,
};

use super::{Code, message};
use crate::import::cell::{key, narrow};

/// A resource of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its id in the ledger.
    pub id: String,
    /// What it is monitored as.
    pub kind: MonitoredKind,
    /// Its name; of an asset without one its brand, model and serial.
    pub name: String,
    /// 集群; empty for assets.
    pub cluster: String,
    /// 归属单位.
    pub owning_unit: String,
    /// 机房; empty for virtual machines, which the ledger puts into clusters.
    pub room: String,
    /// 机柜; empty for virtual machines.
    pub rack: String,
}

/// What the ledger says of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'d> {
    /// It is this one.
    One(&'d Resource),
    /// The ledger has none such.
    None,
    /// It has so many.
    Several(usize),
    /// The row's own names mean different ones.
    Contradiction(&'d Resource, &'d Resource),
}

impl Found<'_> {
    /// How an import lists a row that stands for no resource; `None` for one that does.
    #[must_use]
    pub fn problem(&self, identity: &Identity, kind: Option<MonitoredKind>) -> Option<(Code, Text)> {
        let name = identity.shown();
        match self {
            Self::One(_) => None,
            Self::None => Some((Code::NotInLedger, message::not_in_ledger(name, kind.is_some()))),
            Self::Several(count) => Some((Code::Several, message::several(name, *count))),
            Self::Contradiction(one, other) => {
                Some((Code::Contradiction, message::contradiction(&one.name, &other.name)))
            }
        }
    }
}

/// By what a resource is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum By {
    Id,
    Serial,
    AssetTag,
    Name,
    Address,
}

/// The resources of one version of a ledger.
#[derive(Debug)]
pub struct Directory {
    resources: Vec<Resource>,
    places: HashMap<(By, String), Vec<usize>>,
}

impl Directory {
    /// Of a ledger.
    #[must_use]
    pub fn of(ledger: &Ledger) -> Self {
        let rooms: HashMap<&str, &str> =
            ledger.rooms.iter().map(|room| (room.id.as_str(), room.name.as_str())).collect();
        let racks: HashMap<&str, &str> =
            ledger.racks.iter().map(|rack| (rack.id.as_str(), rack.name.as_str())).collect();
        let clusters: HashMap<&str, &str> =
            ledger.clusters.iter().map(|cluster| (cluster.id.as_str(), cluster.name.as_str())).collect();
        let named = |names: &HashMap<&str, &str>, id: &str| names.get(id).copied().unwrap_or_default().to_owned();
        let mut directory = Self { resources: Vec::new(), places: HashMap::new() };
        for asset in &ledger.assets {
            let name = if asset.name.is_empty() {
                [asset.brand.as_str(), &asset.model, &asset.serial].map(str::trim).join(" ").trim().to_owned()
            } else {
                asset.name.clone()
            };
            let at = directory.add(Resource {
                id: asset.id.to_string(),
                kind: MonitoredKind::of_asset(asset.kind),
                name,
                cluster: String::new(),
                owning_unit: asset.owning_unit.clone(),
                room: named(&rooms, asset.room.as_str()),
                rack: named(&racks, asset.rack.as_str()),
            });
            directory.index(By::Id, asset.id.as_str(), at);
            directory.index(By::Serial, &asset.serial, at);
            directory.index(By::AssetTag, &asset.asset_tag, at);
            directory.index(By::Name, &asset.name, at);
            for word in words(&asset.name).chain(words(&asset.note)).filter(|word| is_address(word)) {
                directory.index(By::Address, word, at);
            }
        }
        for vm in &ledger.vms {
            let at = directory.add(Resource {
                id: vm.id.to_string(),
                kind: MonitoredKind::VirtualMachine,
                name: vm.name.clone(),
                cluster: named(&clusters, vm.cluster.as_str()),
                owning_unit: vm.owning_unit.clone(),
                room: String::new(),
                rack: String::new(),
            });
            directory.index(By::Id, vm.id.as_str(), at);
            directory.index(By::Name, &vm.name, at);
            for word in words(&vm.name).filter(|word| is_address(word)) {
                directory.index(By::Address, word, at);
            }
        }
        directory
    }

    fn add(&mut self, resource: Resource) -> usize {
        self.resources.push(resource);
        self.resources.len() - 1
    }

    fn index(&mut self, by: By, text: &str, at: usize) {
        let key = key(text);
        if !key.is_empty() {
            let places = self.places.entry((by, key)).or_default();
            if !places.contains(&at) {
                places.push(at);
            }
        }
    }

    /// All resources, in ledger order: assets, then virtual machines.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The resource that a row is about. Of the row's names the first that means exactly one resource decides, and none of
    /// the others may mean only others. A kind narrows the search down; so does a cluster.
    #[must_use]
    pub fn find(&self, kind: Option<MonitoredKind>, identity: &Identity) -> Found<'_> {
        let names = [
            (By::Id, &identity.id),
            (By::Serial, &identity.serial),
            (By::AssetTag, &identity.asset_tag),
            (By::Name, &identity.name),
            (By::Address, &identity.address),
        ];
        let found = names.map(|(by, text)| self.named(by, text, kind, &identity.cluster));
        let decides = found.iter().find_map(|found| if let [only] = found[..] { Some(only) } else { None });
        let Some(one) = decides else {
            let several = found.iter().map(Vec::len).find(|count| *count > 1);
            return several.map_or(Found::None, Found::Several);
        };
        let holds_it = |found: &&Vec<&Resource>| found.iter().any(|resource| resource.id == one.id);
        let other = found.iter().filter(|found| !found.is_empty()).find(|found| !holds_it(found));
        match other.and_then(|found| found.first()) {
            Some(other) => Found::Contradiction(one, other),
            None => Found::One(one),
        }
    }

    fn named(&self, by: By, text: &str, kind: Option<MonitoredKind>, cluster: &str) -> Vec<&Resource> {
        // A machine may have several addresses in one cell.
        let spelled: Vec<String> = match by {
            By::Address => words(&narrow(text)).map(key).collect(),
            _ => vec![key(text)],
        };
        let mut places: Vec<usize> =
            spelled.into_iter().filter_map(|word| self.places.get(&(by, word))).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let all: Vec<&Resource> = places.iter().filter_map(|at| self.resources.get(*at)).collect();
        // An id, serial or tag means what it means, whatever the file calls the kind.
        if matches!(by, By::Id | By::Serial | By::AssetTag) {
            return all;
        }
        let cluster = key(cluster);
        let fits = |resource: &&Resource| {
            let is_of_kind = kind.is_none_or(|kind| {
                let is_machine = |kind| matches!(kind, MonitoredKind::PhysicalMachine | MonitoredKind::HostedDevice);
                resource.kind == kind || (is_machine(kind) && is_machine(resource.kind))
            });
            let is_of_cluster = cluster.is_empty() || resource.cluster.is_empty() || key(&resource.cluster) == cluster;
            is_of_kind && is_of_cluster
        };
        all.into_iter().filter(fits).collect()
    }
}

/// The words of a text: what stands between white space and punctuation that no address has.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | ':')))
        .map(|word| word.trim_matches([':', '.']))
}

/// Whether a word is an address.
fn is_address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}
