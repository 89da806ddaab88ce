//! The log against an independent implementation, and every forged proof refused.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256 as Hasher;
use xunjian_proof::{
    Sha256,
    merkle::{self, Nodes},
    note::{Checkpoint, NoteError, SignedCheckpoint},
    receipt::Receipt,
    suite::{Ed25519Signer, Signer},
};

#[derive(Default)]
struct Memory(HashMap<(u32, u64), Sha256>);

impl Nodes for Memory {
    type Error = (u32, u64);

    fn node(&self, level: u32, index: u64) -> Result<Sha256, (u32, u64)> {
        self.0.get(&(level, index)).copied().ok_or((level, index))
    }
}

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

fn tree(size: u64) -> Memory {
    let mut nodes = Memory::default();
    for index in 0..size {
        for (level, at, hash) in merkle::append(&nodes, index, merkle::leaf_hash(&leaf(index))).unwrap() {
            assert!(nodes.0.insert((level, at), hash).is_none(), "a complete subtree is written once");
        }
    }
    nodes
}

#[test]
fn roots_and_inclusion_proofs_equal_those_of_ct_merkle_at_every_size() {
    const MOST: u64 = 130;
    let nodes = tree(MOST);
    let mut oracle: MemoryBackedTree<Hasher, Vec<u8>> = MemoryBackedTree::new();
    assert_eq!(merkle::root(&nodes, 0).unwrap(), merkle::empty_root());
    for size in 1..=MOST {
        oracle.push(leaf(size - 1));
        let root = merkle::root(&nodes, size).unwrap();
        assert_eq!(root.0.as_slice(), oracle.root().as_bytes().as_slice(), "root of {size} leaves");
        for index in 0..size {
            let proof = merkle::inclusion_proof(&nodes, index, size).unwrap();
            let theirs = oracle.prove_inclusion(index as usize);
            let ours: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(ours, theirs.as_bytes(), "leaf {index} of {size}");
            let hash = merkle::leaf_hash(&leaf(index));
            assert_eq!(merkle::verify_inclusion(hash, index, size, &proof, &root), Ok(()));
        }
    }
}

#[test]
fn consistency_proofs_hold_between_every_two_sizes_and_for_no_other_root() {
    const MOST: u64 = 65;
    let nodes = tree(MOST);
    let root = |size| merkle::root(&nodes, size).unwrap();
    for new in 0..=MOST {
        for old in 0..=new {
            let proof = merkle::consistency_proof(&nodes, old, new).unwrap();
            assert_eq!(merkle::verify_consistency(old, &root(old), new, &root(new), &proof), Ok(()), "{old} to {new}");
            let forged = Sha256::of(b"another history");
            assert!(merkle::verify_consistency(old, &forged, new, &root(new), &proof).is_err(), "{old} to {new}");
            if old != new {
                assert!(merkle::verify_consistency(old, &root(old), new, &forged, &proof).is_err() || old == 0);
            }
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at].0[0] ^= 1;
                assert!(merkle::verify_consistency(old, &root(old), new, &root(new), &changed).is_err());
                changed.remove(at);
                assert!(merkle::verify_consistency(old, &root(old), new, &root(new), &changed).is_err());
            }
        }
    }
}

#[test]
fn a_proof_for_another_leaf_place_or_size_is_refused() {
    let nodes = tree(21);
    let root = merkle::root(&nodes, 21).unwrap();
    for index in 0..21 {
        let proof = merkle::inclusion_proof(&nodes, index, 21).unwrap();
        let hash = merkle::leaf_hash(&leaf(index));
        for other in (0..25).filter(|other| *other != index) {
            assert!(merkle::verify_inclusion(hash, other, 21, &proof, &root).is_err(), "{index} sold as {other}");
        }
        assert!(merkle::verify_inclusion(merkle::leaf_hash(b"x"), index, 21, &proof, &root).is_err());
        let longer = [proof.as_slice(), &[root]].concat();
        assert!(merkle::verify_inclusion(hash, index, 21, &longer, &root).is_err());
        assert!(merkle::verify_inclusion(hash, index, 21, &proof[1..], &root).is_err());
    }
}

fn receipt(index: u64, size: u64) -> (Receipt, Ed25519Signer) {
    let nodes = tree(size);
    let log = Ed25519Signer::from_seed(&[3; 32]);
    let checkpoint =
        Checkpoint { origin: "xunjian.example/log".into(), size, root: merkle::root(&nodes, size).unwrap() };
    let proof = merkle::inclusion_proof(&nodes, index, size).unwrap();
    (Receipt { index, proof, checkpoint: checkpoint.sign(&log).unwrap() }, log)
}

#[test]
fn a_receipt_has_one_spelling_and_every_changed_byte_is_noticed() {
    let (receipt, log) = receipt(5, 11);
    let text = receipt.to_string();
    assert!(text.len() < 1000, "a receipt is small: {} bytes", text.len());
    let check = |text: &str| Receipt::parse(text)?.verify(&leaf(5), "xunjian.example/log", &log.public_key());
    assert_eq!(check(&text), Ok(()));
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        if let Ok(changed) = std::str::from_utf8(&changed) {
            assert!(check(changed).is_err(), "byte {at} was changed and nobody noticed");
        }
    }
    assert!(check(&format!("{text}\n")).is_err(), "one more line is another spelling");
    assert!(Receipt::parse(&text).unwrap().verify(&leaf(6), "xunjian.example/log", &log.public_key()).is_err());
    let other = Ed25519Signer::from_seed(&[4; 32]).public_key();
    assert!(Receipt::parse(&text).unwrap().verify(&leaf(5), "xunjian.example/log", &other).is_err());
}

#[test]
fn a_cosignature_carries_its_time_and_belongs_to_one_checkpoint() {
    let (receipt, log) = receipt(0, 4);
    let witness = Ed25519Signer::from_seed(&[5; 32]);
    let mut note = receipt.checkpoint;
    note.cosign("witness.example/w1", 1_792_000_000, &witness).unwrap();
    let read = SignedCheckpoint::parse(&note.to_string()).unwrap();
    assert_eq!(read.verify_log("xunjian.example/log", &log.public_key()), Ok(()));
    assert_eq!(read.cosigned_at("witness.example/w1", &witness.public_key()), Ok(1_792_000_000));
    assert!(matches!(read.cosigned_at("witness.example/w2", &witness.public_key()), Err(NoteError::NotSignedBy(_))));
    let moved = note.to_string().replacen("\n4\n", "\n5\n", 1);
    let moved = SignedCheckpoint::parse(&moved).unwrap();
    assert!(moved.cosigned_at("witness.example/w1", &witness.public_key()).is_err());
    assert!(moved.verify_log("xunjian.example/log", &log.public_key()).is_err());
    assert!(matches!(read.verify_log("other.example/log", &log.public_key()), Err(NoteError::WrongOrigin(_))));
}

#[test]
fn the_note_of_the_specification_verifies() {
    // The published example of golang.org/x/mod/sumdb/note (key “PeterNeumann”).
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let material = data_encoding::BASE64.decode(key.rsplit('+').next().unwrap().as_bytes());
    // The name holds no plus, so the last field is everything after the second one.
    let material = material
        .unwrap_or_else(|_| data_encoding::BASE64.decode(key.splitn(3, '+').nth(2).unwrap().as_bytes()).unwrap());
    let raw: [u8; 32] = material[1..].try_into().unwrap();
    let rebuilt = xunjian_proof::note::verifier_key("PeterNeumann", &xunjian_proof::suite::PublicKey::ed25519(&raw));
    assert_eq!(rebuilt.as_deref(), Ok(key), "our key ids are those of other tools");
}
