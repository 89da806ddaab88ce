//! The reader against made-up files of many shapes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

#[path = "monitoring/any_rows.rs"]
mod any_rows;
#[path = "monitoring/directory.rs"]
mod directory;
#[path = "monitoring/golden.rs"]
mod golden;
#[path = "monitoring/shapes.rs"]
mod shapes;

use std::collections::BTreeMap;

use xunjian_ledger::{
    import::SourceFile,
    monitoring::{Code, Imported, Options, Report, read},
};

fn named(name: &str, bytes: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: bytes.into() }
}

fn csv(text: &str) -> SourceFile {
    named("监控.csv", text.as_bytes())
}

fn import(file: &SourceFile) -> Imported {
    let imported = read(file, &Options::default()).expect("the file is readable");
    assert_sums(&imported);
    imported
}

/// What holds for every import.
fn assert_sums(imported: &Imported) {
    let report = &imported.report;
    assert_eq!(report.rows, report.imported + report.skipped, "every row is either imported or skipped");
    assert_eq!(report.imported as usize, imported.samples.len(), "each imported row is one sample");
    let skipped: std::collections::BTreeSet<(&str, u32)> = report
        .problems
        .iter()
        .filter(|problem| problem.code.skips())
        .map(|problem| (problem.sheet.as_str(), problem.row))
        .collect();
    assert_eq!(skipped.len(), report.skipped as usize, "every skipped row is listed");
    for problem in &report.problems {
        assert!(problem.message.zh.ends_with('。'), "a whole sentence: {}", problem.message.zh);
        assert!(problem.message.en.ends_with('.'), "a whole sentence: {}", problem.message.en);
    }
}

/// The rows listed under each code.
fn listed(report: &Report) -> BTreeMap<Code, Vec<u32>> {
    let mut listed: BTreeMap<Code, Vec<u32>> = BTreeMap::new();
    for problem in &report.problems {
        listed.entry(problem.code).or_default().push(problem.row);
    }
    listed
}
