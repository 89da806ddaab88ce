//! One exported record as a folder of files, checked step by step.

use std::{fs, io::ErrorKind, path::Path};

use xunjian_proof::{
    Sha256, TimestampMs,
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    statement::{HolderKind, ReviewVerdict, SiteRoot},
    verification::{self, Failure},
};

use crate::{checkpoints::cosigner_steps, review};

/// What was checked.
pub struct Passed {
    /// The record.
    pub record: Sha256,
    /// The steps, in order.
    pub steps: Vec<String>,
    /// Photos whose bytes were measured and hashed.
    pub photos: usize,
    /// Photos that the record names.
    pub photos_named: usize,
    /// Signers' keys that were revoked, and when.
    pub revoked: Vec<(String, String)>,
    /// What the last countersignature says that is proved to be logged.
    pub reviewed: Option<ReviewVerdict>,
    /// Not after this, and who outside the operator's control says so; `None` where only the operator does.
    pub witnessed: Option<(TimestampMs, String)>,
}

/// The first thing that does not fit.
pub struct Failed {
    /// Which file.
    pub file: String,
    /// Which step.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// A failure of this file at this step.
pub fn failed(file: &str, step: &str) -> impl Fn(&dyn std::fmt::Display) -> Failed {
    move |reason| Failed { file: file.to_owned(), step: step.to_owned(), reason: reason.to_string() }
}

fn read(folder: &Path, file: &str) -> Result<Vec<u8>, Failed> {
    fs::read(folder.join(file)).map_err(|error| failed(file, "read")(&error))
}

fn text(folder: &Path, file: &str) -> Result<String, Failed> {
    String::from_utf8(read(folder, file)?).map_err(|error| failed(file, "read")(&error))
}

fn of(file: &'static str) -> impl Fn(Failure) -> Failed {
    move |failure| Failed { file: file.to_owned(), step: format!("{:?}", failure.step), reason: failure.reason }
}

/// Checks everything in `folder`.
pub fn verify(folder: &Path, pinned: Option<Sha256>) -> Result<Passed, Failed> {
    let mut steps = Vec::new();
    let keyring = keyring(folder, pinned)?;
    steps.push(format!("站点根 site root {}", keyring.fingerprint()));

    let bytes = read(folder, "envelope.json")?;
    let verified = verification::verify_record(&bytes, &keyring).map_err(of("envelope.json"))?;
    if Sha256::of(&read(folder, "record.json")?) != verified.id {
        return Err(failed("record.json", "Bytes")(&"the file is not what the envelope holds"));
    }
    let record = &verified.record;
    steps.push(format!("记录 record {}", verified.id));
    steps.push(format!("巡检人员签名 inspector {} {}", record.inspector.name, record.inspector.key));
    steps.push(format!("终端签名 terminal {} {}", record.terminal.id, record.terminal.key));
    let mut revoked: Vec<(String, String)> = [&record.inspector.key, &record.terminal.key]
        .into_iter()
        .filter_map(|key| Some((key.to_string(), keyring.revocation(key)?.revoked_at.to_string())))
        .collect();

    let delivered = read(folder, "delivered.json")?;
    let receipt_text = text(folder, "receipt.tlog-proof")?;
    let receipt = Receipt::parse(&receipt_text).map_err(|error| failed("receipt.tlog-proof", "Receipt")(&error))?;
    let statement = verification::verify_receipt(&verified, Sha256::of(&bytes), &delivered, &receipt, &keyring)
        .map_err(of("delivered.json"))?;
    steps.push(format!("送达声明 delivered {}", statement.stored_at));
    steps.push(format!("存证回执 receipt: leaf {} of {}", receipt.index, receipt.checkpoint.checkpoint.size));
    steps.extend(cosigner_steps(&keyring, &receipt.checkpoint, "receipt.tlog-proof")?);
    let cosignatures = keyring.cosignatures(&receipt.checkpoint);
    let witnessed =
        cosignatures.first_outside().map(|cosigner| (cosigner.not_after(), cosigner.statement.holder_name.clone()));
    steps.push(match &witnessed {
        Some((at, who)) => format!("时间上界 not after {at}，由 {who} 见证 · witnessed outside the operator's control"),
        None => "时间上界仅由服务方证明 · only the operator says how late it was".to_owned(),
    });

    let envelope = Envelope::from_bytes(&bytes).map_err(|error| failed("envelope.json", "Bytes")(&error))?;
    let reviews = review::verify(folder, &verified, &envelope, &delivered, &keyring)?;
    steps.extend(reviews.steps);
    let at = |key| keyring.revocation(key).map(|one| one.revoked_at.to_string()).unwrap_or_default();
    revoked.extend(reviews.revoked.iter().map(|key| (key.to_string(), at(key))));

    let photos = photos(folder, record)?;
    steps.push(format!("照片 photos: {photos}/{}", record.evidence.len()));
    Ok(Passed {
        record: verified.id,
        steps,
        photos,
        photos_named: record.evidence.len(),
        revoked,
        reviewed: reviews.verdict,
        witnessed,
    })
}

/// The keys of an exported folder, each vouched for by its root.
pub fn keyring(folder: &Path, pinned: Option<Sha256>) -> Result<Keyring, Failed> {
    let root: SiteRoot = serde_json::from_slice(&read(folder, "site-root.json")?)
        .map_err(|error| failed("site-root.json", "root")(&error))?;
    let mut keyring = Keyring::new(root, pinned).map_err(|error| failed("site-root.json", "root")(&error))?;
    for (sub, is_statement) in [("key-statements", true), ("revocations", false)] {
        let entries = match fs::read_dir(folder.join(sub)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(sub, "read")(&error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| failed(sub, "read")(&error))?.file_name();
            names.push(name.into_string().map_err(|_| failed(sub, "read")(&"a file name is not text"))?);
        }
        names.sort();
        for name in names {
            let file = format!("{sub}/{name}");
            let wrong = failed(&file, "keyring");
            let envelope = Envelope::from_bytes(&read(folder, &file)?).map_err(|error| wrong(&error))?;
            let taken = if is_statement { keyring.admit(&envelope).map(|_| ()) } else { keyring.revoke(&envelope) };
            taken.map_err(|error| wrong(&error))?;
        }
    }
    if keyring.of_kind(HolderKind::Log).next().is_none() {
        return Err(failed("key-statements", "keyring")(&"no statement for the log's key"));
    }
    Ok(keyring)
}

/// Measures and hashes the photos that were exported along. Only a file that is not there counts as absent; one that cannot be
/// read is a failure.
fn photos(folder: &Path, record: &xunjian_proof::record::Record) -> Result<usize, Failed> {
    let mut checked = 0;
    for photo in &record.evidence {
        let file = format!("photos/{}", photo.sha256);
        match fs::read(folder.join(&file)) {
            Ok(bytes) if Sha256::of(&bytes) != photo.sha256 => {
                return Err(failed(&file, "Blobs")(&"the bytes do not hash to the name"));
            }
            Ok(bytes) if bytes.len() as u64 != photo.bytes => {
                let reason = format!("the photo has {} bytes, the record says {}", bytes.len(), photo.bytes);
                return Err(failed(&file, "Blobs")(&reason));
            }
            Ok(_) => checked += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&file, "read")(&error)),
        }
    }
    Ok(checked)
}
