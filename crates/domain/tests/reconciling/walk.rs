//! A walked site made from a seed: the ledger, what really stands where, what inspectors noted in any order, and an oracle
//! that says what must come out. The oracle goes over the truth in plain nested loops and never compares ledger and
//! sighting: it knows what was done to each thing, because it was there when it was done.

use std::collections::BTreeSet;

use xunjian_domain::{
    ids::{AssetId, OrderNo, RackId, RoomId},
    ledger::{AssetKind, Face, LedgerEntry, ResourceKind, ResourceOrder, UnitSpan},
    reconciliation::{SightedBy, Sighting, Verdict, Whereabouts},
};

/// SplitMix64: small, seeded, the same on every machine.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True in `percent` of the cases.
    pub fn hits(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// The verdicts of a rack by asset, sorted.
pub type Verdicts = Vec<(AssetId, Vec<Verdict>)>;

/// How far the inspector looked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The label was read, nothing more.
    LabelOnly,
    /// “As in the ledger” was pressed.
    Confirmed,
    /// Units and model were read off.
    ReadOff,
}

/// Something that really stands in a rack, and what was done to it.
struct Thing {
    rack: usize,
    /// Which ledger asset it is; `None` for one the ledger does not have.
    asset: Option<usize>,
    look: Look,
    shifted: bool,
    turned: bool,
    other_brand: bool,
    other_model: bool,
    other_serial: bool,
    other_owner: bool,
    other_order: bool,
    other_quantity: bool,
    /// Spelled otherwise, which is no difference.
    respelled: bool,
    /// Noted wrongly first and rightly afterwards.
    twice: bool,
}

/// What was done to an asset's order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paper {
    Right,
    OtherUnit,
    Gone,
    NoNumber,
}

/// One rack as it was walked.
pub struct WalkedRack {
    pub id: RackId,
    pub is_closed: bool,
    pub sightings: Vec<Sighting>,
}

/// The site, what was noted of it, and what nobody but the oracle knows.
pub struct Walk {
    pub assets: Vec<LedgerEntry>,
    pub orders: Vec<ResourceOrder>,
    pub racks: Vec<WalkedRack>,
    things: Vec<Thing>,
    papers: Vec<Paper>,
    homes: Vec<usize>,
}

pub const IN_A_RACK: usize = 20;

impl Walk {
    /// A site of about `assets` assets.
    pub fn new(seed: u64, assets: usize) -> Self {
        let draw = &mut Draw::new(seed);
        let racks = assets.div_ceil(IN_A_RACK).max(3);
        let mut walk = Self {
            assets: Vec::new(),
            orders: Vec::new(),
            racks: (0..racks)
                .map(|no| WalkedRack { id: rack_id(no), is_closed: draw.hits(85), sightings: Vec::new() })
                .collect(),
            things: Vec::new(),
            papers: Vec::new(),
            homes: Vec::new(),
        };
        for no in 0..assets {
            walk.add_asset(draw, no, no / IN_A_RACK);
        }
        walk.place(draw, racks);
        walk.note(draw);
        walk
    }

    fn add_asset(&mut self, draw: &mut Draw, no: usize, rack: usize) {
        let low = u16::try_from(no % IN_A_RACK * 2 + 1).unwrap();
        let unit = format!("市第{}局", no % 7);
        let paper = match draw.below(100) {
            0..3 => Paper::OtherUnit,
            3..6 => Paper::Gone,
            6..9 => Paper::NoNumber,
            _ => Paper::Right,
        };
        let number = format!("DD-{no}");
        let order = |unit: String| ResourceOrder {
            no: OrderNo::new(&*number),
            owning_unit: unit,
            kind: ResourceKind::PhysicalServer,
            quantity: 1,
            cluster: String::new(),
        };
        match paper {
            Paper::Right => self.orders.push(order(unit.clone())),
            Paper::OtherUnit => self.orders.push(order("另一个单位".into())),
            Paper::Gone | Paper::NoNumber => {}
        }
        self.assets.push(LedgerEntry {
            id: AssetId::new(format!("asset-{no:06}")),
            kind: AssetKind::PhysicalServer,
            name: format!("host-{no}"),
            brand: "浪潮".into(),
            model: "NF5280 M6".into(),
            serial: format!("SN-{no:06}"),
            asset_tag: String::new(),
            quantity: 1,
            room: RoomId::new("room"),
            rack: rack_id(rack),
            span: UnitSpan::new(low, low + 1),
            face: Some(Face::Front),
            owning_unit: unit,
            order_no: OrderNo::new(if paper == Paper::NoNumber { "" } else { &number }),
            mounted_on: None,
            status: "在用".into(),
            note: String::new(),
        });
        self.papers.push(paper);
        self.homes.push(rack);
    }

    /// Decides where everything stands: at home, moved, swapped, gone, or under two copies of one label.
    fn place(&mut self, draw: &mut Draw, racks: usize) {
        let mut stands = self.homes.clone();
        for asset in 0..stands.len() {
            if draw.hits(2) {
                // A swap: two assets of any racks change places.
                let other = draw.below(stands.len());
                stands.swap(asset, other);
            }
        }
        for (asset, rack) in stands.into_iter().enumerate() {
            match draw.below(100) {
                // Gone.
                0..4 => {}
                // Moved to any other rack.
                4..8 => {
                    let other = (rack + 1 + draw.below(racks - 1)) % racks;
                    self.add_thing(draw, Some(asset), other);
                }
                // A copied label: the asset seems to stand in two racks.
                8..10 => {
                    self.add_thing(draw, Some(asset), rack);
                    self.add_thing(draw, Some(asset), (rack + 1) % racks);
                }
                _ => self.add_thing(draw, Some(asset), rack),
            }
        }
        for rack in 0..racks {
            if draw.hits(30) {
                self.add_thing(draw, None, rack);
            }
        }
    }

    fn add_thing(&mut self, draw: &mut Draw, asset: Option<usize>, rack: usize) {
        let look = match draw.below(10) {
            0 => Look::LabelOnly,
            1..6 => Look::Confirmed,
            _ => Look::ReadOff,
        };
        self.things.push(Thing {
            rack,
            asset,
            look,
            shifted: draw.hits(4),
            turned: draw.hits(2),
            other_brand: draw.hits(2),
            other_model: draw.hits(3),
            other_serial: draw.hits(2),
            other_owner: draw.hits(2),
            other_order: draw.hits(2),
            other_quantity: draw.hits(2),
            respelled: draw.hits(10),
            twice: draw.hits(5),
        });
    }

    /// The sightings of every rack, in any order.
    fn note(&mut self, draw: &mut Draw) {
        for thing in &self.things {
            let rack = &mut self.racks[thing.rack];
            let sighting = match thing.asset {
                Some(asset) => seen(thing, &self.assets[asset], &rack.id),
                None => Sighting {
                    serial: Some(format!("未登记-{}", draw.next())),
                    ..Sighting::bare(None, rack.id.clone(), SightedBy::Eye)
                },
            };
            rack.sightings.push(sighting);
        }
        for rack in &mut self.racks {
            draw.shuffle(&mut rack.sightings);
        }
        // Whoever looked twice noted something wrong before: it stands anywhere in front of the right one.
        for thing in self.things.iter().filter(|thing| thing.twice) {
            let Some(asset) = thing.asset else { continue };
            let rack = &mut self.racks[thing.rack];
            let wrong = Sighting {
                model: Some("看错的型号".into()),
                span: UnitSpan::new(41, 42),
                ..Sighting::bare(Some(self.assets[asset].id.clone()), rack.id.clone(), SightedBy::Eye)
            };
            let right =
                rack.sightings.iter().position(|one| one.asset.as_ref() == Some(&self.assets[asset].id)).unwrap();
            rack.sightings.insert(draw.below(right + 1), wrong);
        }
    }

    /// The orders with the numbers of a rack's assets, as a terminal looks them up.
    pub fn orders_of<'a>(&self, assets: impl Iterator<Item = &'a LedgerEntry>) -> Vec<ResourceOrder> {
        // Orders stand in the order of their assets, so the number says where to look.
        let mut found = Vec::new();
        for asset in assets {
            if let Ok(at) = self.orders.binary_search_by_key(&number_of(&asset.order_no), |order| number_of(&order.no))
            {
                found.push(self.orders[at].clone());
            }
        }
        found
    }

    // ---- The oracle --------------------------------------------------------------------------------------------------

    /// What each rack must say: verdicts by asset, and how many unknown assets.
    pub fn expected(&self) -> Vec<(Verdicts, usize)> {
        let mut in_rack: Vec<Vec<&Thing>> = self.racks.iter().map(|_| Vec::new()).collect();
        for thing in &self.things {
            in_rack[thing.rack].push(thing);
        }
        let mut result = Vec::new();
        for (rack, things) in in_rack.iter().enumerate() {
            let mut verdicts = Vec::new();
            for (asset, home) in self.homes.iter().enumerate() {
                if *home == rack && !things.iter().any(|thing| thing.asset == Some(asset)) {
                    let verdict = if self.racks[rack].is_closed { Verdict::Missing } else { Verdict::Unverified };
                    verdicts.push((self.assets[asset].id.clone(), vec![verdict]));
                }
            }
            let mut unknown = 0;
            for thing in things {
                match thing.asset {
                    Some(asset) => verdicts.push((self.assets[asset].id.clone(), self.expected_of(thing, asset))),
                    None => unknown += 1,
                }
            }
            verdicts.sort();
            result.push((verdicts, unknown));
        }
        result
    }

    fn expected_of(&self, thing: &Thing, asset: usize) -> Vec<Verdict> {
        let is_home = self.homes[asset] == thing.rack;
        let mut verdicts = BTreeSet::new();
        for (is_so, verdict) in [
            (!is_home, Verdict::WrongRack),
            (is_home && (thing.shifted || thing.turned), Verdict::WrongUnit),
            (thing.other_brand, Verdict::WrongBrand),
            (thing.other_model, Verdict::WrongModel),
            (thing.other_serial, Verdict::WrongSerial),
            (thing.other_owner, Verdict::WrongOwner),
            (thing.other_order, Verdict::WrongOrder),
            (thing.other_quantity, Verdict::WrongQuantity),
        ] {
            if is_so {
                verdicts.insert(verdict);
            }
        }
        if verdicts.is_empty() && thing.look == Look::LabelOnly {
            return vec![Verdict::Unverified];
        }
        match self.papers[asset] {
            Paper::OtherUnit => drop(verdicts.insert(Verdict::WrongOwner)),
            Paper::Gone => drop(verdicts.insert(Verdict::WrongOrder)),
            Paper::Right | Paper::NoNumber => {}
        }
        if verdicts.is_empty() { vec![Verdict::Matches] } else { verdicts.into_iter().collect() }
    }

    /// Where each asset must be, with the other racks it was seen in, in the order of the ledger.
    pub fn expected_whereabouts(&self) -> Vec<(Whereabouts, Vec<RackId>)> {
        let mut stands: Vec<Vec<usize>> = self.assets.iter().map(|_| Vec::new()).collect();
        for thing in &self.things {
            if let Some(asset) = thing.asset {
                stands[asset].push(thing.rack);
            }
        }
        let mut result = Vec::new();
        for (asset, racks) in stands.iter().enumerate() {
            let home = self.homes[asset];
            let mut elsewhere = Vec::new();
            let mut is_home = false;
            for rack in racks {
                if *rack == home {
                    is_home = true;
                } else {
                    elsewhere.push(self.racks[*rack].id.clone());
                }
            }
            elsewhere.sort();
            let is_closed = self.racks[home].is_closed;
            let found = match (is_home, elsewhere.len()) {
                (true, 0) => Whereabouts::AtHome,
                (false, 0) if is_closed => Whereabouts::Missing,
                (false, 0) => Whereabouts::Unverified,
                (false, 1) if is_closed => Whereabouts::Moved,
                (false, 1) => Whereabouts::SeenElsewhere,
                _ => Whereabouts::SeenTwice,
            };
            result.push((found, elsewhere));
        }
        result
    }
}

/// What an inspector who sees everything notes of a thing.
fn seen(thing: &Thing, asset: &LedgerEntry, rack: &RackId) -> Sighting {
    let bare = Sighting::bare(Some(asset.id.clone()), rack.clone(), SightedBy::Scan);
    let respell = |text: &str| if thing.respelled { text.to_lowercase().replace(' ', "") } else { text.to_owned() };
    let other = |is_other: bool, text: &str| is_other.then(|| text.to_owned());
    let reads = thing.look == Look::ReadOff;
    let units = if thing.shifted { UnitSpan::new(41, 42) } else { asset.span };
    let model = if thing.other_model { "另一型号".to_owned() } else { respell(&asset.model) };
    Sighting {
        as_in_ledger: thing.look == Look::Confirmed,
        span: (reads || thing.shifted).then_some(units).flatten(),
        face: thing.turned.then_some(Face::Rear),
        model: (reads || thing.other_model).then_some(model),
        brand: other(thing.other_brand, "另一品牌").or_else(|| reads.then(|| respell(&asset.brand))),
        serial: other(thing.other_serial, "另一序列号").or_else(|| reads.then(|| respell(&asset.serial))),
        owning_unit: other(thing.other_owner, "另一个归属单位"),
        order_no: other(thing.other_order, "另一个订单"),
        quantity: thing.other_quantity.then_some(7),
        ..bare
    }
}

fn rack_id(no: usize) -> RackId {
    RackId::new(format!("rack-{no:05}"))
}

fn number_of(order: &OrderNo) -> usize {
    order.as_str().trim_start_matches("DD-").parse().unwrap_or(usize::MAX)
}
