//! Every byte of a small pack flipped: never accepted, and the part is named. `XUNJIAN_SOAK=1` takes all bytes and all eight bits
//! of the manifest's signature; otherwise every seventh byte.

use xunjian_proof::pack::PackKind;
use xunjian_proof::pack::Profile;
use xunjian_testkit::packs::World;

use super::parts::{check, file_of, fingerprint, pinned, python, rust};

#[test]
fn a_flipped_byte_is_never_accepted_and_the_part_is_named() {
    let world = World::small(|_| ());
    let pack = world.pack(PackKind::Record, Profile::Full);
    let pins = pinned(&world);
    assert!(check(&pack, &pins).failures.is_empty());
    let step = if std::env::var_os("XUNJIAN_SOAK").is_some() { 1 } else { 7 };
    let mut spoiled = pack.clone();
    for at in (0..pack.len()).step_by(step) {
        spoiled[at] ^= 1 << (at % 8);
        let report = check(&spoiled, &pins);
        let failed = report
            .failures
            .first()
            .unwrap_or_else(|| panic!("byte {at} of {} was flipped and nobody noticed", pack.len()));
        assert!(!failed.file.is_empty() && !failed.step.is_empty() && !failed.reason.is_empty(), "{failed:?}");
        spoiled[at] = pack[at];
    }
    println!("{} bytes, every {step}. flipped", pack.len());
}

#[test]
fn the_flipped_byte_stands_in_the_part_that_is_named() {
    let world = World::small(|_| ());
    let pack = world.pack(PackKind::Record, Profile::Full);
    let in_header = |at: &usize, name: &str| {
        *at >= 30 && pack[*at..].starts_with(name.as_bytes()) && pack[at - 30..].starts_with(b"PK\x03\x04")
    };
    let parts = super::parts::Parts::of(&pack);
    for name in parts.files.keys() {
        let header = (0..pack.len()).find(|at| in_header(at, name)).unwrap();
        let bytes = header + name.len();
        let mut spoiled = pack.clone();
        for (at, what) in
            [(header - 8, "header"), (bytes, "first byte"), (bytes + parts.files[name].len() - 1, "last byte")]
        {
            spoiled[at] ^= 4;
            let report = check(&spoiled, &pinned(&world));
            assert_eq!(report.failures[0].file, *name, "{what} of {name}");
            spoiled[at] = pack[at];
        }
    }
}

#[test]
fn verify_py_notices_flipped_bytes_too() {
    let world = World::small(|_| ());
    let pack = world.pack(PackKind::Record, Profile::Full);
    let root = fingerprint(&world);
    let step = if std::env::var_os("XUNJIAN_SOAK").is_some() { 211 } else { 4_001 };
    for at in (0..pack.len()).step_by(step).chain(pack.len() - 22..pack.len()) {
        let mut spoiled = pack.clone();
        spoiled[at] ^= 1 << (at % 8);
        let file = file_of(&spoiled);
        assert_eq!(python(file.path(), &["--root", &root]).code, 1, "byte {at}");
    }
    assert_eq!(rust(file_of(&pack[..pack.len() - 1]).path(), &[]).code, 1);
}
