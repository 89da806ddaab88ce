//! Reports on real processes: each number is read from the PDF, from the workbook by two programs, from the console, and counted
//! once more here from the signed bytes in the database.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use data_encoding::BASE64;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use xunjian_tests::{
    CONSOLE_PASSWORD, Program, Story, StoryOptions,
    papers::{fonts_of, openpyxl_reads, text_of, words_of},
    workspace,
};

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}"))
}

fn played(folder: &Path) -> Story {
    let ledgers = ["demo/ledger.xlsx", "demo/virtual_machines.csv", "demo/orders.csv"];
    let ledgers = ledgers.map(|file| workspace().join(file)).to_vec();
    let mut story = Story::new(StoryOptions { folder: folder.join("story"), ledgers, is_told: false }).unwrap();
    story.play().unwrap();
    story
}

/// The same numbers under the same names, whoever says them.
type Numbers = BTreeMap<String, String>;

/// What is due and what became of it, counted from planned visits and signed envelopes by nothing of the product.
fn oracle(database: &Path, round: &str) -> (Numbers, BTreeMap<String, [u64; 8]>) {
    let connection = Connection::open(database).unwrap();
    let one =
        |sql: &str| -> u64 { connection.query_row(sql, [round], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs() };
    let planned = one("SELECT COUNT(*) FROM planned_visit WHERE round_id = ?1");
    let due = one("SELECT SUM(lines) FROM planned_visit WHERE round_id = ?1");
    let mut criteria: BTreeMap<String, [u64; 8]> = BTreeMap::new();
    let sql = "SELECT chunk.bytes FROM planned_visit JOIN chunk ON chunk.sha256 = planned_visit.sha256 WHERE planned_visit.round_id = ?1";
    for visit in documents(&connection, sql, round) {
        for line in visit["lines"].as_array().unwrap() {
            criteria.entry(text(line, "criterion").to_owned()).or_default()[0] += 1;
        }
    }
    let sql = "SELECT record.envelope FROM record JOIN planned_visit ON planned_visit.id = record.visit_id \
               JOIN delivered ON delivered.record_id = record.id WHERE planned_visit.round_id = ?1";
    let records: Vec<Value> = documents(&connection, sql, round)
        .iter()
        .map(|envelope| {
            let payload = BASE64.decode(text(envelope, "payload").as_bytes()).unwrap();
            serde_json::from_slice(&payload).unwrap()
        })
        .collect();
    let (mut findings, mut wrong) = (0, 0);
    for record in &records {
        findings += record["findings"].as_array().unwrap().len();
        let is_wrong = |one: &&Value| {
            one["verdicts"].as_array().unwrap().iter().any(|verdict| verdict != "matches" && verdict != "unverified")
        };
        wrong += record["reconciliation"].as_array().unwrap().iter().filter(is_wrong).count();
        for line in record["lines"].as_array().unwrap() {
            let counts = criteria.get_mut(text(line, "criterion")).unwrap();
            match text(line, "outcome") {
                "normal" => counts[1] += 1,
                "abnormal" => counts[2] += 1,
                "not_applicable" => counts[4] += 1, // nobody reviewed anything in this story
                "not_checked" => counts[5] += 1,
                other => panic!("{other}"),
            }
        }
    }
    for counts in criteria.values_mut() {
        counts[6] = counts[0] - counts[1..6].iter().sum::<u64>();
        counts[7] = (counts[1] + counts[2] + counts[3]) * 1000 / counts[0];
    }
    let sum = |at: usize| criteria.values().map(|counts| counts[at]).sum::<u64>();
    assert_eq!(sum(0), due, "lines of the plans");
    let per_mille = (sum(1) + sum(2) + sum(3)) * 1000 / due;
    let rectifications = one("SELECT COUNT(*) FROM rectification_step WHERE round_id = ?1 AND kind = 'opened'");
    let closed = one("SELECT COUNT(*) FROM rectification_step WHERE round_id = ?1 AND kind = 'accepted'");
    let numbers = [
        ("计划巡检（次）", planned),
        ("有回执且计入（次）", records.len() as u64),
        ("复核通过（次）", 0),
        ("应检（项）", due),
        ("正常（项）", sum(1)),
        ("异常（项）", sum(2)),
        ("不适用，经复核认可（项）", sum(3)),
        ("不适用，未经认可（项）", sum(4)),
        ("未检（项）", sum(5)),
        ("漏检（项）", sum(6)),
        ("发现问题（项）", findings as u64),
        ("台账不一致（项）", wrong as u64),
        ("整改立项（项）", rectifications),
        ("尚未关闭的整改（项）", rectifications - closed),
        ("计划排除（项）", 0),
    ];
    let mut numbers: Numbers =
        numbers.into_iter().map(|(name, number)| (name.to_owned(), number.to_string())).collect();
    numbers.insert("巡检完成率（%）".to_owned(), format!("{}.{}", per_mille / 10, per_mille % 10));
    (numbers, criteria)
}

fn documents(connection: &Connection, sql: &str, round: &str) -> Vec<Value> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([round], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|bytes| serde_json::from_slice(&bytes.unwrap()).unwrap()).collect()
}

/// Names and values that stand side by side on a page.
fn facts_of_pdf(said: &str, names: &Numbers) -> Numbers {
    let mut found = Numbers::new();
    for line in said.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, value] = words[..]
            && names.contains_key(name)
        {
            assert!(found.insert(name.to_owned(), value.to_owned()).is_none(), "{name} stands twice");
        }
    }
    found
}

/// The rows of the tables of criteria: key, then the last eight words of the line.
fn criteria_of_pdf(said: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for line in said.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_key = words.first().is_some_and(|word| word.starts_with("A.1-") || word.starts_with("A.2-"));
        let numbers = words.iter().rev().take_while(|word| word.parse::<f64>().is_ok() || **word == "—").count();
        if is_key && numbers >= 8 {
            let cells = words[words.len() - 8..].iter().map(|word| (*word).to_owned()).collect();
            found.insert(words[0].to_owned(), cells);
        }
    }
    found
}

/// Every sheet as calamine reads it, cells as texts, numbers without a fraction of zero.
fn sheets_of(workbook: &Path) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut book: Xlsx<_> = open_workbook(workbook).unwrap();
    let cell = |cell: &Data| match cell {
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::String(text) => text.clone(),
        _ => String::new(),
    };
    let names = book.sheet_names();
    let rows = |name: &String, book: &mut Xlsx<_>| {
        book.worksheet_range(name).unwrap().rows().map(|row| row.iter().map(cell).collect()).collect()
    };
    names.iter().map(|name| (name.clone(), rows(name, &mut book))).collect()
}

/// The same as openpyxl reads it.
fn sheets_by_openpyxl(workbook: &Path) -> BTreeMap<String, Vec<Vec<String>>> {
    let cell = |cell: &Value| match cell {
        Value::Number(number) => number.as_f64().unwrap().to_string(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    let sheets = openpyxl_reads(workbook).unwrap();
    let rows = |rows: &Value| -> Vec<Vec<String>> {
        rows.as_array().unwrap().iter().map(|row| row.as_array().unwrap().iter().map(cell).collect()).collect()
    };
    sheets.as_object().unwrap().iter().map(|(name, sheet)| (name.clone(), rows(sheet))).collect()
}

fn sheet<'a>(sheets: &'a BTreeMap<String, Vec<Vec<String>>>, part: &str) -> &'a [Vec<String>] {
    let found = sheets.iter().find(|(name, _)| name.contains(part));
    let (_, rows) = found.unwrap_or_else(|| panic!("no sheet “{part}” among {:?}", sheets.keys()));
    rows
}

/// `100.0` and `100` are the same number.
fn plain(number: &str) -> String {
    number.parse::<f64>().map_or_else(|_| number.to_owned(), |number| number.to_string())
}

/// What the console says of a round.
async fn console(url: &str, path: &str) -> Value {
    let client = reqwest::Client::new();
    let body = json!({ "name": "console", "password": CONSOLE_PASSWORD }).to_string();
    let session =
        client.post(format!("{url}/console/api/session")).header("content-type", "application/json").body(body);
    let answer = session.send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let answer = client.get(format!("{url}/console/api/{path}")).header("cookie", cookie).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

fn report(story: &Story, words: &[&str], file: &Path) -> Value {
    let program: Program = story.central().args(["report"]).args(words);
    let (xlsx, model) = (file.with_extension("xlsx"), file.with_extension("json"));
    program.args(["--pdf"]).args([file]).args(["--xlsx"]).args([xlsx]).args(["--model"]).args([model]).json().unwrap()
}

/// Draws the read model again, as whoever has it can.
fn drawn_again(story: &Story, model: &Path, out: &Path) -> Vec<u8> {
    let mut child = Command::new(story.programs().path("xunjian-report"))
        .args(["report", "--out"])
        .arg(out)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(model).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    fs::read(out).unwrap()
}

#[test]
fn a_report_says_in_pdf_and_workbook_what_console_and_signed_bytes_say() {
    let folder = TempDir::new().unwrap();
    let story = played(folder.path());
    let central = |arguments: &[&str]| story.central().args(arguments).json().unwrap();
    central(&["finding", "open", "--unit", "云山云服务有限公司", "--due", "2030-01-31"]);
    let database = story.central_folder().join("central.db");
    let round: String =
        Connection::open(&database).unwrap().query_row("SELECT id FROM round", [], |row| row.get(0)).unwrap();
    let (numbers, criteria) = oracle(&database, &round);

    let pdf = folder.path().join("巡检报告.pdf");
    let written = report(&story, &["round", &round], &pdf);
    let said = text_of(&pdf).unwrap();
    assert_eq!(facts_of_pdf(&said, &numbers), numbers, "the PDF");
    let rows = criteria_of_pdf(&said);
    let as_rows = |counts: &[u64; 8]| -> Vec<String> {
        let share = format!("{}.{}", counts[7] / 10, counts[7] % 10);
        counts[..7].iter().map(u64::to_string).chain([share]).collect()
    };
    for (key, counts) in &criteria {
        assert_eq!(rows.get(key), Some(&as_rows(counts)), "{key} in the PDF");
    }

    let xlsx = pdf.with_extension("xlsx");
    for (who, sheets) in [("calamine", sheets_of(&xlsx)), ("openpyxl", sheets_by_openpyxl(&xlsx))] {
        let facts: Numbers = sheet(&sheets, "概况")
            .iter()
            .skip(1)
            .filter(|row| numbers.contains_key(&row[2]))
            .map(|row| (row[2].clone(), row[3].clone()))
            .collect();
        let wanted: Numbers = numbers.iter().map(|(name, number)| (name.clone(), plain(number))).collect();
        assert_eq!(facts, wanted, "the workbook by {who}");
        let rows: Vec<&Vec<String>> = [sheet(&sheets, "表 A.1"), sheet(&sheets, "表 A.2")]
            .into_iter()
            .flat_map(|sheet| sheet.iter().skip(1))
            .collect();
        for (key, counts) in &criteria {
            let row = rows.iter().find(|row| row[1] == *key).unwrap_or_else(|| panic!("no row for {key}"));
            let wanted: Vec<String> = as_rows(counts).iter().map(|number| plain(number)).collect();
            assert_eq!(row[3..], wanted, "{key} in the workbook by {who}");
        }
    }

    story.open_console_account().unwrap();
    let service = story.serve().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shown = runtime.block_on(console(&service.url, &format!("rounds/{round}")));
    drop(service);
    let coverage = &shown["coverage"];
    for (name, field) in [
        ("应检（项）", "due"),
        ("正常（项）", "normal"),
        ("异常（项）", "abnormal"),
        ("不适用，未经认可（项）", "not_applicable"),
        ("未检（项）", "not_checked"),
        ("漏检（项）", "missed"),
    ] {
        assert_eq!(coverage[field].to_string(), numbers[name], "{name} in the console");
    }
    assert_eq!(coverage["percent"], numbers["巡检完成率（%）"].as_str());
    assert_eq!(shown["item"]["with_receipt"].to_string(), numbers["有回执且计入（次）"]);

    let every_word = words_of(&pdf).unwrap();
    for words in ["签署页", "怎样自行核验", "风扇故障告警2条", "现场铭牌型号-X1", "核验通过", "未采集"]
    {
        assert!(every_word.contains(words), "“{words}” stands in the report");
    }
    let fonts = fonts_of(&pdf).unwrap();
    assert!(fonts.len() >= 4 && fonts.iter().all(|line| line.contains("yes yes yes")), "{fonts:?}");
    let again = drawn_again(&story, &pdf.with_extension("json"), &folder.path().join("again.pdf"));
    assert_eq!(again, fs::read(&pdf).unwrap(), "the same read model gives the same bytes");
    is_logged(&story, &written, 3);
    let mut bytes = fs::read(&pdf).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&pdf, bytes).unwrap();
    let changed = story.central().args(["report", "check"]).args([&pdf]).output().unwrap();
    assert_eq!(changed.status.code(), Some(1), "a changed file is none of ours");
    for check in ["fsck", "verify-all"] {
        assert_eq!(central(&[check])["damages"], json!([]));
    }
}

/// Every file that was written is known by its hash, and nothing is left beside it.
fn is_logged(story: &Story, written: &Value, count: usize) {
    let files = written["files"].as_array().unwrap();
    assert_eq!(files.len(), count, "{written}");
    for file in files {
        let path = PathBuf::from(text(file, "file"));
        let checked = story.central().args(["report", "check"]).args([&path]).json().unwrap();
        assert_eq!(checked["sha256"], file["sha256"]);
        assert_eq!(checked["details"]["number"], written["number"], "its hash is logged with the report's number");
        let mut drawing = path.file_name().unwrap().to_os_string();
        drawing.push(".drawing");
        assert!(!path.with_file_name(drawing).exists(), "nothing is left beside {}", path.display());
    }
}

#[test]
fn every_other_kind_of_report_is_written_with_its_workbook() {
    let folder = TempDir::new().unwrap();
    let story = played(folder.path());
    let central = |arguments: &[&str]| story.central().args(arguments).json().unwrap();
    let opened = central(&["finding", "open", "--unit", "云山云服务有限公司", "--due", "2030-01-31"]);
    let rectification = opened["opened"][0].as_str().unwrap().to_owned();
    let feedback = ["finding", "feedback", &rectification[..12], "--channel", "电话", "--text", "已安排更换风扇模块"];
    central(&feedback);
    let database = Connection::open(story.central_folder().join("central.db")).unwrap();
    let one = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let with_finding = one("SELECT record_id FROM finding_summary LIMIT 1");
    let quarter = one("SELECT quarter FROM round");
    let samples = folder.path().join("监控.csv");
    fs::write(&samples, "名称,资源类型,CPU使用率(%),内存使用率(%),采集时间\n虚构主机-1,虚拟机,97,40,2026-11-15 10:00\n虚构主机-2,虚拟机,3,4,2026-11-15 10:00\n").unwrap();
    story.central().args(["monitoring", "import"]).args([&samples]).json().unwrap();
    let assets: usize =
        one("SELECT COUNT(*) || '' FROM label_print WHERE side = '' AND subject_kind NOT IN ('room')").parse().unwrap();

    let kinds: [(&[&str], &str, &[&str]); 5] = [
        (
            &["record", &with_finding[..12]],
            "巡检记录",
            &["风扇故障告警2条", "逐项结果", "核验通过", "终端链序号", "照片 1"],
        ),
        (&["ledger"], "云资源台账", &["按资源类型统计", "按归属单位统计", "签署页", "序列号"]),
        (&["monitoring"], "监控报告", &["虚构主机-1", "超出附录 B 范围", "判断指标"]),
        (&["work-order", &rectification[..12]], "运维工单", &["已安排更换风扇模块", "立项", "反馈使用方"]),
        (&["service", &quarter], "阶段性服务报告", &["各轮巡检", "考核评价指标", "未采集", "尚有轮次未关闭"]),
    ];
    for (words, title, wanted) in kinds {
        let pdf = folder.path().join(format!("{title}.pdf"));
        let written = report(&story, words, &pdf);
        is_logged(&story, &written, 3);
        let said = words_of(&pdf).unwrap();
        assert!(said.contains(title), "{title}");
        for word in wanted {
            let word: String = word.split_whitespace().collect();
            assert!(said.contains(&word), "“{word}” stands in the {title}: {said}");
        }
        assert!(fonts_of(&pdf).unwrap().iter().all(|line| line.contains("yes yes yes")), "{title}: fonts embedded");
        let sheets = sheets_of(&pdf.with_extension("xlsx"));
        assert!(sheets.values().any(|rows| rows.len() > 1), "{title}: the workbook has rows");
        let again = drawn_again(&story, &pdf.with_extension("json"), &folder.path().join("again.pdf"));
        assert_eq!(again, fs::read(&pdf).unwrap(), "{title}: the same bytes");
    }
    let ledger = sheets_of(&folder.path().join("云资源台账.xlsx"));
    assert_eq!(sheet(&ledger, "设备台账").len() - 1, assets, "one row for each asset that has a label");
    let year = report(&story, &["service", &quarter[..4]], &folder.path().join("年度.pdf"));
    assert!(text(&year, "number").contains("FWBG"), "{year}");
    let none = story.central().args(["report", "service", "1999", "--pdf", "x.pdf"]).output().unwrap();
    assert!(String::from_utf8_lossy(&none.stderr).contains("应为季度"), "{none:?}");
    let none = story.central().args(["report", "round", "2001Q1", "--pdf", "x.pdf"]).output().unwrap();
    assert!(String::from_utf8_lossy(&none.stderr).contains("没有轮次"), "{none:?}");
}
