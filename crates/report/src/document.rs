//! A report: photos prepared, volumes cut, each set and written.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use xunjian_domain::{
    hash::Sha256,
    report::{Document, PhotoFile, ReportJob},
};

use crate::{
    photos::prepared,
    told::progress,
    typeset::{Manuscript, pdf},
    volumes::cut,
};

/// Writes the report and returns its files, one for each volume.
///
/// # Errors
/// [`crate::told::Told`] for characters nobody can draw and photos that are not what was signed; then no file is left.
pub fn write(job: &ReportJob, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let sources: BTreeMap<Sha256, &PhotoFile> = job.photos.iter().map(|photo| (photo.sha256, photo)).collect();
    let volumes = cut(&job.document);
    let total = job.document.shown().count();
    let (mut done, mut files) = (0, Vec::new());
    for (volume, number) in volumes.iter().zip(1..) {
        let mut photos = BTreeMap::new();
        let mut places = BTreeMap::new();
        for photo in volume.shown() {
            progress("photos", done, total);
            done += 1;
            if places.contains_key(&photo.sha256) {
                continue;
            }
            let source =
                sources.get(&photo.sha256).with_context(|| format!("nobody says where {} is", photo.sha256))?;
            let place = places.len() + 1;
            photos.insert(format!("/photos/{place}.jpg"), prepared(source)?);
            places.insert(photo.sha256, place);
        }
        progress("typeset", number - 1, volumes.len());
        let data = json!({ "document": placed(volume, &places)?, "volume": number, "volumes": volumes.len() });
        let ident = if number == 1 { job.ident.clone() } else { format!("{}#{number}", job.ident) };
        let manuscript = Manuscript { template: "/report.typ", data, files: photos, ident, created_at: job.created_at };
        let file = volume_file(out, number);
        put(&file, &pdf(manuscript)?)?;
        files.push(file);
    }
    progress("typeset", volumes.len(), volumes.len());
    Ok(files)
}

/// The document as the template reads it: each photo with its place among the volume's files.
fn placed(document: &Document, places: &BTreeMap<Sha256, usize>) -> anyhow::Result<Value> {
    let mut data = serde_json::to_value(document)?;
    let sections = data["sections"].as_array_mut().into_iter().flatten();
    let blocks = sections.flat_map(|section| section["blocks"].as_array_mut().into_iter().flatten());
    for photo in blocks.flat_map(|block| block["photos"].as_array_mut().into_iter().flatten()) {
        let sha256: Option<Sha256> = photo["sha256"].as_str().and_then(|hex| hex.parse().ok());
        photo["place"] = json!(sha256.and_then(|sha256| places.get(&sha256)));
    }
    Ok(data)
}

/// `report.pdf`, `report-2.pdf`, …
fn volume_file(out: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}-{number}.pdf"))
}

/// Writes beside the file and renames: nobody reads half a report, and what is cancelled leaves no file.
pub fn put(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = file.with_file_name(name);
    fs::write(&part, bytes).with_context(|| part.display().to_string())?;
    fs::rename(&part, file).with_context(|| file.display().to_string())
}
