//! Monitoring data in the service: imports that stay as evidence, judgements, statistics, thresholds with their source, and the
//! same by the command line.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use xunjian_central::{
    error::Error,
    integrity::fsck,
    ledger::{ImportMode, import as import_ledger},
    log::COMMAND_LINE,
    monitoring::{self, judge, report, statistics, thresholds},
    site::Site,
};
use xunjian_domain::{
    monitoring::{Condition, MonitoredKind, Thresholds},
    plan::VisitKind,
    text::{Language, Text},
};
use xunjian_ledger::{
    import::SourceFile,
    monitoring::{Code, Options, Spelling},
};
use xunjian_proof::Sha256;

use super::{
    command_line::{json, xunjian},
    console_desk::Desk,
    party::{Central, Terminal, empty_site, rows},
};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn file(path: &str) -> SourceFile {
    let full = repository(path);
    let name = full.file_name().unwrap().to_string_lossy().into_owned();
    SourceFile { name, bytes: std::fs::read(full).unwrap() }
}

fn weekly() -> SourceFile {
    file("tests/fixtures/monitoring/weekly-gbk.csv")
}

fn csv(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

/// A site with the demo's ledger.
fn site() -> (tempfile::TempDir, Site) {
    let (folder, site) = empty_site();
    let files = [file("demo/ledger.xlsx"), file("demo/virtual_machines.csv")];
    import_ledger(&site, COMMAND_LINE, &files, ImportMode::Careful).unwrap();
    (folder, site)
}

fn import(site: &Site, file: &SourceFile) -> monitoring::ImportOutcome {
    monitoring::import(site, "chen_operator", file, &Options::default(), false).unwrap()
}

fn assert_sound(site: &Site) {
    assert_eq!(fsck(site).unwrap().damages, [], "the log, the tables and the files agree");
}

fn told(error: &Error) -> String {
    error.message().zh
}

/// Another program than the service changes the database.
fn tamper(site: &Site, statement: &str) {
    rusqlite::Connection::open(site.folder().join("central.db")).unwrap().execute(statement, []).unwrap();
}

fn damages(site: &Site) -> Vec<(String, String, String)> {
    let found = fsck(site).unwrap().damages;
    found.into_iter().map(|damage| (damage.part.to_owned(), damage.id, damage.step)).collect()
}

#[test]
fn an_import_is_kept_byte_for_byte_and_logged() {
    let (_folder, site) = site();
    let outcome = import(&site, &weekly());
    let one = outcome.stored.clone().expect("rows were imported");
    assert_eq!((one.number, one.rows, one.imported, one.skipped), (1, 16, 12, 4));
    assert_eq!((one.unmatched, one.ledger_version), (2, 1), "two machines that the ledger does not have");
    assert_eq!((one.first_on.as_str(), one.last_on.as_str()), ("2026-11-22", "2026-11-22"));
    assert_eq!(one.file_sha256, Sha256::of(&weekly().bytes), "named by its exact bytes");
    assert_eq!(monitoring::file_bytes(&site, &one).unwrap(), weekly().bytes);
    let unmatched: Vec<u32> =
        outcome.report.problems.iter().filter(|one| one.code == Code::NotInLedger).map(|one| one.row).collect();
    assert_eq!(unmatched, [10, 22], "they are listed by row");
    assert!(outcome.report.problems.is_sorted_by_key(|problem| problem.row), "in the order of the file");
    assert_sound(&site);

    let again = import(&site, &weekly());
    assert!(again.is_identical, "the same file changes nothing");
    assert_eq!(again.stored, outcome.stored);
    assert_eq!(site.db.read(monitoring::all).unwrap().len(), 1);
    let percent = Options { spelling: Some(Spelling::Percent), ..Options::default() };
    let otherwise = monitoring::import(&site, "chen_operator", &weekly(), &percent, false).unwrap();
    assert_eq!(otherwise.stored.unwrap().number, 2, "read otherwise it is another import of the same bytes");
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    assert_eq!(judged.imports.iter().map(|one| one.number).collect::<Vec<_>>(), [2], "which takes its place");
    assert_eq!(judged.doubled, 0);
    assert_sound(&site);
}

#[test]
fn a_dry_run_and_a_file_without_rows_change_nothing() {
    let (_folder, site) = site();
    let before = site.db.read(|sql| xunjian_central::log::tail(sql)).unwrap().0;
    let dry = monitoring::import(&site, COMMAND_LINE, &weekly(), &Options::default(), true).unwrap();
    assert_eq!((dry.report.imported, dry.unmatched, dry.stored), (12, 2, None), "it says what would happen");
    let empty = csv("空.csv", "虚拟机名称,采集时间,CPU使用率\nvm-1,,5%\n");
    let none = import(&site, &empty);
    assert_eq!((none.report.rows, none.report.imported, none.stored), (1, 0, None));
    let error = monitoring::import(&site, COMMAND_LINE, &csv("x.csv", "a,b\n1,2\n"), &Options::default(), false);
    assert!(told(&error.unwrap_err()).contains("监控表头"), "a file without headings is refused");
    assert_eq!(site.db.read(|sql| xunjian_central::log::tail(sql)).unwrap().0, before, "nothing was logged");
    assert_eq!(site.db.read(monitoring::all).unwrap(), []);
    assert!(!site.blobs.object(&Sha256::of(&weekly().bytes)).exists(), "and no file was kept");
    let error = judge::judge(&site, &judge::Question::default()).unwrap_err();
    assert!(told(&error).contains("monitoring import"), "there is nothing to judge, and what to do");
}

#[test]
fn a_judgement_names_rules_grounds_and_everything_it_rests_on() {
    let (_folder, site) = site();
    import(&site, &weekly());
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    assert_eq!(
        (judged.period.from.to_string(), judged.period.to.to_string()),
        ("2026-10-24".into(), "2026-11-22".into())
    );
    assert_eq!((judged.thresholds.version, judged.ledger.as_ref().unwrap().version), (1, 1));
    assert_eq!(judged.imports[0].file_sha256, Sha256::of(&weekly().bytes));
    assert_eq!(judged.resources.len(), 12);
    let named = |name: &str| judged.resources.iter().find(|one| one.name == name).unwrap();
    let idle = named("vm-jtj-01");
    assert_eq!(
        (idle.kind, idle.cluster.as_str()),
        (MonitoredKind::VirtualMachine, "云山二区国产化集群"),
        "by the ledger"
    );
    let [candidate] = &idle.annex_c.candidates[..] else { panic!("{:?}", idle.annex_c) };
    assert_eq!(candidate.row.as_str(), "C.1-01");
    assert_eq!(
        candidate.ground.zh,
        "CPU 平均使用率 7.99% 低于 8%，且内存平均使用率 9.99% 低于 10%（2026-11-22，采样 1 个）"
    );
    assert!(named("vm-dag-02").annex_b.breaches.is_empty(), "the ends are inside");
    let stranger = named("vm-05-不在台账");
    assert_eq!((stranger.id.as_str(), stranger.owning_unit.as_str()), ("", "云山市水务局"), "as the file has it");
    let registered: usize = judged.registered.len();
    let left: u32 = judged.not_monitored.values().sum();
    assert_eq!(registered, judged.resources.iter().filter(|one| !one.id.is_empty()).count() + left as usize);

    let outside = judge::Question { period: Some(judge::period("2026-10").unwrap()), ..judge::Question::default() };
    assert!(told(&judge::judge(&site, &outside).unwrap_err()).contains("没有监控数据"));
    for wrong in ["2026-11-22..2026-11-01", "11月", "2026", "2026-13", ""] {
        assert!(judge::period(wrong).is_err(), "{wrong}");
    }
    assert_eq!(site.db.read(monitoring::all).unwrap().len(), 1, "judging changes nothing");
}

#[test]
fn fifteen_daily_files_make_a_candidate_and_fourteen_do_not() {
    let (_folder, site) = site();
    for day in 1..=15 {
        let text = format!("虚拟机名称,采集时间,电源状态,CPU使用率\nvm-dag-07,2026-11-{day:02} 08:00,关机,0%\n");
        import(&site, &csv(&format!("{day:02}.csv"), &text));
        let judged = judge::judge(&site, &judge::Question::default()).unwrap();
        let fired = judged.resources[0].annex_c.candidates.iter().any(|one| one.row.as_str() == "C.1-10");
        assert_eq!(fired, day == 15, "after {day} days");
    }
    let fourteen = judge::Question { period: Some(judge::period("2026-11-02..2026-11-15").unwrap()), thresholds: None };
    let judged = judge::judge(&site, &fourteen).unwrap();
    assert!(judged.resources[0].annex_c.candidates.is_empty(), "the period holds fourteen of them");
    assert_eq!(judged.imports.len(), 14);
    let corrected = csv("更正.csv", "虚拟机名称,采集时间,电源状态,CPU使用率\nvm-dag-07,2026-11-09 08:00,运行中,30%\n");
    import(&site, &corrected);
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    assert_eq!(judged.doubled, 1, "the newer import counts for that moment");
    assert!(judged.resources[0].annex_c.candidates.is_empty(), "it ran on 9 November");
    assert_sound(&site);
}

#[test]
fn files_of_one_moment_complete_each_other_and_strangers_stay_apart() {
    let (_folder, site) = site();
    import(&site, &csv("cpu.csv", "虚拟机名称,采集时间,CPU使用率,内存使用率\nvm-dag-07,2026-11-22,5%,6%\n"));
    import(&site, &csv("disk.csv", "虚拟机名称,采集时间,磁盘使用率,磁盘容量\nvm-dag-07,2026-11-22,50%,1TB\n"));
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    let [machine] = &judged.resources[..] else { panic!("{:?}", judged.resources) };
    assert_eq!(judged.doubled, 0, "neither contradicts the other");
    assert_eq!(machine.cpu.current.as_ref().unwrap().to_string(), "5");
    assert_eq!(machine.storage.current.as_ref().unwrap().to_string(), "50");
    assert!(machine.annex_c.candidates.iter().any(|one| one.row.as_str() == "C.1-01"));

    import(&site, &csv("ids.csv", "资源ID,采集时间,CPU使用率\ni-001,2026-11-22,5%\ni-002,2026-11-22,95%\n"));
    import(&site, &csv("again.csv", "虚拟机名称,采集时间,CPU使用率\nｖｍ－９９,2026-11-21,5%\nVM-99,2026-11-22,95%\n"));
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    let strangers: Vec<&str> =
        judged.resources.iter().filter(|one| one.id.is_empty()).map(|one| one.name.as_str()).collect();
    assert_eq!(strangers, ["VM-99", "i-001", "i-002"], "by id, and in whatever width the name is written");

    let unknown = monitoring::import(
        &site,
        COMMAND_LINE,
        &csv("typo.csv", "虚拟机名称,采集时间,CPU使用率\nvm-dag-07,2062-11-22,5%\n"),
        &Options::default(),
        false,
    );
    let outcome = unknown.unwrap();
    assert_eq!((outcome.report.skipped, outcome.stored), (1, None), "a year mistyped hides nothing");
    assert!(outcome.report.problems[0].message.zh.contains("在将来"));
}

#[test]
fn thresholds_are_versioned_with_their_source_and_logged() {
    let (_folder, site) = site();
    import(&site, &weekly());
    let json = |numbers: &Thresholds| serde_json::to_string(numbers).unwrap();
    let mut numbers = Thresholds::baseline();
    assert!(
        thresholds::set(&site, "chen_operator", &json(&numbers)).unwrap().identical,
        "the print is in force already"
    );
    numbers.annex_c[9].condition = Condition::OffDays { days: 14 };
    let error = thresholds::set(&site, "chen_operator", &json(&numbers)).unwrap_err();
    assert!(told(&error).contains("source"), "other numbers cannot have the standard as their source");
    numbers.source = "云山市政数局 2026 年第四季度运营例会纪要".to_owned();
    let error = thresholds::set(&site, "chen_operator", &json(&numbers)).unwrap_err();
    assert!(told(&error).contains("title"), "nor are they printed ones");
    numbers.title = Text::new("云山市 2026 年第四季度", "Yunshan, fourth quarter of 2026");
    let set = thresholds::set(&site, "chen_operator", &json(&numbers)).unwrap();
    assert_eq!((set.stored.version, set.changes.len(), set.identical), (2, 1, false));
    assert_eq!((set.changes[0].printed.zh.as_str(), set.changes[0].here.en.as_str()), ("15", "14"));
    let late = thresholds::set(&site, "chen_operator", &json(&numbers)).unwrap_err();
    assert!(told(&late).contains("第 2 版"), "somebody set a version meanwhile: nothing is overwritten");

    let fired = |version| {
        let judged = judge::judge(&site, &judge::Question { thresholds: version, ..Default::default() }).unwrap();
        let rows = judged.resources.iter().flat_map(|one| &one.annex_c.candidates);
        (judged.thresholds.version, rows.filter(|one| one.row.as_str() == "C.1-10").count())
    };
    assert_eq!(fired(None), (2, 2), "14 days are enough now");
    assert_eq!(fired(Some(1)), (1, 1), "and were not by the print");
    let (_, mut shown) = site.db.read(|sql| thresholds::read(sql, None)).unwrap();
    shown.annex_c[9].condition = Condition::OffDays { days: 13 };
    let error = thresholds::set(&site, "chen_operator", &json(&shown)).unwrap_err();
    assert!(told(&error).contains("decided_on"), "the decision before was about other numbers");
    shown.source = format!(" {} ", Thresholds::baseline().source);
    let error = thresholds::set(&site, "chen_operator", &json(&shown)).unwrap_err();
    assert!(told(&error).contains("标准"), "a space makes no other source");
    let (_, shown) = site.db.read(|sql| thresholds::read(sql, None)).unwrap();
    assert_eq!((shown.version, shown.source), (2, numbers.source.clone()));
    assert!(site.db.read(|sql| thresholds::read(sql, Some(3))).is_err());
    assert_eq!(site.db.read(thresholds::all).unwrap().len(), 2);
    assert_sound(&site);
}

#[test]
fn fsck_names_what_was_changed_behind_the_services_back() {
    let (_folder, site) = site();
    import(&site, &weekly());
    let mut numbers = Thresholds::baseline();
    numbers.source = "会议纪要".to_owned();
    numbers.title = Text::new("会议决定", "By the meeting");
    numbers.annex_c[9].condition = Condition::OffDays { days: 30 };
    thresholds::set(&site, COMMAND_LINE, &serde_json::to_string(&numbers).unwrap()).unwrap();
    assert_sound(&site);
    /// What was changed, how it is changed back, and which parts and steps are named.
    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let cases: [Case; 5] = [
        (
            "UPDATE monitoring_import SET imported = 13",
            "UPDATE monitoring_import SET imported = 12",
            &[("monitoring", "leaf"), ("monitoring", "samples"), ("monitoring", "row")],
        ),
        (
            "UPDATE monitoring_import SET first_on = '2026-01-01'",
            "UPDATE monitoring_import SET first_on = '2026-11-22'",
            &[("monitoring", "samples")],
        ),
        (
            "UPDATE threshold_version SET source = '国家标准'",
            "UPDATE threshold_version SET source = '会议纪要'",
            &[("thresholds", "leaf"), ("thresholds", "row"), ("thresholds", "row")],
        ),
        (
            "UPDATE threshold_version SET version = 3",
            "UPDATE threshold_version SET version = 2",
            &[("thresholds", "leaf"), ("thresholds", "version"), ("thresholds", "row"), ("thresholds", "row")],
        ),
        ("DELETE FROM monitoring_import", "", &[("monitoring", "row")]),
    ];
    for (change, back, expected) in cases {
        tamper(&site, change);
        let found = damages(&site);
        let found: Vec<(&str, &str)> = found.iter().map(|(part, _, step)| (part.as_str(), step.as_str())).collect();
        assert_eq!(found, expected, "{change}");
        if !back.is_empty() {
            tamper(&site, back);
            assert_sound(&site);
        }
    }
}

#[test]
fn a_changed_or_lost_file_is_named_and_not_given_out() {
    let (_folder, site) = site();
    let one = import(&site, &weekly()).stored.unwrap();
    let path = site.blobs.object(&one.file_sha256);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(damages(&site), [("blob".to_owned(), one.file_sha256.to_hex(), "Blobs".to_owned())]);
    assert!(monitoring::file_bytes(&site, &one).is_err(), "other bytes are no evidence");
    import(&site, &weekly());
    assert_eq!(monitoring::file_bytes(&site, &one).unwrap(), weekly().bytes, "the same import again mends it");
    assert_sound(&site);
    tamper(&site, "DELETE FROM blob");
    let steps: Vec<String> = damages(&site).into_iter().map(|(_, _, step)| step).collect();
    assert_eq!(steps, ["file", "orphan"]);
    tamper(&site, "DELETE FROM chunk WHERE sha256 IN (SELECT samples_sha256 FROM monitoring_import)");
    assert!(damages(&site).iter().any(|(part, _, step)| part == "monitoring" && step == "samples"));
}

#[test]
fn statistics_add_up_in_every_direction() {
    let (_folder, site) = site();
    import(&site, &weekly());
    let judged = judge::judge(&site, &judge::Question::default()).unwrap();
    for by in statistics::GroupBy::ALL {
        let groups = statistics::by(&judged, by, Language::Zh);
        let sum = |of: fn(&statistics::Group) -> u32| groups.iter().map(of).sum::<u32>() as usize;
        assert_eq!(sum(|group| group.totals.monitored), judged.resources.len(), "{by:?}");
        assert_eq!(sum(|group| group.registered), judged.registered.len(), "{by:?}");
        let candidates = judged.resources.iter().filter(|one| !one.annex_c.candidates.is_empty()).count();
        assert_eq!(sum(|group| group.candidates), candidates, "{by:?}");
        let breaches = judged.resources.iter().filter(|one| !one.annex_b.breaches.is_empty()).count();
        assert_eq!(sum(|group| group.out_of_range), breaches, "{by:?}");
    }
    let units = statistics::by(&judged, statistics::GroupBy::Unit, Language::Zh);
    let archive = units.iter().find(|group| group.name == "云山市档案馆").unwrap();
    assert_eq!(archive.totals.monitored, 3, "vm-dag-02, vm-dag-03 and a server");
    assert_eq!(archive.totals.storage.total.as_deref(), Some("4"), "1, 1 and 2 TB");
    assert_eq!(archive.totals.storage.used.as_ref().unwrap().to_string(), "2.4199", "0.3, 0.2999 and 1.82 TB");
    assert_eq!(archive.totals.storage.utilisation.as_ref().unwrap().to_string(), "60.4975");
    let kinds = statistics::by(&judged, statistics::GroupBy::Kind, Language::Zh);
    assert!(kinds.iter().any(|group| group.name == "物理机" && group.totals.monitored == 5));
}

#[test]
fn the_state_report_is_a_workbook_and_the_same_bytes_each_time() {
    let (_folder, site) = site();
    import(&site, &weekly());
    let write = || {
        let judged = judge::judge(&site, &judge::Question::default()).unwrap();
        report::xlsx(&judged, Language::Zh).unwrap()
    };
    let bytes = write();
    assert_eq!(bytes, write(), "the same judgement gives the same bytes");
    // What was written is read again by the reader of monitoring data: the state sheet is a table of its own.
    let options = Options {
        sheet: Some("运行状态".to_owned()),
        collected_at: xunjian_ledger::monitoring::read_moment("2026-11-22"),
        ..Options::default()
    };
    let file = SourceFile { name: "报表.xlsx".to_owned(), bytes };
    let read = xunjian_ledger::monitoring::read(&file, &options).unwrap();
    assert_eq!(read.report.rows, 12, "one row a resource");
    let idle = read.samples.iter().find(|sample| sample.identity.name == "vm-jtj-01").unwrap();
    assert_eq!(idle.cpu.average.as_ref().unwrap().to_string(), "7.99");
}

#[test]
fn the_command_line_imports_judges_and_sets() {
    let (folder, site) = site();
    drop(site);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let weekly_path = repository("tests/fixtures/monitoring/weekly-gbk.csv");
    let weekly_path = weekly_path.to_str().unwrap();
    let dry = json(&xunjian(&folder, &["--json", "monitoring", "import", weekly_path, "--dry-run"]));
    assert_eq!(
        (&dry["rows"], &dry["imported"], &dry["skipped"], &dry["import"]),
        (&json!(16), &json!(12), &json!(4), &Value::Null)
    );
    let problem = &dry["problems"][0];
    assert_eq!((&problem["row"], &problem["code"]), (&json!(10), &json!("not_in_ledger")));
    let imported = json(&xunjian(&folder, &["--json", "monitoring", "import", weekly_path]));
    assert_eq!(imported["import"]["number"], 1);
    let listed = json(&xunjian(&folder, &["--json", "monitoring", "list"]));
    assert_eq!((&listed[0]["file"], &listed[0]["records"]), (&json!("weekly-gbk.csv"), &json!([])));
    assert!(xunjian(&folder, &["monitoring", "export", "1", "--out", &path("again.csv")]).status.success());
    assert_eq!(std::fs::read(path("again.csv")).unwrap(), weekly().bytes);
    assert_eq!(xunjian(&folder, &["monitoring", "export", "9", "--out", &path("x")]).status.code(), Some(1));

    let judged =
        json(&xunjian(&folder, &["--json", "monitoring", "judge", "--period", "2026-11", "--xlsx", &path("r.xlsx")]));
    assert_eq!(judged["resources"].as_array().unwrap().len(), 12);
    assert!(std::fs::read(path("r.xlsx")).unwrap().starts_with(b"PK"), "a workbook");
    let said = xunjian(&folder, &["monitoring", "judge"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("C.1-10 建议核实后撤销") && said.contains("只是建议"), "{said}");
    let by_unit = json(&xunjian(&folder, &["--json", "monitoring", "statistics", "--by", "unit"]));
    assert!(by_unit["groups"].as_array().unwrap().iter().any(|group| group["name"] == "云山市档案馆"));
    assert!(xunjian(&folder, &["monitoring", "statistics", "--by", "room"]).status.success());

    let mut numbers = json(&xunjian(&folder, &["--json", "thresholds", "show"]));
    numbers["source"] = json!("例会纪要");
    numbers["title"] = json!({ "zh": "例会决定", "en": "By the meeting" });
    numbers["annex_b"][2]["low"] = json!("5");
    std::fs::write(path("t.json"), numbers.to_string()).unwrap();
    let set = json(&xunjian(&folder, &["--json", "thresholds", "set", &path("t.json")]));
    assert_eq!((&set["stored"]["version"], &set["changes"][0]["row"]), (&json!(2), &json!("B.1-03")));
    let versions = json(&xunjian(&folder, &["--json", "thresholds", "list"]));
    assert_eq!(versions.as_array().unwrap().len(), 2);
    numbers["annex_b"][2]["low"] = json!("95");
    std::fs::write(path("t.json"), numbers.to_string()).unwrap();
    let refused = xunjian(&folder, &["thresholds", "set", &path("t.json")]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("B.1-03"), "it names the row");
    assert!(xunjian(&folder, &["fsck"]).status.success());
}

#[tokio::test]
async fn the_console_shows_what_the_command_line_says() {
    let central = Central::start().await;
    let desk = Desk::of_administrator(&central).await;
    let before = desk.reads("monitoring").await;
    assert_eq!((&before["imports"], &before["judgement"]), (&json!([]), &Value::Null), "nothing was imported");
    assert_eq!(
        (&before["thresholds"][0]["version"], &before["changes"]),
        (&json!(1), &json!([])),
        "the print is in force"
    );
    assert!(before["notes"].as_array().unwrap().iter().any(|note| note["zh"].as_str().unwrap().contains("5.4.4.1")));

    import(&central.site, &weekly());
    let mut numbers = Thresholds::baseline();
    numbers.source = "例会纪要".to_owned();
    numbers.title = Text::new("例会决定", "By the meeting");
    numbers.annex_c[9].condition = Condition::OffDays { days: 14 };
    thresholds::set(&central.site, COMMAND_LINE, &serde_json::to_string(&numbers).unwrap()).unwrap();
    let view = desk.reads("monitoring").await;
    let judged = judge::judge(&central.site, &judge::Question::default()).unwrap();
    let breaches: usize = judged.resources.iter().map(|one| one.annex_b.breaches.len()).sum();
    let fired: usize = judged.resources.iter().map(|one| one.annex_c.candidates.len()).sum();
    let shown = &view["judgement"];
    assert_eq!(shown["breaches"].as_array().unwrap().len(), breaches);
    assert_eq!(shown["suggestions"].as_array().unwrap().len(), fired);
    assert_eq!((&shown["resources"], &shown["thresholds"]), (&json!(12), &json!(2)));
    let withdrawn = shown["suggestions"].as_array().unwrap().iter().filter(|one| one["row"] == "C.1-10");
    let rules: Vec<&str> = withdrawn.map(|one| one["rule"]["zh"].as_str().unwrap()).collect();
    assert_eq!(rules, ["连续 15 天关机且未腾退的资源"; 2], "the printed rule beside what the site made of it");
    assert_eq!(
        (&view["changes"][0]["printed"], &view["changes"][0]["here"]),
        (&json!({ "zh": "15", "en": "15" }), &json!({ "zh": "14", "en": "14" }))
    );
    assert_eq!((&shown["all_breaches"], &shown["all_suggestions"]), (&json!(breaches), &json!(fired)));
    assert_eq!((&view["imports"][0]["imported"], &view["imports"][0]["records"]), (&json!(12), &json!(0)));
    let period = desk.asks(Method::GET, "monitoring?period=11").send().await.unwrap();
    assert!(period.status().is_client_error(), "a period that is none is refused");
    let unknown = desk.asks(Method::GET, "monitoring?by=unit").send().await.unwrap();
    assert!(unknown.status().is_client_error(), "and so is a parameter that it does not know");
}

#[tokio::test]
async fn a_record_names_the_same_file_as_evidence_and_nobody_sends_it_twice() {
    let central = Central::start().await;
    let one = import(&central.site, &weekly()).stored.unwrap();
    let mut terminal = Terminal::enrol(&central, "li_inspector", 1).await;
    central.approve();
    assert_eq!(central.site.db.read(|sql| monitoring::named_by(sql, &one.file_sha256)).unwrap(), Vec::<String>::new());
    let (id, envelope) = terminal.seals(&central, central.visit(VisitKind::Rack), &[&weekly().bytes], |_| ());
    terminal.submits(&envelope.to_bytes()).await;
    assert_eq!(central.site.db.read(|sql| monitoring::named_by(sql, &one.file_sha256)).unwrap(), [id.to_hex()]);
    assert_eq!(rows(&central, "delivered"), 1, "its bytes are here already");
    assert_sound(&central.site);
}
