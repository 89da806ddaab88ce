//! Every way in which a site's folder can be damaged, and the name that `fsck` gives it. One site is made; each case damages a
//! copy of its folder.

use std::path::Path;

use xunjian_central::{cosign, integrity::fsck, log::COMMAND_LINE, site::Site};
use xunjian_domain::plan::VisitKind;
use xunjian_proof::{
    Sha256,
    note::{Checkpoint, SignedCheckpoint},
    suite::Ed25519Signer,
};
use xunjian_protocol::path;

use super::{
    cosigning::{cosigns, witness},
    party::{Central, Terminal, rows},
    split_view::copy,
};

/// How the folder is damaged.
enum Damage {
    /// Past the service, in the database.
    Rows(&'static str),
    /// In the files.
    Files(fn(&Path)),
    /// The tail's checkpoint, made from the one that is there and the site's log key.
    Tail(fn(&SignedCheckpoint, &Site) -> String),
}
use Damage::{Files, Rows, Tail};

/// A site with a delivered record, a photo, a terminal's cosignature and a witness's.
async fn site() -> Central {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let photo = b"a photo".to_vec();
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[&photo], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    terminal.puts(&Sha256::of(&photo), &photo).await;
    let mut witness = witness(&central, "witness.example/gz", 70);
    central.approve();
    cosign::import(&central.site, COMMAND_LINE, &cosigns(&central, &mut witness)).unwrap();
    let answer: xunjian_protocol::log::ConsistencyAnswer =
        terminal.call(path::CONSISTENCY, &serde_json::json!({ "from": 0 })).await;
    let mut note = SignedCheckpoint::parse(&answer.checkpoint).unwrap();
    let name = xunjian_proof::cosigner::terminal_name(&note.checkpoint.origin, &terminal.enrolment.terminal);
    let now = u64::try_from(xunjian_central::clock::now().0 / 1000).unwrap();
    note.cosign(&name, now, &terminal.sealer.terminal.1).unwrap();
    let handed = serde_json::json!({ "checkpoint": note.to_string() });
    assert_eq!(terminal.post(path::COSIGNATURES, &handed).await.status(), 200);
    assert_eq!(rows(&central, "cosignature"), 2);
    central
}

fn photo_of(folder: &Path) -> std::path::PathBuf {
    let hash = Sha256::of(b"a photo").to_hex();
    folder.join("blobs/objects").join(&hash[..2]).join(&hash)
}

const CASES: &[(&str, Damage, &str, &str)] = &[
    (
        "a byte of an entry flipped",
        Rows(
            "UPDATE log_entry SET envelope = CAST(replace(CAST(envelope AS TEXT), 'e', 'f') AS BLOB) WHERE kind = 'delivered'",
        ),
        "log",
        "entry",
    ),
    ("an entry gone", Rows("DELETE FROM log_entry WHERE idx = 2"), "log", "entry"),
    (
        "the last entry cut off",
        Rows("DELETE FROM log_entry WHERE idx = (SELECT MAX(idx) FROM log_entry)"),
        "log",
        "size",
    ),
    ("a node gone", Rows("DELETE FROM log_node WHERE level = 1 AND idx = 0"), "log", "node"),
    (
        "a node changed",
        Rows("UPDATE log_node SET hash = replace(hash, '1', '2') WHERE level = 0 AND idx = 1"),
        "log",
        "node",
    ),
    ("the tail set back", Rows("UPDATE log_tail SET size = size - 1"), "log", "size"),
    ("no checkpoint", Rows("UPDATE log_tail SET checkpoint = ''"), "log", "root"),
    (
        "a checkpoint of another size, signed by the log",
        Tail(|note, site| {
            let state = Checkpoint { size: note.checkpoint.size - 1, ..note.checkpoint.clone() };
            state.sign(&site.keys.log).unwrap().to_string()
        }),
        "log",
        "size",
    ),
    (
        "a checkpoint of another root, signed by the log",
        Tail(|note, site| {
            let state = Checkpoint { root: Sha256::of(b"x"), ..note.checkpoint.clone() };
            state.sign(&site.keys.log).unwrap().to_string()
        }),
        "log",
        "root",
    ),
    (
        "a checkpoint that the log did not sign",
        Tail(|note, _| note.checkpoint.clone().sign(&Ed25519Signer::from_seed(&[9; 32])).unwrap().to_string()),
        "log",
        "signature",
    ),
    (
        "an entry that never waited in the inbox",
        Rows(
            "INSERT INTO log_entry SELECT (SELECT size FROM log_tail), kind, subject, 'x', envelope, logged_at FROM log_entry WHERE idx = 1",
        ),
        "log",
        "size",
    ),
    ("a record's row without a leaf", Rows("DELETE FROM log_entry WHERE kind = 'record'"), "record", "leaf"),
    ("a leaf without its record", Rows("DELETE FROM record"), "record", "row"),
    ("an action taken out of the audit", Rows("DELETE FROM audit WHERE action = 'round.open'"), "audit", "row"),
    (
        "an action rewritten in the audit",
        Rows("UPDATE audit SET actor = 'somebody' WHERE action = 'round.open'"),
        "audit",
        "leaf",
    ),
    (
        "an action added to the audit",
        Rows("INSERT INTO audit (id, at, actor, action, details) VALUES ('x', 1, 'somebody', 'key.admit', '{}')"),
        "audit",
        "leaf",
    ),
    ("a photo gone", Files(|folder| std::fs::remove_file(photo_of(folder)).unwrap()), "blob", "Blobs"),
    ("a photo changed", Files(|folder| std::fs::write(photo_of(folder), b"A photo").unwrap()), "blob", "Blobs"),
    (
        "a photo too many",
        Files(|folder| {
            let hash = Sha256::of(b"stray").to_hex();
            let file = folder.join("blobs/objects").join(&hash[..2]).join(&hash);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, b"stray").unwrap();
        }),
        "blob",
        "orphan",
    ),
    (
        "a cosignature that does not verify",
        Rows(
            "UPDATE cosignature SET line = (SELECT other.line FROM cosignature AS other WHERE other.key_id <> cosignature.key_id)",
        ),
        "cosignature",
        "signature",
    ),
    ("a cosignature that is no line", Rows("UPDATE cosignature SET line = 'x'"), "cosignature", "line"),
    (
        "a cosignature dated back",
        Rows("UPDATE cosignature SET cosigned_at = cosigned_at - 1000"),
        "cosignature",
        "columns",
    ),
    ("an inside cosigner made an outside one", Rows("UPDATE cosignature SET is_outside = 1"), "cosignature", "columns"),
    (
        "a cosignature by a key nobody holds",
        Rows("UPDATE cosignature SET key_id = key_id || 'x'"),
        "cosignature",
        "key",
    ),
    ("a witness's cosignature taken out", Rows("DELETE FROM cosignature WHERE is_outside = 1"), "cosignature", "row"),
    (
        "a cosigned state that is none of the log",
        Rows(
            "UPDATE cosigned_checkpoint SET note = (SELECT other.note FROM cosigned_checkpoint AS other WHERE other.size <> cosigned_checkpoint.size)",
        ),
        "cosignature",
        "root",
    ),
    ("a cosigned state gone", Rows("DELETE FROM cosigned_checkpoint"), "cosignature", "checkpoint"),
];

#[tokio::test]
async fn every_damage_has_its_name() {
    let central = site().await;
    assert_eq!(fsck(&central.site).unwrap().damages, [], "nothing is wrong before");
    let mut unnamed = Vec::new();
    for (no, (what, damage, part, step)) in CASES.iter().enumerate() {
        let folder = copy(&central, &format!("case-{no}"));
        let database = rusqlite::Connection::open(folder.join("central.db")).unwrap();
        match damage {
            Rows(statement) => {
                database.execute_batch(&format!("PRAGMA foreign_keys = off; {statement}")).expect(what);
                assert!(database.total_changes() > 0, "{what}: nothing was changed");
            }
            Files(spoil) => spoil(&folder),
            Tail(make) => {
                let note: String = database.query_row("SELECT checkpoint FROM log_tail", [], |row| row.get(0)).unwrap();
                let made = make(&SignedCheckpoint::parse(&note).unwrap(), &central.site);
                database.execute("UPDATE log_tail SET checkpoint = ?1", [made]).unwrap();
            }
        }
        drop(database);
        let damages = fsck(&Site::open(&folder).expect(what)).expect(what).damages;
        if !damages.iter().any(|one| (one.part, one.step.as_str()) == (*part, *step)) {
            unnamed.push(format!("{what}: {damages:?}"));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
    assert_eq!(unnamed, Vec::<String>::new());
}

#[tokio::test]
async fn two_records_at_one_place_of_a_chain_are_named_unless_somebody_decided() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    // Somebody with the database in hand hides the first one while the second comes in.
    let database = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    database
        .execute_batch("PRAGMA foreign_keys = off; CREATE TABLE hidden AS SELECT * FROM record; DELETE FROM record")
        .unwrap();
    (terminal.sealer.sequence, terminal.sealer.previous) = (0, None);
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    database
        .execute_batch("UPDATE hidden SET beside = 1; INSERT INTO record SELECT * FROM hidden; DROP TABLE hidden")
        .unwrap();
    let damages = fsck(&central.site).unwrap().damages;
    for (part, step) in [("chain", "chain"), ("record", "beside")] {
        assert!(damages.iter().any(|one| (one.part, one.step.as_str()) == (part, step)), "{part}: {damages:?}");
    }
}
