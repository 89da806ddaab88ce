//! Photos over a broken network.

use xunjian_domain::plan::VisitKind;
use xunjian_proof::Sha256;
use xunjian_protocol::{
    path::{self, PARTIAL_UPLOAD, UPLOAD_OFFSET},
    problem::ProblemCode,
    record::DeliveryState,
};

use super::party::{Central, Terminal, problem};

/// Bytes that stand for a photo: the service stores them as they are and never looks inside.
fn photo(seed: u8) -> Vec<u8> {
    (0..300_000_u32).map(|at| (at % 251) as u8 ^ seed).collect()
}

async fn with_two_photos() -> (Central, Terminal, Sha256, [Vec<u8>; 2]) {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let photos = [photo(1), photo(2)];
    let slices: Vec<&[u8]> = photos.iter().map(Vec::as_slice).collect();
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &slices, |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    (central, terminal, id, photos)
}

#[tokio::test]
async fn there_is_no_receipt_before_every_photo_is_stored() {
    let (_central, terminal, id, photos) = with_two_photos().await;
    let hashes = photos.each_ref().map(|bytes| Sha256::of(bytes));
    let mut missing = hashes.to_vec();
    missing.sort();
    assert_eq!(terminal.delivery(id).await, DeliveryState::Pending { missing });
    assert_eq!(terminal.puts(&hashes[0], &photos[0]).await.status(), 204);
    assert_eq!(
        terminal.delivery(id).await,
        DeliveryState::Pending { missing: vec![hashes[1]] },
        "1 of 2 is not 2 of 2"
    );
    assert_eq!(terminal.puts(&hashes[1], &photos[1]).await.status(), 204);
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }));
    assert_eq!(terminal.puts(&hashes[1], &photos[1]).await.status(), 204, "a repeated upload is no error");
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_cut() {
    let (central, terminal, id, photos) = with_two_photos().await;
    let (first, second) = (Sha256::of(&photos[0]), Sha256::of(&photos[1]));
    terminal.puts(&second, &photos[1]).await;
    let short = problem(terminal.puts(&first, &photos[0][..100_000]).await).await;
    assert_eq!(short.code, ProblemCode::Incomplete, "what came is kept, but it is not all");
    let state: serde_json::Value =
        terminal.call(path::BLOBS_HAVE, &serde_json::json!({ "blobs": [first, second] })).await;
    assert_eq!(state["states"][0], serde_json::json!({ "state": "partial", "offset": 100_000 }));
    assert_eq!(state["states"][1], serde_json::json!({ "state": "stored" }));
    let head = terminal.http.head(terminal.blob_url(&first)).bearer_auth(&terminal.token).send().await.unwrap();
    assert_eq!(head.headers()[UPLOAD_OFFSET], "100000");

    let patch = |offset: u64, bytes: &[u8]| {
        terminal
            .http
            .patch(terminal.blob_url(&first))
            .bearer_auth(&terminal.token)
            .header(UPLOAD_OFFSET, offset)
            .header("content-type", PARTIAL_UPLOAD)
            .body(bytes.to_vec())
            .send()
    };
    let wrong = problem(patch(90_000, &photos[0][90_000..]).await.unwrap()).await;
    assert_eq!((wrong.code, wrong.detail.as_str()), (ProblemCode::WrongOffset, "100000"), "it says where to go on");
    assert_eq!(patch(100_000, &photos[0][100_000..]).await.unwrap().status(), 204);
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }));
    let stored = std::fs::read(central.site.blobs.object(&first)).unwrap();
    assert_eq!(stored, photos[0], "not a byte lost, not a byte twice");
}

#[tokio::test]
async fn bytes_that_do_not_hash_to_their_name_are_never_stored() {
    let (central, terminal, id, photos) = with_two_photos().await;
    let first = Sha256::of(&photos[0]);
    let mut changed = photos[0].clone();
    changed[7] ^= 1;
    let refused = problem(terminal.puts(&first, &changed).await).await;
    assert_eq!(refused.code, ProblemCode::HashMismatch);
    assert!(!central.site.blobs.object(&first).exists());
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Pending { .. }));
    assert_eq!(terminal.puts(&first, &photos[0]).await.status(), 204, "and the right bytes are welcome");
    let longer = [photos[1].as_slice(), b"x"].concat();
    let refused = problem(terminal.puts(&Sha256::of(&photos[1]), &longer).await).await;
    assert_eq!(refused.code, ProblemCode::TooLarge, "more than the record says");
}

#[tokio::test]
async fn nobody_learns_of_photos_that_no_record_of_theirs_names() {
    let (central, terminal, _, photos) = with_two_photos().await;
    let first = Sha256::of(&photos[0]);
    terminal.puts(&first, &photos[0]).await;
    let stranger = Terminal::enrol(&central, "zhao_inspector", 7).await;
    let state: serde_json::Value = stranger.call(path::BLOBS_HAVE, &serde_json::json!({ "blobs": [first] })).await;
    assert_eq!(state["states"][0]["state"], "not_named", "a stored blob of another terminal looks like none");
    let refused = problem(stranger.puts(&first, &photos[0]).await).await;
    assert_eq!(refused.code, ProblemCode::BlobNotNamed);
}

#[tokio::test]
async fn a_newer_upload_takes_over_from_one_that_hangs() {
    use tokio::io::AsyncWriteExt as _;
    let (_central, terminal, _, photos) = with_two_photos().await;
    let first = Sha256::of(&photos[0]);
    let address = terminal.url.strip_prefix("http://").unwrap();
    let mut hanging = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {}/{first} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        path::BLOBS,
        terminal.token,
        photos[0].len()
    );
    hanging.write_all(head.as_bytes()).await.unwrap();
    hanging.write_all(&photos[0][..100_000]).await.unwrap();
    let ask = serde_json::json!({ "blobs": [first] });
    loop {
        let state: serde_json::Value = terminal.call(path::BLOBS_HAVE, &ask).await;
        if state["states"][0]["offset"].as_u64().unwrap() > 0 {
            break;
        }
    }
    let again = tokio::time::timeout(std::time::Duration::from_secs(10), terminal.puts(&first, &photos[0])).await;
    assert_eq!(again.expect("the hanging upload makes way at once").status(), 204);
}

#[tokio::test]
async fn what_a_crash_left_of_an_upload_is_gone_on_with_or_discarded() {
    let (central, terminal, id, photos) = with_two_photos().await;
    let (first, second) = (Sha256::of(&photos[0]), Sha256::of(&photos[1]));
    let left = |blob: &Sha256, ending: &str, bytes: &[u8]| {
        let file = central.site.blobs.partial(&terminal.enrolment.terminal, blob).with_extension(ending);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    left(&first, "finishing", &photos[0][..100_000]);
    left(&second, "", &[photos[1].as_slice(), b"and more"].concat());
    let state: serde_json::Value =
        terminal.call(path::BLOBS_HAVE, &serde_json::json!({ "blobs": [first, second] })).await;
    assert_eq!(state["states"][0]["offset"], 100_000, "it was being hashed when the service died");
    assert_eq!(state["states"][1]["offset"], 0, "more bytes than the photo has cannot be the photo");
    let patch = terminal.http.patch(terminal.blob_url(&first)).bearer_auth(&terminal.token);
    let patch = patch.header(UPLOAD_OFFSET, 100_000).header("content-type", PARTIAL_UPLOAD);
    assert_eq!(patch.body(photos[0][100_000..].to_vec()).send().await.unwrap().status(), 204);
    assert_eq!(terminal.puts(&second, &photos[1]).await.status(), 204);
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }));
}

#[tokio::test]
async fn a_question_after_too_many_photos_is_refused() {
    let (_central, terminal, ..) = with_two_photos().await;
    let many: Vec<Sha256> = (0..1_001_u32).map(|seed| Sha256::of(&seed.to_be_bytes())).collect();
    let refused = problem(terminal.post(path::BLOBS_HAVE, &serde_json::json!({ "blobs": many })).await).await;
    assert_eq!(refused.code, ProblemCode::TooLarge);
}

#[tokio::test]
async fn a_photo_that_rots_before_the_declaration_is_asked_for_again() {
    let (central, terminal, id, photos) = with_two_photos().await;
    let (first, second) = (Sha256::of(&photos[0]), Sha256::of(&photos[1]));
    terminal.puts(&first, &photos[0]).await;
    std::fs::write(central.site.blobs.object(&first), b"rotten").unwrap();
    assert_eq!(terminal.puts(&second, &photos[1]).await.status(), 204);
    assert_eq!(terminal.delivery(id).await, DeliveryState::Pending { missing: vec![first] });
    let aside = central.site.folder().join("blobs/damaged").join(format!("{first}.1"));
    assert_eq!(std::fs::read(aside).unwrap(), b"rotten", "a person can still look at it");
    assert_eq!(terminal.puts(&first, &photos[0]).await.status(), 204);
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }));
    std::fs::remove_file(central.site.blobs.object(&second)).unwrap();
    assert!(matches!(terminal.delivery(id).await, DeliveryState::Delivered { .. }), "what was declared stays declared");
}
