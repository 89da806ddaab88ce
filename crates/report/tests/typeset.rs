//! The built `xunjian-report` on read models of its own: what it draws, and what it refuses.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xunjian_domain::hash::Sha256;

fn run(command: &str, job: &Value, out: &Path, more: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xunjian-report"))
        .arg(command)
        .arg("--out")
        .arg(out)
        .args(more)
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(job.to_string().as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs it, and it must succeed.
fn drawn(command: &str, job: &Value, out: &Path) -> Output {
    let output = run(command, job, out, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What it said that it could not do.
fn refused(output: &Output) -> Value {
    assert!(!output.status.success(), "it was drawn");
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().rfind(|line| line.contains("\"error\"")).unwrap_or_else(|| panic!("no reason in {said}"));
    serde_json::from_str::<Value>(line).unwrap()["error"].clone()
}

fn tool(name: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(name).args(arguments).arg(file).arg("-").output();
    let output = output.unwrap_or_else(|error| panic!("{name}: {error}; run scripts/setup.sh test"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a page says, without the breaks that the layout made.
fn words(file: &Path) -> String {
    tool("pdftotext", &["-raw"], file).split_whitespace().collect()
}

fn report(sections: Value, photos: Value) -> Value {
    json!({
        "ident": "test/XJBG-1", "created_at": 1_795_000_000_000_i64, "photos": photos,
        "document": {
            "title": "巡检报告", "subtitle": "2026年第四季度", "site": "云山市政务云", "issuer": "云山云服务有限公司",
            "day": "2026年11月23日", "number": "TEST-XJBG-1", "has_cover": true,
            "facts": [{ "name": "日志根", "value": { "code": "ab".repeat(32) } }], "sections": sections,
        },
    })
}

fn section(number: &str, blocks: Value) -> Value {
    json!({ "number": number, "level": 1, "heading": "概述", "starts_page": false, "blocks": blocks })
}

fn paragraph(text: &str) -> Value {
    json!({ "type": "paragraph", "text": text, "tone": "plain" })
}

/// A photo of some noise, so that it does not shrink to nothing.
fn photo(folder: &Path, seed: u32) -> (Sha256, PathBuf) {
    let pixel = |x: u32, y: u32| {
        let mixed = (x ^ seed).wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 13;
        image::Rgb([(mixed & 255) as u8, (mixed >> 8 & 255) as u8, (seed & 255) as u8])
    };
    let picture = image::RgbImage::from_fn(1200, 300, pixel);
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let bytes = bytes.into_inner();
    let file = folder.join(format!("{seed}.jpg"));
    fs::write(&file, &bytes).unwrap();
    (Sha256::of(&bytes), file)
}

#[test]
fn the_same_read_model_gives_the_same_archive_bytes_with_every_font_embedded() {
    let folder = TempDir::new().unwrap();
    let (sha256, file) = photo(folder.path(), 1);
    let blocks = json!([
        paragraph("巡检人员 王䶮、𠮷田；cos θ ≤ 1"),
        { "type": "photos", "photos": [{ "sha256": sha256, "caption": "照片 1", "withheld": "" }] },
    ]);
    let job = report(json!([section("1", blocks)]), json!([{ "sha256": sha256, "path": file }]));
    let (one, two) = (folder.path().join("one.pdf"), folder.path().join("two.pdf"));
    drawn("report", &job, &one);
    drawn("report", &job, &two);
    let bytes = fs::read(&one).unwrap();
    assert_eq!(bytes, fs::read(&two).unwrap(), "the same read model, the same bytes");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"), "PDF/A-2");
    assert!(text.contains("<pdfaid:conformance>A</pdfaid:conformance>"), "level A: tagged");
    let fonts = Command::new("pdffonts").arg(&one).output().unwrap();
    let fonts = String::from_utf8(fonts.stdout).unwrap();
    let lines: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(lines.len() >= 3, "{fonts}");
    for line in lines {
        // The columns emb, sub and uni stand before the object's two numbers.
        let columns: Vec<&str> = line.split_whitespace().rev().skip(2).take(3).collect();
        assert_eq!(columns, ["yes", "yes", "yes"], "{line}");
    }
    let said = words(&one);
    assert!(said.contains("王䶮、𠮷田") && said.contains(&"ab".repeat(32)), "names and hashes can be copied: {said}");
}

#[test]
fn what_users_wrote_is_never_read_as_markup() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.pdf");
    let wild = "#panic(\"x\") *粗* _斜_ $1/2$ \\ @ref <label> = 标题 // 注释 `代码` https://example.cn/a?b=c";
    let table = json!({
        "type": "table", "number": 1, "title": "#strike[表]", "has_sum": false, "when_empty": "无",
        "columns": [{ "heading": "*列*", "parts": 1, "is_number": false }], "rows": [[{ "text": "- 项\n+ 项" }]],
    });
    drawn("report", &report(json!([section("1", json!([paragraph(wild), table]))]), json!([])), &file);
    let said = words(&file);
    for literal in
        ["#panic(\"x\")*粗*_斜_$1/2$", "//注释`代码`https://example.cn/a?b=c", "#strike[表]", "*列*", "-项+项"]
    {
        let literal: String = literal.split_whitespace().collect();
        assert!(said.contains(&literal), "“{literal}” in {said}");
    }
}

#[test]
fn a_character_that_no_font_has_is_an_error_that_names_it_and_its_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.pdf");
    // Cuneiform, which no font of this test has, and a character of private use, which no archive may hold.
    for (character, code) in [('𒀭', "U+1202D"), ('\u{e000}', "U+E000")] {
        let job = report(
            json!([section("1", json!([paragraph(&format!("机柜 A03 的铭牌写着{character}，无法辨认"))]))]),
            json!([]),
        );
        let why = refused(&run("report", &job, &file, &[]));
        let zh = why["zh"].as_str().unwrap();
        assert!(zh.contains(code) && zh.contains("铭牌写着"), "{zh}");
        assert!(zh.contains("/document/sections/0/blocks/0/text"), "{zh}");
        assert!(!file.exists(), "no file is left");
    }
}

#[test]
fn more_than_a_hundred_photos_go_into_volumes() {
    let folder = TempDir::new().unwrap();
    let photos: Vec<(Sha256, PathBuf)> = (0..103).map(|seed| photo(folder.path(), seed)).collect();
    let pictures = |range: std::ops::Range<usize>| {
        let picture = |at: usize| json!({ "sha256": photos[at].0, "caption": format!("照片 {at}"), "withheld": "" });
        json!([{ "type": "photos", "photos": range.map(picture).collect::<Vec<_>>() }])
    };
    let files: Vec<Value> = photos.iter().map(|(sha256, path)| json!({ "sha256": sha256, "path": path })).collect();
    let sections = json!([
        section("1", json!([paragraph("正文")])),
        section("A.1", pictures(0..60)),
        section("A.2", pictures(60..103))
    ]);
    let file = folder.path().join("报告.pdf");
    let output = drawn("report", &report(sections, json!(files)), &file);
    let named = String::from_utf8(output.stdout).unwrap();
    let second = folder.path().join("报告-2.pdf");
    assert_eq!(named.lines().collect::<Vec<_>>(), [file.to_str().unwrap(), second.to_str().unwrap()]);
    let (first, second) = (words(&file), words(&second));
    assert!(first.contains("第1册，共2册") && first.contains("照片59") && !first.contains("照片60"));
    assert!(second.contains("第2册，共2册") && second.contains("照片60") && second.contains("照片102"));
    let images = Command::new("pdfimages").args(["-list"]).arg(&file).output().unwrap();
    let images = String::from_utf8(images.stdout).unwrap();
    assert!(images.lines().skip(2).all(|line| line.split_whitespace().nth(3) == Some("1000")), "at most 1,000 pixels");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(r#"{"progress":{"done":102,"of":103,"step":"photos"}}"#), "progress: {said}");
}

#[test]
fn a_photo_whose_bytes_changed_stops_the_report() {
    let folder = TempDir::new().unwrap();
    let (sha256, file) = photo(folder.path(), 1);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let blocks = json!([{ "type": "photos", "photos": [{ "sha256": sha256, "caption": "", "withheld": "" }] }]);
    let job = report(json!([section("1", blocks)]), json!([{ "sha256": sha256, "path": file }]));
    let out = folder.path().join("a.pdf");
    let why = refused(&run("report", &job, &out, &[]));
    assert!(why["zh"].as_str().unwrap().contains(&sha256.to_hex()) && !out.exists(), "{why}");
}

#[test]
fn a_report_that_needs_more_memory_than_it_may_have_ends_without_a_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a.pdf");
    let job = report(json!([section("1", json!([paragraph("正文")]))]), json!([]));
    let output = run("report", &job, &out, &["--memory-mib", "24"]);
    assert!(!output.status.success(), "24 MiB do not even hold the fonts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("memory allocation") || said.contains("\"error\""), "{said}");
    assert!(!out.exists());
}

#[test]
fn a_table_repeats_its_head_on_every_page() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.pdf");
    let rows: Vec<Value> = (0..200_u32).map(|row| json!([{ "number": row }, { "text": "检查指示灯" }])).collect();
    let table = json!({
        "type": "table", "number": 1, "title": "逐项结果", "has_sum": false, "when_empty": "",
        "columns": [
            { "heading": "列甲", "parts": 1, "is_number": true }, { "heading": "列乙", "parts": 4, "is_number": false },
        ],
        "rows": rows,
    });
    drawn("report", &report(json!([section("1", json!([table]))]), json!([])), &file);
    let pages = tool("pdftotext", &["-layout"], &file);
    let pages: Vec<&str> = pages.split('\u{c}').filter(|page| page.contains("检查指示灯")).collect();
    assert!(pages.len() > 3, "the table runs over several pages");
    assert!(pages.iter().all(|page| page.contains("列甲") && page.contains("列乙")), "each with its head");
}
