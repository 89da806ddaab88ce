//! The archive: one spelling, the same every time, readable by everybody's tools, and resumable at any byte.

use std::{io::Cursor, process::Command};

use xunjian_proof::{
    pack::{Layout, PackKind, PackReader, Planned, Profile, zip},
    statement::Statement as _,
};
use xunjian_testkit::{export::key, packs::World};

use super::parts::{Parts, file_of, fingerprint, python, round, rust};

#[test]
fn a_whole_pack_passes_and_says_so_when_no_root_is_pinned() {
    let world = World::small(|_| ());
    let root = fingerprint(&world);
    for (kind, profile) in [
        (PackKind::Round, Profile::Full),
        (PackKind::Round, Profile::Redacted),
        (PackKind::Record, Profile::Full),
        (PackKind::Record, Profile::Redacted),
    ] {
        let file = file_of(&world.pack(kind, profile));
        for verify in [rust, python] {
            let said = verify(file.path(), &["--root", &root]);
            assert_eq!((said.code, said.result.as_str()), (0, "ok"), "{kind:?} {profile:?}: {}", said.text);
            let said = verify(file.path(), &[]);
            assert_eq!((said.code, said.result.as_str()), (3, "root_not_pinned"), "{}", said.text);
            let other = "00".repeat(32);
            assert_eq!(verify(file.path(), &["--root", &other]).code, 1);
        }
    }
}

#[test]
fn the_same_state_makes_the_same_bytes() {
    let (one, other) = (World::small(|_| ()), World::small(|_| ()));
    assert_eq!(round(&one), round(&other));
}

#[test]
fn a_transfer_goes_on_at_any_byte() {
    let pack = round(&World::small(|_| ()));
    let parts = Parts::of(&pack);
    let files: Vec<Planned> = parts.files.iter().map(|(name, bytes)| Planned::of(name.clone(), bytes)).collect();
    let envelope = PackReader::open(Cursor::new(&pack)).unwrap().envelope().to_bytes();
    let layout = Layout::new(envelope, files);
    assert_eq!(layout.total_bytes(), pack.len() as u64);
    for from in (0..=pack.len()).step_by(997).chain([1, pack.len() - 1]) {
        let mut out = Vec::new();
        let open = |file: &Planned| Ok(Cursor::new(parts.files[&file.name].clone()));
        layout.write_from(from as u64, &mut out, open).unwrap();
        assert_eq!(out, pack[from..], "from byte {from}");
    }
}

#[test]
fn a_photo_that_changes_while_it_is_packed_stops_the_pack() {
    let files = vec![Planned::of("photos/a.jpg".into(), b"one photo")];
    let layout = Layout::new(b"{}".to_vec(), files);
    for other in [b"another!!".as_slice(), b"short", b"one photo and more"] {
        let written = layout.write_from(0, &mut Vec::new(), |_| Ok(Cursor::new(other)));
        assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    }
}

#[test]
fn everybodys_archive_tools_read_it() {
    let pack = round(&World::small(|_| ()));
    let file = file_of(&pack);
    let tested = Command::new("unzip").arg("-tqq").arg(file.path()).status().unwrap();
    assert!(tested.success(), "unzip -t");
    let script =
        "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist()))";
    let output = Command::new("python3").args(["-c", script]).arg(file.path()).output().unwrap();
    let count: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(count, Parts::of(&pack).files.len() + 1);
}

/// Offsets beyond 4 GiB and more files than 16 bits count, without writing that many bytes: a sparse file holds the archive.
#[test]
fn beyond_four_gigabytes_the_directory_says_so_in_the_one_way_there_is() {
    let entry = zip::directory_entry("photos/a.jpg", 5, 7, 5 << 30);
    assert_eq!(&entry[42..46], &[0xff; 4], "the offset stands in the extra field");
    assert_eq!(&entry[30..32], &12_u16.to_le_bytes());
    assert_eq!(&entry[entry.len() - 8..], &(5_u64 << 30).to_le_bytes());
    assert_eq!(zip::directory_entry("photos/a.jpg", 5, 7, 9).len(), 46 + 12);
    for (entries, size, offset, is_64) in
        [(3, 200, 300, false), (65_534, 9, 9, false), (65_535, 9, 9, true), (3, 200, 5 << 30, true)]
    {
        assert_eq!(zip::end(entries, size, offset).len(), if is_64 { 22 + 56 + 20 } else { 22 }, "{entries} {offset}");
    }
    // 70,000 empty files: more than 16 bits count, and unzip finds all of them.
    let names: Vec<Planned> = (0..70_000).map(|number| Planned::of(format!("photos/{number:06}.jpg"), b"")).collect();
    let manifest = Parts::of(&round(&World::small(|_| ()))).manifest.sign(&[&key(4)]).unwrap().to_bytes();
    let mut out = Vec::new();
    Layout::new(manifest, names).write_from(0, &mut out, |_| Ok(Cursor::new(Vec::new()))).unwrap();
    let listed = Command::new("unzip").arg("-Z1").arg(file_of(&out).path()).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap().lines().count(), 70_001);
}
