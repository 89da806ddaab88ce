//! `mutations.txt`, executed: each of them refused by both verifiers, which name the part.

use std::collections::BTreeMap;

use xunjian_domain::outcome::Outcome;
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    note::SignedCheckpoint,
    pack::{Manifest, PackKind, Planned, Profile, manifest::FileRef, name, zip},
    record::Record,
    statement::{Countersignature, Delivered, KeyStatement, PlanStatement, ReviewVerdict, Revocation, Statement},
};
use xunjian_testkit::{
    export::{key, seed},
    packs::World,
};

use super::parts::{Parts, file_of, fingerprint, python, round, rust, witness_key};

const LIST: &str = include_str!("mutations.txt");
const STRANGER: u8 = 77;

type Mutation = fn(&World) -> Vec<u8>;

/// A statement of the pack, changed and signed by somebody.
fn resign<S: Statement>(bytes: &mut Vec<u8>, seeds: &[u8], change: impl FnOnce(&mut S)) {
    let mut statement = S::read(&Envelope::from_bytes(bytes).unwrap()).unwrap();
    change(&mut statement);
    let keys: Vec<_> = seeds.iter().map(|seed| key(*seed)).collect();
    let signers: Vec<&dyn xunjian_proof::suite::Signer> = keys.iter().map(|key| key as _).collect();
    *bytes = statement.sign(&signers).unwrap().to_bytes();
}

fn place(pack: &[u8], needle: &[u8]) -> usize {
    pack.windows(needle.len()).position(|window| window == needle).unwrap()
}

/// Where the name stands in a file's header.
fn header(pack: &[u8], name: &[u8]) -> usize {
    let is_header =
        |at: &usize| pack[*at..].starts_with(name) && *at >= 30 && pack[at - 30..].starts_with(b"PK\x03\x04");
    (0..pack.len()).find(is_header).unwrap()
}

fn last(pack: &[u8], needle: &[u8]) -> usize {
    pack.windows(needle.len()).rposition(|window| window == needle).unwrap()
}

/// The pack with one bit flipped somewhere.
fn flipped(world: &World, at: impl FnOnce(&[u8]) -> usize) -> Vec<u8> {
    let mut pack = round(world);
    let at = at(&pack);
    pack[at] ^= 1;
    pack
}

/// An archive of these files in this order, sound as archives go; the manifest's bytes stay what they were.
fn archive(pack: &[u8], change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let parts = Parts::of(pack);
    let head = 30 + name::MANIFEST.len();
    let size = u32::from_le_bytes(pack[18..22].try_into().unwrap()) as usize;
    let mut files = vec![(name::MANIFEST.to_owned(), pack[head..head + size].to_vec())];
    files.extend(parts.files);
    change(&mut files);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in &files {
        let crc = Planned::of(name.clone(), bytes).crc;
        directory.extend(zip::directory_entry(name, bytes.len() as u64, crc, out.len() as u64));
        out.extend(zip::local_header(name, bytes.len() as u64, crc));
        out.extend(bytes);
    }
    let end = zip::end(files.len() as u64, directory.len() as u64, out.len() as u64);
    [out, directory, end].concat()
}

fn at(files: &[(String, Vec<u8>)], begin: &str) -> usize {
    files.iter().position(|(name, _)| name.starts_with(begin)).unwrap()
}

fn parts(world: &World) -> Parts {
    Parts::of(&round(world))
}

/// A pack whose manifest names one more file.
fn with_name(world: &World, name: &str) -> Vec<u8> {
    let mut parts = parts(world);
    parts.files.insert(name.to_owned(), b"evil".to_vec());
    parts.insider()
}

fn first_photo(parts: &Parts) -> String {
    parts.name("photos/", ".jpg")
}

fn edited(world: &World, begin: &str, end: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    parts(world).edit(begin, end, change).insider()
}

fn without(world: &World, begin: &str, end: &str) -> Vec<u8> {
    let mut parts = parts(world);
    let name = parts.name(begin, end);
    parts.files.remove(&name);
    parts.insider()
}

fn all() -> BTreeMap<&'static str, Mutation> {
    let outsider: [(&str, Mutation); 24] = [
        ("byte-in-photo", |world| flipped(world, |pack| header(pack, b"photos/") + 80)),
        ("byte-in-envelope", |world| flipped(world, |pack| place(pack, b"/envelope.json") + 300)),
        ("byte-in-manifest", |world| flipped(world, |pack| place(pack, b"\"sig\":\"") + 20)),
        ("byte-in-header-checksum", |world| flipped(world, |pack| header(pack, b"verify.py") - 14)),
        ("byte-in-directory", |world| flipped(world, |pack| last(pack, b"PK\x01\x02") + 14)),
        ("byte-in-end", |world| flipped(world, |pack| pack.len() - 12)),
        ("appended", |world| [round(world), b"!".to_vec()].concat()),
        ("prepended", |world| [b"!".to_vec(), round(world)].concat()),
        ("truncated", |world| {
            let mut pack = round(world);
            pack.pop();
            pack
        }),
        ("emptied", |_| Vec::new()),
        ("file-dropped", |world| archive(&round(world), |files| drop(files.remove(at(files, "photos/"))))),
        ("files-swapped", |world| {
            archive(&round(world), |files| {
                let first = at(files, "photos/");
                let bytes = std::mem::take(&mut files[first].1);
                files[first].1 = std::mem::replace(&mut files[first + 1].1, bytes);
            })
        }),
        ("file-duplicated", |world| {
            archive(&round(world), |files| {
                let before = at(files, "index.html");
                let again = files[before + 1].clone();
                files.insert(before, again);
            })
        }),
        ("files-reordered", |world| {
            archive(&round(world), |files| {
                let index = at(files, "index.html");
                files.swap(index, index + 1);
            })
        }),
        ("file-renamed", |world| {
            archive(&round(world), |files| {
                let file = at(files, "verify.py");
                files[file].0 = "verify.pz".to_owned();
            })
        }),
        ("name-in-capitals", |world| {
            archive(&round(world), |files| {
                let file = at(files, "verify.py");
                files[file].0 = "VERIFY.PY".to_owned();
            })
        }),
        ("second-directory", |world| {
            let pack = round(world);
            let fewer = archive(&pack, |files| drop(files.pop()));
            let directory = place(&fewer, b"PK\x01\x02");
            [pack, fewer[directory..].to_vec()].concat()
        }),
        ("directory-points-elsewhere", |world| {
            let mut pack = round(world);
            let entry = last(&pack, b"PK\x01\x02");
            pack[entry + 42..entry + 46].copy_from_slice(&[0; 4]);
            pack
        }),
        ("compressed", |world| flipped_to(world, b"verify.py", -22, 8)),
        ("claims-size", |world| flipped_to(world, b"verify.py", -9, 0xff)),
        ("bytes-between", |world| {
            let mut pack = round(world);
            let header = header(&pack, b"index.html") - 30;
            pack.insert(header, 0);
            pack
        }),
        ("archive-comment", |world| {
            let mut pack = round(world);
            let length = pack.len() - 2;
            pack[length] = 4;
            pack.extend(b"evil");
            pack
        }),
        ("manifest-by-stranger", |world| parts(world).signed(STRANGER)),
        ("manifest-by-terminal", |world| parts(world).signed(seed::TERMINAL)),
    ];
    let insider: [(&str, Mutation); 36] = [
        ("path-upwards", |world| with_name(world, "../evil")),
        ("path-absolute", |world| with_name(world, "/etc/evil")),
        ("name-hidden", |world| with_name(world, ".evil")),
        ("photo-replaced", |world| edited(world, "photos/", ".jpg", |bytes| bytes.reverse())),
        ("photo-withheld", |world| without(world, "photos/", ".jpg")),
        ("photo-added", |world| with_name(world, "photos/00.jpg")),
        ("photo-wrongly-left-out", |world| {
            let mut parts = parts(world);
            let photo = first_photo(&parts);
            let sha256: Sha256 = photo[7..71].parse().unwrap();
            parts.files.remove(&photo);
            parts.manifest.left_out =
                vec![xunjian_proof::pack::LeftOut { sha256, why: xunjian_proof::pack::WhyLeftOut::Redacted }];
            parts.insider()
        }),
        ("record-withheld", |world| {
            let mut parts = parts(world);
            let folder = format!("records/{}/", parts.manifest.records[0]);
            parts.files.retain(|name, _| !name.starts_with(&folder));
            parts.insider()
        }),
        ("record-added-to-list", |world| {
            let mut parts = parts(world);
            parts.manifest.records.push(Sha256([0xff; 32]));
            parts.insider()
        }),
        ("record-resigned", |world| {
            edited(world, "records/", "/envelope.json", |bytes| {
                resign::<Record>(bytes, &[STRANGER, STRANGER + 1], |record| {
                    record.lines[0].outcome = Outcome::Abnormal
                });
            })
        }),
        ("record-half-signed", |world| {
            edited(world, "records/", "/envelope.json", |bytes| resign::<Record>(bytes, &[seed::TERMINAL], |_| ()))
        }),
        ("record-of-another", |world| {
            let mut parts = parts(world);
            let other = parts.name(&format!("records/{}", parts.manifest.records[1]), "/envelope.json");
            let bytes = parts.files[&other].clone();
            parts.edit("records/", "/envelope.json", |own| *own = bytes).insider()
        }),
        ("delivered-by-terminal", |world| {
            edited(world, "records/", "/delivered.json", |bytes| resign::<Delivered>(bytes, &[seed::TERMINAL], |_| ()))
        }),
        ("delivered-other-photos", |world| {
            edited(world, "records/", "/delivered.json", |bytes| {
                resign::<Delivered>(bytes, &[seed::SERVICE], |said| said.blobs.truncate(said.blobs.len() - 1));
            })
        }),
        ("receipt-of-another-leaf", |world| {
            let mut parts = parts(world);
            let other = parts.files[&parts.name("keys/", ".tlog-proof")].clone();
            parts.edit("plans/", ".tlog-proof", |bytes| *bytes = other).insider()
        }),
        ("receipt-missing", |world| without(world, "plans/", ".tlog-proof")),
        ("receipt-forked", |world| {
            // The same statements in a log whose first leaf is another one.
            let mut other = World::small(|_| ());
            other.leaves[0] = b"another history".to_vec();
            let theirs = Parts::of(&round(&other));
            let name = theirs.name("records/", "/delivered.tlog-proof");
            parts(world)
                .edit("records/", "/delivered.tlog-proof", |bytes| bytes.clone_from(&theirs.files[&name]))
                .insider()
        }),
        ("checkpoint-by-stranger", |world| {
            edited(world, "log/checkpoint", "", |bytes| {
                let note = SignedCheckpoint::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
                *bytes = note.checkpoint.sign(&key(STRANGER)).unwrap().to_string().into_bytes();
            })
        }),
        ("checkpoint-of-another-size", |world| {
            let mut parts = parts(world);
            parts.manifest.log_size += 1;
            parts.insider()
        }),
        ("cosignature-spoiled", |world| {
            edited(world, "log/checkpoint", "", |bytes| {
                let at = bytes.len() - 20;
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            })
        }),
        ("cosignature-missing", |_| {
            let mut world = World::small(|_| ());
            world.cosigned.clear();
            round(&world)
        }),
        ("history-rewritten", |_| {
            let mut world = World::small(|record| record.lines[0].note = "另一种说法".into());
            // The witness signed the first history; it signs nothing of this one.
            world.cosigned.clear();
            round(&world)
        }),
        ("older-state-of-another-history", |world| {
            let mut other = World::small(|record| record.lines[0].note = "另一种说法".into());
            other.leaves[0] = b"another history".to_vec();
            let theirs = Parts::of(&round(&other));
            let name = theirs.name("log/older/", ".json");
            parts(world).edit("log/older/", ".json", |bytes| bytes.clone_from(&theirs.files[&name])).insider()
        }),
        ("key-statement-by-stranger", |world| {
            edited(world, "keys/", ".json", |bytes| resign::<KeyStatement>(bytes, &[STRANGER], |_| ()))
        }),
        ("key-statement-withheld", |world| {
            let mut parts = parts(world);
            let inspector = xunjian_proof::suite::Signer::public_key(&key(seed::INSPECTOR)).id();
            let file = name::of_key("keys", &inspector);
            parts.files.remove(&name::proof_of(&file));
            parts.files.remove(&file);
            parts.insider()
        }),
        ("root-replaced", |world| {
            let mut parts = parts(world);
            let mut root = world.root.clone();
            root.name = "另一个站点".into();
            parts.files.insert(name::SITE_ROOT.to_owned(), xunjian_proof::jcs::to_bytes(&root).unwrap());
            parts.insider()
        }),
        ("revocation-by-stranger", |world| {
            edited(world, "revocations/", ".json", |bytes| resign::<Revocation>(bytes, &[STRANGER], |_| ()))
        }),
        ("record-after-revocation", |_| {
            let mut world = World::planned(2);
            world.revoke(seed::TERMINAL);
            world.walk(0, &[(1, 100)], |_| ());
            world.cosign(1_792_200_000);
            round(&world)
        }),
        ("plan-withheld", |world| {
            let mut parts = parts(world);
            parts.files.retain(|name, _| !name.starts_with("plans/"));
            parts.insider()
        }),
        ("plan-by-terminal", |world| {
            edited(world, "plans/", ".json", |bytes| resign::<PlanStatement>(bytes, &[seed::TERMINAL], |_| ()))
        }),
        ("visit-changed", |world| edited(world, "visits/", ".json", |bytes| replaced(bytes, "A00", "A99"))),
        ("template-changed", |world| edited(world, "templates/", ".json", |bytes| replaced(bytes, "DB4401", "DB4402"))),
        ("ledger-changed", |world| edited(world, "ledger/", ".json", |bytes| replaced(bytes, "rack", "rick"))),
        ("reviewed-by-inspector", |_| {
            let mut world = World::small(|_| ());
            let inspector = world.inspector();
            world.review_as(0, ReviewVerdict::Accepted, inspector, seed::INSPECTOR);
            world.cosign(1_792_300_000);
            round(&world)
        }),
        ("review-of-another-delivery", |_| review_of_another()),
        ("unknown-statement-unsigned", |world| {
            let mut parts = parts(world);
            let unknown = Envelope::sign("application/vnd.xunjian.weather.v1+json", b"{}", &[&key(STRANGER)]).unwrap();
            let name = name::of_hash("statements", &unknown.sha256());
            parts.files.insert(name, unknown.to_bytes());
            parts.insider()
        }),
    ];
    outsider.into_iter().chain(insider).collect()
}

fn replaced(bytes: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(bytes.clone()).unwrap();
    let changed = if text.contains(from) { text.replacen(from, to, 1) } else { format!("{text} ") };
    *bytes = changed.into_bytes();
}

/// One byte of a file's header set to something, `before` bytes before its name.
fn flipped_to(world: &World, name: &[u8], before: isize, byte: u8) -> Vec<u8> {
    let mut pack = round(world);
    let header = header(&pack, name);
    pack[header.checked_add_signed(before).unwrap()] = byte;
    pack
}

/// The reviewer accepted a delivery, and the record has another one.
fn review_of_another() -> Vec<u8> {
    let mut world = World::planned(2);
    world.walk(0, &[(1, 100)], |_| ());
    world.walk(1, &[(3, 100)], |_| ());
    world.review(1, ReviewVerdict::Accepted);
    world.cosign(1_792_200_000);
    let parts = Parts::of(&round(&world));
    let first = parts.manifest.records.iter().find(|id| **id == world.records[0].id).copied().unwrap();
    let statement = parts.name("statements/", ".json");
    let mut bytes = parts.files[&statement].clone();
    resign::<Countersignature>(&mut bytes, &[seed::REVIEWER], |said| said.record = first);
    // Its place in the log is made right, too: whoever runs the service can do that.
    let mut other = World::planned(2);
    other.walk(0, &[(1, 100)], |_| ());
    other.walk(1, &[(3, 100)], |_| ());
    other.leaves.push(bytes.clone());
    other.cosign(1_792_200_000);
    other.say_leaf(bytes);
    other.pack(PackKind::Round, Profile::Full)
}

#[test]
fn the_list_and_what_is_done_are_the_same() {
    let names: Vec<&str> = listed().iter().map(|(name, _)| *name).collect();
    assert!(names.len() >= 40, "{} mutations", names.len());
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, all().into_keys().collect::<Vec<_>>());
}

fn listed() -> Vec<(&'static str, &'static str)> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            (columns[0], columns[2])
        })
        .collect()
}

#[test]
fn no_mutation_passes_and_the_part_is_named_by_both_verifiers() {
    let world = World::small(|_| ());
    let (root, witness) = (fingerprint(&world), witness_key());
    let pins = ["--root", root.as_str(), "--witness", witness.as_str()];
    let whole = file_of(&round(&world));
    for verify in [rust, python] {
        let said = verify(whole.path(), &pins);
        assert_eq!(said.code, 0, "{}", said.text);
    }
    let mutations = all();
    let mut wrong = Vec::new();
    for (name, part) in listed() {
        let file = file_of(&mutations[name](&world));
        for (who, verify) in [("xunjian-verify", rust as fn(&_, &[&str]) -> _), ("verify.py", python)] {
            let said = verify(file.path(), &pins);
            if said.code != 1 || !said.failure().contains(part) {
                wrong.push(format!("{who}, {name}: code {}, {} — wanted “{part}”", said.code, said.failure()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A huge file that is only claimed takes neither time nor memory.
#[test]
fn a_claimed_size_is_not_believed() {
    let world = World::small(|_| ());
    let parts = parts(&world);
    let mut files: Vec<FileRef> = parts.manifest.files.clone();
    let last = files.last_mut().unwrap();
    last.bytes = zip::MAX_FILE_BYTES;
    let manifest = Manifest { files, ..parts.manifest.clone() };
    let planned = parts.files.iter().map(|(name, bytes)| Planned::of(name.clone(), bytes)).collect();
    let file = file_of(&parts.write(&manifest, seed::SERVICE, planned));
    let said = rust(file.path(), &[]);
    assert_eq!(said.code, 1, "{}", said.text);
}
