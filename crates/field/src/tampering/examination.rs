//! Every record row held against its own bytes, its copy and the end of the chain.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde::Deserialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
};
use xunjian_proof::{
    chain::{self, ChainFault, Link},
    dsse::Envelope,
    record::{Record, SignerRef, TerminalRef},
    statement::Statement as _,
    suite::PublicKey,
};

use super::{Head, Tampering};
use crate::{
    error::FieldError,
    kept::Kept,
    keys::FileKey,
    store::{
        person::Person,
        record::{self, RecordState, StoredRow},
        terminal::Terminal,
    },
};

/// What an examination found.
#[derive(Default)]
pub(super) struct Examination {
    pub found: Vec<Tampering>,
    /// Ids of rows that are not what was sealed and whose places copies take.
    pub replaced: Vec<String>,
    /// Whether copies have what the database lacks.
    pub is_mendable: bool,
}

/// The part of a record that its row repeats.
#[derive(Deserialize)]
struct Said {
    terminal: TerminalRef,
    visit: SaidVisit,
    inspector: SignerRef<PersonId>,
}

#[derive(Deserialize)]
struct SaidVisit {
    id: VisitId,
}

/// An envelope, read far enough to hold its row against it.
struct Read {
    id: Sha256,
    said: Said,
    envelope: Envelope,
}

fn read(envelope: &str) -> Option<Read> {
    let envelope = Envelope::from_bytes(envelope.as_bytes()).ok()?;
    let payload = envelope.payload_of(Record::PAYLOAD_TYPE).ok()?;
    Some(Read { id: Sha256::of(&payload), said: serde_json::from_slice(&payload).ok()?, envelope })
}

/// Keys whose signatures are known here.
struct OwnKeys {
    terminal: PublicKey,
    people: BTreeMap<PersonId, PublicKey>,
}

impl OwnKeys {
    fn of(connection: &Connection) -> Result<Option<Self>, FieldError> {
        let Some(terminal) = Terminal::get(connection)? else { return Ok(None) };
        let people = Person::list(connection)?.into_iter().map(|person| (person.id, person.public_key));
        Ok(Some(Self { terminal: terminal.public_key, people: people.collect() }))
    }

    /// Whether the terminal signed, and the inspector. A key that the person no longer has cannot be asked.
    fn signed(&self, read: &Read) -> bool {
        let inspector = &read.said.inspector;
        let person = self.people.get(&inspector.id).filter(|key| key.id() == inspector.key);
        read.envelope.verify(&self.terminal).is_ok() && person.is_none_or(|key| read.envelope.verify(key).is_ok())
    }
}

/// How a row stands to its bytes.
enum Judgement {
    Sound(Link),
    /// Signed bytes at a place that is not theirs.
    Moved(Link),
    Rewritten,
}

fn judge(row: &StoredRow, keys: &OwnKeys, is_newest: bool) -> Judgement {
    let Some(read) = read(&row.envelope) else { return Judgement::Rewritten };
    let is_its_own = read.id.to_hex() == row.id
        && Sha256::of(row.envelope.as_bytes()).to_hex() == row.envelope_sha256
        && read.said.visit.id.as_str() == row.visit
        && read.said.inspector.id.as_str() == row.person;
    let is_moved = read.said.terminal.sequence != row.sequence;
    // Through the chain of hashes the newest record signs for those before it.
    let is_asked = is_newest || is_moved || row.state != RecordState::Delivered;
    if !is_its_own || (is_asked && !keys.signed(&read)) {
        return Judgement::Rewritten;
    }
    let link = Link::of(read.id, &read.said.terminal);
    if is_moved { Judgement::Moved(link) } else { Judgement::Sound(link) }
}

/// The copy of a record, if it is the one that was signed.
fn copy_of(kept: &Kept, key: &FileKey, name: Sha256, keys: &OwnKeys) -> Option<Link> {
    let read = read(&kept.record(key, name)?)?;
    (read.id == name && keys.signed(&read)).then(|| Link::of(read.id, &read.said.terminal))
}

/// Holds the rows against their bytes, the copies beside the database and the end of the chain that was noted elsewhere.
/// Of signed bytes at a wrong place a copy is made where there is none, so that they are put back from it.
pub(super) fn examine(
    connection: &Connection,
    kept: &Kept,
    key: &FileKey,
    head: Option<Head>,
) -> Result<Examination, FieldError> {
    let Some(keys) = OwnKeys::of(connection)? else { return Ok(Examination::default()) };
    let newest = record::chain_end(connection)?.map(|end| end.sequence);
    let (mut links, mut moved, mut rewritten) = (Vec::new(), Vec::new(), Vec::new());
    let mut named = BTreeSet::new();
    record::each(connection, |row| {
        match judge(&row, &keys, newest == Some(row.sequence)) {
            Judgement::Sound(link) => links.push(link),
            Judgement::Moved(link) => {
                kept.put_record(key, link.record, &row.envelope)?;
                moved.push((row.id.clone(), link));
            }
            Judgement::Rewritten => rewritten.push((row.id.clone(), row.sequence)),
        }
        named.insert(row.id);
        Ok(())
    })?;
    let sound: BTreeSet<Sha256> = links.iter().map(|link| link.record).collect();
    let names = kept.record_names()?.into_iter().filter(|name| !sound.contains(name));
    let copies: Vec<Link> = names.filter_map(|name| copy_of(kept, key, name, &keys)).collect();

    let mut examination = Examination { is_mendable: !copies.is_empty(), ..Examination::default() };
    let mut taken = BTreeSet::new();
    for (id, link) in moved {
        examination.found.push(Tampering::RecordMoved { sequence: link.sequence, record: link.record });
        examination.replaced.push(id);
    }
    for (id, sequence) in rewritten {
        let copy = copies.iter().find(|copy| copy.record.to_hex() == id || copy.sequence == sequence);
        let record = copy.map_or_else(|| id.parse().unwrap_or(Sha256::of(id.as_bytes())), |copy| copy.record);
        examination.found.push(Tampering::RecordRewritten { sequence, record, is_mended: copy.is_some() });
        match copy {
            Some(copy) => {
                named.insert(copy.record.to_hex());
                examination.replaced.push(id);
            }
            // It stays, for people to look at; its place is no gap.
            None => drop(taken.insert(sequence)),
        }
    }
    for copy in copies.iter().filter(|copy| !named.contains(&copy.record.to_hex())) {
        examination.found.push(Tampering::RecordRemoved { sequence: copy.sequence, record: copy.record });
    }
    links.extend(copies);
    let end = links.iter().map(|link| link.sequence).chain(taken.iter().copied()).max().unwrap_or(0);
    examination.found.extend(faults(links, &taken));
    if let Some(head) = head.filter(|head| head.sequence > end) {
        examination.found.push(Tampering::SetBack { from: end + 1, to: head.sequence, is_mended: false });
    }
    Ok(examination)
}

fn faults(links: Vec<Link>, taken: &BTreeSet<u64>) -> Vec<Tampering> {
    let mut found = Vec::new();
    for fault in chain::faults(links) {
        match fault {
            ChainFault::BrokenLink(sequence) => found.push(Tampering::ChainBroken { sequence }),
            // The database has one row a place.
            ChainFault::Fork(_) => {}
            ChainFault::Hole { from, to } => {
                let mut first = from;
                for place in from..=to + 1 {
                    if place > to || taken.contains(&place) {
                        if first < place {
                            found.push(Tampering::RecordsLost { from: first, to: place - 1 });
                        }
                        first = place + 1;
                    }
                }
            }
        }
    }
    found
}
