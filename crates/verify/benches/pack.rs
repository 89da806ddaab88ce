//! Checking an evidence pack against its floors, in the same run: the strict verifications of the signatures in it and one SHA-256 of
//! its bytes on one core; and for a pack of 500 photos, `sha256sum` of the same photos. Making that pack, likewise.

use std::{
    fs::{self, File},
    hint::black_box,
    io::{BufWriter, Cursor, Read, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use xunjian_proof::{
    Sha256,
    dsse::{Envelope, pae},
    keyring::Keyring,
    pack::{
        Layout, PackKind, PackReader, Planned, Profile,
        check::{Pins, check},
    },
    suite::PublicKey,
};
use xunjian_testkit::packs::{World, photo};

/// Key, message, signature.
type Signed = (PublicKey, Vec<u8>, Vec<u8>);
type Anything = Result<(), Box<dyn std::error::Error>>;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// Every signature of a pack that a check verifies: key, message, signature.
fn signatures(world: &World, pack: &[u8]) -> Result<Vec<Signed>, Box<dyn std::error::Error>> {
    let mut reader = PackReader::open(Cursor::new(pack))?;
    let mut keyring = Keyring::new(world.root.clone(), None)?;
    let keys: Vec<String> = reader.names_in("keys").filter(|name| name.ends_with(".json")).map(str::to_owned).collect();
    for name in keys {
        keyring.admit(&Envelope::from_bytes(&reader.read(&name)?)?)?;
    }
    let mut found = Vec::new();
    let names: Vec<String> = reader.manifest().files.iter().map(|file| file.name.clone()).collect();
    for name in names.iter().filter(|name| name.ends_with(".json")) {
        let bytes = reader.read(name)?;
        let Ok(envelope) = Envelope::from_bytes(&bytes) else { continue };
        let message = pae(&envelope.payload_type, &envelope.payload()?);
        let json: serde_json::Value = serde_json::from_slice(&bytes)?;
        for one in json["signatures"].as_array().ok_or("no signatures")? {
            let id = one["keyid"].as_str().ok_or("no key")?.parse()?;
            let of_root = world.root.keys.iter().map(|root| &root.key).find(|key| key.id() == id);
            let key =
                of_root.or_else(|| keyring.statement(&id).map(|statement| &statement.key)).ok_or("an unknown key")?;
            let text = one["sig"].as_str().ok_or("no signature")?;
            found.push((key.clone(), message.clone(), base64(text)));
        }
    }
    Ok(found)
}

/// RFC 4648 §4, for texts that were written by this project.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, c| bits << 6 | u32::from(value(*c))) << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

/// 60 records with four photos each: what a check costs beside signatures and hashing.
fn against_signatures() -> Anything {
    let mut world = World::planned(60);
    for visit in 0..60 {
        let photos: Vec<(u64, usize)> = (0..4).map(|at| (visit * 10 + at + 1, 500_000)).collect();
        world.walk(usize::try_from(visit)?, &photos, |_| ());
    }
    let pack = world.pack(PackKind::Round, Profile::Full);
    let signed = signatures(&world, &pack)?;
    let pins = Pins { root: Some(world.root.fingerprint()?), ..Pins::default() };
    let (mut whole, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let start = Instant::now();
        let report = check(Cursor::new(black_box(&pack)), &pins);
        whole.push(start.elapsed());
        if let Some(failed) = report.failures.first() {
            return Err(format!("{failed:?}").into());
        }
        let start = Instant::now();
        for (key, message, signature) in &signed {
            key.verify(black_box(message), signature)?;
        }
        black_box(Sha256::of(black_box(&pack)));
        floor.push(start.elapsed());
    }
    let (whole, floor) = (median(whole), median(floor));
    println!(
        "verify a pack of 60 records and 240 photos, {} MB: {:.2} × the speed of {} strict verifications and one SHA-256 of the same bytes \
         ({:.0} to {:.0} ms)",
        pack.len() / 1_000_000,
        floor / whole,
        signed.len(),
        whole * 1e3,
        floor * 1e3
    );
    Ok(())
}

/// 500 photos of 1 MB, read from files.
fn against_sha256sum() -> Anything {
    let folder = tempfile::TempDir::new()?;
    let mut world = World::planned(10);
    let mut paths: Vec<PathBuf> = Vec::new();
    for visit in 0..10 {
        let photos: Vec<(u64, usize)> = (0..50).map(|at| (visit * 100 + at + 1, 1_000_000)).collect();
        for seed in &photos {
            paths.push(folder.path().join(seed.0.to_string()));
            fs::write(&paths[paths.len() - 1], photo(*seed))?;
        }
        world.walk(usize::try_from(visit)?, &photos, |_| ());
    }
    let file = folder.path().join("pack.zip");
    let mut out = BufWriter::new(File::create(&file)?);
    world.write_pack(PackKind::Round, Profile::Full, &mut out);
    out.flush()?;
    let root = world.root.fingerprint()?.to_hex();
    let (mut verify, mut make, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..7 {
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_xunjian-verify"))
            .arg(&file)
            .args(["--root", &root])
            .stdout(Stdio::null())
            .status()?;
        verify.push(start.elapsed());
        if !status.success() {
            return Err("the pack does not verify".into());
        }
        let start = Instant::now();
        let planned =
            paths.iter().zip(0..).map(|(path, at)| Planned::read(format!("photos/{at:04}.jpg"), File::open(path)?));
        let layout = Layout::new(b"{}".to_vec(), planned.collect::<std::io::Result<_>>()?);
        let mut out = BufWriter::new(File::create(folder.path().join("made.zip"))?);
        let mut at = 0;
        layout.write_from(0, &mut out, |_| {
            at += 1;
            File::open(&paths[at - 1]).map(|file| Box::new(file) as Box<dyn Read>)
        })?;
        out.flush()?;
        make.push(start.elapsed());
        let start = Instant::now();
        let status = Command::new("sha256sum").args(&paths).stdout(Stdio::null()).status()?;
        floor.push(start.elapsed());
        if !status.success() {
            return Err("sha256sum failed".into());
        }
    }
    let (verify, make, floor) = (median(verify), median(make), median(floor));
    println!(
        "verify a pack of 500 photos of 1 MB: {:.2} × sha256sum of the same files ({:.0} to {:.0} ms)",
        verify / floor,
        verify * 1e3,
        floor * 1e3
    );
    println!(
        "make one, written to the page cache: {:.2} × sha256sum of the same files ({:.0} ms)",
        make / floor,
        make * 1e3
    );
    Ok(())
}

fn main() -> Anything {
    against_signatures()?;
    against_sha256sum()
}
