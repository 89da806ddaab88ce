//! One exported record as a folder of files, checked step by step.

use std::{fs, path::Path};

use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    statement::{HolderKind, SiteRoot},
    verification::{self, Failure},
};

/// What was checked.
pub struct Passed {
    /// The record.
    pub record: Sha256,
    /// The steps, in order.
    pub steps: Vec<String>,
    /// Photos whose bytes were hashed.
    pub photos: usize,
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

fn failed(file: &str, step: &str) -> impl Fn(&dyn std::fmt::Display) -> Failed {
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
    for key in [&record.inspector.key, &record.terminal.key] {
        if let Some(revocation) = keyring.revocation(key) {
            steps.push(format!(
                "注意 note: {key} 已于 {} 吊销 was revoked; 以日志先后为准 the log's order decides",
                revocation.revoked_at
            ));
        }
    }

    let delivered = read(folder, "delivered.json")?;
    let receipt_text = text(folder, "receipt.tlog-proof")?;
    let receipt = Receipt::parse(&receipt_text).map_err(|error| failed("receipt.tlog-proof", "Receipt")(&error))?;
    let statement = verification::verify_receipt(&verified, Sha256::of(&bytes), &delivered, &receipt, &keyring)
        .map_err(of("delivered.json"))?;
    steps.push(format!("送达声明 delivered {}", statement.stored_at));
    steps.push(format!("存证回执 receipt: leaf {} of {}", receipt.index, receipt.checkpoint.checkpoint.size));

    let photos = photos(folder, record)?;
    steps.push(format!("照片 photos: {photos}/{}", record.evidence.len()));
    Ok(Passed { record: verified.id, steps, photos })
}

fn keyring(folder: &Path, pinned: Option<Sha256>) -> Result<Keyring, Failed> {
    let root: SiteRoot = serde_json::from_slice(&read(folder, "site-root.json")?)
        .map_err(|error| failed("site-root.json", "root")(&error))?;
    let mut keyring = Keyring::new(root, pinned).map_err(|error| failed("site-root.json", "root")(&error))?;
    for (sub, is_statement) in [("key-statements", true), ("revocations", false)] {
        let Ok(entries) = fs::read_dir(folder.join(sub)) else { continue };
        let mut names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        for name in names {
            let file = format!("{sub}/{name}");
            let wrong = failed(&file, "keyring");
            let envelope = Envelope::from_bytes(&read(folder, &file)?).map_err(|error| wrong(&error))?;
            let taken = if is_statement { keyring.admit(&envelope).map(|_| ()) } else { keyring.revoke(&envelope) };
            taken.map_err(|error| wrong(&error))?;
        }
    }
    if keyring.current(HolderKind::Log).is_none() {
        return Err(failed("key-statements", "keyring")(&"no statement for the log's key"));
    }
    Ok(keyring)
}

/// Hashes the photos that were exported along; those that were not are counted as absent, not as wrong.
fn photos(folder: &Path, record: &xunjian_proof::record::Record) -> Result<usize, Failed> {
    let mut checked = 0;
    for photo in &record.evidence {
        let file = format!("photos/{}", photo.sha256);
        match fs::read(folder.join(&file)) {
            Ok(bytes) if Sha256::of(&bytes) == photo.sha256 => checked += 1,
            Ok(_) => return Err(failed(&file, "Blobs")(&"the bytes do not hash to the name")),
            Err(_) => {}
        }
    }
    Ok(checked)
}
