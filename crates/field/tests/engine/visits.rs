//! Whole visits, from the plan to the receipt.

use std::collections::BTreeSet;

use xunjian_domain::{plan::VisitKind, reconciliation::Verdict, visit::SealRule};
use xunjian_field::{FieldError, NewSeal, RecordState, VisitState};
use xunjian_proof::record::Companion;

use crate::{
    service::Service,
    terminal::{Terminal, normal, passphrase},
};

#[tokio::test]
async fn every_kind_of_visit_is_walked_sealed_and_delivered_and_asks_all_thirty_lines() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let mut asked = BTreeSet::new();
    for round in terminal.field.today(&terminal.li).unwrap().rounds {
        for (visit, seed) in round.visits.iter().zip(1..) {
            terminal.answers_all(&visit.id, seed);
            asked.extend(terminal.shows(&visit.id).lines.into_iter().map(|line| line.criterion));
            let sealed = terminal.seals(&visit.id);
            assert_eq!(sealed.sequence, u64::from(seed), "one more in the terminal's chain");
        }
    }
    assert_eq!(asked.len(), 30, "each printed line was asked somewhere");

    let run = terminal.syncs(&service).await;
    let records = terminal.field.records().unwrap();
    assert_eq!((run.submitted, run.delivered), (records.len() as u64, records.len() as u64));
    assert_eq!((run.errors.len(), run.still_pending), (0, 0));
    for record in &records {
        assert_eq!(record.state, RecordState::Delivered);
        let detail = terminal.field.verify_local(&record.id.to_hex()).unwrap();
        assert!(detail.steps.iter().all(|step| step.passed == Some(true)), "{:?}", detail.steps);
        assert_eq!(detail.record.clock.jumps, [], "a quiet clock raises no flag");
        assert!(detail.record.clock.token.is_some(), "the record carries the last time token");
    }
    let today = terminal.field.today(&terminal.li).unwrap();
    assert!(today.rounds[0].visits.iter().all(|visit| visit.state == VisitState::Delivered));
}

#[tokio::test]
async fn an_unfinished_visit_is_not_sealed_and_says_what_is_missing() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::System);
    let view = terminal.starts(&visit);
    assert!(view.lines.iter().all(|line| line.answer.is_none()), "nothing is preselected");
    let first = view.lines[0].no;
    terminal.answers(&visit, &normal(first)).unwrap();

    let refused = terminal.field.seal(terminal.draft(&visit), &passphrase(), &NewSeal::default()).unwrap_err();
    let FieldError::NotReady(problems) = &refused else { panic!("{refused}") };
    let rules: Vec<_> = problems.iter().map(|problem| (problem.line, problem.rule)).collect();
    assert!(rules.contains(&(Some(first), SealRule::CheckMissing)), "{rules:?}");
    let missing: Vec<_> = rules.iter().filter(|(_, rule)| *rule == SealRule::LineMissing).map(|(no, _)| *no).collect();
    let blank: Vec<_> = view.lines[1..].iter().map(|line| Some(line.no)).collect();
    assert_eq!(missing, blank);
    assert!(refused.text().zh.contains("还不能签名"));
    assert_eq!(terminal.shows(&visit).answered, 1, "the draft stays as it was");
}

#[tokio::test]
async fn a_sealed_visit_takes_no_more_answers_and_cannot_be_started_again() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    let present = vec![Companion { name: "王陪同".into(), organisation: "管理方".into() }];
    let seal = NewSeal { present: present.clone(), photo_permit: None };
    let sealed = terminal.field.seal(terminal.draft(&visit), &passphrase(), &seal).unwrap();
    assert_eq!(sealed.state, RecordState::Sealed);

    let answered = terminal.answers(&visit, &normal(1));
    assert!(matches!(answered, Err(FieldError::AlreadySealed(_))));
    let selector = xunjian_field::VisitSelector::Text(visit.to_string());
    assert!(matches!(terminal.field.start_visit(&selector, &terminal.li), Err(FieldError::AlreadySealed(_))));
    let again = terminal.field.seal(terminal.draft(&visit), &passphrase(), &seal).unwrap();
    assert_eq!((again.record, again.identical), (sealed.record, true), "a repeated seal returns the record there is");
    assert_eq!(terminal.field.records().unwrap().len(), 1);

    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    assert_eq!(record.present, present);
    assert_eq!(record.orders.len(), 1, "the order of this cluster is part of the record");
    assert_eq!(terminal.shows(&visit).state, VisitState::Sealed);
}

#[tokio::test]
async fn a_rack_record_holds_the_ledger_rows_and_the_verdicts() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let sealed = terminal.walks(VisitKind::Rack, 1);
    let record = terminal.field.verify_local(&sealed.record.to_hex()).unwrap().record;
    assert_eq!(record.compared.len(), 5, "the five ledger rows of the rack as they stood");
    assert_eq!(record.compared_chunks.len(), 2, "this rack's chunk and the orders'");
    assert!(record.reconciliation.iter().all(|row| row.verdicts == [Verdict::Matches]));
    assert_eq!(record.orders.len(), 1);
    assert_eq!(record.template.sha256, record_plan_template(&service));
}

/// The template of the only plan.
fn record_plan_template(service: &Service) -> xunjian_domain::hash::Sha256 {
    use xunjian_proof::statement::{PlanStatement, Statement};
    PlanStatement::read(&service.plan()).unwrap().plan.template.sha256
}
