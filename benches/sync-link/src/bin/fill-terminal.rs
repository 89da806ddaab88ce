//! Fills an enrolled terminal with sealed records: walks so many racks through the engine's own API, as a person would, with
//! so many photos, and seals them. Prints what it made as JSON. The passphrase stands in `XUNJIAN_PASSPHRASE`.
//!
//! Nothing here is quicker than the app: each answer is its own transaction, each photo is checked, encrypted and flushed.
//! Only unlocking happens once instead of 500 times.

#[path = "fill-terminal/pictures.rs"]
mod pictures;

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::{Context as _, ensure};
use clap::Parser;
use serde_json::json;
use xunjian_domain::{ids::VisitId, outcome::Outcome};
use xunjian_field::{
    AssetSelector, DraftRef, Field, LineSelector, NewAnswer, NewCheck, NewPhoto, NewSeal, NewSighting, NewValue,
    Person, Surroundings, VisitSelector, VisitState,
    clock::SystemClock,
    ids::SystemIds,
    keys::{Effort, NoKeystore, Passphrase},
};
use xunjian_proof::record::Capture;
use xunjian_testkit::sealed::normal_value;

/// Visits sealed with one entry of the passphrase.
const SEALED_AT_ONCE: usize = 50;

/// Fills an enrolled terminal with sealed records.
#[derive(Debug, Parser)]
struct Arguments {
    /// The terminal's data folder.
    #[arg(long)]
    data: PathBuf,
    /// Records to seal.
    #[arg(long)]
    records: usize,
    /// Photos, spread evenly over the records.
    #[arg(long)]
    photos: usize,
    /// Where to write the photos as files, too.
    #[arg(long)]
    keep_photos: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let passphrase = Passphrase::new(&std::env::var("XUNJIAN_PASSPHRASE").context("XUNJIAN_PASSPHRASE")?)?;
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
        keystore: Arc::new(NoKeystore),
        effort: Effort::STANDARD,
    };
    let field = Field::open_in(&arguments.data, surroundings)?;
    let who = field.at_the_door(None)?;
    let inspector = field.unlock(who.as_str(), &passphrase)?;
    let visits = racks(&field, &inspector, arguments.records)?;
    if let Some(folder) = &arguments.keep_photos {
        fs::create_dir_all(folder)?;
    }

    let camera = pictures::Camera::new()?;
    let (mut photo_bytes, mut record_bytes, mut photos) = (0, 0, 0);
    for (some, group) in visits.chunks(SEALED_AT_ONCE).enumerate() {
        for (at, visit) in group.iter().enumerate() {
            let no = some * SEALED_AT_ONCE + at;
            walk(&field, &inspector, visit)?;
            let until = (no + 1) * arguments.photos / arguments.records;
            while photos < until {
                let bytes = camera.shoot(photos as u64)?;
                photo_bytes += bytes.len();
                attach(&field, &inspector, visit, &bytes)?;
                if let Some(folder) = &arguments.keep_photos {
                    fs::write(folder.join(format!("IMG_{photos:04}.jpg")), &bytes)?;
                }
                photos += 1;
            }
        }
        for done in field.seal_several(group, &inspector.id, &passphrase, &NewSeal::default())? {
            let sealed = done.sealed.with_context(|| format!("{} cannot be sealed: {:?}", done.title, done.error))?;
            record_bytes += sealed.bytes;
        }
    }
    let waiting = field.status()?;
    ensure!(waiting.records.sealed as usize == arguments.records, "{} records wait", waiting.records.sealed);
    ensure!(waiting.blob_bytes_left as usize == photo_bytes, "two photos are the same");
    println!("{}", json!({ "record_bytes": record_bytes, "photo_bytes": photo_bytes, "photos": photos }));
    Ok(())
}

/// The first racks that nobody has begun.
fn racks(field: &Field, inspector: &Person, count: usize) -> anyhow::Result<Vec<VisitId>> {
    let today = field.today(inspector)?;
    let all = today.rounds.iter().flat_map(|round| &round.visits);
    let racks: Vec<VisitId> = all
        .filter(|visit| visit.kind == "rack" && visit.state == VisitState::NotStarted)
        .map(|visit| visit.id.clone())
        .take(count)
        .collect();
    ensure!(racks.len() == count, "the round has {} racks, not {count}", racks.len());
    Ok(racks)
}

/// Every asset seen as in the ledger, every line 正常, the rack declared complete.
fn walk(field: &Field, inspector: &Person, visit: &VisitId) -> anyhow::Result<()> {
    let whose = DraftRef { visit, person: &inspector.id };
    let view = field.start_visit(&VisitSelector::Text(visit.to_string()), inspector)?;
    for line in &view.lines {
        if line.subject.kind.is_asset() && line.criterion.as_str() == "A.1-03a" {
            field.sight(whose, &as_in_ledger(&line.subject.id))?;
        }
        let checks = line.checks.iter().map(|check| NewCheck {
            check: check.key.clone(),
            outcome: Outcome::Normal,
            reason: String::new(),
            value: normal_value(&check.input).map(NewValue::Plain),
        });
        let answer = NewAnswer {
            line: LineSelector::No { line: line.no },
            outcome: Outcome::Normal,
            checks: checks.collect(),
            reason: String::new(),
            note: String::new(),
            no_photo: None,
            mode: None,
            spent_ms: None,
        };
        field.record_result(whose, &answer)?;
    }
    field.close_rack(whose, true)?;
    Ok(())
}

fn as_in_ledger(asset: &str) -> NewSighting {
    NewSighting {
        asset: AssetSelector::Ledger(asset.to_owned()),
        as_in_ledger: true,
        span: None,
        face: None,
        brand: None,
        model: None,
        serial: None,
        quantity: None,
        owning_unit: None,
        order_no: None,
        note: String::new(),
        photos: None,
    }
}

fn attach(field: &Field, inspector: &Person, visit: &VisitId, bytes: &[u8]) -> anyhow::Result<()> {
    let photo = NewPhoto { bytes, file_name: "", capture: Capture::Camera, caption: "", layer: None, after_of: None };
    let whose = DraftRef { visit, person: &inspector.id };
    field.attach_photo(whose, Some(&LineSelector::No { line: 1 }), photo)?;
    Ok(())
}
