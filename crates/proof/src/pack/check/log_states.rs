//! The states of the log that a pack shows: one that every proof leads to, and earlier ones that it provably extends.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, time::TimestampMs};

use super::{Failure, Pins, Report, failure};
use crate::{
    cosigner::Cosigner,
    keyring::Keyring,
    merkle,
    note::{Checkpoint, SignedCheckpoint, VerifierKey},
    pack::{
        PackReader,
        name::{self, folder},
    },
    receipt::Receipt,
};

/// An earlier state of the log, with the proof that the pack's state extends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    /// The state, signed and cosigned.
    pub checkpoint: String,
    /// The consistency proof (RFC 6962 §2.1.2).
    pub proof: Vec<Sha256>,
}

/// The states that are one history.
pub(super) struct States {
    head: Checkpoint,
    /// Each state by its size: proven to be extended by the head.
    connected: BTreeMap<u64, Checkpoint>,
    /// Notes whose log signature was checked.
    signed: BTreeSet<String>,
    /// For each pinned witness the largest state that it cosigned.
    witnessed: Vec<u64>,
    /// Each state that somebody outside the operator's control cosigned: when first, and by whom.
    outside: BTreeMap<u64, (TimestampMs, String)>,
}

impl States {
    /// Reads the head and everything older, and holds known states against them.
    pub(super) fn read<R: Read + Seek>(
        pack: &mut PackReader<R>,
        keyring: &Keyring,
        pins: &Pins,
        used: &mut BTreeSet<String>,
        report: &mut Report,
    ) -> Result<Self, Failure> {
        let note = parse(name::CHECKPOINT, &pack.read(name::CHECKPOINT)?)?;
        used.insert(name::CHECKPOINT.to_owned());
        if note.checkpoint.size != pack.manifest().log_size {
            return Err(failure(name::MANIFEST, "log")(&"it names another size of the log than the checkpoint"));
        }
        let mut states = Self {
            head: note.checkpoint.clone(),
            connected: BTreeMap::new(),
            signed: BTreeSet::new(),
            witnessed: vec![0; pins.witnesses.len()],
            outside: BTreeMap::new(),
        };
        states.add(name::CHECKPOINT, &note, keyring, pins, report)?;
        let older: Vec<String> = pack.names_in(folder::OLDER).map(str::to_owned).collect();
        for file in older {
            let wrong = failure(&file, "log");
            let older: Older = crate::jcs::from_bytes(&pack.read(&file)?).map_err(|error| wrong(&error))?;
            let note = parse(&file, older.checkpoint.as_bytes())?;
            let (old, new) = (&note.checkpoint, &states.head);
            merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &older.proof)
                .map_err(|error| wrong(&format!("the log was rewritten: {error}")))?;
            if file != name::of_older(old.size) {
                return Err(wrong(&"the file is named after another size"));
            }
            states.add(&file, &note, keyring, pins, report)?;
            used.insert(file.clone());
        }
        report.steps.push(format!(
            "日志 log {}: {} 条 leaves，根 root {}；{} 个更早状态相承 earlier states extended",
            states.head.origin,
            states.head.size,
            states.head.root,
            states.connected.len() - 1
        ));
        for known in &pins.known {
            states.held_against(known, keyring, pins, report)?;
        }
        Ok(states)
    }

    /// The root of the log at a size that the pack shows.
    pub(super) fn root_at(&self, size: u64) -> Option<Sha256> {
        self.connected.get(&size).map(|state| state.root)
    }

    /// A state that is one history with the head.
    fn add(
        &mut self,
        file: &str,
        note: &SignedCheckpoint,
        keyring: &Keyring,
        pins: &Pins,
        report: &mut Report,
    ) -> Result<(), Failure> {
        self.check_signature(file, note, keyring, pins)?;
        let state = &note.checkpoint;
        self.connected.insert(state.size, state.clone());
        let found = keyring.cosignatures(note);
        if let Some(name) = found.wrong.first() {
            return Err(failure(file, "cosignature")(&format!("the cosignature of “{name}” is wrong")));
        }
        if let Some(cosigner) = found.first_outside() {
            self.outside.insert(state.size, (cosigner.not_after(), describe(cosigner)));
        }
        report.steps.extend(
            found.valid.iter().map(|one| format!("共同签名 cosigner {} 条 leaves: {}", state.size, describe(one))),
        );
        let unknown = found.unknown.iter().filter(|name| !pins.witnesses.iter().any(|pin| pin.name == **name));
        report.notices.extend(unknown.map(|name| {
            format!(
                "不计的共同签名 not counted: “{name}” 未经站点根声明 · the root vouches for nobody of this name and key"
            )
        }));
        for (pin, size) in pins.witnesses.iter().zip(&mut self.witnessed) {
            match note.cosigned_at(&pin.name, &pin.key) {
                Ok(_) => *size = (*size).max(state.size),
                Err(crate::note::NoteError::NotSignedBy(_)) => {}
                Err(error) => return Err(failure(file, "witness")(&error)),
            }
        }
        Ok(())
    }

    /// The log's own signature, by a key the root vouches for and, where there are some, by a pinned one.
    fn check_signature(
        &mut self,
        file: &str,
        note: &SignedCheckpoint,
        keyring: &Keyring,
        pins: &Pins,
    ) -> Result<(), Failure> {
        let wrong = failure(file, "log_signature");
        keyring.verify_checkpoint(note).map_err(|error| wrong(&error))?;
        let is_pinned = |pin: &VerifierKey| !pin.is_cosigner && note.verify_log(&pin.name, &pin.key).is_ok();
        if !pins.logs.is_empty() && !pins.logs.iter().any(is_pinned) {
            return Err(wrong(&"none of the pinned log keys signed this state"));
        }
        self.signed.insert(note.to_string());
        Ok(())
    }

    /// A state that is known from elsewhere must be one of this history.
    fn held_against(
        &self,
        known: &super::Known,
        keyring: &Keyring,
        pins: &Pins,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let wrong = failure(&known.name, "known_state");
        keyring.verify_checkpoint(&known.note).map_err(|error| wrong(&error))?;
        let is_pinned = |pin: &VerifierKey| known.note.verify_log(&pin.name, &pin.key).is_ok();
        if !pins.logs.is_empty() && !pins.logs.iter().any(is_pinned) {
            return Err(wrong(&"none of the pinned log keys signed this state"));
        }
        let (theirs, ours) = (&known.note.checkpoint, &self.head);
        if let Some(state) = self.connected.get(&theirs.size) {
            if state.root != theirs.root {
                let reason = format!(
                    "分叉 forked: at {} leaves the pack's log has the root {}, the known one {}",
                    theirs.size, state.root, theirs.root
                );
                return Err(wrong(&reason));
            }
        } else if theirs.size > ours.size {
            let proof = known.proof.as_ref().filter(|request| request.from == ours.size);
            let proof = proof.ok_or_else(|| {
                wrong(&format!(
                    "it is larger than the pack's {0} leaves: bring `xunjian log export --since {0}`",
                    ours.size
                ))
            })?;
            merkle::verify_consistency(ours.size, &ours.root, theirs.size, &theirs.root, &proof.proof)
                .map_err(|error| wrong(&format!("分叉 forked: the known state does not extend the pack's: {error}")))?;
        } else {
            let reason = format!(
                "nothing in the pack shows that its log extends {0} leaves: have it made with `--since {0}`",
                theirs.size
            );
            return Err(wrong(&reason));
        }
        report
            .steps
            .push(format!("已知状态 known state {}: {} 条 leaves，同一段历史 one history", known.name, theirs.size));
        Ok(())
    }

    /// Where the log has a leaf.
    pub(super) fn place(
        &mut self,
        keyring: &Keyring,
        pins: &Pins,
        file: &str,
        text: &[u8],
        leaf: &[u8],
    ) -> Result<u64, Failure> {
        let wrong = failure(file, "receipt");
        let text = std::str::from_utf8(text).map_err(|error| wrong(&error))?;
        let receipt = Receipt::parse(text).map_err(|error| wrong(&error))?;
        if !self.signed.contains(&receipt.checkpoint.to_string()) {
            self.check_signature(file, &receipt.checkpoint, keyring, pins)?;
        }
        let state = &receipt.checkpoint.checkpoint;
        match self.connected.get(&state.size) {
            Some(known) if known == state => {}
            Some(_) => return Err(wrong(&format!("分叉 forked: it leads to another root of {} leaves", state.size))),
            None => {
                return Err(wrong(&format!(
                    "nothing shows that the log extends the {} leaves it leads to",
                    state.size
                )));
            }
        }
        receipt.verify_inclusion(leaf).map_err(|error| wrong(&error))?;
        Ok(receipt.index)
    }

    /// How many pinned witnesses cosigned a state that holds this leaf.
    pub(super) fn witnesses_of(&self, index: u64) -> usize {
        self.witnessed.iter().filter(|size| index < **size).count()
    }

    /// By when somebody outside the operator's control saw a log that holds this leaf.
    pub(super) fn outside(&self, index: u64) -> Option<&(TimestampMs, String)> {
        self.outside.range(index + 1..).map(|(_, seen)| seen).min_by_key(|seen| seen.0)
    }
}

fn parse(file: &str, bytes: &[u8]) -> Result<SignedCheckpoint, Failure> {
    let wrong = failure(file, "log");
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(&error))?;
    SignedCheckpoint::parse(text).map_err(|error| wrong(&error))
}

/// Who cosigned, for people.
fn describe(one: &Cosigner<'_>) -> String {
    let party = &one.statement.party;
    let control = match (one.is_revoked, one.is_outside()) {
        (true, _) => "密钥已吊销，不计 key revoked",
        (false, true) => "不受服务方控制 outside the operator's control",
        (false, false) => "属服务方 the operator's own",
    };
    format!("{}（{} {}），{}，{control}", one.statement.holder_name, party.kind.zh(), party.name, one.not_after())
}
