//! Judging a pack: from the trust root to the last photo, in an order in which nothing is believed before it was checked.
//!
//! What was checked is told in steps; what the pack cannot show is told in notices; what does not fit is a failure that names
//! file, record and step. One failing record does not hide the others.

mod closings;
mod log_states;
mod records;
mod statements;
mod whole;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use xunjian_domain::{hash::Sha256, ids::VisitId, time::TimestampMs};

pub use self::log_states::Older;
use self::log_states::States;
use super::{
    PackReader,
    manifest::{Maker, Manifest, Profile},
    name::{self, folder},
    page::IndexRow,
    reader::Broken,
};
use crate::{
    chain::Link,
    closing::Closing,
    coverage::Evidence,
    decision::Decision,
    dsse::Envelope,
    keyring::Keyring,
    note::{SignedCheckpoint, VerifierKey},
    rectification::RectificationStep,
    statement::{HolderKind, PlanStatement, SiteRoot, Statement as _},
    suite::KeyId,
    witness::WitnessRequest,
};

/// What whoever checks trusts and asks for, beside what stands in the pack.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    /// The fingerprint of the site root, from paper.
    pub root: Option<Sha256>,
    /// Keys of the log; any of them must have signed every state of the log that the pack shows.
    pub logs: Vec<VerifierKey>,
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many of those must have cosigned a state that holds the delivery of each record; all when `None`.
    pub quorum: Option<usize>,
    /// States of the log that are known from elsewhere: a tablet, a witness, an earlier pack.
    pub known: Vec<Known>,
    /// Every record must bear a reviewer's accepting countersignature.
    pub needs_countersignature: bool,
    /// Every visit of the plan must have a record that counts.
    pub needs_full_coverage: bool,
    /// Every photo must be there as it was taken.
    pub needs_originals: bool,
}

/// A state of the log that is known from elsewhere.
#[derive(Debug, Clone)]
pub struct Known {
    /// Where it comes from, for messages.
    pub name: String,
    /// The state, as it was signed.
    pub note: SignedCheckpoint,
    /// The proof that it extends a smaller one, if it came with one.
    pub proof: Option<WitnessRequest>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// Which file, or which part of the archive.
    pub file: String,
    /// Which record, if one.
    pub record: Option<Sha256>,
    /// Which step.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// What a pack came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// What was checked, in order.
    pub steps: Vec<String>,
    /// What the pack cannot show, or what a reader should know.
    pub notices: Vec<String>,
    /// What does not fit.
    pub failures: Vec<Failure>,
    /// Statements of types that this version does not know: signature and place in the log were checked, their meaning not.
    pub not_understood: Vec<String>,
    /// Records that were checked, sorted.
    pub records: Vec<Sha256>,
    /// Photos that records name, and how many of them are here as they were taken.
    pub photos: (usize, usize),
    /// Photos of which a masked copy is here.
    pub masked: usize,
    /// Whether the pack is a redacted one.
    pub is_redacted: bool,
    /// Signers' keys that were revoked where the pack does not show whether before or after.
    pub revoked: Vec<KeyId>,
    /// Records that a reviewer accepted, returned, and that nobody reviewed.
    pub reviewed: (usize, usize, usize),
    /// Closings of rounds whose numbers were derived again from plan and records, by their envelopes. Left out while there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Sha256>,
    /// By when the log held all of it, and who outside the operator's control says so.
    pub witnessed: Option<(TimestampMs, String)>,
}

/// Everything that was read so far.
struct Judge<'a, R> {
    pack: PackReader<R>,
    pins: &'a Pins,
    keyring: Keyring,
    states: States,
    report: Report,
    used: BTreeSet<String>,
    /// Place in the log of each revocation that has one.
    revoked_at: BTreeMap<KeyId, Option<u64>>,
    plans: BTreeMap<Sha256, (PlanStatement, Option<u64>)>,
    decisions: Vec<(Option<u64>, Decision)>,
    countersignatures: BTreeMap<Sha256, Vec<(Option<u64>, String, Envelope)>>,
    closings: Vec<closings::Logged<Closing>>,
    rectifications: Vec<closings::Logged<RectificationStep>>,
    /// What the closings are held against.
    evidence: Evidence,
    records: BTreeMap<Sha256, Seen>,
    links: BTreeMap<String, Vec<Link>>,
    shown_photos: BTreeSet<String>,
    missing_photos: BTreeSet<Sha256>,
}

/// What is kept of a record that was checked.
struct Seen {
    row: IndexRow,
    counted: super::coverage::Counted,
    round: String,
    visit: VisitId,
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self { file: broken.part, record: None, step: broken.step.to_owned(), reason: broken.reason }
    }
}

fn failure(file: &str, step: &str) -> impl Fn(&dyn std::fmt::Display) -> Failure {
    move |reason| Failure { file: file.to_owned(), record: None, step: step.to_owned(), reason: reason.to_string() }
}

/// Checks a pack. `input` is read to its end once, and documents a second time.
#[must_use]
pub fn check<R: Read + Seek>(input: R, pins: &Pins) -> Report {
    let pack = match PackReader::open(input) {
        Ok(pack) => pack,
        Err(broken) => return Report { failures: vec![broken.into()], ..Report::default() },
    };
    match Judge::begin(pack, pins) {
        Ok(mut judge) => {
            if let Err(failed) = judge.everything() {
                judge.report.failures.push(failed);
            }
            judge.report
        }
        Err(failed) => Report { failures: vec![*failed], ..Report::default() },
    }
}

impl<'a, R: Read + Seek> Judge<'a, R> {
    /// The trust root, the keys, who made the pack, and the log's state.
    fn begin(mut pack: PackReader<R>, pins: &'a Pins) -> Result<Self, Box<Failure>> {
        let mut report = Report::default();
        let wrong = failure(name::SITE_ROOT, "root");
        let bytes = pack.read(name::SITE_ROOT).map_err(Failure::from)?;
        let root: SiteRoot = crate::jcs::from_bytes(&bytes).map_err(|error| wrong(&error))?;
        let mut keyring = Keyring::new(root, pins.root).map_err(|error| wrong(&error))?;
        report.steps.push(format!(
            "归档与清单 archive: {} 个文件 files, 逐字节相符 every byte as it must be",
            pack.manifest().files.len() + 1
        ));
        report.steps.push(format!("站点根 site root {}", keyring.fingerprint()));
        let mut used: BTreeSet<String> = [name::SITE_ROOT.to_owned()].into();
        for folder in [folder::KEYS, folder::REVOCATIONS] {
            let names: Vec<String> = documents(&pack, folder);
            for file in names {
                let wrong = failure(&file, "keyring");
                let envelope =
                    Envelope::from_bytes(&pack.read(&file).map_err(Failure::from)?).map_err(|error| wrong(&error))?;
                let key = if folder == folder::KEYS {
                    keyring.admit(&envelope).map_err(|error| wrong(&error))?.key.id()
                } else {
                    keyring.revoke(&envelope).map_err(|error| wrong(&error))?;
                    crate::statement::Revocation::read(&envelope).map_err(|error| wrong(&error))?.key
                };
                if file != name::of_key(folder, &key) {
                    return Err(Box::new(wrong(&"the file is named after another key")));
                }
                used.insert(file.clone());
            }
        }
        report.steps.push(format!("密钥声明 key statements: {}", keyring.statements().count()));
        let maker = made_by(&pack, &keyring)?;
        report.steps.push(format!("清单签名 manifest signed by {maker}"));
        let states = States::read(&mut pack, &keyring, pins, &mut used, &mut report)?;
        Ok(Self {
            pack,
            pins,
            keyring,
            states,
            report,
            used,
            revoked_at: BTreeMap::new(),
            plans: BTreeMap::new(),
            decisions: Vec::new(),
            countersignatures: BTreeMap::new(),
            closings: Vec::new(),
            rectifications: Vec::new(),
            evidence: Evidence::default(),
            records: BTreeMap::new(),
            links: BTreeMap::new(),
            shown_photos: BTreeSet::new(),
            missing_photos: BTreeSet::new(),
        })
    }

    fn everything(&mut self) -> Result<(), Failure> {
        self.texts()?;
        self.key_places()?;
        self.plans()?;
        self.documents()?;
        self.statements()?;
        self.neighbours()?;
        let records = documents_of_records(&self.pack);
        for id in records {
            match self.record(&id) {
                Ok(()) => {}
                Err(failed) => self.report.failures.push(Failure { record: id.parse().ok(), ..failed }),
            }
        }
        self.whole()
    }

    fn manifest(&self) -> &Manifest {
        self.pack.manifest()
    }

    fn is_redacted(&self) -> bool {
        self.manifest().profile == Profile::Redacted
    }

    /// A file that is part of a pack of this kind.
    fn take(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        self.used.insert(name.to_owned());
        Ok(self.pack.read(name)?)
    }

    fn take_envelope(&mut self, name: &str) -> Result<(Vec<u8>, Envelope), Failure> {
        let bytes = self.take(name)?;
        let envelope = Envelope::from_bytes(&bytes).map_err(|error| failure(name, "bytes")(&error))?;
        Ok((bytes, envelope))
    }

    /// Where the log has a document, by the proof beside it. A service's pack shows that of each.
    fn place(&mut self, document: &str, leaf: &[u8]) -> Result<Option<u64>, Failure> {
        let proof = name::proof_of(document);
        if !self.pack.has(&proof) {
            return match self.manifest().made_by {
                Maker::Service => {
                    Err(failure(&proof, "receipt")(&"the pack does not show the statement's place in the log"))
                }
                Maker::Terminal => Ok(None),
            };
        }
        let text = self.take(&proof)?;
        self.states.place(&self.keyring, self.pins, &proof, &text, leaf).map(Some)
    }
}

/// The signed documents of a folder, without the proofs beside them.
fn documents<R: Read + Seek>(pack: &PackReader<R>, folder: &str) -> Vec<String> {
    pack.names_in(folder).filter(|name| name.ends_with(".json")).map(str::to_owned).collect()
}

/// The ids of the records that have a folder.
fn documents_of_records<R: Read + Seek>(pack: &PackReader<R>) -> BTreeSet<String> {
    let ids = pack.names_in(folder::RECORDS).filter_map(|name| name.split('/').nth(1));
    let listed = pack.manifest().records.iter().map(Sha256::to_hex);
    ids.map(str::to_owned).chain(listed).collect()
}

/// Who signed the manifest. The key must be of the kind that the manifest claims.
fn made_by<R: Read + Seek>(pack: &PackReader<R>, keyring: &Keyring) -> Result<String, Box<Failure>> {
    let wrong = failure(name::MANIFEST, "signature");
    let manifest = pack.manifest();
    if manifest.site != keyring.root().site {
        return Err(Box::new(wrong(&"the pack is of another site")));
    }
    let wanted = match manifest.made_by {
        Maker::Service => HolderKind::Service,
        Maker::Terminal => HolderKind::Terminal,
    };
    let key = pack.envelope().key_ids().next().ok_or_else(|| wrong(&"nobody signed it"))?;
    let statement = keyring.statement(key).ok_or_else(|| wrong(&"nobody the root vouches for signed it"))?;
    if statement.holder_kind != wanted {
        return Err(Box::new(wrong(&"it is signed by another kind of holder than it says")));
    }
    pack.envelope().verify(&statement.key).map_err(|error| wrong(&error))?;
    Ok(format!("{} {key}", statement.holder_name))
}
