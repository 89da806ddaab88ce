//! Records in the console: lists that agree with the first page, and a view that believes stored bytes only.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use xunjian_central::{console::read_model, error::Error, integrity::fsck, ledger::read_chunk, site::Site};
use xunjian_domain::{
    ids::FindingId,
    outcome::Outcome,
    plan::VisitKind,
    reconciliation::Verdict,
    template::Template,
    visit::{Finding, NoPhoto, Severity},
};
use xunjian_proof::{
    Sha256,
    record::{Capture, Record},
};
use xunjian_protocol::{problem::ProblemCode, record::RecordAnswer};

use super::{
    console_desk::{Desk, refused},
    party::{Central, Terminal, set},
};

const PHOTO: &[u8] = include_bytes!("../../../../icons/32x32.png");

fn spoil(record: &mut Record, found: xunjian_domain::time::ClockReading) {
    let (first, second) = (record.reconciliation[0].clone(), record.reconciliation[1].clone());
    record.reconciliation[0].verdicts = vec![Verdict::Missing];
    record.reconciliation[0].sighting = None;
    record.reconciliation[1].verdicts = vec![Verdict::Unverified];
    record.reconciliation[1].sighting = None;
    assert_ne!(first.asset, second.asset);
    record.findings.push(Finding {
        id: FindingId::new("finding-1"),
        line: None,
        subject: record.visit.subject.clone(),
        severity: Severity::Major,
        category: String::new(),
        description: "柜门锁扣 50%_松动".into(),
        responsible_unit: "某服务方".into(),
        due_on: Some("2026-01-05".parse().expect("a day")),
        found,
        photos: Vec::new(),
        no_photo: Some(NoPhoto { reason: "涉密区域".into(), confirmed_by: String::new() }),
        fixed_on_site: String::new(),
        after_photos: Vec::new(),
        desk_call: None,
        follows: None,
        later_calls: Vec::new(),
    });
}

struct Story {
    central: Central,
    desk: Desk,
    terminal: Terminal,
    rack: Sha256,
}

/// A rack with a photo, a discrepancy and a finding is delivered; a room waits for its photo.
async fn story() -> Story {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let found = terminal.sealer.clock(8);
    let visit =
        central.round.visits.iter().filter(|visit| visit.kind == VisitKind::Rack).max_by_key(|visit| visit.lines.len());
    let visit = visit.expect("a rack with assets").clone();
    let (rack, envelope) = terminal.seals(&central, &visit, &[PHOTO], |record| {
        for photo in &mut record.evidence {
            photo.media_type = "image/png".into();
        }
        spoil(record, found);
    });
    let answer = terminal.submits(&envelope.to_bytes()).await;
    assert_eq!(answer, RecordAnswer::Stored { record: rack });
    assert_eq!(terminal.puts(&Sha256::of(PHOTO), PHOTO).await.status(), 204);
    let desk = Desk::of_administrator(&central).await;
    Story { central, desk, terminal, rack }
}

#[tokio::test]
async fn the_first_page_agrees_with_the_lists_behind_it() {
    let Story { central, desk, mut terminal, .. } = story().await;
    let room = central.visit(VisitKind::Room).clone();
    let (_, envelope) = terminal.seals(&central, &room, &[b"a photo that never comes"], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let overview = desk.reads("overview").await;
    let round = central.round.plan.round.id.to_string();
    assert_eq!(overview["round"]["round"]["id"], round, "the running quarter's round");
    let total = async |path: &str| desk.reads(&format!("{path}round={round}")).await["total"].clone();
    assert_eq!(overview["visits_received"], 2);
    assert_eq!(overview["visits_received"], total("records?").await);
    assert_eq!((&overview["visits_with_receipt"], total("records?state=verified&").await), (&json!(1), json!(1)));
    assert_eq!(total("records?state=waiting&").await, 1);
    assert_eq!((&overview["findings_open"], total("findings?state=open&").await), (&json!(1), json!(1)));
    assert_eq!(overview["findings_by_severity"], json!([{ "severity": "major", "count": 1 }]));
    assert_eq!((&overview["discrepancies"], total("discrepancies?").await), (&json!(1), json!(1)));
    assert_eq!((&overview["unverified"], total("discrepancies?verdict=unverified&").await), (&json!(1), json!(1)));
    let visits = desk.walks(&format!("rounds/{round}/visits"), 7).await;
    assert_eq!(overview["visits_planned"], visits.len());
    let lines: u64 = visits.iter().map(|visit| visit["lines"].as_u64().unwrap()).sum();
    let coverage = &overview["coverage"];
    assert_eq!(coverage["due"], lines);
    let of = |name: &str| coverage[name].as_u64().unwrap();
    assert_eq!(of("normal") + of("abnormal") + of("not_applicable") + of("not_checked") + of("missed"), lines);
    let answered: usize =
        desk.walks("records", 1).await.iter().map(|item| item["lines"].as_u64().unwrap() as usize).sum();
    assert_eq!(of("normal"), answered as u64, "the sealer answers 正常");
    let tiles: usize =
        overview["rooms"].as_array().unwrap().iter().map(|room| room["racks"].as_array().unwrap().len()).sum();
    assert_eq!(tiles, central.round.visits.iter().filter(|visit| visit.kind == VisitKind::Rack).count());
    let states: BTreeSet<String> = visits.iter().map(|visit| visit["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["abnormal", "not_started", "received"].map(str::to_owned).into(), "a finding shows");
    let finding = &desk.reads("findings?q=50%25_").await["items"][0];
    assert_eq!(finding["finding"]["description"], "柜门锁扣 50%_松动");
    assert_eq!(finding["is_overdue"], true);
    assert_eq!(desk.reads("findings?q=50%25x").await["total"], 0, "% and _ are what they are");
    assert_eq!(desk.reads("findings?state=overdue&severity=major").await["total"], 1);
    let discrepancy = &desk.reads("discrepancies?verdict=missing").await["items"][0];
    assert_eq!(discrepancy["reconciliation"]["verdicts"], json!(["missing"]));
    assert!(
        !discrepancy["asset_name"].as_str().unwrap().is_empty()
            && !discrepancy["rack_name"].as_str().unwrap().is_empty()
    );
}

#[tokio::test]
async fn a_walk_through_pages_meets_every_record_once_while_new_ones_come() {
    let central = Central::start().await;
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    let desk = Desk::of_administrator(&central).await;
    let visits: Vec<_> = central.round.visits.iter().take(9).cloned().collect();
    let mut submit = async |visit| {
        let (id, envelope) = terminal.seals(&central, visit, &[], |_| ());
        assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: id });
        id.to_hex()
    };
    let mut first = BTreeSet::new();
    for visit in &visits[..6] {
        first.insert(submit(visit).await);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    for visit in &visits[6..] {
        let page = desk.reads(&format!("records?limit=2&after={after}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        after = page["next"].as_str().unwrap_or_default().to_owned();
        submit(visit).await;
    }
    assert_eq!(after, "", "the walk ended");
    assert_eq!(seen.len(), 6, "nothing twice");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), first, "everything that was there");
    assert_eq!(desk.walks("records", 2).await.len(), 9);
}

#[tokio::test]
async fn a_record_is_checked_anew_and_names_its_neighbours() {
    let Story { central, desk, mut terminal, rack } = story().await;
    let (room, envelope) = terminal.seals(&central, central.visit(VisitKind::Room), &[b"later"], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    let view = desk.reads(&format!("records/{rack}")).await;
    assert_eq!((&view["verdict"], &view["failed_step"]), (&json!("verified"), &Value::Null), "{}", view["steps"]);
    assert_eq!(view["steps"].as_array().unwrap().len(), 9);
    assert!(view["steps"].as_array().unwrap().iter().all(|step| step["passed"] == true));
    assert_eq!((&view["previous"], &view["following"]), (&Value::Null, &json!(room.to_hex())));
    assert_eq!(view["item"]["discrepancies"], 1);
    assert_eq!(view["record"]["visit"]["title"], view["item"]["title"]);
    assert_eq!(view["template"]["id"], "annex-a");
    assert!(view["leaf"].as_u64().is_some());
    let named = |subject: &Value| {
        view["subjects"].as_array().unwrap().iter().any(|one| one["subject"] == *subject && one["name"] != "")
    };
    assert!(view["record"]["lines"].as_array().unwrap().iter().all(|line| named(&line["subject"])));
    assert_eq!(view["blobs"][0]["intact"], true);
    let item = &desk.reads("records?state=verified").await["items"][0];
    assert_eq!(item, &view["item"], "the list says what the view counted itself");
    let waiting = desk.reads(&format!("records/{room}")).await;
    assert_eq!(
        (&waiting["verdict"], &waiting["failed_step"]),
        (&json!("waiting"), &Value::Null),
        "{}",
        waiting["steps"]
    );
    let bytes = desk.gets(&format!("records/{rack}/envelope")).await;
    assert!(bytes.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(Sha256::of(&bytes.bytes().await.unwrap()).to_hex(), view["envelope_sha256"].as_str().unwrap());
}

fn flip(central: &Central, table: &str, column: &str, filter: &str) {
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let query = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {filter}");
    let mut bytes: Vec<u8> = connection.query_row(&query, [], |row| row.get(0)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'a' { b'b' } else { b'a' };
    let is_text = column != "envelope";
    let statement = format!("UPDATE {table} SET {column} = ?1 WHERE {filter}");
    match String::from_utf8(bytes) {
        Ok(text) if is_text => set(central, &statement, &text),
        Ok(text) => set(central, &statement, &text.into_bytes()),
        Err(error) => set(central, &statement, &error.into_bytes()),
    }
}

#[tokio::test]
async fn one_changed_byte_anywhere_fails_and_names_the_step() {
    let cases = [
        ("record", "envelope", "1 = 1", "bytes"),
        ("record", "envelope_sha256", "1 = 1", "bytes"),
        ("delivered", "envelope_sha256", "1 = 1", "receipt"),
        ("log_entry", "envelope", "kind = 'delivered'", "delivered"),
        ("log_entry", "envelope", "kind = 'record'", "receipt"),
        ("log_entry", "envelope", "kind = 'plan'", "receipt"),
        ("log_node", "hash", "level = 0 AND idx = (SELECT idx FROM log_entry WHERE kind = 'delivered')", "receipt"),
        ("log_node", "hash", "level = 1 AND idx = 0", "receipt"),
        ("log_node", "hash", "level = 2 AND idx = 1", "receipt"),
        ("log_tail", "checkpoint", "1 = 1", "receipt"),
        ("key_statement", "envelope", "key_id = (SELECT key_id FROM terminal)", "terminal_key"),
    ];
    let Story { central, desk, rack, .. } = story().await;
    let file = central.site.folder().join("central.db");
    let rows = |table: &str, column: &str, filter: &str| {
        let connection = rusqlite::Connection::open(&file).unwrap();
        let query = format!("SELECT {column} FROM {table} WHERE {filter}");
        connection.query_row(&query, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    for (table, column, filter, step) in cases {
        let (filter, before) = match filter.split_once("(SELECT") {
            // What the filter asks for may be what is changed: it is asked once.
            Some(_) => (filter.to_owned(), rows(table, column, filter)),
            None => (filter.to_owned(), rows(table, column, filter)),
        };
        flip(&central, table, column, &filter);
        let view = desk.reads(&format!("records/{rack}")).await;
        assert_eq!(
            (&view["verdict"], &view["failed_step"]),
            (&json!("failed"), &json!(step)),
            "{table}.{column}: {}",
            view["steps"]
        );
        set(&central, &format!("UPDATE {table} SET {column} = ?1 WHERE {filter}"), &before);
        assert_eq!(desk.reads(&format!("records/{rack}")).await["verdict"], "verified", "{table}.{column} mended");
    }
    let photo = central.site.blobs.object(&Sha256::of(PHOTO));
    let mut bytes = std::fs::read(&photo).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&photo, &bytes).unwrap();
    let view = desk.reads(&format!("records/{rack}")).await;
    assert_eq!((&view["verdict"], &view["failed_step"]), (&json!("failed"), &json!("blobs")));
    let url = format!("records/{rack}/photos/{}", Sha256::of(PHOTO));
    refused(desk.gets(&url).await, ProblemCode::PhotoDamaged).await;
    let run = desk.writes("verification", &json!(null)).await;
    assert!(run["damages"].as_array().unwrap().iter().any(|damage| damage["part"] == "blob"), "{run}");
    assert_eq!(desk.reads("verification").await, run);
    assert_eq!(desk.reads("records?state=failed").await["total"], 1);
    std::fs::remove_file(&photo).unwrap();
    assert_eq!(desk.reads(&format!("records/{rack}")).await["failed_step"], "blobs");
    set(&central, "UPDATE record SET envelope = ?1", &b"{}".to_vec());
    let view = desk.reads(&format!("records/{rack}")).await;
    assert_eq!((&view["record"], &view["failed_step"]), (&Value::Null, &json!("bytes")));
}

#[tokio::test]
async fn a_changed_template_is_not_shown_as_the_one_a_record_names() {
    let Story { central, desk, rack, .. } = story().await;
    let view = desk.reads(&format!("records/{rack}")).await;
    let named = view["record"]["template"]["sha256"].as_str().unwrap();
    let file = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let query = "SELECT bytes FROM chunk WHERE sha256 = ?1";
    let bytes: Vec<u8> = file.query_row(query, [named], |row| row.get(0)).unwrap();
    let changed = String::from_utf8(bytes).unwrap().replacen("annex-a", "annex-b", 1);
    assert!(changed.contains("annex-b"), "it stays JSON, of another id");
    set(&central, &format!("UPDATE chunk SET bytes = ?1 WHERE sha256 = '{named}'"), &changed.into_bytes());
    let read = central.site.db.read(|sql| read_chunk::<Template>(sql, &named.parse().unwrap()));
    assert!(matches!(read, Err(Error::Damaged(why)) if why.contains(named)));
    assert_eq!(desk.reads(&format!("records/{rack}")).await["template"], Value::Null);
    let run = desk.writes("verification", &json!(null)).await;
    let is_named = |damage: &Value| (&damage["part"], &damage["id"]) == (&json!("chunk"), &json!(named));
    assert!(run["damages"].as_array().unwrap().iter().any(is_named), "{run}");
}

#[tokio::test]
async fn everything_is_verified_once_at_a_time() {
    let Story { central, desk, .. } = story().await;
    // Whoever verifies has to write what was found: until the lock is given back, nobody can end.
    let lock = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let nothing = json!(null);
    let (one, other) = (desk.posts("verification", &nothing), desk.posts("verification", &nothing));
    tokio::pin!(one, other);
    let (early, late) = tokio::select! {
        answer = &mut one => (answer, other),
        answer = &mut other => (answer, one),
    };
    refused(early, ProblemCode::TooMany).await;
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(late.await.status(), StatusCode::OK);
    assert_eq!(desk.posts("verification", &nothing).await.status(), StatusCode::OK, "and then again");
}

#[tokio::test]
async fn photos_are_those_of_the_record_and_files_are_downloaded() {
    let Story { central, desk, mut terminal, rack } = story().await;
    let csv = b"cpu,memory\n1,2\n";
    let mut cluster = central.round.visits.iter().filter(|visit| visit.kind == VisitKind::Cluster);
    let visit = cluster.next().expect("a cluster").clone();
    let (other, envelope) = terminal.seals(&central, &visit, &[csv], |record| {
        record.evidence[0].media_type = "text/csv".into();
        record.evidence[0].capture = Capture::Imported;
        (record.evidence[0].width, record.evidence[0].height) = (0, 0);
        for line in &mut record.lines {
            line.outcome = Outcome::Normal;
        }
    });
    assert_eq!(terminal.submits(&envelope.to_bytes()).await, RecordAnswer::Stored { record: other });
    terminal.puts(&Sha256::of(csv), csv).await;
    let (photo, table) = (Sha256::of(PHOTO), Sha256::of(csv));
    let original = desk.gets(&format!("records/{rack}/photos/{photo}")).await;
    assert_eq!(original.headers()["content-type"], "image/png");
    assert_eq!(original.headers()["x-content-type-options"], "nosniff");
    assert_eq!(&original.bytes().await.unwrap()[..], PHOTO);
    for _ in 0..2 {
        let small = desk.gets(&format!("records/{rack}/photos/{photo}?size=thumbnail")).await;
        assert_eq!(
            (small.status(), &small.headers()["content-type"]),
            (StatusCode::OK, &"image/jpeg".parse().unwrap())
        );
        assert_eq!(small.bytes().await.unwrap()[..2], [0xff, 0xd8]);
    }
    let file = desk.gets(&format!("records/{other}/photos/{table}?size=screen")).await;
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert!(file.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    for (record, name) in [(other, photo), (rack, table)] {
        refused(desk.gets(&format!("records/{record}/photos/{name}")).await, ProblemCode::NotFound).await;
    }
    refused(desk.gets(&format!("records/{rack}/photos/..%2Fcentral.db")).await, ProblemCode::NotFound).await;
    refused(desk.gets(&format!("records/{rack}/photos/{photo}?size=huge")).await, ProblemCode::BadParameter).await;
}

#[tokio::test]
async fn the_read_model_is_made_again_from_records_and_plans() {
    let Story { central, desk, .. } = story().await;
    let overview = desk.reads("overview").await;
    let lists = async || (desk.reads("records").await, desk.reads("findings").await, desk.reads("discrepancies").await);
    let before = lists().await;
    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    let tables = ["record_summary", "finding_summary", "discrepancy_summary", "round_summary", "visit_place"];
    for table in tables {
        connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    assert_eq!(desk.reads("records").await["total"], 0);
    let again = Site::open(central.site.folder()).expect("opening fills what is missing");
    assert_eq!(lists().await, before);
    assert_eq!(desk.reads("overview").await, overview);
    connection.execute("UPDATE read_model SET version = 0", []).unwrap();
    connection.execute("UPDATE record_summary SET findings = 77", []).unwrap();
    read_model::catch_up(&again).unwrap();
    assert_eq!(lists().await, before, "another version of the derivation fills everything anew");
    assert_eq!(fsck(&again).map(|found| found.damages).unwrap(), [], "and fsck has nothing to say");
}
