//! Several visits under one passphrase.

use xunjian_domain::plan::VisitKind;
use xunjian_field::{Code, FieldError, NewSeal, VisitId, keys::Passphrase};

use crate::{
    service::Service,
    terminal::{Terminal, passphrase},
};

#[tokio::test]
async fn one_visit_that_is_not_ready_does_not_stop_the_others() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let (cluster, room, system) =
        (terminal.visit(VisitKind::Cluster), terminal.visit(VisitKind::Room), terminal.visit(VisitKind::System));
    terminal.answers_all(&cluster, 1);
    terminal.starts(&room);
    terminal.answers_all(&system, 2);
    let visits = [cluster.clone(), room.clone(), system.clone(), VisitId::new("nowhere")];
    let seal = |passphrase: &Passphrase| {
        terminal.field.seal_several(&visits, &terminal.li.id, passphrase, &NewSeal::default())
    };

    let wrong = Passphrase::new("这不是李巡检的口令，完全不是").unwrap();
    assert!(matches!(seal(&wrong), Err(FieldError::PassphraseWrong)));
    assert!(terminal.field.records().unwrap().is_empty(), "a wrong passphrase seals nothing");

    let sealed = seal(&passphrase()).unwrap();
    let sequences: Vec<_> = sealed.iter().map(|visit| visit.sealed.as_ref().map(|sealed| sealed.sequence)).collect();
    assert_eq!(sequences, [Some(1), None, Some(2), None]);
    let refused = sealed[1].error.as_ref().unwrap();
    assert_eq!(refused.code, Code::NotReady);
    assert!(!refused.problems.is_empty(), "what is missing is listed");
    assert_eq!(sealed[3].error.as_ref().unwrap().code, Code::NotFound);
    assert!(sealed[0].title.contains("一号集群"), "{}", sealed[0].title);

    let again = seal(&passphrase()).unwrap();
    assert!(again[0].sealed.as_ref().unwrap().identical, "a seal whose answer was lost may be repeated");
    terminal.answers_all(&room, 3);
    assert_eq!(seal(&passphrase()).unwrap()[1].sealed.as_ref().unwrap().sequence, 3);
    assert_eq!(terminal.syncs(&service).await.delivered, 3);
}
