//! Fault table of records at the service: every byte of an envelope changed, payloads of other versions, documents of other kinds.
//! Each is answered with its number, each is kept byte for byte or named as too much, none takes a place, and the verifier agrees.

use std::collections::BTreeMap;

use xunjian_domain::plan::VisitKind;
use xunjian_proof::{
    Sha256,
    dsse::Envelope,
    jcs,
    keyring::Keyring,
    record::Record,
    statement::Statement as _,
    verification::{self, Step},
};
use xunjian_protocol::{
    path,
    problem::ProblemCode,
    record::{RecordAnswer, SubmitAnswer},
};

use super::party::{Central, Terminal, refused, rows};

async fn keyring_of(terminal: &Terminal) -> Keyring {
    let package = terminal.package().await;
    let mut keyring = Keyring::new(package.site_root.clone(), None).unwrap();
    for statement in &package.key_statements {
        keyring.admit(&Envelope::from_bytes(statement.as_bytes()).unwrap()).unwrap();
    }
    keyring
}

/// Which part of an envelope a byte belongs to.
fn part(text: &str, at: usize) -> &'static str {
    let payload = "{\"payload\":\"".len()..text.find("\",\"payloadType\"").unwrap();
    if payload.contains(&at) {
        return "payload";
    }
    let is_in = |name: &str| {
        text.match_indices(&format!("\"{name}\":\"")).any(|(start, label)| {
            let from = start + label.len();
            (from..from + text[from..].find('"').unwrap()).contains(&at)
        })
    };
    match () {
        () if is_in("payloadType") => "payloadType",
        () if is_in("keyid") => "keyid",
        () if is_in("sig") => "sig",
        () => "structure",
    }
}

#[tokio::test]
async fn every_changed_byte_of_an_envelope_is_answered_with_its_number_and_noticed_by_the_verifier() {
    // Every thirteenth byte, every one in `make soak`.
    let step = if std::env::var_os("XUNJIAN_SOAK").is_some() { 1 } else { 13 };
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (id, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[b"a photo"], |_| ());
    let text = String::from_utf8(envelope.to_bytes()).unwrap();
    let keyring = keyring_of(&li).await;
    // The payload is long; signatures, key ids and the structure around them are looked at byte by byte.
    let places: Vec<usize> = (0..text.len()).filter(|at| part(&text, *at) != "payload" || at % step == 0).collect();
    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for some in places.chunks(path::MAX_BATCH) {
        let changed: Vec<String> = some
            .iter()
            .map(|at| {
                let mut bytes = text.clone().into_bytes();
                bytes[*at] ^= 1;
                String::from_utf8(bytes).expect("ASCII stays ASCII")
            })
            .collect();
        let answer: SubmitAnswer = li.call(path::RECORDS, &serde_json::json!({ "envelopes": changed })).await;
        for ((at, changed), answer) in some.iter().zip(&changed).zip(answer.answers) {
            let problem = refused(answer);
            let failure = verification::verify_record(changed.as_bytes(), &keyring);
            let step = failure.err().unwrap_or_else(|| panic!("byte {at} is not noticed by the verifier")).step;
            // The number says what kind of fault it is, and the verifier's step fits it.
            let fits = match problem.code {
                ProblemCode::RecordMalformed => matches!(step, Step::Bytes | Step::Consistency),
                ProblemCode::RecordNotTrusted => true,
                _ => false,
            };
            assert!(fits, "byte {at} ({}): {problem}, verifier {step:?}", part(&text, *at));
            *table.entry((part(&text, *at), problem.code.number())).or_default() += 1;
        }
    }
    for ((part, number), count) in &table {
        println!("{part:<12} {number} {count}");
    }
    let numbers =
        |part: &str| -> Vec<&str> { table.keys().filter(|(of, _)| *of == part).map(|(_, number)| *number).collect() };
    assert_eq!(numbers("structure"), ["422.1"]);
    assert_eq!(numbers("payloadType"), ["422.1"]);
    assert_eq!(numbers("keyid"), ["422.2"]);
    assert!(numbers("sig").contains(&"422.2"), "a signature that does not hold");
    assert_eq!(rows(&central, "record"), 0, "none of them is a record");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'record'"), 0, "and none is in the log");
    let kept = i64::try_from(places.len()).unwrap().min(xunjian_central::aside::MAX_OF_A_TERMINAL);
    assert_eq!(rows(&central, "set_aside"), kept, "each is kept, up to what one terminal may fill");
    assert_eq!(li.submits(text.as_bytes()).await, RecordAnswer::Stored { record: id }, "the place was left free");
}

#[tokio::test]
async fn payloads_of_other_versions_and_kinds_are_kept_for_a_service_that_understands_them() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (id, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    let payload = envelope.payload().unwrap();
    let keys: [&dyn xunjian_proof::suite::Signer; 2] = [&li.sealer.person.1, &li.sealer.terminal.1];
    let with_field = {
        let mut document: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        document["of_tomorrow"] = true.into();
        jcs::to_bytes(&document).unwrap()
    };
    let of_other_kind = Envelope::sign("application/vnd.xunjian.plan.v1+json", &payload, &keys).unwrap();
    let cases = [
        ("a record of version 2", Envelope::sign("application/vnd.xunjian.record.v2+json", &payload, &keys).unwrap()),
        ("a record of version 0", Envelope::sign("application/vnd.xunjian.record.v0+json", &payload, &keys).unwrap()),
        ("a field of tomorrow", Envelope::sign(Record::PAYLOAD_TYPE, &with_field, &keys).unwrap()),
        ("another kind of statement", of_other_kind),
    ];
    for (at, (what, envelope)) in cases.iter().enumerate() {
        let bytes = envelope.to_bytes();
        let problem = refused(li.submits(&bytes).await);
        assert_eq!(problem.code, ProblemCode::RecordMalformed, "{what}: {problem}");
        assert_eq!(rows(&central, "set_aside"), at as i64 + 1, "{what}: kept");
        let kept = central.site.db.read(|sql| xunjian_central::aside::bytes(sql, &Sha256::of(&bytes))).unwrap();
        assert_eq!(kept, Some(bytes), "{what}: byte for byte");
    }
    assert_eq!(li.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
}

#[tokio::test]
async fn what_a_terminal_of_tomorrow_says_beyond_version_1_holds_up_nothing() {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let (id, envelope) = li.seals(&central, central.visit(VisitKind::Room), &[], |_| ());
    // Words and headers that nobody knows are passed over.
    let hello = li.http.get(format!("{}{}?version=7", li.url, path::HELLO)).header("xunjian-version", "7");
    assert_eq!(hello.send().await.unwrap().status(), 200);
    let package = li.http.get(format!("{}{}", li.url, path::WORK_PACKAGE)).bearer_auth(&li.token);
    let package = package.header(path::ACCEPTS, "holograms, assignments,, recovery-key").send().await.unwrap();
    assert_eq!(package.status(), 200);
    // Paths of another version are not there, and say so with a problem, not with a page.
    let tomorrow =
        li.http.post(format!("{}/v2/records", li.url)).bearer_auth(&li.token).body("{}").send().await.unwrap();
    assert_eq!(tomorrow.status(), 404);
    // A field it does not know is refused as a whole; nothing of it is stored, and the same record goes up without it.
    let text = String::from_utf8(envelope.to_bytes()).unwrap();
    let body = serde_json::json!({ "envelopes": [text], "urgent": true });
    let answer = super::party::problem(li.post(path::RECORDS, &body).await).await;
    assert_eq!(answer.code, ProblemCode::Malformed);
    assert_eq!((rows(&central, "record"), rows(&central, "set_aside")), (0, 0));
    assert_eq!(li.submits(text.as_bytes()).await, RecordAnswer::Stored { record: id });
}
