//! Photos and findings taken back before sealing, copies beside their originals, and smaller copies for the screen.

use xunjian_domain::{hash::Sha256, ids::VisitId, plan::VisitKind, visit::Severity};
use xunjian_field::{Code, FieldError, LineSelector, NewFinding, NewPhoto, PhotoSize, VisitView};
use xunjian_proof::record::{Capture, Layer, LayerKind};

use crate::{
    service::Service,
    terminal::{Terminal, jpeg},
};

fn path_of(terminal: &Terminal, folder: &str, name: &str) -> std::path::PathBuf {
    terminal.folder.path().join("photos").join(folder).join(&name[..2]).join(name)
}

fn is_on_the_disk(terminal: &Terminal, photo: Sha256) -> bool {
    path_of(terminal, "originals", &photo.to_hex()).exists()
}

fn photos_of(view: &VisitView, line: u32) -> Vec<Sha256> {
    let answer = view.lines[line as usize - 1].answer.as_ref();
    answer.map(|answer| answer.photos.clone()).unwrap_or_default()
}

fn finding(photos: Vec<Sha256>) -> NewFinding {
    NewFinding {
        line: Some(1),
        subject: None,
        severity: Severity::Minor,
        category: String::new(),
        description: "地面有积水".into(),
        responsible_unit: "运维一组".into(),
        due_on: Some(jiff::civil::date(2026, 12, 1)),
        photos,
        no_photo: None,
        fixed_on_site: String::new(),
        after_photos: Vec::new(),
        desk_callee: None,
        follows: None,
        replaces: None,
        found_ago_ms: None,
        called_ago_ms: None,
    }
}

async fn room(service: &Service) -> (Terminal, VisitId) {
    let terminal = Terminal::of_li(service).await;
    let visit = terminal.visit(VisitKind::Room);
    terminal.answers_all(&visit, 1);
    (terminal, visit)
}

#[tokio::test]
async fn a_photo_taken_back_is_gone_once_nothing_names_it() {
    let service = Service::start();
    let (terminal, visit) = room(&service).await;
    let detach = |line, photo| terminal.field.detach_photo(terminal.draft(&visit), line, photo);
    let photo = terminal.attaches(&visit, 1, &jpeg(9));
    assert_eq!(terminal.attaches(&visit, 2, &jpeg(9)), photo, "one photo may serve two lines");
    terminal.field.photo_rendition(photo, PhotoSize::Thumbnail).unwrap();

    detach(Some(1), photo).unwrap();
    assert!(is_on_the_disk(&terminal, photo), "the second line still names it");
    assert!(photos_of(&terminal.shows(&visit), 2).contains(&photo));
    assert!(matches!(detach(None, photo), Err(FieldError::PhotoInUse(_))));
    detach(Some(2), photo).unwrap();
    assert!(terminal.shows(&visit).evidence.iter().all(|evidence| evidence.sha256 != photo));
    assert!(!is_on_the_disk(&terminal, photo), "nothing names it any more");
    assert!(!path_of(&terminal, "renditions", &format!("{photo}.thumbnail")).exists());
    let again = detach(Some(2), photo).unwrap_err();
    assert_eq!(again.code(), Code::NotFound);
    assert_eq!(terminal.attaches(&visit, 1, &jpeg(9)), photo, "and it may be attached again");
    assert!(is_on_the_disk(&terminal, photo));
}

#[tokio::test]
async fn a_photo_of_a_sealed_record_stays_whatever_another_draft_does() {
    let service = Service::start();
    let (terminal, visit) = room(&service).await;
    let photo = terminal.attaches(&visit, 1, &jpeg(9));
    terminal.seals(&visit);
    let rack = terminal.visit(VisitKind::Rack);
    terminal.starts(&rack);
    terminal.attaches(&rack, 1, &jpeg(9));
    terminal.field.detach_photo(terminal.draft(&rack), Some(1), photo).unwrap();
    assert!(is_on_the_disk(&terminal, photo), "the record names it");
    let sealed = terminal.field.detach_photo(terminal.draft(&visit), Some(1), photo).unwrap_err();
    assert!(matches!(sealed, FieldError::AlreadySealed(_)));
}

#[tokio::test]
async fn a_finding_taken_back_leaves_its_photos_for_another() {
    let service = Service::start();
    let (terminal, visit) = room(&service).await;
    let photo = terminal
        .field
        .attach_photo(
            terminal.draft(&visit),
            None,
            NewPhoto {
                bytes: &jpeg(9),
                file_name: "",
                capture: Capture::Camera,
                caption: "积水",
                layer: None,
                after_of: None,
            },
        )
        .unwrap()
        .evidence
        .sha256;
    let report = || terminal.field.report_finding(terminal.draft(&visit), finding(vec![photo])).unwrap();
    let first = report();
    let detach = || terminal.field.detach_photo(terminal.draft(&visit), None, photo);
    assert!(matches!(detach(), Err(FieldError::PhotoInUse(_))), "the finding names it");
    terminal.field.remove_finding(terminal.draft(&visit), &first.id).unwrap();
    assert_eq!(terminal.shows(&visit).findings, []);
    let gone = terminal.field.remove_finding(terminal.draft(&visit), &first.id).unwrap_err();
    assert!(matches!(gone, FieldError::UnknownFinding(_)));
    let second = report();
    terminal.field.remove_finding(terminal.draft(&visit), &second.id).unwrap();
    detach().unwrap();
    assert!(!is_on_the_disk(&terminal, photo));
}

#[tokio::test]
async fn a_marked_copy_stands_beside_its_original() {
    let service = Service::start();
    let (terminal, visit) = room(&service).await;
    let original = terminal.attaches(&visit, 1, &jpeg(9));
    let copy = |of: Sha256, seed: u8| {
        let layer = Some(Layer { of, kind: LayerKind::Markup });
        let photo = NewPhoto {
            bytes: &jpeg(seed),
            file_name: "",
            capture: Capture::Camera,
            caption: "圈出积水",
            layer,
            after_of: None,
        };
        terminal.field.attach_photo(terminal.draft(&visit), Some(&LineSelector::No { line: 1 }), photo)
    };
    assert!(matches!(copy(Sha256::of(b"elsewhere"), 10), Err(FieldError::UnknownPhoto(_))));
    assert!(matches!(copy(original, 9), Err(FieldError::BadInput(_))), "a copy of itself shows nothing new");
    let marked = copy(original, 10).unwrap().evidence;
    assert_eq!(marked.layer.as_ref().map(|layer| layer.of), Some(original));
    terminal.field.detach_photo(terminal.draft(&visit), Some(1), original).unwrap();
    let evidence = terminal.shows(&visit).evidence;
    assert!(evidence.iter().any(|known| known.sha256 == original), "the copy needs its original");
    let sealed = terminal.seals(&visit);
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "and both go into the record");
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap();
    assert!(record.steps.iter().all(|step| step.passed == Some(true)), "{:?}", record.steps);
}

#[tokio::test]
async fn smaller_copies_are_made_once_and_made_anew_when_damaged() {
    let service = Service::start();
    let (terminal, visit) = room(&service).await;
    let mut large = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(2000, 1500, |x, y| image::Rgb([(x / 8) as u8, (y / 8) as u8, 40]))
        .write_to(&mut large, image::ImageFormat::Jpeg)
        .unwrap();
    let photo = terminal.attaches(&visit, 1, large.get_ref());
    let width = |size| {
        let bytes = terminal.field.photo_rendition(photo, size).unwrap();
        image::load_from_memory(&bytes).unwrap().width()
    };
    assert_eq!((width(PhotoSize::Thumbnail), width(PhotoSize::Screen)), (320, 1600));
    assert_eq!(&terminal.field.photo_rendition(photo, PhotoSize::Original).unwrap(), large.get_ref());
    let kept = path_of(&terminal, "renditions", &format!("{photo}.screen"));
    let whole = std::fs::read(&kept).unwrap();
    std::fs::write(&kept, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(width(PhotoSize::Screen), 1600, "what a power cut halved is made anew");
    assert_eq!(std::fs::read(&kept).unwrap().len(), whole.len(), "whole again, under another nonce");
    std::fs::remove_dir_all(terminal.folder.path().join("photos/renditions")).unwrap();
    assert_eq!(width(PhotoSize::Thumbnail), 320, "the folder may be deleted at any time");
}
