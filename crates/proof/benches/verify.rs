//! Checking a record against the floor: the same two signatures and one hash with nothing around them, in the same run.

use std::{hint::black_box, time::Instant};

use data_encoding::BASE64;
use xunjian_proof::{
    Sha256,
    dsse::{Envelope, pae},
    keyring::Keyring,
    statement::SiteRoot,
    verification::verify_record,
};

const ROUNDS: u32 = 400;
const ROOT: &str = include_str!("../tests/vectors/v1/site-root.json");
const ENVELOPE: &[u8] = include_bytes!("../tests/vectors/v1/envelope.json");
const KEYS: [&[u8]; 4] = [
    include_bytes!("../tests/vectors/v1/key-statements/inspector.json"),
    include_bytes!("../tests/vectors/v1/key-statements/terminal.json"),
    include_bytes!("../tests/vectors/v1/key-statements/service.json"),
    include_bytes!("../tests/vectors/v1/key-statements/log.json"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut keyring = Keyring::new(serde_json::from_str::<SiteRoot>(ROOT)?, None)?;
    for key in KEYS {
        keyring.admit(&Envelope::from_bytes(key)?)?;
    }
    let envelope = Envelope::from_bytes(ENVELOPE)?;
    let payload = envelope.payload()?;
    let message = pae(&envelope.payload_type, &payload);
    let json: serde_json::Value = serde_json::from_slice(ENVELOPE)?;
    let mut signatures = Vec::new();
    for signature in json["signatures"].as_array().ok_or("no signatures")? {
        let id = signature["keyid"].as_str().ok_or("no key id")?.parse()?;
        let key = keyring.statement(&id).ok_or("an unknown key")?.key.clone();
        signatures.push((key, BASE64.decode(signature["sig"].as_str().ok_or("no signature")?.as_bytes())?));
    }

    // Alternating, so that a noisy neighbour slows both alike; the median of each is compared.
    let (mut whole, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(verify_record(black_box(ENVELOPE), &keyring).map_err(|failure| failure.to_string())?);
        whole.push(start.elapsed());
        let start = Instant::now();
        for (key, signature) in &signatures {
            key.verify(black_box(&message), signature)?;
        }
        black_box(Sha256::of(black_box(&payload)));
        floor.push(start.elapsed());
    }
    whole.sort();
    floor.sort();
    let (whole, floor) = (whole[whole.len() / 2], floor[floor.len() / 2]);
    println!(
        "verify a record of {} bytes: {:.2} × two strict Ed25519 verifications and one SHA-256 of the same bytes ({whole:?} to {floor:?})",
        payload.len(),
        whole.as_secs_f64() / floor.as_secs_f64()
    );
    Ok(())
}
