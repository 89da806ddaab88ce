//! Photos that come again, and whether the next ones will fit.

use std::io::Cursor;

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use xunjian_domain::{hash::Sha256, ids::VisitId, plan::VisitKind};
use xunjian_field::{Attached, LineSelector, NewPhoto, VisitState};
use xunjian_proof::record::{Capture, Layer, LayerKind};

use crate::{
    service::Service,
    terminal::{Terminal, jpeg},
};

/// A picture of its own for each `seed`, so far from any other that none looks like it.
fn scene(seed: u32) -> RgbImage {
    let grey =
        move |x: u32, y: u32| (seed * 7 + 1).wrapping_mul((x / 20 + 1) * 2_654_435 + (y / 20 + 3) * 40_503) >> 11;
    RgbImage::from_fn(180, 160, |x, y| Rgb([grey(x, y) as u8; 3]))
}

fn saved(quality: u8, picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes.into_inner()
}

fn attach(terminal: &Terminal, visit: &VisitId, line: u32, bytes: &[u8], layer: Option<Layer>) -> Attached {
    let photo = NewPhoto { bytes, file_name: "", capture: Capture::Camera, caption: "", layer, after_of: None };
    terminal.field.attach_photo(terminal.draft(visit), Some(&LineSelector::No { line }), photo).unwrap()
}

fn reuse(attached: &Attached) -> Vec<(Sha256, u32)> {
    attached.evidence.reuse.iter().map(|reuse| (reuse.of, reuse.distance)).collect()
}

#[tokio::test]
async fn a_photo_of_an_earlier_visit_is_recognised_even_when_it_was_saved_anew() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (room, rack) = (terminal.visit(VisitKind::Room), terminal.visit(VisitKind::Rack));
    let title = terminal.starts(&room).title;
    terminal.starts(&rack);
    let first = attach(&terminal, &room, 4, &saved(90, &scene(1)), None);
    assert_eq!((first.warnings.len(), reuse(&first)), (0, vec![]), "the first of its kind");

    let again = attach(&terminal, &rack, 1, &saved(40, &scene(1)), None);
    let [(of, distance)] = reuse(&again)[..] else { panic!("{:?}", again.evidence.reuse) };
    assert!(of == first.evidence.sha256 && (1..=8).contains(&distance), "named by its hash, {distance} bits away");
    let words = &again.warnings[0];
    let day = first.evidence.taken.wall_ms.day_in_china();
    assert!(words.zh.contains(&format!("{day} {title} 第4项的照片几乎相同")), "{}", words.zh);
    assert!(words.en.contains(&format!("nearly the same as that of {day}, {title}, line 4")), "{}", words.en);

    let same = attach(&terminal, &rack, 2, &saved(90, &scene(1)), None);
    assert_eq!(reuse(&same), [(first.evidence.sha256, 0)], "the file itself is named alone");
    assert!(same.warnings[0].zh.contains("的照片相同"), "{}", same.warnings[0].zh);
    let kept = terminal.shows(&rack).evidence;
    assert_eq!(kept.iter().filter(|one| !one.reuse.is_empty()).count(), 2, "and the draft keeps it for the record");
    let other = attach(&terminal, &rack, 1, &saved(90, &scene(2)), None);
    assert_eq!((other.warnings.len(), reuse(&other)), (0, vec![]), "another picture is another picture");
}

#[tokio::test]
async fn several_shots_of_one_line_and_marked_copies_are_no_reuse() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let room = terminal.visit(VisitKind::Room);
    terminal.starts(&room);
    let original = attach(&terminal, &room, 1, &saved(90, &scene(1)), None).evidence.sha256;
    let second = attach(&terminal, &room, 1, &saved(60, &scene(1)), None);
    assert_eq!((second.warnings.len(), reuse(&second)), (0, vec![]), "two shots of one thing");
    let layer = Some(Layer { of: original, kind: LayerKind::Markup });
    let marked = attach(&terminal, &room, 1, &saved(80, &scene(1)), layer);
    assert_eq!((marked.warnings.len(), reuse(&marked)), (0, vec![]), "a copy is like its original");

    let elsewhere = attach(&terminal, &room, 2, &saved(90, &scene(1)), None);
    assert!(elsewhere.warnings[0].zh.contains("已用于本次巡检第1项"), "{}", elsewhere.warnings[0].zh);
    assert_eq!(reuse(&elsewhere), [], "both lines of the record name it already");
    terminal.field.detach_photo(terminal.draft(&room), Some(1), original).unwrap();
    let third = attach(&terminal, &room, 2, &saved(70, &scene(3)), None);
    assert_eq!(third.warnings.len(), 0);
}

#[tokio::test]
async fn the_budget_before_leaving_counts_the_photos_still_to_be_taken() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let budget = || terminal.field.photo_budget(&terminal.li).unwrap();
    let fresh = budget();
    let today = terminal.field.today(&terminal.li).unwrap();
    assert_eq!(fresh.visits as usize, today.rounds[0].visits.len(), "nothing is assigned: all of the due round");
    assert!(fresh.photos > 0 && !fresh.is_measured && !fresh.is_short, "{fresh:?}");
    assert_eq!(fresh.needed_bytes, fresh.photos * 3_500_000, "3 MB each, and half for the copies on the screen");

    let room = terminal.visit(VisitKind::Room);
    let wanted: u32 = terminal.starts(&room).lines.iter().map(|line| line.evidence.photos_when_normal).sum();
    assert!(wanted > 0, "a room wants photos");
    service.assign(&room, terminal.li.id.as_str());
    terminal.field.pull(&service).await.unwrap();
    assert_eq!((budget().visits, budget().photos), (1, u64::from(wanted)), "what is mine is what I walk");
    attach(&terminal, &room, 1, &jpeg(1), None);
    assert_eq!(budget().photos, u64::from(wanted) - 1, "one is there");

    for seed in 10..32 {
        attach(&terminal, &room, 1, &saved(90, &scene(seed)), None);
    }
    let measured = budget();
    assert!(measured.is_measured && measured.photo_bytes < 100_000, "by what was taken here: {measured:?}");
    terminal.answers_all(&room, 3);
    terminal.seals(&room);
    let after = terminal.field.today(&terminal.li).unwrap();
    assert_ne!(after.rounds[0].visits.iter().find(|visit| visit.id == room).unwrap().state, VisitState::NotStarted);
    assert!(budget().visits > 1, "what was mine is sealed; the rest of the round is ahead");
}
