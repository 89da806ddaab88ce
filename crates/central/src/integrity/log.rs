//! The log itself: each leaf's bytes, the nodes above them, the signed root, and what waits in the inbox.

use std::collections::BTreeMap;

use xunjian_domain::hash::Sha256;
use xunjian_proof::{
    chain::Link,
    decision::Decision,
    dsse::Envelope,
    keyring::Keyring,
    merkle,
    record::TerminalRef,
    statement::{BlobRef, Countersignature},
    suite::KeyId,
};

use super::{Findings, hash};
use crate::{
    db::{Row, Sql, sql},
    error::Error,
    leaf::Leaf,
    log::{tail, to_i64, to_u64},
};

/// Most leaves that may be missing in a row before the tree above them is given up.
const MAX_HOLE: u64 = 10_000;

/// A record as its leaf has it.
pub(super) struct RecordLeaf {
    pub id: Sha256,
    pub terminal: TerminalRef,
    pub blobs: Vec<BlobRef>,
}

/// A countersignature as its leaf has it.
pub(super) struct CountersignatureLeaf {
    pub envelope: Sha256,
    pub signed: Envelope,
    pub said: Countersignature,
    /// `None` while it waits for a place.
    pub index: Option<u64>,
}

/// What the leaves say, logged or waiting, by the hash of their envelope. Records are kept without their bulk.
#[derive(Default)]
pub(super) struct Leaves {
    pub records: BTreeMap<Sha256, RecordLeaf>,
    pub others: BTreeMap<Sha256, (Envelope, Leaf)>,
    /// Leaves whose bytes cannot be read any more, by the hash beside them: they are named once, not again for each row.
    pub unreadable: Vec<String>,
    /// Decisions, in the log's order.
    pub decisions: Vec<(Sha256, Envelope, Decision)>,
    /// Records that stand behind the revocation of a key that signed them.
    pub late: Vec<Sha256>,
    /// Countersignatures, in the log's order; those that still wait for a place come last.
    pub countersignatures: Vec<CountersignatureLeaf>,
    /// Places of everything but records, as far as they have one.
    pub places: BTreeMap<Sha256, u64>,
    /// Keys revoked so far, and where.
    pub revoked: BTreeMap<KeyId, Option<u64>>,
    /// The tree as derived; `None` where so much is missing that nothing above the leaves can be.
    pub tree: Option<Tree>,
    /// How many leaves the log has.
    pub count: u64,
}

impl Leaves {
    /// Whether a leaf with this envelope hash is there, readable or not.
    pub fn has(&self, envelope: &str) -> bool {
        let known = hash(envelope);
        known.is_ok_and(|hash| self.records.contains_key(&hash) || self.others.contains_key(&hash))
            || self.unreadable.iter().any(|one| one == envelope)
    }

    /// The links of each terminal's chain.
    pub fn chains(&self) -> BTreeMap<String, Vec<Link>> {
        let mut chains: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        for record in self.records.values() {
            let links = chains.entry(record.terminal.id.to_string()).or_default();
            links.push(Link::of(record.id, &record.terminal));
        }
        chains
    }
}

/// Derives the tree from the leaves and reads what they say.
pub(super) fn check(sql: &dyn Sql, keyring: Option<&Keyring>, found: &mut Findings) -> Leaves {
    let mut walk = Walk { sql, found, leaves: Leaves::default(), tree: Some(Tree::default()), next: 0 };
    walk.log();
    walk.inbox();
    let Walk { mut leaves, tree, next, .. } = walk;
    leaves.count = next;
    let (size, checkpoint) = match tail(sql) {
        Ok(tail) => tail,
        Err(error) => {
            found.damage("log", "tail", "checkpoint", error);
            leaves.tree = tree;
            return leaves;
        }
    };
    if next != size {
        found.damage("log", "tail", "size", format!("the log has {next} leaves, its tail says {size}"));
    }
    match &checkpoint {
        Some(note) => {
            if keyring.is_none_or(|keyring| keyring.verify_checkpoint(note).is_err()) {
                found.damage("log", "checkpoint", "signature", "no key of the log signed the checkpoint");
            }
            if note.checkpoint.size != size {
                let reason = format!("the checkpoint is of {} leaves, the tail of {size}", note.checkpoint.size);
                found.damage("log", "checkpoint", "size", reason);
            }
            let root = tree.as_ref().and_then(|tree| merkle::root(tree, next).ok());
            if root != Some(note.checkpoint.root) {
                found.damage("log", "checkpoint", "root", "the signed root is not that of the leaves");
            }
        }
        None if next > 0 => found.damage("log", "checkpoint", "root", "the log has leaves and no checkpoint"),
        None => {}
    }
    leaves.tree = tree;
    leaves
}

/// The tree as derived from the leaves, in memory.
#[derive(Default)]
pub(super) struct Tree(BTreeMap<(u32, u64), Sha256>);

impl merkle::Nodes for Tree {
    type Error = Error;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Error> {
        let missing = || Error::Damaged(format!("the log's node ({level}, {index}) cannot be derived"));
        self.0.get(&(level, index)).copied().ok_or_else(missing)
    }
}

struct Walk<'a> {
    sql: &'a dyn Sql,
    found: &'a mut Findings,
    leaves: Leaves,
    /// `None` once so much is missing that nothing above the leaves can be derived.
    tree: Option<Tree>,
    next: u64,
}

impl Walk<'_> {
    fn log(&mut self) {
        loop {
            let query = self.sql.query(sql!("log_entry_from"), &[to_i64(self.next).into()]);
            let rows = self.found.read("log", self.next, query);
            if rows.is_empty() {
                return;
            }
            for row in &rows {
                let Ok(index) = row.i64(0).map(to_u64) else {
                    self.found.damage("log", self.next, "entry", "a leaf without a place");
                    return;
                };
                self.fill_hole(index);
                self.entry(index, row);
                self.next = index + 1;
            }
        }
    }

    /// Where leaves are gone, the stored hash of each stands in, so that what comes after can still be checked.
    fn fill_hole(&mut self, index: u64) {
        if index <= self.next {
            return;
        }
        let last = index - 1;
        let which = if last == self.next { self.next.to_string() } else { format!("{}-{last}", self.next) };
        self.found.damage("log", which, "entry", "the leaf is missing");
        if index - self.next > MAX_HOLE {
            self.tree = None;
        }
        while self.tree.is_some() && self.next < index {
            match self.stored(0, self.next) {
                Some(leaf) => self.append(self.next, leaf),
                None => self.tree = None,
            }
            self.next += 1;
        }
    }

    fn entry(&mut self, index: u64, row: &Row) {
        self.found.leaves += 1;
        match row.bytes(4) {
            Ok(bytes) => {
                self.append(index, merkle::leaf_hash(bytes));
                self.statement(index, row, bytes);
            }
            Err(error) => self.found.damage("log", index, "entry", error),
        }
    }

    fn append(&mut self, index: u64, leaf: Sha256) {
        let Some(tree) = &mut self.tree else { return };
        let Ok(made) = merkle::append(tree, index, leaf) else {
            self.tree = None;
            return;
        };
        for (level, at, hash) in made {
            tree.0.insert((level, at), hash);
        }
        for (level, at) in above(index) {
            let derived = self.tree.as_ref().and_then(|tree| tree.0.get(&(level, at)).copied());
            if derived.is_some() && self.stored(level, at) != derived {
                let id = format!("{level}/{at}");
                self.found.damage("log", id, "node", "the stored hash is not that of the leaves");
            }
        }
    }

    fn stored(&self, level: u32, at: u64) -> Option<Sha256> {
        let values = [i64::from(level).into(), to_i64(at).into()];
        let row = self.sql.first(sql!("log_node_select"), &values).ok()??;
        row.text(0).ok()?.parse().ok()
    }

    fn inbox(&mut self) {
        let mut after = String::new();
        loop {
            let query = self.sql.query(sql!("log_inbox_from"), &[after.as_str().into()]);
            let rows = self.found.read("log", "inbox", query);
            let Some(last) = rows.last().and_then(|row| row.text(0).ok()) else { return };
            after = last.to_owned();
            for row in &rows {
                let id = format!("inbox/{}", row.text(0).unwrap_or("?"));
                if row.text(3).is_ok_and(|hash| self.leaves.has(hash)) {
                    self.found.damage("log", &id, "entry", "it waits for the log although it is in it");
                }
                match row.bytes(4) {
                    Ok(bytes) => self.statement(&id, row, bytes),
                    Err(error) => self.found.damage("log", &id, "entry", error),
                }
            }
        }
    }

    /// Reads what a leaf says, by its payload type, and holds the columns beside it against it.
    fn statement(&mut self, place: impl ToString, row: &Row, bytes: &[u8]) {
        let place = place.to_string();
        let index = place.parse::<u64>().ok();
        let envelope = Sha256::of(bytes);
        let beside = row.text(3).unwrap_or_default();
        if beside != envelope.to_hex() {
            self.found.damage("log", &place, "entry", "the leaf's bytes are not those of the hash beside them");
            self.leaves.unreadable.push(beside.to_owned());
            return;
        }
        let read =
            Envelope::from_bytes(bytes).map_err(Error::from).and_then(|signed| Ok((Leaf::read(&signed)?, signed)));
        let (leaf, signed) = match read {
            Ok(read) => read,
            Err(error) => {
                self.leaves.unreadable.push(beside.to_owned());
                return self.found.damage("log", &place, "payload", error);
            }
        };
        if row.text(1).ok() != Some(leaf.kind()) || row.text(2).ok() != Some(&leaf.subject()) {
            self.found.damage("log", &place, "columns", "kind or subject are not those of the leaf");
        }
        match leaf {
            Leaf::Record(id, record) => {
                if [&record.inspector.key, &record.terminal.key].iter().any(|key| self.leaves.revoked.contains_key(key))
                {
                    self.leaves.late.push(id);
                }
                let record = RecordLeaf { id, blobs: record.blobs(), terminal: record.terminal };
                self.leaves.records.insert(envelope, record);
            }
            other => {
                if let Leaf::Revocation(revocation) = &other {
                    self.leaves.revoked.entry(revocation.key.clone()).or_insert(index);
                }
                if let Leaf::Countersignature(said) = &other {
                    let (signed, said) = (signed.clone(), (**said).clone());
                    self.leaves.countersignatures.push(CountersignatureLeaf { envelope, signed, said, index });
                }
                if let Leaf::Decision(decision) = &other {
                    self.leaves.decisions.push((envelope, signed.clone(), (**decision).clone()));
                }
                if let Some(index) = index {
                    self.leaves.places.insert(envelope, index);
                }
                self.leaves.others.insert(envelope, (signed, other));
            }
        }
    }
}

/// The complete subtrees that leaf `index` completes, itself first.
fn above(index: u64) -> impl Iterator<Item = (u32, u64)> {
    (0..=index.trailing_ones()).map(move |level| (level, index >> level))
}
