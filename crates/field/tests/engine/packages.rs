//! Work packages: checked as a whole, taken over as a whole.

use xunjian_domain::{hash::Sha256, plan::VisitKind};
use xunjian_field::{Code, FieldError};
use xunjian_proof::suite::Ed25519Signer;

use crate::{
    service::{Fault, MORNING, Service},
    terminal::Terminal,
};

#[tokio::test]
async fn a_second_pull_fetches_only_what_is_new() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let current = terminal.field.pull(&service).await.unwrap();
    assert_eq!((current.changed, current.chunks_fetched), (false, 0));
    service.open_round("round-2");
    let newer = terminal.field.pull(&service).await.unwrap();
    assert_eq!((newer.changed, newer.rounds), (true, 2));
    assert_eq!(newer.chunks_fetched, newer.visits as u64 / 2, "only the visits of the new round; the ledger is here");
}

#[tokio::test]
async fn a_broken_chunk_leaves_the_old_package_in_use() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    service.open_round("round-2");
    service.will(Fault::ChunkFlipped);
    let refused = terminal.field.pull(&service).await.unwrap_err();
    assert!(matches!(&refused, FieldError::PackageRefused { part, .. } if part == "chunk"), "{refused}");
    assert_eq!(refused.code(), Code::Integrity);
    assert_eq!(terminal.field.today(&terminal.li).unwrap().rounds.len(), 1);
    assert_eq!(terminal.field.pull(&service).await.unwrap().rounds, 2, "the next pull goes on from what is there");
}

#[tokio::test]
async fn a_package_that_names_what_the_service_does_not_have_leaves_the_old_one_in_use() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let mut package = service.package();
    package.label_prints = Sha256::of(b"never printed");
    package.rounds.clear();
    service.gives_out(Some(package));
    assert_eq!(terminal.field.pull(&service).await.unwrap_err().code(), Code::Problem);
    assert_eq!(terminal.field.today(&terminal.li).unwrap().rounds.len(), 1);
}

#[tokio::test]
async fn a_log_that_contradicts_what_was_seen_is_refused() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    service.open_round("round-2");
    service.rewrite_log(1);
    let refused = terminal.field.pull(&service).await.unwrap_err();
    assert_eq!(refused.code(), Code::LogInconsistent, "{refused}");
    assert!(refused.text().zh.contains("服务端日志与上次所见不一致"));
    assert_eq!(terminal.field.today(&terminal.li).unwrap().rounds.len(), 1, "the old package stays in use");
}

#[tokio::test]
async fn another_root_is_refused_and_a_clock_that_is_off_warns() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    service.set_seconds((MORNING / 1000) as u64 + 3600);
    service.open_round("round-2");
    let pulled = terminal.field.pull(&service).await.unwrap();
    assert!(pulled.warnings[0].zh.contains("比服务端慢 59 分钟"), "{:?}", pulled.warnings);
    let mut other = Service::start();
    other.root.name = "冒名站点".into();
    let refused = terminal.field.pull(&other).await.unwrap_err();
    assert!(matches!(refused, FieldError::RootMismatch { .. }), "{refused}");
}

#[tokio::test]
async fn a_draft_goes_on_after_its_round_left_the_package() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    let visit = terminal.visit(VisitKind::Cluster);
    terminal.answers_all(&visit, 1);
    service.close_rounds();
    let pulled = terminal.field.pull(&service).await.unwrap();
    assert_eq!(pulled.rounds, 0);
    terminal.seals(&visit);
    assert_eq!(terminal.syncs(&service).await.delivered, 1, "work done is never thrown away");
}

#[tokio::test]
async fn a_log_that_is_shorter_than_what_was_seen_is_refused_as_such() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    service.cut_log(2);
    let refused = terminal.field.pull(&service).await.unwrap_err();
    assert_eq!(refused.code(), Code::LogInconsistent, "not a problem of the request: {refused}");
    assert!(refused.text().zh.contains("服务端日志与上次所见不一致"));
}

#[tokio::test]
async fn a_list_of_label_prints_counts_only_when_the_service_signed_it() {
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    for stranger in [Ed25519Signer::from_seed(&[5; 32]), Ed25519Signer::from_seed(&[99; 32])] {
        service.publish_prints(Vec::new(), &stranger);
        let refused = terminal.field.pull(&service).await.unwrap_err();
        assert!(matches!(&refused, FieldError::PackageRefused { part, .. } if part == "label prints"), "{refused}");
        assert_eq!(refused.code(), Code::Integrity);
    }
}

#[tokio::test]
async fn a_new_log_and_clock_key_take_over_without_losing_what_the_old_ones_signed() {
    let mut service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    terminal.syncs(&service).await;
    service.change_log_and_clock();
    service.open_round("round-2");
    assert_eq!(terminal.field.pull(&service).await.unwrap().rounds, 2);
    for record in terminal.field.records().unwrap() {
        let detail = terminal.field.verify_local(&record.id.to_hex()).unwrap();
        assert!(detail.steps.iter().all(|step| step.passed == Some(true)), "{:?}", detail.steps);
    }
}

#[tokio::test]
async fn the_data_folder_is_closed_to_others_whatever_the_umask_says() {
    use std::os::unix::fs::PermissionsExt as _;
    let service = Service::start();
    let terminal = Terminal::of_li(&service).await;
    terminal.walks(VisitKind::Cluster, 1);
    let mut waiting = vec![terminal.field.folder().to_owned()];
    let mut files = 0;
    while let Some(path) = waiting.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
            files += 1;
        }
    }
    assert!(files >= 4, "database, key, lock and a photo");
}
