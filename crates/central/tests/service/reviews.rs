//! 复核: chen_reviewer of 管理方 pulls, checks and signs on her own tablet; the service judges by the same rules; what may not
//! count is refused by its number and changes nothing.

use std::collections::BTreeMap;

use xunjian_central::{
    clock,
    console::{self, page::Params},
    enrol,
    integrity::fsck,
    keys,
    log::COMMAND_LINE,
    review,
};
use xunjian_domain::{
    ids::PartyId,
    party::{PartyKind, Role},
    plan::VisitKind,
    text::Language,
    time::TimestampMs,
};
use xunjian_field::{Enrolment, Field, FieldError, NewReturn, Person, SyncOptions, http::HttpClient, keys::Passphrase};
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    merkle,
    record::{Amends, Record},
    review::ReviewState,
    statement::{Countersignature, HolderKind, KeyStatement, PartyRef, ReviewVerdict, Statement as _},
    suite::{Ed25519Signer, Signer},
};
use xunjian_protocol::{
    path,
    problem::{Problem, ProblemCode},
    record::{DeliveryState, RecordAnswer},
    review::{CountersignatureAnswer, CountersignaturesAnswer, ReviewEntry, ReviewsAnswer},
};

use super::party::{Central, Terminal, problem, refused, rows, whole};

/// A person of 管理方 with a tablet that speaks the protocol by hand.
async fn manager(central: &Central, name: &str, roles: &[Role], seed: u8) -> Terminal {
    enrol::add_person(&central.site, COMMAND_LINE, name, &PartyId::new("manager"), roles).unwrap();
    let terminal = Terminal::enrol(central, name, seed).await;
    central.approve();
    terminal
}

/// The leaf that declares a record delivered.
async fn delivered(of: &Terminal, record: Sha256) -> String {
    match of.delivery(record).await {
        DeliveryState::Delivered { delivered, .. } => delivered,
        other => panic!("not delivered: {other:?}"),
    }
}

fn said(record: Sha256, delivered: &str, by: &Terminal, verdict: ReviewVerdict) -> Countersignature {
    Countersignature {
        site: by.sealer.site.clone(),
        record,
        revision: 1,
        delivered_leaf: merkle::leaf_hash(delivered.as_bytes()),
        reviewer: by.enrolment.person.clone(),
        party: PartyId::new("manager"),
        verdict,
        lines: BTreeMap::new(),
        comment: "已核对".into(),
        at: clock::now(),
    }
}

async fn hands_over(to: &Terminal, envelope: &Envelope) -> CountersignatureAnswer {
    let text = String::from_utf8(envelope.to_bytes()).unwrap();
    let body = serde_json::json!({ "envelopes": [text] });
    let answer: CountersignaturesAnswer = to.call(path::COUNTERSIGNATURES, &body).await;
    answer.answers.into_iter().next().unwrap()
}

async fn is_refused(to: &Terminal, envelope: &Envelope) -> Problem {
    match hands_over(to, envelope).await {
        CountersignatureAnswer::Refused { problem } => problem,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

fn root_keys(central: &Central) -> Vec<Ed25519Signer> {
    let files = keys::files_in(&central.folder.path().join("root")).unwrap();
    files.iter().map(|file| keys::read(file).unwrap()).collect()
}

fn state(central: &Central, record: Sha256) -> ReviewState {
    let rows = review::list(&central.site, "").unwrap();
    rows.iter().find(|row| row.record == record.to_hex()).expect("the record is listed").state
}

/// chen_reviewer's tablet with the real engine.
async fn tablet(central: &Central, folder: &std::path::Path) -> (Field, HttpClient, Person, Passphrase) {
    let manager = PartyId::new("manager");
    enrol::add_person(&central.site, COMMAND_LINE, "chen_reviewer", &manager, &[Role::Reviewer]).unwrap();
    let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, "chen_reviewer").unwrap();
    let field = Field::open(folder).unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let enrolment = Enrolment {
        code: &code,
        terminal_name: "平板C",
        service_url: &central.url,
        root_fingerprint: None,
        passphrase: &passphrase,
    };
    field.enrol(&HttpClient::anonymous(&central.url, Language::En).unwrap(), &enrolment).await.unwrap();
    central.approve();
    let client = HttpClient::of(&field, &central.url, Language::En).unwrap();
    field.pull(&client).await.unwrap();
    let person = field.person(None).unwrap();
    (field, client, person, passphrase)
}

async fn synchronises(field: &Field, client: &HttpClient) -> xunjian_field::SyncReport {
    let report = field.sync_now(client, &SyncOptions::default()).await.unwrap();
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    report
}

#[tokio::test]
async fn a_reviewer_checks_offline_returns_one_and_accepts_another() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let folder = tempfile::TempDir::new().unwrap();
    let (field, client, chen, passphrase) = tablet(&central, folder.path()).await;
    let (rack, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let (room, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |record| {
        record.clock.started = record.clock.sealed.clone();
    });
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: room });

    assert_eq!(synchronises(&field, &client).await.reviews_fetched, 2);
    let queue = field.review_queue(&chen).unwrap();
    assert_eq!(queue.waiting, 2);
    assert_eq!(
        queue.items[0].summary.record, room,
        "what was walked too fast comes first: {:?}",
        queue.items[0].summary
    );
    assert!(queue.items[0].summary.weight > queue.items[1].summary.weight);
    for id in [rack, room] {
        let view = field.review_record(&id.to_hex(), &chen).unwrap();
        assert!(view.verified, "{:?}", view.steps);
    }

    // From here without the network: everything needed was pulled.
    let no_reason = field.return_record(rack, &NewReturn::default(), &chen.id, &passphrase).unwrap_err();
    assert!(matches!(no_reason, FieldError::ReviewRefused(_)), "{no_reason}");
    let wrong = Passphrase::new("another passphrase entirely").unwrap();
    let refused = field.countersign(&[room], "", &chen.id, &wrong).unwrap_err();
    assert!(matches!(refused, FieldError::PassphraseWrong), "{refused}");
    let reasons = NewReturn { lines: BTreeMap::from([(1, "照片看不清".to_owned())]), comment: "请重拍".into() };
    field.return_record(rack, &reasons, &chen.id, &passphrase).unwrap();
    let accepted = field.countersign(&[room], "", &chen.id, &passphrase).unwrap();
    assert!(accepted[0].error.is_none(), "{accepted:?}");
    assert_eq!(rows(&central, "countersignature"), 0, "both wait in the outbox");
    assert_eq!(field.review_queue(&chen).unwrap().queued, 2);

    assert_eq!(synchronises(&field, &client).await.countersigned, 2);
    let queue = field.review_queue(&chen).unwrap();
    assert_eq!((queue.waiting, queue.queued), (0, 0));
    assert!(queue.items.iter().all(|item| !item.waits), "the receipts came with the same run");
    assert_eq!((state(&central, rack), state(&central, room)), (ReviewState::Returned, ReviewState::Accepted));
    let kept = central.site.db.read(|sql| review::of_record(&central.site, sql, &rack.to_hex())).unwrap();
    assert_eq!((kept.len(), kept[0].failure.as_str()), (1, ""));
    assert_eq!(kept[0].lines["1"], "照片看不清");
    whole(&central);

    // The console says the same, record by record and as a list.
    let view = console::record::view(&central.site, &rack.to_hex()).unwrap();
    assert_eq!((view.item.review, view.countersignatures), (ReviewState::Returned, kept.clone()));
    assert_eq!(listed(&central, "returned"), [rack.to_hex()]);
    assert_eq!(listed(&central, "accepted"), [room.to_hex()]);
    assert_eq!(listed(&central, "unreviewed"), Vec::<String>::new());

    // The inspector's terminal is told of its own records, with receipts.
    let told: ReviewsAnswer = li.call(path::REVIEWS, &serde_json::json!({ "after": 0 })).await;
    assert_eq!(told.entries.len(), 2, "the verdicts and nobody else's records");
    assert!(told.entries.iter().all(|entry| matches!(entry, ReviewEntry::Countersignature { .. })));

    // The amendment comes in, the old record keeps its bytes, and chen sees what changed.
    let before = stored_bytes(&central, rack);
    let returned_by = Some(kept[0].sha256.parse().unwrap());
    let amend = |record: &mut Record| {
        record.visit.revision = 2;
        record.amends = Some(Amends { record: rack, returned_by, reason: "第1项：照片看不清".into() });
        record.lines[0].note = "已重拍".into();
    };
    let (amended, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], amend);
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: amended });
    assert_eq!(stored_bytes(&central, rack), before);
    assert_eq!((state(&central, rack), state(&central, amended)), (ReviewState::Amended, ReviewState::Waiting));
    synchronises(&field, &client).await;
    let view = field.review_record(&amended.to_hex(), &chen).unwrap();
    assert!(view.verified, "{:?}", view.steps);
    let side = view.amends.expect("the revision before is here");
    assert_eq!((side.id, side.difference.lines.len()), (rack, 1));
    let late = field.return_record(rack, &reasons, &chen.id, &passphrase).unwrap_err();
    assert!(matches!(late, FieldError::RecordAmended(_)), "{late}");
    field.countersign(&[amended], "", &chen.id, &passphrase).unwrap();
    synchronises(&field, &client).await;
    assert_eq!(state(&central, amended), ReviewState::Accepted);
    assert_eq!(listed(&central, "returned"), Vec::<String>::new(), "what was amended is not waiting for the inspector");
    whole(&central);
}

/// What the console's list has in this state.
fn listed(central: &Central, state: &str) -> Vec<String> {
    let params = Params::new([("state".to_owned(), state.to_owned())], &["state"]).unwrap();
    console::records::list(&central.site, &params).unwrap().items.into_iter().map(|item| item.id).collect()
}

fn stored_bytes(central: &Central, record: Sha256) -> Vec<u8> {
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let query = "SELECT envelope FROM record WHERE id = ?1";
    connection.query_row(query, [record.to_hex()], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_may_not_count_is_refused_by_its_number() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = manager(&central, "chen_reviewer", &[Role::Reviewer], 40).await;
    let boss = manager(&central, "boss", &[Role::Reviewer, Role::Administrator], 50).await;
    // The inspector enrolled a second time, on another tablet with another key.
    let second = Terminal::enrol(&central, "li_inspector", 60).await;
    central.approve();
    let (record, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let (other, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let leaf = delivered(&li, record).await;
    let good = said(record, &leaf, &chen, ReviewVerdict::Accepted);
    let by = |one: &Countersignature, signer: &Terminal| one.sign(&[&signer.sealer.person.1]).unwrap();
    let as_person = |who: &Terminal| Countersignature { reviewer: who.enrolment.person.clone(), ..good.clone() };

    let provider = Countersignature { party: PartyId::new("provider"), ..as_person(&second) };
    let louder = Countersignature { comment: "无需核对".into(), ..good.clone() };
    let json =
        |one: &Countersignature| -> serde_json::Value { serde_json::from_slice(&by(one, &chen).to_bytes()).unwrap() };
    let mut forged = json(&good);
    forged["payload"] = json(&louder)["payload"].clone();
    let forged = Envelope::from_bytes(&xunjian_proof::jcs::to_bytes(&forged).unwrap()).unwrap();
    let cases = [
        (by(&provider, &second), ProblemCode::NotAReviewer, "the inspector's second key is of 服务方"),
        (
            by(&Countersignature { party: PartyId::new("provider"), ..as_person(&zhao) }, &zhao),
            ProblemCode::NotAReviewer,
            "a colleague of 服务方",
        ),
        (by(&as_person(&boss), &boss), ProblemCode::AdministratorReviews, "an administrator"),
        (by(&good, &zhao), ProblemCode::ReviewNotTrusted, "signed by somebody else"),
        (forged, ProblemCode::ReviewNotTrusted, "a comment changed after signing"),
        (
            by(&Countersignature { revision: 2, ..good.clone() }, &chen),
            ProblemCode::OtherRecordReviewed,
            "another revision",
        ),
        (
            by(&Countersignature { record: other, ..good.clone() }, &chen),
            ProblemCode::OtherRecordReviewed,
            "another record's delivery",
        ),
        (
            by(&Countersignature { record: Sha256::of(b"x"), ..good.clone() }, &chen),
            ProblemCode::NotFound,
            "no such record",
        ),
        (
            by(&Countersignature { verdict: ReviewVerdict::Returned, comment: " ".into(), ..good.clone() }, &chen),
            ProblemCode::ReviewMalformed,
            "no reason",
        ),
    ];
    for (envelope, code, why) in cases {
        assert_eq!(is_refused(&chen, &envelope).await.code, code, "{why}");
    }
    let stranger = Ed25519Signer::from_seed(&[99; 32]);
    assert_eq!(is_refused(&chen, &good.sign(&[&stranger]).unwrap()).await.code, ProblemCode::ReviewNotTrusted);
    assert_eq!(rows(&central, "countersignature"), 0, "none of it changed anything");
    assert_eq!(state(&central, record), ReviewState::Waiting);

    let envelope = by(&good, &chen);
    assert!(matches!(hands_over(&chen, &envelope).await, CountersignatureAnswer::Stored { .. }));
    assert!(matches!(hands_over(&chen, &envelope).await, CountersignatureAnswer::Identical { .. }));
    assert_eq!(rows(&central, "log_entry WHERE kind = 'countersignature'"), 1, "the same one again changes nothing");
    whole(&central);

    // A revoked reviewer: what was logged before stands, what comes after does not count.
    let key = chen.sealer.person.1.public_key().id();
    enrol::revoke(&central.site, COMMAND_LINE, &key, "离职", &root_keys(&central)).unwrap();
    let late = Countersignature { verdict: ReviewVerdict::Returned, ..good.clone() };
    assert_eq!(is_refused(&chen, &by(&late, &chen)).await.code, ProblemCode::ReviewerKeyRevoked);
    assert_eq!(state(&central, record), ReviewState::Accepted);
    whole(&central);
}

#[tokio::test]
async fn four_eyes_hold_for_a_person_who_changed_sides_and_keys_count_in_their_time() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (record, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let leaf = delivered(&li, record).await;
    // The root states further keys: one of the inspector's, who went over to 管理方, and one that is not valid yet.
    let root = root_keys(&central);
    let state = |seed: u8, holder: &str, valid_from| {
        let statement = KeyStatement {
            site: central.site.settings.root.site.clone(),
            key: Ed25519Signer::from_seed(&[seed; 32]).public_key(),
            holder_kind: HolderKind::Person,
            holder: holder.to_owned(),
            holder_name: "某人".into(),
            party: PartyRef { id: "manager".into(), kind: PartyKind::Manager, name: "某管理方".into() },
            roles: vec![Role::Reviewer],
            valid_from,
            valid_until: None,
        };
        let signers: Vec<&dyn Signer> = root.iter().map(|key| key as _).collect();
        enrol::admit(&central.site, COMMAND_LINE, &[statement.sign(&signers).unwrap()]).unwrap();
    };
    let inspector = li.enrolment.person.as_str().to_owned();
    state(90, &inspector, TimestampMs(0));
    state(91, "somebody-later", clock::now().plus_ms(3_600_000));
    for (seed, holder, code) in
        [(90, inspector.as_str(), ProblemCode::SamePerson), (91, "somebody-later", ProblemCode::ReviewerKeyNotValid)]
    {
        let mine = Countersignature { reviewer: holder.into(), ..said(record, &leaf, &li, ReviewVerdict::Accepted) };
        let mine = mine.sign(&[&Ed25519Signer::from_seed(&[seed; 32])]).unwrap();
        assert_eq!(is_refused(&li, &mine).await.code, code);
    }
    assert_eq!(rows(&central, "countersignature"), 0);
}

#[tokio::test]
async fn records_and_photos_are_for_reviewers_only() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    let chen = manager(&central, "chen_reviewer", &[Role::Reviewer], 40).await;
    let photo = b"a photo".to_vec();
    let (record, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[&photo], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let early = said(record, "no delivery yet", &chen, ReviewVerdict::Accepted);
    let early = early.sign(&[&chen.sealer.person.1]).unwrap();
    assert_eq!(is_refused(&chen, &early).await.code, ProblemCode::RecordNotDelivered);
    li.puts(&Sha256::of(&photo), &photo).await;
    let ask = serde_json::json!({ "after": 0 });
    let of_zhao: ReviewsAnswer = zhao.call(path::REVIEWS, &ask).await;
    assert!(of_zhao.entries.is_empty(), "a colleague's records are none of zhao's business");
    let of_chen: ReviewsAnswer = chen.call(path::REVIEWS, &ask).await;
    assert_eq!(of_chen.entries.len(), 1);
    let again: ReviewsAnswer = chen.call(path::REVIEWS, &serde_json::json!({ "after": of_chen.next })).await;
    assert!(again.entries.is_empty() && !again.more, "a delta: {again:?}");
    let get = |of: &Terminal, name: Sha256| {
        let url = format!("{}{}/{name}", central.url, path::REVIEW_PHOTOS);
        of.http.get(url).bearer_auth(&of.token).send()
    };
    let name = Sha256::of(&photo);
    assert_eq!(get(&chen, name).await.unwrap().bytes().await.unwrap(), photo);
    assert_eq!(problem(get(&zhao, name).await.unwrap()).await.code, ProblemCode::NotAllowed);
    assert_eq!(problem(get(&chen, Sha256::of(b"x")).await.unwrap()).await.code, ProblemCode::NotFound);
}

#[tokio::test]
async fn an_amendment_names_a_return_of_the_record_before_or_is_kept_aside() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = manager(&central, "chen_reviewer", &[Role::Reviewer], 40).await;
    let rack = central.visit(VisitKind::Rack);
    let (record, envelope) = li.seals(&central, rack, &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let leaf = delivered(&li, record).await;
    let accepted = said(record, &leaf, &chen, ReviewVerdict::Accepted).sign(&[&chen.sealer.person.1]).unwrap();
    hands_over(&chen, &accepted).await;
    let amends = |returned_by| {
        move |one: &mut Record| {
            one.visit.revision = 2;
            one.amends = Some(Amends { record, returned_by, reason: "更正".into() });
        }
    };
    let (sequence, previous) = (li.sealer.sequence, li.sealer.previous);
    for named in [accepted.sha256(), Sha256::of(b"no countersignature")] {
        let (_, envelope) = li.seals(&central, rack, &[], amends(Some(named)));
        assert_eq!(refused(li.submits(&envelope.to_bytes()).await).code, ProblemCode::AmendmentUnfounded);
        (li.sealer.sequence, li.sealer.previous) = (sequence, previous);
    }
    // Unasked is allowed; until somebody accepts it, the accepted revision goes on counting.
    let (second, envelope) = li.seals(&central, rack, &[], amends(None));
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: second });
    let current =
        |central: &Central| rows(central, &format!("record_summary WHERE is_current = 1 AND record_id = '{record}'"));
    assert_eq!(current(&central), 1);
    let leaf = delivered(&li, second).await;
    let newer = Countersignature { revision: 2, ..said(second, &leaf, &chen, ReviewVerdict::Accepted) };
    hands_over(&chen, &newer.sign(&[&chen.sealer.person.1]).unwrap()).await;
    assert_eq!(current(&central), 0, "the newest accepted revision counts");
    let replayed = said(record, &delivered(&li, record).await, &chen, ReviewVerdict::Returned);
    let replayed = replayed.sign(&[&chen.sealer.person.1]).unwrap();
    assert_eq!(is_refused(&chen, &replayed).await.code, ProblemCode::RecordAmended);
    whole(&central);
}

#[tokio::test]
async fn what_was_reviewed_is_held_against_the_log() {
    let cases = [
        ("DELETE FROM record_review; DELETE FROM countersignature", "row"),
        ("UPDATE record_review SET verdict = 'returned'", "verdict"),
        ("DELETE FROM record_review", "verdict"),
        ("UPDATE countersignature SET verdict = 'returned'", "row"),
        ("UPDATE countersignature SET envelope = x'7b7d'", "row"),
        (
            "INSERT INTO countersignature SELECT 'x', envelope, record_id, reviewer_id, verdict, signed_at, received_at FROM countersignature",
            "leaf",
        ),
    ];
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let chen = manager(&central, "chen_reviewer", &[Role::Reviewer], 40).await;
    let (record, envelope) = li.seals(&central, central.visit(VisitKind::Rack), &[], |_| ());
    li.submits(&envelope.to_bytes()).await;
    let leaf = delivered(&li, record).await;
    let signed = said(record, &leaf, &chen, ReviewVerdict::Accepted).sign(&[&chen.sealer.person.1]).unwrap();
    hands_over(&chen, &signed).await;
    whole(&central);
    let file = central.site.folder().join("central.db");
    for (tampering, step) in cases {
        let connection = rusqlite::Connection::open(&file).unwrap();
        let save = "CREATE TABLE kept_r AS SELECT * FROM record_review; CREATE TABLE kept_c AS SELECT * FROM countersignature;";
        connection.execute_batch(&format!("PRAGMA foreign_keys = off; {save} {tampering}")).unwrap();
        let damages = fsck(&central.site).unwrap().damages;
        let is_named = damages.iter().any(|one| (one.part, one.step.as_str()) == ("countersignature", step));
        assert!(is_named, "{tampering}: {damages:?}");
        let restore = "DELETE FROM record_review; DELETE FROM countersignature; \
                       INSERT INTO countersignature SELECT * FROM kept_c; INSERT INTO record_review SELECT * FROM kept_r; \
                       DROP TABLE kept_r; DROP TABLE kept_c";
        connection.execute_batch(restore).unwrap();
    }
    whole(&central);
}
