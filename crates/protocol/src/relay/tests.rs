//! Every byte of a bundle counts, wherever it stands.

use std::io::Cursor;

use xunjian_domain::{
    hash::Sha256,
    ids::{SiteId, TerminalId},
    time::TimestampMs,
};
use xunjian_proof::{
    merkle,
    suite::{Ed25519Signer, Signer as _},
};

use super::{
    Direction, Header, Item, LogStretch, RelayError, RelayKey,
    read::{Contents, verify},
    write::Writer,
};

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[7; 32])
}

fn header() -> Header {
    Header {
        direction: Direction::Up,
        site: SiteId::new("gz"),
        terminal: TerminalId::new("terminal-1"),
        sender: signer().public_key(),
        recipient: Sha256::of(b""),
        bundle: "b1".into(),
        made_at: TimestampMs(1),
        part: 1,
    }
}

fn bundle(key: &RelayKey, items: &[(Item, Vec<u8>)]) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), header(), &key.public()).unwrap();
    for (item, bytes) in items {
        writer.item(*item, bytes).unwrap();
    }
    writer.finish(&signer()).unwrap()
}

fn read_all(bytes: &[u8], key: &RelayKey) -> Result<Vec<(Item, Vec<u8>)>, RelayError> {
    let verified = verify(Cursor::new(bytes))?;
    let mut contents = Contents::open(Cursor::new(bytes), &verified, key)?;
    let mut items = Vec::new();
    while let Some((item, _)) = contents.next_item()? {
        items.push((item, contents.bytes(10 << 20)?));
    }
    Ok(items)
}

#[test]
fn what_goes_in_comes_out_also_at_the_edges_of_frames() {
    let key = RelayKey::generate();
    for length in [0, 1, 65_526, 65_527, 65_528, 65_536, 131_063, 200_000] {
        let items = vec![(Item::Head, vec![1; 3]), (Item::Photo, vec![5; length]), (Item::News, vec![9; 40])];
        let bytes = bundle(&key, &items);
        assert_eq!(read_all(&bytes, &key).unwrap(), items, "{length}");
        let verified = verify(Cursor::new(&bytes)).unwrap();
        assert_eq!((verified.bytes, verified.header.recipient), (bytes.len() as u64, key.fingerprint()));
        let mut contents = Contents::open(Cursor::new(&bytes), &verified, &key).unwrap();
        let mut found = Vec::new();
        while let Some((item, _)) = contents.next_item().unwrap() {
            found.push(item);
        }
        assert_eq!(found, [Item::Head, Item::Photo, Item::News], "what is not read is passed over");
    }
    assert_eq!(read_all(&bundle(&key, &[]), &key).unwrap(), [], "an empty one is one, too");
}

#[test]
fn every_byte_that_is_changed_is_noticed_before_anything_is_opened() {
    let key = RelayKey::generate();
    let bytes = bundle(&key, &[(Item::Head, b"{}".to_vec()), (Item::Record, vec![3; 300])]);
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut bent = bytes.clone();
            bent[at] ^= bit;
            let error = verify(Cursor::new(&bent)).expect_err("a changed byte");
            let is_named = matches!(
                error,
                RelayError::NotABundle | RelayError::NewerVersion(_) | RelayError::Truncated | RelayError::Tampered(_)
            );
            assert!(is_named, "byte {at}: {error}");
        }
    }
    for length in 0..bytes.len() {
        let error = verify(Cursor::new(&bytes[..length])).expect_err("a cut file");
        assert!(matches!(error, RelayError::NotABundle | RelayError::Truncated), "cut at {length}: {error}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(matches!(verify(Cursor::new(longer)), Err(RelayError::Tampered(_))));
}

#[test]
fn another_recipient_and_an_exchanged_file_open_nothing() {
    let (key, other) = (RelayKey::generate(), RelayKey::generate());
    let items = [(Item::Head, b"{}".to_vec())];
    let (bytes, second) = (bundle(&key, &items), bundle(&key, &items));
    assert!(matches!(read_all(&bytes, &other), Err(RelayError::WrongRecipient)));
    let verified = verify(Cursor::new(&bytes)).unwrap();
    assert!(Contents::open(Cursor::new(&second), &verified, &key).is_err(), "not the file that was verified");
    // A frame exchanged after the first pass: sealed under another key.
    let from = bytes.len() - 66 - 27;
    let mut mixed = bytes.clone();
    mixed[from..].copy_from_slice(&second[from..]);
    let mut contents = Contents::open(Cursor::new(&mixed), &verified, &key).unwrap();
    assert!(matches!(contents.next_item(), Err(RelayError::Tampered(_))));
}

#[test]
fn a_newer_version_is_said_to_be_one() {
    let key = RelayKey::generate();
    let mut bytes = bundle(&key, &[]);
    bytes[15] = 2;
    assert!(matches!(verify(Cursor::new(bytes)), Err(RelayError::NewerVersion(2))));
}

#[test]
fn a_stretch_of_the_log_proves_every_state_in_it_and_only_the_true_ones() {
    let leaves: Vec<Sha256> = (0..40_u8).map(|leaf| merkle::leaf_hash(&[leaf])).collect();
    let stretch = |base: usize, size: usize| {
        let mut whole = LogStretch { base: 0, size: size as u64, hashes: leaves[..size].to_vec() };
        let nodes = whole.nodes();
        let mut hashes: Vec<Sha256> =
            LogStretch::subtrees(base as u64).into_iter().map(|place| nodes.get(place).unwrap()).collect();
        hashes.extend(&leaves[base..size]);
        whole = LogStretch { base: base as u64, size: size as u64, hashes };
        LogStretch::from_bytes(&whole.to_bytes()).unwrap()
    };
    let all = stretch(0, 40).nodes();
    let root = |size: u64| all.root(size).unwrap();
    for base in 0..40_usize {
        let nodes = stretch(base, 40).nodes();
        for old in base as u64..=40 {
            for new in old..=40 {
                let proof = nodes.consistency(old, new).expect("a proof");
                let held = merkle::verify_consistency(old, &root(old), new, &root(new), &proof);
                assert_eq!(held, Ok(()), "{base}: {old} in {new}");
            }
        }
        if base > 1 {
            assert_eq!(nodes.consistency(base as u64 - 1, 40), None, "it begins later");
        }
        assert_eq!(nodes.consistency(30.max(base as u64), 41), None, "it ends before");
    }
    let mut short = stretch(5, 40).to_bytes();
    short.truncate(short.len() - 32);
    assert!(LogStretch::from_bytes(&short).is_err());
}
