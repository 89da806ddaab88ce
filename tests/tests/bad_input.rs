//! What goes wrong in a machine room, as the inspector meets it: a clear sentence in either language, and nothing is lost.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{fs, path::PathBuf, process::Output};

use serde_json::Value;
use tempfile::TempDir;
use xunjian_tests::{Program, Service, Story, StoryOptions, honest_answer, workspace};

/// Words that a failing command says, cut short: a whole record on the screen helps nobody.
fn head(text: &str) -> String {
    text.chars().take(600).collect()
}

/// A prepared site with an enrolled terminal, and a rack visit that was started.
struct Scene {
    folder: TempDir,
    story: Story,
    visit: Value,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let ledgers = vec![workspace().join("demo/ledger.xlsx"), workspace().join("demo/virtual_machines.csv")];
        let mut story =
            Story::new(StoryOptions { folder: folder.path().join("story"), ledgers, is_told: false }).expect("a story");
        story.prepare().expect("a prepared site");
        let visit = pick(&story, |visit| visit["kind"] == "rack");
        story.field().args(["visit", "start", id(&visit)]).json().expect("a draft");
        Self { folder, story, visit }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Answers the whole visit and seals it; returns the record's id.
    fn seal(&self) -> String {
        let visit = id(&self.visit);
        let shown = self.story.field().args(["visit", "show", visit]).json().expect("the visit");
        let answers: Vec<Value> = shown["lines"].as_array().expect("lines").iter().map(honest_answer).collect();
        let file = self.path("answers.json");
        fs::write(&file, serde_json::to_vec(&answers).expect("JSON")).expect("the answers");
        self.story.field().args(["visit", "answer", visit, "--file"]).args([&file]).json().expect("answers");
        let sealed = self.story.field().args(["visit", "seal", visit]).json().expect("a seal");
        sealed["record"].as_str().expect("a record").to_owned()
    }
}

fn pick(story: &Story, fits: impl Fn(&Value) -> bool) -> Value {
    let today = story.field().arg_json("today").expect("today");
    today["rounds"][0]["visits"].as_array().expect("visits").iter().find(|visit| fits(visit)).expect("a visit").clone()
}

fn id(visit: &Value) -> &str {
    visit["id"].as_str().expect("an id")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Runs a command in both languages; it must fail with this exit code and say these words.
fn refused(code: i32, zh: &str, en: &str, program: &dyn Fn() -> Program) {
    for (language, words) in [("zh-CN", zh), ("en", en)] {
        let output = program().args(["--lang", language]).output().expect("the command starts");
        let text = head(&said(&output));
        assert_eq!(output.status.code(), Some(code), "{language}: {text}");
        assert!(text.contains(words), "{language} should say “{words}”: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

fn verdict(scan: &Value) -> String {
    let text = scan.to_string();
    for verdict in
        ["wrong_rack", "wrong_room", "right", "unknown", "revoked", "foreign", "forged", "not_a_label", "repeated"]
    {
        if text.contains(&format!("\"{verdict}\"")) {
            return verdict.to_owned();
        }
    }
    panic!("no verdict in {scan}")
}

#[test]
fn codes_that_are_not_the_label_of_this_rack_each_have_their_verdict() {
    let scene = Scene::new();
    let list: Value =
        serde_json::from_slice(&fs::read(scene.path("story/labels/labels.json")).expect("the labels")).expect("JSON");
    let labels = list.as_array().expect("labels");
    let title = scene.visit["title"].as_str().expect("a title");
    let (room, rack) = title.split_once(" · ").expect("room and rack");
    let payload = |fits: &dyn Fn(&str, &str) -> bool| {
        let label = labels
            .iter()
            .find(|label| fits(label["title"].as_str().unwrap_or(""), label["place"].as_str().unwrap_or("")));
        label.expect("such a label")["payload"].as_str().expect("a payload").to_owned()
    };
    let own = payload(&|title, place| title == format!("{rack} 前门") && place == room);
    let neighbour =
        payload(&|title, place| title.ends_with("前门") && place == room && title != format!("{rack} 前门"));
    let other_room = payload(&|title, place| title.ends_with("前门") && place != room && place.contains("机房"));
    let mut forged = own.clone();
    forged.replace_range(
        own.len() - 20..own.len() - 19,
        if &own[own.len() - 20..=own.len() - 20] == "A" { "B" } else { "A" },
    );
    let cases = [
        ("6923450657713", "not_a_label"),
        (&own.replace("XUNJIAN.EXAMPLE", "OTHER.EXAMPLE"), "foreign"),
        (&forged, "forged"),
        (&neighbour, "wrong_rack"),
        (&other_room, "wrong_room"),
        (&own, "right"),
        (&own, "repeated"),
    ];
    for (text, expected) in cases {
        let scan = scene.story.field().args(["visit", "scan", id(&scene.visit), text, "--source", "scanner"]).json();
        assert_eq!(verdict(&scan.expect("a scan is always recorded")), expected, "{text}");
    }
    // A reprint makes the label on the rack an old one, as soon as the terminal knows.
    scene
        .story
        .central()
        .args(["labels", "--racks", "--rack", rack, "--out"])
        .args([scene.path("reprint")])
        .json()
        .expect("a reprint");
    let service = scene.story.serve().expect("the service");
    scene.story.field().args(["--service", &service.url]).arg_json("pull").expect("a pull");
    let scan = scene.story.field().args(["visit", "scan", id(&scene.visit), &own, "--source", "scanner"]).json();
    assert_eq!(verdict(&scan.expect("a scan")), "revoked");
}

#[test]
fn pictures_that_are_none_or_are_cut_off_are_refused_and_leave_nothing_behind() {
    let scene = Scene::new();
    let real = fs::read(workspace().join("crates/field/tests/fixtures/photos/Portrait_3.jpg")).expect("a photo");
    let cases: [(&str, Vec<u8>, &str, &str); 4] = [
        ("cut.jpg", real[..real.len() * 2 / 3].to_vec(), "不完整", "not complete"),
        ("empty.jpg", Vec::new(), "空", "empty"),
        ("words.jpg", "这不是照片".as_bytes().to_vec(), "不是", "not a photo"),
        ("phone.heic", [b"\0\0\0\x18ftypheic\0\0\0\0heic".as_slice(), &[0; 64]].concat(), "HEI", "HEI"),
    ];
    for (name, bytes, zh, en) in cases {
        let file = scene.path(name);
        fs::write(&file, bytes).expect("the file");
        let attach = || {
            let program =
                scene.story.field().args(["visit", "photo", id(&scene.visit), "--line", "1", "--capture", "camera"]);
            program.args([&file])
        };
        refused(1, zh, en, &attach);
        let scan = scene.story.field().args(["--json", "scan"]).args([&file]).output().expect("a scan");
        assert_eq!(scan.status.code(), Some(1), "{name}: {}", said(&scan));
        assert!(said(&scan).contains("\"error\""), "{name}: {}", said(&scan));
    }
    let shown = scene.story.field().args(["visit", "show", id(&scene.visit)]).json().expect("the visit");
    assert_eq!(shown["evidence"].as_array().map(Vec::len), Some(0), "no half photo is attached");
}

#[test]
fn an_unfinished_visit_is_not_sealed_and_says_what_is_missing() {
    let scene = Scene::new();
    let seal = || scene.story.field().args(["visit", "seal", id(&scene.visit)]);
    refused(1, "没有结果", "has no answer", &seal);
    refused(1, "口令", "passphrase", &|| seal().env("XUNJIAN_PASSPHRASE", "short"));
    let status = scene.story.field().arg_json("status").expect("the status");
    assert_eq!(status["drafts"], 1, "the draft is still there");
}

#[test]
fn a_clock_that_was_set_back_is_told_and_stands_in_the_record() {
    let scene = Scene::new();
    // 1 January 2026: long before the terminal was enrolled.
    let seal = scene.seal_with_clock("1767225600000");
    let shown = scene.story.field().args(["records", "show", &seal]).json().expect("the record");
    let jumps = shown["record"]["clock"]["jumps"].as_array().expect("jumps");
    assert!(!jumps.is_empty(), "the jump is in the signed record");
    let service = scene.story.serve().expect("the service");
    let sync = scene.story.field().args(["--service", &service.url]).arg_json("sync").expect("a sync");
    assert_eq!(sync["delivered"], 1, "a wrong clock is told, it does not cost the record: {sync}");
}

impl Scene {
    /// As [`Scene::seal`], but the terminal's clock shows another time when it seals.
    fn seal_with_clock(&self, clock: &str) -> String {
        let visit = id(&self.visit);
        let shown = self.story.field().args(["visit", "show", visit]).json().expect("the visit");
        let answers: Vec<Value> = shown["lines"].as_array().expect("lines").iter().map(honest_answer).collect();
        let file = self.path("answers.json");
        fs::write(&file, serde_json::to_vec(&answers).expect("JSON")).expect("the answers");
        self.story.field().args(["visit", "answer", visit, "--file"]).args([&file]).json().expect("answers");
        let sealed = self
            .story
            .field()
            .args(["visit", "seal", visit])
            .env("XUNJIAN_FIXED_CLOCK_MS", clock)
            .json()
            .expect("a seal");
        assert!(
            sealed.to_string().contains("时钟") || sealed.to_string().contains("clock"),
            "the inspector is warned: {sealed}"
        );
        sealed["record"].as_str().expect("a record").to_owned()
    }
}

#[test]
fn a_service_that_fails_or_is_not_there_costs_nothing() {
    let scene = Scene::new();
    let record = scene.seal();
    refused(3, "连不上", "cannot be reached", &|| {
        scene.story.field().args(["--service", "http://127.0.0.1:9", "sync"])
    });
    let failing = always_500();
    refused(3, "不是巡检服务的格式", "not that of an inspection service", &|| {
        scene.story.field().args(["--service", &failing, "sync"])
    });
    let service = scene.story.serve().expect("the service");
    let sync = scene.story.field().args(["--service", &service.url]).arg_json("sync").expect("a sync");
    assert_eq!(sync["delivered"], 1, "{record} is delivered once somebody answers: {sync}");
}

/// A server that answers every request with 500 and no problem document, until the test ends.
fn always_500() -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let _ = stream
                .write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops");
        }
    });
    url
}

#[test]
fn a_database_with_overwritten_pages_is_kept_aside_and_the_sealed_record_is_delivered_all_the_same() {
    let scene = Scene::new();
    let record = scene.seal();
    let folder = scene.story.terminal_folder();
    let database = folder.join("field.db");
    let mut bytes = fs::read(&database).expect("the terminal's database");
    let middle = bytes.len() / 3;
    bytes[middle..2 * middle].fill(0xA5);
    fs::write(&database, bytes).expect("a worn-out disk");
    let service = scene.story.serve().expect("the service");
    let output = scene.story.field().args(["--service", &service.url, "sync", "--json"]).output().expect("a sync");
    assert!(output.status.success(), "{}", said(&output));
    let status = scene.story.field().arg_json("status").expect("the status");
    assert_eq!(status["records"]["delivered"], 1, "{record} is delivered: {status}");
    let names = fs::read_dir(&folder).expect("the folder").flatten().map(|entry| entry.file_name());
    let aside = names.filter(|name| name.to_string_lossy().starts_with("damaged-")).count();
    assert_eq!(aside, 1, "what was damaged is kept for whoever looks into it");
}

#[test]
fn a_folder_copied_back_is_named_at_the_next_sync_and_the_service_gives_its_record_back() {
    let scene = Scene::new();
    let (folder, earlier) = (scene.story.terminal_folder(), scene.path("earlier"));
    let copy = |from: &PathBuf, to: &PathBuf| {
        let done = std::process::Command::new("cp").arg("-a").args([from, to]).status().expect("cp");
        assert!(done.success());
    };
    copy(&folder, &earlier);
    let record = scene.seal();
    let service = scene.story.serve().expect("the service");
    let sync = || scene.story.field().args(["--service", &service.url, "sync", "--json"]).output().expect("a sync");
    let first = sync();
    assert!(first.status.success(), "{}", said(&first));
    fs::remove_dir_all(&folder).expect("the folder goes");
    copy(&earlier, &folder);
    let status = || scene.story.field().arg_json("status").expect("the status");
    assert_eq!(status()["records"]["delivered"], 0, "the control: the tablet has forgotten it");
    let again = sync();
    assert!(said(&again).contains("较早的副本"), "the run says what was done: {}", said(&again));
    let status = status();
    assert_eq!(status["records"]["delivered"], 1, "{status}");
    assert!(status["tampering"].to_string().contains("set_back"), "and the tablet goes on saying it: {status}");
    let shown = scene.story.field().args(["records", "show", &record]).output().expect("a run");
    assert!(shown.status.success(), "the record is here again: {}", said(&shown));
}

#[test]
fn two_tablets_at_one_rack_keep_both_records() {
    let scene = Scene::new();
    let service = scene.story.serve().expect("the service");
    let first = scene.seal();
    scene.story.field().args(["--service", &service.url]).arg_json("sync").expect("the first sync");

    let second = SecondTablet::enrol(&scene, &service);
    let record = second.walks(&scene.visit);
    assert_ne!(record, first);
    let output = second.field(&scene).args(["--service", &service.url, "sync"]).output().expect("a sync");
    assert!(
        said(&output).contains("409.1") || said(&output).contains("同一位置"),
        "it says what is the matter: {}",
        said(&output)
    );
    let status = second.field(&scene).arg_json("status").expect("the status");
    assert_eq!(status["records"]["quarantined"], 1, "the record stays on the tablet: {status}");
    let check = scene.story.central().arg_json("verify-all").expect("verify-all");
    assert_eq!(check["records"], 1, "the first one stands");
}

struct SecondTablet<'a> {
    scene: &'a Scene,
}

impl<'a> SecondTablet<'a> {
    fn enrol(scene: &'a Scene, service: &Service) -> Self {
        let this = Self { scene };
        let code = scene.story.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json().expect("a code");
        let code = code["code"].as_str().expect("a code").to_owned();
        let enrol = |code: &str| {
            let program =
                this.field(scene).args(["--service", &service.url, "enrol", "--code", code, "--name", "平板B"]);
            program.args(["--root-fingerprint", scene.story.fingerprint()])
        };
        refused(1, "登记码不存在", "no such enrolment code", &|| enrol("AAAA-BBBB-CCCC"));
        refused(4, "指纹", "fingerprint", &|| {
            let program =
                this.field(scene).args(["--service", &service.url, "enrol", "--code", &code, "--name", "平板B"]);
            program.args(["--root-fingerprint", &"0".repeat(64)])
        });
        enrol(&code).json().expect("an enrolment");
        let root = scene.story.root_folder();
        scene.story.central().args(["key", "approve", "--root"]).args([&root]).json().expect("the root signs");
        this.field(scene).args(["--service", &service.url]).arg_json("pull").expect("a pull");
        this
    }

    fn field(&self, scene: &Scene) -> Program {
        scene.story.field_at(&scene.path("tablet-b"))
    }

    fn walks(&self, visit: &Value) -> String {
        let field = || self.field(self.scene);
        field().args(["visit", "start", id(visit)]).json().expect("a draft");
        let shown = field().args(["visit", "show", id(visit)]).json().expect("the visit");
        let answers: Vec<Value> = shown["lines"].as_array().expect("lines").iter().map(honest_answer).collect();
        let file = self.scene.path("answers-b.json");
        fs::write(&file, serde_json::to_vec(&answers).expect("JSON")).expect("the answers");
        field().args(["visit", "answer", id(visit), "--file"]).args([&file]).json().expect("answers");
        field().args(["visit", "seal", id(visit)]).json().expect("a seal")["record"]
            .as_str()
            .expect("a record")
            .to_owned()
    }
}
