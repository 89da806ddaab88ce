//! A terminal that never had a line: enrolled, sent to work and relieved of its records by stick alone.

use tempfile::TempDir;
use xunjian_central::{enrol, error::Error, log::COMMAND_LINE, relay};
use xunjian_field::{FieldError, keys::Passphrase};
use xunjian_protocol::{problem::ProblemCode, relay::RelayError};

use crate::party::{Office, Tablet, bundles, enrolment, opens_folder, passphrase, stick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_without_any_line_is_enrolled_works_and_delivers_by_stick() {
    let office = Office::opens();
    let (code, invite) = office.invites("li_inspector");
    let folder = TempDir::new().unwrap();
    let passphrase = passphrase();
    let wanted = enrolment(&code, "", &passphrase);
    let stick = stick();
    let field = opens_folder(folder.path());
    let request = field.relay_enrol_request(&invite, &wanted, stick.path()).await.unwrap();
    // The program ends; the same request again is the same request, whose answer fits either.
    drop(field);
    let field = opens_folder(folder.path());
    let again = field.relay_enrol_request(&invite, &wanted, stick.path()).await.unwrap();
    drop(field);

    let received = office.receives(&request.file);
    assert_eq!(received.enrolled.as_deref(), Some("li_inspector"), "{received:?}");
    let terminal = xunjian_domain::ids::TerminalId::new(received.terminal.clone());
    assert_eq!(office.receives(&again.file).terminal, received.terminal, "a second copy enrols nobody else");
    office.approves();
    let down = office.answers(&terminal, stick.path());

    let field = opens_folder(folder.path());
    let wrong = Passphrase::new("另一个人随便输的口令而已").unwrap();
    let refused = field.relay_enrol(&enrolment(&code, "", &wrong), &down[0]).await.unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseWrong), "{refused}");
    let enrolled = field.relay_enrol(&wanted, &down[0]).await.unwrap();
    assert_eq!((enrolled.terminal.clone(), enrolled.person_name.as_str()), (terminal, "li_inspector"));
    let who = field.person(None).unwrap();
    let tablet = Tablet { field, who, folder };

    // The same file brings the work: rounds, ledger, plan, limits.
    let imported = tablet.imports(&down[0]).await;
    assert!(imported.report.errors.is_empty(), "{imported:?}");
    assert!(
        imported.report.package.as_ref().is_some_and(|package| package.changed && package.visits > 0),
        "{imported:?}"
    );
    tablet.walks(2, 2);
    let second = crate::party::stick();
    tablet.exports(second.path());
    let received = office.receives(&bundles(second.path())[0]);
    assert_eq!((received.stored, received.photos_wanted), (2, 0), "{received:?}");
    let imported = tablet.imports(&office.answers(&tablet.id(), second.path())[0]).await;
    assert_eq!((imported.report.delivered, imported.report.errors.len()), (2, 0), "{imported:?}");
    tablet.has_every_receipt();

    // A new round crosses in parts: nothing changes before the last one is here.
    office.opens_round(xunjian_domain::round::RoundKind::Special);
    let third = crate::party::stick();
    tablet.exports(third.path());
    office.receives(&bundles(third.path())[0]);
    let parts = office.answers_in_parts(&tablet.id(), third.path(), 30_000);
    assert!(parts.len() > 2, "{parts:?}");
    let rounds = || tablet.field.today(&tablet.who).unwrap().rounds.len();
    let before = rounds();
    for (at, part) in parts.iter().rev().enumerate() {
        let imported = tablet.imports(part).await;
        let is_last = at + 1 == parts.len();
        assert_eq!(rounds(), if is_last { before + 1 } else { before }, "{at}: {imported:?}");
        assert_eq!(imported.report.errors.is_empty(), is_last, "{imported:?}");
    }

    // A colleague joins the same way, while 李 is unlocked; the root signs only when 赵's first record is there already.
    let (code, invite) = office.invites("zhao_inspector");
    let wanted = enrolment(&code, "", &passphrase);
    let request = tablet.field.relay_enrol_request(&invite, &wanted, third.path()).await.unwrap();
    assert_eq!(office.receives(&request.file).terminal, tablet.id().to_string());
    let down = office.answers(&tablet.id(), third.path());
    let joined = tablet.field.relay_enrol(&wanted, &down[0]).await.unwrap();
    assert_eq!((joined.person_name.as_str(), joined.terminal), ("zhao_inspector", tablet.id()));
    assert!(tablet.imports(&down[0]).await.report.errors.is_empty());
    assert_eq!(tablet.field.people().unwrap().len(), 2);
    let zhao = tablet.field.person(Some(joined.person.as_str())).unwrap();
    let tablet = Tablet { who: zhao, ..tablet };
    tablet.field.unlock(joined.person.as_str(), &passphrase).unwrap();
    tablet.walks(1, 2);
    let last = crate::party::stick();
    tablet.exports(last.path());
    let received = office.receives(&bundles(last.path())[0]);
    assert_eq!(received.refused.len(), 1, "{received:?}");
    assert_eq!(received.refused[0].1.code, ProblemCode::KeyNotApproved);
    assert!(received.photos_staged > 0, "its photos wait with it: {received:?}");
    office.approves();
    let imported = tablet.imports(&office.answers(&tablet.id(), last.path())[0]).await;
    assert_eq!(
        (imported.report.delivered, imported.report.errors.len()),
        (1, 0),
        "nobody had to walk again: {imported:?}"
    );
    tablet.has_every_receipt();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_of_enrolment_hold_over_the_gap() {
    let office = Office::opens();
    let passphrase = passphrase();
    let stick = stick();
    let asks = async |code: &str, invite: &xunjian_protocol::relay::RelayInvite| {
        let folder = TempDir::new().unwrap();
        let field = opens_folder(folder.path());
        let written = field.relay_enrol_request(invite, &enrolment(code, "", &passphrase), stick.path()).await;
        (folder, field, written)
    };
    let problem = |file: &std::path::Path| match relay::take::receive(&office.site, file) {
        Err(Error::Problem(code, _)) => code,
        other => panic!("{other:?}"),
    };

    // A code that is over when the request arrives, by the service's clock; and one that never was.
    let (_, invite) = office.invites("li_inspector");
    let (_, late, _) = enrol::issue_code_for(&office.site, COMMAND_LINE, "li_inspector", -1).unwrap();
    let (_folder, _field, written) = asks(&late, &invite).await;
    assert_eq!(problem(&written.unwrap().file), ProblemCode::ExpiredCode);
    let (_folder, _field, written) = asks("NEVERISSUED", &invite).await;
    assert_eq!(problem(&written.unwrap().file), ProblemCode::UnknownCode);

    // One code, two terminals: the first one has it.
    let (code, invite) = office.invites("li_inspector");
    let (_one, first, written) = asks(&code, &invite).await;
    let (_two, _second, other) = asks(&code, &invite).await;
    let received = office.receives(&written.unwrap().file);
    assert_eq!(problem(&other.unwrap().file), ProblemCode::UsedCode);

    // The answer of another site, and a code that made no request here.
    let down = office.answers(&xunjian_domain::ids::TerminalId::new(received.terminal), stick.path());
    let (other_code, _) = office.invites("zhao_inspector");
    let refused = first.relay_enrol(&enrolment(&other_code, "", &passphrase), &down[0]).await.unwrap_err();
    assert!(matches!(refused, FieldError::NotBegun), "{refused}");
    assert!(first.relay_enrol(&enrolment(&code, "", &passphrase), &down[0]).await.is_ok());

    // The fingerprint from paper is compared before anything is made.
    let (code, invite) = office.invites("zhao_inspector");
    let folder = TempDir::new().unwrap();
    let field = opens_folder(folder.path());
    let paper = "0".repeat(64);
    let wanted = xunjian_field::Enrolment { root_fingerprint: Some(&paper), ..enrolment(&code, "", &passphrase) };
    let refused = field.relay_enrol_request(&invite, &wanted, stick.path()).await.unwrap_err();
    assert!(matches!(refused, FieldError::RootMismatch { .. }), "{refused}");

    // An invitation whose keys do not vouch for each other.
    let elsewhere = Office::of_site("gz-test");
    let (_, theirs) = elsewhere.invites("zhao_inspector");
    let mixed = xunjian_protocol::relay::RelayInvite { relay_key: theirs.relay_key, ..invite };
    let refused =
        field.relay_enrol_request(&mixed, &enrolment(&code, "", &passphrase), stick.path()).await.unwrap_err();
    assert!(matches!(refused, FieldError::Relay(RelayError::UnknownSender(_))), "{refused}");
    for hours in [0, relay::MOST_HOURS + 1] {
        assert!(relay::invite(&office.site, COMMAND_LINE, "zhao_inspector", hours, "").is_err());
    }
    assert_eq!(bundles(stick.path()).len(), 5, "four requests and an answer");
}
