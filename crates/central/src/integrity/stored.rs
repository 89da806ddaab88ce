//! What is named by the hash of its bytes: documents, photos, and records that are kept aside.

use std::collections::BTreeSet;

use xunjian_domain::hash::Sha256;

use super::{Findings, log::Leaves};
use crate::{
    aside,
    db::{Sql, sql},
    leaf::Leaf,
    log::to_u64,
    site::Site,
};

/// Hashes every document.
pub(super) fn check_chunks(sql: &dyn Sql, found: &mut Findings) {
    for row in &found.read("chunk", "chunk", sql.query(sql!("chunk_names"), &[])) {
        found.chunks += 1;
        let name = row.text(0).unwrap_or("?");
        let bytes = found.read("chunk", name, sql.first(sql!("chunk_select"), &[name.into()]));
        let hash = bytes.as_ref().and_then(|row| row.bytes(0).ok()).map(|bytes| Sha256::of(bytes).to_hex());
        if hash.as_deref() != Some(name) {
            found.damage("chunk", name, "bytes", "the bytes do not hash to the name");
        }
    }
}

/// Hashes every envelope that is kept aside, and misses those that the log says were.
pub(super) fn check_set_aside(sql: &dyn Sql, leaves: &Leaves, found: &mut Findings) {
    let kept = found.read("set_aside", "set_aside", aside::aside(sql));
    for one in &kept {
        match aside::bytes(sql, &one.envelope) {
            Ok(Some(bytes)) if Sha256::of(&bytes) == one.envelope => {}
            Ok(_) => found.damage("set_aside", one.envelope, "bytes", "the bytes do not hash to the name"),
            Err(error) => found.damage("set_aside", one.envelope, "bytes", error),
        }
    }
    let kept: BTreeSet<String> = kept.iter().map(|one| one.envelope.to_hex()).collect();
    let mut told = BTreeSet::new();
    for (_, leaf) in leaves.others.values() {
        let Leaf::AdminAction(action) = leaf else { continue };
        if action.action == "record.set_aside" {
            told.extend(action.details.get("envelope").cloned());
        }
    }
    for lost in told.difference(&kept) {
        found.damage("set_aside", lost, "row", "the log says that it was kept aside, and it is not there");
    }
}

/// Re-hashes every photo that has a row.
pub(super) fn check_blobs(site: &Site, found: &mut Findings) {
    let rows = found.read("blob", "blob", site.db.read_long(|sql| sql.query(sql!("blob_all"), &[])));
    for row in &rows {
        let id = row.text(0).unwrap_or("?");
        let Ok(sha256) = id.parse::<Sha256>() else {
            found.damage("blob", id, "Blobs", "the name is not a hash");
            continue;
        };
        found.blobs += 1;
        match site.blobs.check(&sha256) {
            Ok(Some((bytes, true))) if row.i64(1).is_ok_and(|size| to_u64(size) == bytes) => {}
            Ok(Some((_, true))) => found.damage("blob", id, "Blobs", "the file has another size than its row"),
            Ok(Some((_, false))) => found.damage("blob", id, "Blobs", "the bytes on the disk do not hash to the name"),
            Ok(None) => found.damage("blob", id, "Blobs", "the file is gone"),
            Err(error) => found.damage("blob", id, "Blobs", error),
        }
    }
}

/// Names files without a row.
pub(super) fn check_orphans(site: &Site, found: &mut Findings) {
    let rows = found.read("blob", "blob", site.db.read_long(|sql| sql.query(sql!("blob_all"), &[])));
    let known: BTreeSet<&str> = rows.iter().filter_map(|row| row.text(0).ok()).collect();
    for object in found.read("blob", "objects", site.blobs.objects()) {
        if !known.contains(object.to_hex().as_str()) {
            let reason = "a file without a row; it is adopted when the terminal sends it again";
            found.damage("blob", object, "orphan", reason);
        }
    }
}
