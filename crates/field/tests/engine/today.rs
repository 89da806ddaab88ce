//! 今日 and the look-up of a label before any visit was chosen.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{TodayVisit, VisitId, VisitState};
use xunjian_proof::record::ScanVerdict;

use crate::{
    service::Service,
    terminal::{Terminal, jpeg},
};

fn row(terminal: &Terminal, visit: &VisitId) -> TodayVisit {
    let today = terminal.field.today(&terminal.li).unwrap();
    today.rounds[0].visits.iter().find(|row| row.id == *visit).unwrap().clone()
}

#[tokio::test]
async fn a_visit_says_where_it_is_whose_it_is_and_whether_it_may_be_sealed() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (room, rack) = (terminal.visit(VisitKind::Room), terminal.visit(VisitKind::Rack));
    let fresh = row(&terminal, &rack);
    assert_eq!((fresh.room_name.as_str(), fresh.state), ("一号机房", VisitState::NotStarted));
    assert!(!fresh.is_mine && fresh.assigned_to.is_empty() && fresh.started_at.is_none() && !fresh.ready);

    service.assign(&rack, terminal.li.id.as_str());
    service.assign(&room, "person-王巡检");
    service.assign(&VisitId::new("a visit of a round that is closed"), "person-王巡检");
    terminal.field.pull(&service).await.unwrap();
    assert!(row(&terminal, &rack).is_mine);
    assert_eq!(row(&terminal, &rack).assigned_to, ["李巡检"], "by the name the root signed for");
    assert_eq!((row(&terminal, &room).is_mine, row(&terminal, &room).assigned_to.len()), (false, 1));

    terminal.starts(&room);
    terminal.attaches(&room, 1, &jpeg(9));
    let begun = row(&terminal, &room);
    assert_eq!((begun.state, begun.ready, begun.photos), (VisitState::Draft, false, 1));
    assert!(begun.started_at.is_some() && begun.missing == begun.lines);
    terminal.answers_all(&room, 1);
    assert!(row(&terminal, &room).ready, "nothing is missing");
    terminal.seals(&room);
    let sealed = row(&terminal, &room);
    assert_eq!((sealed.state, sealed.ready, sealed.photos), (VisitState::Sealed, false, 2));
    assert!(sealed.sealed_at.is_some() && sealed.started_at.is_none());
}

#[tokio::test]
async fn a_label_leads_to_its_visit_before_any_was_chosen() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let rack = terminal.visit(VisitKind::Rack);
    let look = |text: &str| terminal.field.look_up(text, &terminal.li).unwrap();
    let found = look(&service.label(2));
    assert_eq!((found.verdict, found.visits.len()), (ScanVerdict::Right, 1));
    assert_eq!((&found.visits[0].id, found.visits[0].state), (&rack, VisitState::NotStarted));
    assert_eq!(found.subject.unwrap().name, "A01");
    let asset = look(&service.label(6));
    assert_eq!(asset.visits[0].id, rack, "an asset is seen in its rack");
    assert_eq!(look(&service.label(1)).verdict, ScanVerdict::Revoked);
    let code = xunjian_domain::label_code::LabelCode::of_print(&crate::site::uuid(2)).to_string();
    assert_eq!(look(&code).visits[0].id, rack, "so does the code printed beside it");
    terminal.starts(&rack);
    assert_eq!(look(&code).visits[0].state, VisitState::Draft);
    for other in ["WIFI:S:office;;", "SN-1", ""] {
        let unknown = look(other);
        assert_eq!((unknown.verdict, unknown.visits.len()), (ScanVerdict::NotALabel, 0), "{other}");
    }
    assert_eq!(terminal.shows(&rack).scans.len(), 0, "nothing of this is recorded");
}
