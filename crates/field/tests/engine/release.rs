//! 释放空间: only what is proved to be at the service goes, oldest first, and what went is not missing.

use xunjian_domain::{hash::Sha256, plan::VisitKind};
use xunjian_field::{PhotoSize, RecordState, Released};

use crate::{
    service::Service,
    tampering::Intruder,
    terminal::{Terminal, jpeg},
};

fn file_of(terminal: &Terminal, photo: Sha256) -> std::path::PathBuf {
    let hex = photo.to_hex();
    terminal.folder.path().join("photos/originals").join(&hex[..2]).join(&hex)
}

fn photos(terminal: &Terminal, visit: &xunjian_domain::ids::VisitId) -> Vec<(Sha256, u64)> {
    terminal.shows(visit).evidence.iter().map(|photo| (photo.sha256, photo.bytes)).collect()
}

/// A sealed room visit with two photos of its own.
fn seals_a_room(terminal: &Terminal, seed: u8) -> Vec<(Sha256, u64)> {
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, seed);
    terminal.attaches(&visit, 1, &jpeg(seed + 100));
    let photos = photos(terminal, &visit);
    terminal.seals(&visit);
    photos
}

#[tokio::test]
async fn nothing_goes_before_its_receipt_and_all_of_it_after() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let photos = seals_a_room(&terminal, 1);
    assert_eq!(terminal.field.releasable().unwrap(), Released::default(), "not delivered");
    assert_eq!(terminal.field.release_photos(None).unwrap(), Released::default());
    assert!(photos.iter().all(|(photo, _)| file_of(&terminal, *photo).exists()));

    assert_eq!(terminal.syncs(&service).await.delivered, 1);
    let all = Released { photos: photos.len() as u64, bytes: photos.iter().map(|(_, bytes)| bytes).sum() };
    assert_eq!(terminal.field.releasable().unwrap(), all);
    assert_eq!(terminal.field.release_photos(None).unwrap(), all);
    assert!(photos.iter().all(|(photo, _)| !file_of(&terminal, *photo).exists()));
    assert_eq!(terminal.field.release_photos(None).unwrap(), Released::default(), "once");

    let terminal = terminal.restarts();
    let status = terminal.field.status().unwrap();
    assert_eq!((&status.missing_photos[..], status.tampering.len()), (&[][..], 0), "released is not missing");
    let photo = photos[0].0;
    assert!(terminal.field.photo_rendition(photo, PhotoSize::Screen).is_ok(), "it can still be looked at");
    let refused = terminal.field.photo(photo).unwrap_err().text();
    assert!(refused.zh.contains("已送达并从本机释放"), "{}", refused.zh);
    let detail = terminal.field.verify_local(&terminal.field.records().unwrap()[0].id.to_hex()).unwrap();
    assert!(detail.blobs.iter().all(|blob| blob.released && !blob.intact));
    let last = detail.steps.last().unwrap();
    assert_eq!(last.passed, None, "originals that are not here are neither right nor wrong");
    assert!(terminal.syncs(&service).await.errors.is_empty());
    assert_eq!(terminal.field.records().unwrap()[0].state, RecordState::Delivered);
}

#[tokio::test]
async fn a_receipt_that_does_not_verify_releases_nothing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let photos = seals_a_room(&terminal, 1);
    terminal.syncs(&service).await;
    Intruder::at(&terminal, &service).writes("UPDATE receipt SET delivered = delivered || ' '");
    assert!(terminal.field.releasable().unwrap().photos > 0, "on paper");
    assert_eq!(terminal.field.release_photos(None).unwrap(), Released::default());
    assert!(photos.iter().all(|(photo, _)| file_of(&terminal, *photo).exists()));
}

#[tokio::test]
async fn no_more_goes_than_is_needed_oldest_first_and_what_is_open_stays() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let first = seals_a_room(&terminal, 1);
    let rack = terminal.visit(VisitKind::Rack);
    terminal.answers_all(&rack, 50);
    let second = photos(&terminal, &rack);
    terminal.seals(&rack);
    assert_eq!(terminal.syncs(&service).await.delivered, 2);
    // One byte is wanted: one photo goes, of the oldest record.
    assert_eq!(terminal.field.release_photos(Some(1)).unwrap().photos, 1);
    assert_eq!(first.iter().filter(|(photo, _)| !file_of(&terminal, *photo).exists()).count(), 1);
    assert!(second.iter().all(|(photo, _)| file_of(&terminal, *photo).exists()));

    // A photo of an open draft stays, and one that was released and is taken up again is here again.
    let gone = first.iter().find(|(photo, _)| !file_of(&terminal, *photo).exists()).unwrap().0;
    let cluster = terminal.visit(VisitKind::Cluster);
    terminal.starts(&cluster);
    let bytes = [jpeg(1), jpeg(101)].into_iter().find(|bytes| Sha256::of(bytes) == gone).unwrap();
    terminal.attaches(&cluster, 1, &bytes);
    let rest = first.len() + second.len() - 1;
    assert_eq!(terminal.field.release_photos(None).unwrap().photos, rest as u64);
    assert!(file_of(&terminal, gone).exists());
    assert_eq!(terminal.field.photo(gone).unwrap(), bytes);
}
