//! The folder of originals: order of effects, crashes at each of them, and what recovery makes of it.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError},
};

use image::ImageFormat;
use tempfile::TempDir;
use xunjian_domain::hash::Sha256;
use xunjian_field::{
    keys::FileKey,
    photo::{
        MediaType, PhotoError, PhotoFolder, PhotoSize,
        store::{FAULT_POINTS, Recovery},
    },
};

use super::{file, fixture};

fn folder(disk: &TempDir) -> PhotoFolder {
    unlocked(disk, 0)
}

fn unlocked(disk: &TempDir, reserve_bytes: u64) -> PhotoFolder {
    let folder = PhotoFolder::open(disk.path(), reserve_bytes).unwrap();
    folder.unlock(FileKey::new([7; 32]));
    folder
}

fn temps(disk: &TempDir) -> usize {
    std::fs::read_dir(disk.path().join("incoming")).unwrap().count()
}

fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Fault points are global: one test arms them at a time.
static POINTS: Mutex<()> = Mutex::new(());

#[test]
fn a_photo_is_kept_byte_for_byte_under_its_hash() {
    let disk = TempDir::new().unwrap();
    let photo = fixture("Landscape_6.jpg");
    let stored = folder(&disk).store(&photo).unwrap();
    let hash = Sha256::of(&photo);
    assert_eq!((stored.sha256, stored.bytes), (hash, photo.len() as u64), "named and sized by the original");
    assert_eq!(stored.info.orientation, 6, "inspected on the way");
    let name = hash.to_hex();
    assert!(disk.path().join("originals").join(&name[..2]).join(&name).is_file(), "on its shelf");
    assert_eq!(folder(&disk).read(&hash).unwrap(), photo, "unchanged");
    assert_eq!(temps(&disk), 0, "nothing left behind");
}

#[test]
fn the_same_photo_again_changes_nothing_and_heals_a_damaged_one() {
    let disk = TempDir::new().unwrap();
    let photo = file(ImageFormat::Jpeg);
    let first = folder(&disk).store(&photo).unwrap();
    assert_eq!(folder(&disk).store(&photo).unwrap(), first, "identical");
    damage(&folder(&disk).path_of(&first.sha256));
    assert!(matches!(folder(&disk).verify(&first.sha256), Err(PhotoError::Altered { .. })), "a flipped bit is noticed");
    folder(&disk).store(&photo).unwrap();
    folder(&disk).verify(&first.sha256).expect("whole again");
}

#[test]
fn what_is_refused_leaves_nothing() {
    let disk = TempDir::new().unwrap();
    let photo = file(ImageFormat::Png);
    for bytes in [&photo[..photo.len() - 5], b"%PDF-1.7", b""] {
        assert!(folder(&disk).store(bytes).is_err(), "not a whole photo");
    }
    assert_eq!(temps(&disk), 0, "the temp files are gone");
    assert_eq!(
        folder(&disk).recover(&BTreeSet::new()).unwrap(),
        Recovery::default(),
        "and there is nothing to recover"
    );
}

#[test]
fn the_reserve_is_never_touched() {
    let disk = TempDir::new().unwrap();
    let greedy = unlocked(&disk, u64::MAX / 2);
    let refusal = greedy.store(&file(ImageFormat::Jpeg)).unwrap_err();
    assert!(matches!(refusal, PhotoError::DiskFull { needed, free } if needed > free), "{refusal}");
    assert!(
        refusal.message().zh.contains("空间不够") && refusal.message().en.contains("Not enough space"),
        "says what to do"
    );
    assert_eq!(greedy.room_left().unwrap(), 0, "the budget before leaving says so too");
    assert_eq!(temps(&disk), 0, "refused before anything was written");
}

#[test]
fn a_crash_at_any_effect_loses_at_most_what_nobody_was_told_is_kept() {
    let _turn = POINTS.lock().unwrap_or_else(PoisonError::into_inner);
    let photo = fixture("Portrait_8.jpg");
    let me = std::thread::current().id();
    for point in FAULT_POINTS {
        let disk = TempDir::new().unwrap();
        // Fault points are global and other tests run beside this one: only this thread dies.
        let die = move || assert!(std::thread::current().id() != me, "killed at {point}");
        fail::cfg_callback(point, die).unwrap();
        catch_unwind(AssertUnwindSafe(|| folder(&disk).store(&photo))).expect_err("the process died");
        fail::remove(point);

        let recovery = folder(&disk).recover(&BTreeSet::new()).unwrap();
        let is_whole = !["photo.before_temp", "photo.before_write"].contains(&point);
        let kept: Vec<Sha256> = recovery.orphans.iter().map(|orphan| orphan.sha256).collect();
        assert_eq!(kept, if is_whole { vec![Sha256::of(&photo)] } else { vec![] }, "after a crash at {point}");
        assert_eq!(temps(&disk), 0, "incoming is clear after a crash at {point}");
        let stored = folder(&disk).store(&photo).expect("the next try works");
        folder(&disk).verify(&stored.sha256).expect("and is whole");
    }
}

#[test]
fn an_effect_that_fails_leaves_no_half_photo() {
    let _turn = POINTS.lock().unwrap_or_else(PoisonError::into_inner);
    let photo = fixture("Portrait_3.jpg");
    let me = std::thread::current().id();
    for point in FAULT_POINTS {
        let disk = TempDir::new().unwrap();
        let broken = std::sync::atomic::AtomicBool::new(false);
        let folder = folder(&disk);
        // The directory vanishes under our hands: the effect after this point fails.
        let incoming = disk.path().join("incoming");
        let vanish = move || {
            if std::thread::current().id() == me && !broken.swap(true, std::sync::atomic::Ordering::SeqCst) {
                std::fs::remove_dir_all(&incoming).unwrap();
            }
        };
        fail::cfg_callback(point, vanish).unwrap();
        let result = folder.store(&photo);
        fail::remove(point);
        let again = unlocked(&disk, 0);
        match result {
            Ok(stored) => again.verify(&stored.sha256).expect("what was promised is there"),
            Err(error) => assert!(matches!(error, PhotoError::Disk { .. }), "{point}: {error}"),
        }
        again.recover(&BTreeSet::new()).expect("recovery works on what is left");
        again.store(&photo).expect("and so does the next try");
    }
}

#[test]
fn half_a_photo_left_by_a_crash_is_removed_and_a_whole_one_finished() {
    let disk = TempDir::new().unwrap();
    let folder = folder(&disk);
    let stored = folder.store(&file(ImageFormat::Jpeg)).unwrap();
    // What a kill leaves is the encrypted file under the name of a part.
    let written = std::fs::read(folder.path_of(&stored.sha256)).unwrap();
    folder.remove_unnamed(&stored.sha256).unwrap();
    std::fs::write(disk.path().join("incoming/7-0.part"), &written[..written.len() / 2]).unwrap();
    std::fs::write(disk.path().join("incoming/7-1.part"), b"").unwrap();
    std::fs::write(disk.path().join("incoming/7-2.part"), &written).unwrap();
    let recovery = folder.recover(&BTreeSet::new()).unwrap();
    assert_eq!(recovery.removed_temps, 2, "the half one and the empty one");
    assert_eq!(recovery.orphans.len(), 1, "the whole one is offered to the inspector");
    assert_eq!(recovery.orphans[0].info.media_type, MediaType::Jpeg, "inspected");
    folder.verify(&recovery.orphans[0].sha256).expect("finished exactly as it would have been");
}

#[test]
fn recovery_names_orphans_damaged_and_missing_photos_and_deletes_none() {
    let disk = TempDir::new().unwrap();
    let folder = folder(&disk);
    let known = folder.store(&file(ImageFormat::Jpeg)).unwrap().sha256;
    let orphan = folder.store(&file(ImageFormat::WebP)).unwrap().sha256;
    let csv = folder.store_evidence("序号,名称\r\n".as_bytes(), "a.csv", true).unwrap();
    let damaged = folder.store(&file(ImageFormat::Png)).unwrap().sha256;
    damage(&folder.path_of(&damaged));
    let missing = Sha256::of(b"a photo that someone deleted");

    let recovery = folder.recover(&BTreeSet::from([known, missing])).unwrap();
    let mut orphans = BTreeSet::from([orphan]);
    orphans.insert(csv.sha256);
    assert_eq!(
        recovery.orphans.iter().map(|photo| photo.sha256).collect::<BTreeSet<_>>(),
        orphans,
        "no row names them"
    );
    assert!(recovery.orphans.contains(&csv), "a CSV file is recognised as one");
    assert_eq!((recovery.damaged, recovery.missing), (vec![damaged], vec![missing]), "each in its own list");
    assert!(folder.path_of(&damaged).is_file(), "nothing is deleted");
    assert!(matches!(folder.read(&missing), Err(PhotoError::Missing { .. })), "and missing is an error with a name");
}

#[test]
fn no_photo_and_no_smaller_copy_is_on_the_disk_in_the_clear_and_none_can_take_anothers_place() {
    let disk = TempDir::new().unwrap();
    let folder = folder(&disk);
    let (one, other) = (fixture("Landscape_6.jpg"), fixture("Portrait_5.jpg"));
    let hashes = [&one, &other].map(|photo| folder.store(photo).unwrap().sha256);
    for size in [PhotoSize::Thumbnail, PhotoSize::Screen] {
        let made = folder.rendition(&hashes[0], size).unwrap();
        assert_eq!(&made[..3], b"\xff\xd8\xff", "a JPEG for the page");
        assert_eq!(folder.rendition(&hashes[0], size).unwrap(), made, "kept for the next time");
    }
    let mut files = 0;
    let mut folders = vec![disk.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&entry).unwrap();
            assert!(!bytes.starts_with(b"\xff\xd8\xff"), "{}", entry.display());
            assert!(!bytes.windows(32).any(|piece| piece == &one[200..232]), "{}", entry.display());
        }
    }
    assert_eq!(files, 6, "two originals, each with two copies");

    std::fs::copy(folder.path_of(&hashes[1]), folder.path_of(&hashes[0])).unwrap();
    assert!(matches!(folder.read(&hashes[0]), Err(PhotoError::Altered { .. })), "the name is part of the seal");
    folder.lock();
    assert!(matches!(folder.read(&hashes[1]), Err(PhotoError::Locked)));
    assert!(matches!(folder.store(&one), Err(PhotoError::Locked)), "and nothing is written in the clear instead");
    folder.unlock(FileKey::new([8; 32]));
    assert!(matches!(folder.read(&hashes[1]), Err(PhotoError::Altered { .. })), "another key opens nothing");
}

#[test]
fn smaller_copies_come_with_the_original_and_are_those_that_would_be_made_later() {
    let disk = tempfile::tempdir().unwrap();
    let folder = folder(&disk);
    let sha256 = folder.store(&fixture("Landscape_6.jpg")).unwrap().sha256;
    let hex = sha256.to_hex();
    let shelf = disk.path().join("renditions").join(&hex[..2]);
    for (size, name) in [(PhotoSize::Screen, "screen"), (PhotoSize::Thumbnail, "thumbnail")] {
        let kept = std::fs::read(shelf.join(format!("{hex}.{name}"))).unwrap();
        assert!(!kept.starts_with(&[0xff, 0xd8]), "the {name} is encrypted");
        let at_once = folder.rendition(&sha256, size).unwrap();
        std::fs::remove_file(shelf.join(format!("{hex}.{name}"))).unwrap();
        assert_eq!(folder.rendition(&sha256, size).unwrap(), at_once, "the same {name} made anew");
    }
}
