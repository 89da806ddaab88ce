//! Receipts and photos judged by the pure verifier alone, from exported bytes and the pinned root: the engine's own word does
//! not count.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result, anyhow, ensure};
use xunjian_field::{Field, PhotoSize};
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    statement::SiteRoot,
    verification::{read_record, verify_receipt, verify_record},
};

fn keyring(folder: &Path, root: &SiteRoot) -> Result<Keyring> {
    let mut keyring = Keyring::new(root.clone(), None)?;
    for entry in std::fs::read_dir(folder.join("key-statements"))? {
        keyring.admit(&Envelope::from_bytes(&std::fs::read(entry?.path())?)?)?;
    }
    Ok(keyring)
}

/// The receipt of an exported record proves that the service has it with all its photos.
pub fn receipt_verifies(folder: &Path, root: &SiteRoot) -> Result<()> {
    let keyring = keyring(folder, root)?;
    let envelope = std::fs::read(folder.join("envelope.json"))?;
    let failed = |failure: xunjian_proof::verification::Failure| anyhow!("{failure}");
    verify_record(&envelope, &keyring).map_err(failed)?;
    let (_, read) = read_record(&envelope).map_err(failed)?;
    let delivered = std::fs::read(folder.join("delivered.json")).context("there is no receipt")?;
    let receipt = Receipt::parse(&std::fs::read_to_string(folder.join("receipt.tlog-proof"))?)?;
    verify_receipt(&read, Sha256::of(&envelope), &delivered, &receipt, &keyring).map_err(failed)?;
    Ok(())
}

/// Every photo of these records is here, whole; or every record that names it was `proved` before, and it can still be looked
/// at.
pub fn photos_are_kept<'a>(
    field: &Field,
    proved: &BTreeSet<Sha256>,
    records: impl Iterator<Item = &'a Sha256>,
) -> Result<()> {
    for record in records {
        let detail = field.verify_local(&record.to_hex())?;
        let failed = detail.steps.iter().find(|step| step.passed == Some(false));
        ensure!(failed.is_none(), "record {} of the chain fails: {failed:?}", detail.summary.sequence);
        for blob in detail.blobs.iter().filter(|blob| !blob.intact) {
            ensure!(
                proved.contains(record),
                "a photo of record {} was let go before its receipt",
                detail.summary.sequence
            );
            for size in [PhotoSize::Thumbnail, PhotoSize::Screen] {
                field
                    .photo_rendition(blob.sha256, size)
                    .with_context(|| format!("a photo that was let go has no {size:?} any more"))?;
            }
        }
    }
    Ok(())
}

/// The size of a record's envelope.
pub fn envelope_bytes(field: &Field, record: &Sha256) -> Result<u64> {
    let out = crate::site::scratch_folder()?;
    field.export_record(&record.to_hex(), out.path())?;
    Ok(std::fs::metadata(out.path().join("envelope.json"))?.len())
}
