//! 校核 on the terminal: what differs field by field, unknown assets with their photos, taking back, and moves.

use xunjian_domain::{
    hash::Sha256,
    ids::{OrderNo, VisitId},
    ledger::UnitSpan,
    plan::VisitKind,
    reconciliation::{ComparedField, Difference, Standing, Verdict, Whereabouts},
};
use xunjian_field::{AssetDetail, AssetSelector, FieldError, NewPhoto, NewSighting, RackView};
use xunjian_proof::record::{Capture, ScanSource, ScanVerdict};

use crate::{
    service::Service,
    site,
    terminal::{Terminal, jpeg, sighting},
};

/// The row of an asset; of the first unknown one for the empty id.
fn row<'a>(view: &'a RackView, asset: &str) -> (&'a [Verdict], &'a AssetDetail) {
    let is_it =
        |one: &xunjian_domain::reconciliation::Reconciliation| one.asset.as_ref().map_or("", |id| id.as_str()) == asset;
    let at = view.reconciliation.iter().position(is_it).unwrap();
    (&view.reconciliation[at].verdicts, &view.details[at])
}

fn of(asset: &str) -> NewSighting {
    NewSighting { asset: AssetSelector::Ledger(asset.into()), ..sighting() }
}

impl Terminal {
    fn sees(&self, visit: &VisitId, new: &NewSighting) -> RackView {
        self.field.sight(self.draft(visit), new).unwrap()
    }

    /// A photo of the visit that belongs to no line.
    fn photographs(&self, visit: &VisitId, seed: u8) -> Sha256 {
        let bytes = jpeg(seed);
        let photo = NewPhoto {
            bytes: &bytes,
            file_name: "",
            capture: Capture::Camera,
            caption: "",
            layer: None,
            after_of: None,
        };
        self.field.attach_photo(self.draft(visit), None, photo).unwrap().evidence.sha256
    }

    /// The visit of a rack by its name.
    fn rack_visit(&self, name: &str) -> VisitId {
        let today = self.field.today(&self.li).unwrap();
        today.rounds[0].visits.iter().find(|visit| visit.title.ends_with(name)).unwrap().id.clone()
    }
}

#[tokio::test]
async fn every_difference_stands_between_ledger_rack_and_order() {
    let mut ledger = site::ledger();
    ledger.orders[0].owning_unit = "市水务局".into();
    let storage = ledger.assets.iter_mut().find(|asset| asset.id.as_str() == "storage").unwrap();
    storage.order_no = OrderNo::new("DD-404");
    let service = Service::of(ledger);
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.rack_visit("A01");
    terminal.starts(&visit);
    terminal.sees(&visit, &NewSighting { as_in_ledger: true, ..of("server") });
    terminal.sees(&visit, &NewSighting { span: UnitSpan::new(20, 21), ..of("hosted") });
    terminal.sees(&visit, &of("backup"));
    terminal.sees(&visit, &NewSighting { as_in_ledger: true, ..of("storage") });
    let view = terminal.sees(&visit, &of("far"));

    let (verdicts, detail) = row(&view, "server");
    assert_eq!(verdicts, [Verdict::WrongOwner], "the order is of another unit than the ledger says");
    let owner = |seen: Option<&str>| Difference {
        field: ComparedField::OwningUnit,
        ledger: "市公安局".into(),
        seen: seen.map(str::to_owned),
        ordered: Some("市水务局".into()),
    };
    assert_eq!(detail.differences, [owner(None)]);
    let (verdicts, detail) = row(&view, "hosted");
    assert_eq!(verdicts, [Verdict::WrongUnit, Verdict::WrongOwner]);
    let units = &detail.differences[0];
    assert_eq!((units.field, &*units.ledger, units.seen.as_deref()), (ComparedField::Units, "3-4", Some("20-21")));
    assert_eq!(row(&view, "backup").0, [Verdict::Unverified], "met, not looked at: the papers say nothing yet");
    let (verdicts, detail) = row(&view, "storage");
    assert_eq!(verdicts, [Verdict::WrongOrder]);
    assert_eq!(detail.differences[0].ordered.as_deref(), Some(""), "no order has this number");
    let (_, detail) = row(&view, "far");
    let rack = &detail.differences[0];
    assert_eq!((&*rack.ledger, rack.seen.as_deref()), ("二号机房 · B01", Some("一号机房 · A01")), "by their names");
}

#[tokio::test]
async fn an_unknown_asset_keeps_its_photos_can_be_changed_and_goes_into_the_record() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.rack_visit("A01");
    terminal.starts(&visit);
    let (first, second) = (terminal.photographs(&visit, 91), terminal.photographs(&visit, 92));
    let unknown = NewSighting { brand: Some("无名".into()), photos: Some(vec![first, second]), ..sighting() };
    let view = terminal.sees(&visit, &unknown);
    let number = row(&view, "").1.sighting.unwrap();
    let changed = NewSighting {
        asset: AssetSelector::Noted(number),
        model: Some("M1".into()),
        photos: Some(vec![first]),
        ..sighting()
    };
    let view = terminal.sees(&visit, &changed);
    let unknown = view.sightings.iter().find(|seen| seen.asset.is_none()).unwrap();
    assert_eq!((unknown.brand.as_deref(), unknown.model.as_deref()), (Some("无名"), Some("M1")), "the rest stays");
    assert_eq!(unknown.photos, [first]);
    assert_eq!(view.sightings.len(), 1, "changed, not added");

    let nowhere = Sha256::of(b"no photo");
    let refused = NewSighting { photos: Some(vec![nowhere]), ..sighting() };
    let refused = terminal.field.sight(terminal.draft(&visit), &refused).unwrap_err();
    assert!(matches!(refused, FieldError::UnknownPhoto(photo) if photo == nowhere));
    terminal.answers_all(&visit, 7);
    let sealed = terminal.seals(&visit);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let unknown = record.reconciliation.iter().find(|one| one.asset.is_none()).unwrap();
    assert_eq!(unknown.sighting.as_ref().unwrap().photos, [first], "the record ties the photo to the asset");
    assert!(record.evidence.iter().any(|photo| photo.sha256 == first));
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "and the service takes it");
}

#[tokio::test]
async fn a_sighting_is_taken_back_with_its_photos_until_the_record_is_sealed() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.rack_visit("A01");
    terminal.starts(&visit);
    let (own, shared) = (terminal.photographs(&visit, 91), terminal.photographs(&visit, 92));
    let with = |photos: &[Sha256]| NewSighting { photos: Some(photos.to_vec()), note: "U20".into(), ..sighting() };
    let first = row(&terminal.sees(&visit, &with(&[own, shared])), "").1.sighting.unwrap();
    terminal.sees(&visit, &with(&[shared]));
    let view = terminal.field.unsight(terminal.draft(&visit), first).unwrap();
    assert_eq!(view.sightings.len(), 1);
    assert_eq!(view.sightings[0].photos, [shared]);
    let evidence: Vec<_> = terminal.shows(&visit).evidence.iter().map(|photo| photo.sha256).collect();
    assert_eq!(evidence, [shared], "the photo of the first only is gone, that of both stays");
    assert!(terminal.field.photo(own).is_err(), "its file is gone, too");
    let again = terminal.field.unsight(terminal.draft(&visit), first).unwrap_err();
    assert!(matches!(again, FieldError::UnknownSighting(number) if number == first));

    // A photo taken from the visit leaves the sighting that named it.
    terminal.field.detach_photo(terminal.draft(&visit), None, shared).unwrap();
    assert!(terminal.field.rack(terminal.draft(&visit)).unwrap().sightings[0].photos.is_empty());

    // A scanned asset, too: the scan stays, and scanning again brings the sighting back.
    let scan = || terminal.field.scan_label(terminal.draft(&visit), &service.label(6), ScanSource::Camera).unwrap();
    scan();
    let seen = row(&terminal.field.rack(terminal.draft(&visit)).unwrap(), "server").1.sighting.unwrap();
    let view = terminal.field.unsight(terminal.draft(&visit), seen).unwrap();
    assert_eq!(row(&view, "server").1.sighting, None);
    assert_eq!(terminal.shows(&visit).scans.len(), 1, "what was scanned was scanned");
    assert_eq!(scan().scan.verdict, ScanVerdict::Repeated);
    assert!(row(&terminal.field.rack(terminal.draft(&visit)).unwrap(), "server").1.sighting.is_some());

    terminal.answers_all(&visit, 7);
    terminal.seals(&visit);
    let sealed = terminal.field.unsight(terminal.draft(&visit), seen).unwrap_err();
    assert!(matches!(sealed, FieldError::AlreadySealed(_)), "{sealed}");
}

#[tokio::test]
async fn an_asset_taken_for_unknown_is_recognised_by_its_serial() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.rack_visit("A01");
    terminal.starts(&visit);
    let view = terminal.sees(&visit, &NewSighting { serial: Some(" SN-far ".into()), ..sighting() });
    assert_eq!(row(&view, "far").0, [Verdict::WrongRack], "the ledger has it in another room");
    assert!(view.reconciliation.iter().all(|one| one.asset.is_some()), "nothing is 账外");
}

#[tokio::test]
async fn the_two_sides_of_a_move_meet_at_once_on_one_terminal() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (home, other) = (terminal.rack_visit("A01"), terminal.rack_visit("B01"));
    terminal.starts(&home);
    terminal.starts(&other);
    let at = |visit: &VisitId, asset: &str| {
        let view = terminal.field.rack(terminal.draft(visit)).unwrap();
        let (verdicts, detail) = row(&view, asset);
        (verdicts.to_vec(), detail.clone())
    };
    terminal.sees(&other, &of("server"));
    let (verdicts, detail) = at(&other, "server");
    assert_eq!((verdicts, detail.whereabouts), (vec![Verdict::WrongRack], Some(Whereabouts::SeenElsewhere)));
    assert_eq!(detail.others[0].standing, Standing::Unverified, "its own rack is open");

    terminal.field.close_rack(terminal.draft(&home), true).unwrap();
    let (verdicts, detail) = at(&home, "server");
    assert_eq!((verdicts, detail.whereabouts), (vec![Verdict::Missing], Some(Whereabouts::Moved)));
    let side = &detail.others[0];
    assert_eq!((&*side.rack_name, side.standing), ("二号机房 · B01", Standing::SeenElsewhere));
    assert_eq!((&*side.person_name, side.is_sealed), ("李巡检", false));
    assert_eq!(at(&other, "server").1.whereabouts, Some(Whereabouts::Moved), "the other side says the same");
    assert_eq!(at(&home, "hosted").1.whereabouts, Some(Whereabouts::Missing), "seen nowhere");

    // Sealing changes nothing about where it is.
    terminal.answers_all(&other, 3);
    terminal.seals(&other);
    let (_, detail) = at(&home, "server");
    assert_eq!((detail.whereabouts, detail.others[0].is_sealed), (Some(Whereabouts::Moved), true));

    // Seen at home after all: two places under one label.
    terminal.sees(&home, &NewSighting { as_in_ledger: true, ..of("server") });
    assert_eq!(at(&home, "server").1.whereabouts, Some(Whereabouts::SeenTwice));
    assert_eq!(at(&home, "server").0, [Verdict::Matches], "what this rack saw stays what it saw");
}

#[tokio::test]
async fn the_ledger_never_changes_whatever_is_noted() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.rack_visit("A01");
    terminal.starts(&visit);
    // Every asset with what the ledger says of it, as a person finds it; the database itself is closed to everybody else.
    let rows = || {
        let found = terminal.field.search_assets(&terminal.li, None, "SN", None).unwrap();
        assert!(!found.hits.is_empty());
        found.hits.into_iter().map(|hit| hit.asset).collect::<Vec<_>>()
    };
    let before = rows();
    let differs = NewSighting {
        span: UnitSpan::new(30, 31),
        brand: Some("另一品牌".into()),
        owning_unit: Some("另一单位".into()),
        quantity: Some(3),
        ..of("server")
    };
    terminal.sees(&visit, &differs);
    terminal.answers_all(&visit, 5);
    terminal.field.close_rack(terminal.draft(&visit), true).unwrap();
    let sealed = terminal.seals(&visit);
    assert_eq!(rows(), before);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    let ledger = site::ledger();
    assert_eq!(record.compared[0], ledger.assets[0], "the record holds the row as it stood");
    let server = VisitKind::Rack;
    assert_eq!(record.visit.kind, server);
}
