//! Two histories shown to two terminals: an old copy of the database goes on as if nothing had happened. Each watcher by itself
//! exposes it — the terminal at its next comparison, the witness at its next request, and two checkpoints held side by side.

use std::sync::Arc;

use xunjian_central::{cosign, http, integrity::fsck, log::COMMAND_LINE, site::Site};
use xunjian_domain::{plan::VisitKind, text::Language};
use xunjian_field::{Enrolment, Field, FieldError, http::HttpClient, keys::Passphrase};
use xunjian_proof::{note::SignedCheckpoint, witness::Refusal};

use super::{
    cosigning::{cosigns, witness},
    party::{Central, Terminal, rows},
};

/// A copy of the site as it stands now, in a folder of its own.
pub fn copy(central: &Central, name: &str) -> std::path::PathBuf {
    let (from, to) = (central.site.folder(), central.folder.path().join(name));
    std::fs::create_dir_all(&to).unwrap();
    copy_folder(&from.join("keys"), &to.join("keys"));
    copy_folder(&from.join("blobs"), &to.join("blobs"));
    let database = rusqlite::Connection::open(from.join("central.db")).unwrap();
    database.execute("VACUUM INTO ?1", [to.join("central.db").to_str().unwrap()]).unwrap();
    to
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

async fn serve(site: &Arc<Site>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(http::serve(Arc::clone(site), listener, std::future::pending()));
    url
}

/// A real terminal of zhao_inspector that has seen the log as it is now.
async fn real_terminal(central: &Central, folder: &std::path::Path) -> Field {
    let (_, code, _) = xunjian_central::enrol::issue_code(&central.site, COMMAND_LINE, "zhao_inspector").unwrap();
    let field = Field::open(folder).unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let enrolment = Enrolment {
        code: &code,
        terminal_name: "平板B",
        service_url: &central.url,
        root_fingerprint: None,
        passphrase: &passphrase,
    };
    field.enrol(&HttpClient::anonymous(&central.url, Language::En).unwrap(), &enrolment).await.unwrap();
    central.approve();
    field
}

#[tokio::test]
async fn an_old_copy_that_goes_on_is_exposed_by_each_who_watches() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    let folder = tempfile::TempDir::new().unwrap();
    let field = real_terminal(&central, folder.path()).await;
    let mut witness = witness(&central, "witness.example/gz", 70);
    central.approve();
    let old = copy(&central, "old");

    // The history that the terminal and the witness are shown: a record comes in.
    let (_, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    field.pull(&HttpClient::of(&field, &central.url, Language::En).unwrap()).await.unwrap();
    let seen = cosigns(&central, &mut witness);
    cosign::import(&central.site, COMMAND_LINE, &seen).unwrap();
    let seen = SignedCheckpoint::parse(&seen).unwrap();

    // The old copy goes on without that record, to the same size and then beyond.
    let other = Arc::new(Site::open(&old).unwrap());
    let size =
        || cosign::request(&other, 0).map(|one| SignedCheckpoint::parse(&one.checkpoint).unwrap().checkpoint).unwrap();
    let shorter = cosign::request(&other, 0).unwrap();
    assert!(
        matches!(witness.0.advance(&shorter, u64::MAX), Err(Refusal::Shrunk { .. })),
        "the witness names a log that lost leaves"
    );
    assert!(cosign::request(&other, seen.checkpoint.size).is_err(), "and the copy has no proof from what was seen");
    while size().size < seen.checkpoint.size {
        xunjian_central::log::audit_and_log(&other, COMMAND_LINE, "test", &[]).unwrap();
        other.sequence().unwrap();
    }
    let fork = cosign::request(&other, 0).unwrap();
    assert_eq!(size().size, seen.checkpoint.size);
    assert_ne!(size().root, seen.checkpoint.root, "one size, two roots");
    assert!(matches!(witness.0.advance(&fork, u64::MAX), Err(Refusal::Forked { .. })), "the witness names the fork");

    let url = serve(&other).await;
    let refused = field.pull(&HttpClient::of(&field, &url, Language::En).unwrap()).await.unwrap_err();
    assert!(matches!(refused, FieldError::LogInconsistent(_)), "the terminal names it at the same size: {refused}");
    xunjian_central::log::audit_and_log(&other, COMMAND_LINE, "test", &[]).unwrap();
    other.sequence().unwrap();
    let refused = field.pull(&HttpClient::of(&field, &url, Language::En).unwrap()).await.unwrap_err();
    assert!(matches!(refused, FieldError::LogInconsistent(_)), "and when the copy has grown beyond: {refused}");
    let beyond = cosign::request(&other, seen.checkpoint.size).unwrap();
    assert!(matches!(witness.0.advance(&beyond, u64::MAX), Err(Refusal::Forked { .. })));

    // What the witness signed, brought to the copy, convicts it: the log's own key is on both.
    let refused = cosign::import(&other, COMMAND_LINE, &seen.to_string()).unwrap_err();
    assert!(refused.message().en.contains("another history"), "{refused}");
    let damages = fsck(&other).unwrap().damages;
    assert!(damages.iter().any(|damage| damage.step == "contradiction"), "{damages:?}");
    assert_eq!(rows(&central, "log_contradiction"), 0, "the log that was shown is whole");
    assert_eq!(fsck(&central.site).unwrap().damages, []);
}
