//! Evidence packs out of a real site: what was walked, delivered and cosigned, checked with nothing but the file and the paper.

use std::{fs, io::Cursor};

use xunjian_central::pack::{self, Masks, Request, Wanted};
use xunjian_domain::plan::VisitKind;
use xunjian_proof::{
    Sha256,
    note::{VerifierKey, cosigner_verifier_key},
    pack::{
        Profile,
        check::{Pins, Report, check},
    },
    suite::Signer as _,
};

use super::{
    cosigning::{cosigns, witness},
    party::{Central, Terminal, set},
};

const NAME: &str = "witness.guanli.example/gz";

fn request(wanted: Wanted, profile: Profile) -> Request {
    Request { wanted, profile, masks: Masks::default(), at: None, since: Vec::new() }
}

fn judged(central: &Central, bytes: &[u8], pins: Pins) -> Report {
    let root = Some(central.site.settings.root.fingerprint().unwrap());
    check(Cursor::new(bytes), &Pins { root, ..pins })
}

/// A picture that can be decoded: one that is masked must be.
fn picture(shade: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 200, 90]))
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

/// Two visits walked and delivered, the second one after a witness cosigned; the witness's key.
async fn walked() -> (Central, Terminal, [Sha256; 2], VerifierKey) {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut guanli = witness(&central, NAME, 90);
    central.approve();
    let mut ids = Vec::new();
    for (kind, shades) in [(VisitKind::Room, [1, 2]), (VisitKind::Rack, [2, 3])] {
        let photos = shades.map(picture);
        let refs: Vec<&[u8]> = photos.iter().map(Vec::as_slice).collect();
        let (id, envelope) = li.seals(&central, central.visit(kind), &refs, |_| ());
        li.submits(&envelope.to_bytes()).await;
        for photo in &photos {
            li.puts(&Sha256::of(photo), photo).await;
        }
        let note = cosigns(&central, &mut guanli);
        xunjian_central::cosign::import(&central.site, "xunjian", &note).unwrap();
        ids.push(id);
    }
    let key = cosigner_verifier_key(NAME, &guanli.1.public_key()).unwrap().parse().unwrap();
    (central, li, [ids[0], ids[1]], key)
}

#[tokio::test]
async fn a_round_and_a_record_are_packed_and_verify_with_nothing_but_the_paper() {
    let (central, _li, ids, witness) = walked().await;
    let round = central.round.plan.round.id.clone();
    let folder = tempfile::TempDir::new().unwrap();
    for (wanted, records) in [(Wanted::Round(round), 2), (Wanted::Record(ids[0]), 1)] {
        for profile in [Profile::Full, Profile::Redacted] {
            let asked = request(wanted.clone(), profile);
            let (file, again) = (folder.path().join("a.zip"), folder.path().join("b.zip"));
            let written = pack::write_file(&central.site, &asked, &file).unwrap();
            let bytes = fs::read(&file).unwrap();
            assert_eq!((written.records, written.bytes), (records, bytes.len() as u64));
            let pins = Pins { witnesses: vec![witness.clone()], ..Pins::default() };
            let report = judged(&central, &bytes, pins);
            assert_eq!(report.failures, [], "{wanted:?} {profile:?}");
            assert_eq!(report.records.len(), records);
            assert!(report.witnessed.is_some(), "the witness bounds the time");
            let here = if profile == Profile::Full { report.photos.0 } else { 0 };
            assert_eq!(report.photos.1, here, "{profile:?}");
            pack::write_file(&central.site, &asked, &again).unwrap();
            assert!(bytes == fs::read(&again).unwrap(), "the same state makes the same bytes");
        }
    }
    assert!(!folder.path().join("a.zip.part").exists());
}

#[tokio::test]
async fn an_interrupted_pack_goes_on_at_the_state_it_was_begun_at() {
    let (central, mut li, _, _) = walked().await;
    let asked = request(Wanted::Round(central.round.plan.round.id.clone()), Profile::Full);
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("a.zip");
    pack::write_file(&central.site, &asked, &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let part = folder.path().join("a.zip.part");
    // The log grows meanwhile: what was begun is finished as it was begun.
    let (_, envelope) = li.seals(&central, central.visit(VisitKind::Cluster), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    for cut in [0, 1, 40, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole[..cut].to_vec();
        if cut == whole.len() / 2 {
            // A crash may leave zeroes where bytes were not flushed.
            let from = cut - 500;
            bytes[from..].fill(0);
        }
        fs::write(&part, &bytes).unwrap();
        let written = pack::write_file(&central.site, &asked, &file).unwrap();
        let manifest = u32::from_le_bytes(whole[18..22].try_into().unwrap()) as usize;
        let is_pinned = cut >= 30 + "manifest.json".len() + manifest;
        assert!(written.resumed_bytes <= cut as u64);
        assert_eq!(written.resumed_bytes > 0, is_pinned, "{cut}: a part without its manifest is begun anew");
        assert_eq!(fs::read(&file).unwrap() == whole, is_pinned, "{cut}");
        assert_eq!(judged(&central, &fs::read(&file).unwrap(), Pins::default()).failures, []);
    }
}

#[tokio::test]
async fn only_what_a_person_marked_is_shown_in_a_redacted_pack() {
    let (central, _li, ids, _) = walked().await;
    let folder = tempfile::TempDir::new().unwrap();
    let marks = folder.path().join("masks.json");
    let photo = Sha256::of(&picture(1));
    let text = format!(r#"{{"marked_by":"王工","photos":{{"{photo}":[{{"x":10,"y":5,"width":20,"height":900}}]}}}}"#);
    fs::write(&marks, text).unwrap();
    let masks = Masks::read(&marks).unwrap();
    let asked = Request { masks, ..request(Wanted::Record(ids[0]), Profile::Redacted) };
    let file = folder.path().join("a.zip");
    let written = pack::write_file(&central.site, &asked, &file).unwrap();
    assert_eq!(written.left_out, 2, "no photo as it was taken");
    let bytes = fs::read(&file).unwrap();
    let report = judged(&central, &bytes, Pins::default());
    assert_eq!((report.failures.len(), report.masked, report.photos), (0, 1, (2, 0)), "{:?}", report.failures);
    let mut reader = xunjian_proof::pack::PackReader::open(Cursor::new(&bytes)).unwrap();
    let copy = reader.names_in("photos").next().unwrap().to_owned();
    let copy = image::load_from_memory(&reader.read(&copy).unwrap()).unwrap().to_rgb8();
    assert!(copy.get_pixel(20, 20).0.iter().all(|shade| *shade < 16), "what was marked is black to the lower edge");
    assert!(copy.get_pixel(50, 20).0[1] > 150, "what was not marked stays");
    fs::write(&marks, r#"{"marked_by":" ","photos":{}}"#).unwrap();
    assert!(Masks::read(&marks).is_err(), "somebody must stand by the marks");
}

#[tokio::test]
async fn what_cannot_be_packed_is_told() {
    let (central, mut li, ids, _) = walked().await;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("a.zip");
    let told = |request: &Request| pack::write_file(&central.site, request, &file).unwrap_err().message().en;
    assert!(told(&request(Wanted::Record(Sha256::of(b"x")), Profile::Full)).contains("no delivered record"));
    let photo = picture(9);
    let (waiting, envelope) = li.seals(&central, central.visit(VisitKind::Cluster), &[&photo], |_| ());
    li.submits(&envelope.to_bytes()).await;
    assert!(told(&request(Wanted::Record(waiting), Profile::Full)).contains("no delivered record"));
    let of_round = request(Wanted::Round(central.round.plan.round.id.clone()), Profile::Full);
    let written = pack::write_file(&central.site, &of_round, &file).unwrap();
    assert_eq!((written.records, written.undelivered), (2, 1), "what waits for its photos is named as missing");
    let late = Request { at: Some(9_999), ..of_round };
    assert!(told(&late).contains("cannot be made"));
    assert!(central.site.db.read(|sql| pack::find_round(sql, "2026Q4")).is_ok());
    assert!(central.site.db.read(|sql| pack::find_round(sql, "2026Q3")).is_err());
    // A photo that rotted in the store is never packed.
    let rotten = central.site.blobs.object(&Sha256::of(&picture(1)));
    fs::write(&rotten, b"other bytes").unwrap();
    assert!(told(&request(Wanted::Record(ids[0]), Profile::Full)).contains("other bytes"));
}

#[tokio::test]
async fn a_rebuilt_log_is_refused_by_the_witness() {
    let (central, _li, ids, witness) = walked().await;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("a.zip");
    // The operator forgets what the witness signed, as a rebuilt log would have to.
    set(&central, "DELETE FROM cosignature WHERE size > ?1", &0_i64);
    pack::write_file(&central.site, &request(Wanted::Record(ids[0]), Profile::Full), &file).unwrap();
    let bytes = fs::read(&file).unwrap();
    assert_eq!(judged(&central, &bytes, Pins::default()).failures, []);
    let failures = judged(&central, &bytes, Pins { witnesses: vec![witness], ..Pins::default() }).failures;
    assert_eq!(failures[0].step, "witness");
}
