//! The importer against real files and invented ones. The expected numbers were worked out by a script of its own
//! (openpyxl), not by this importer.

mod any_rows;
mod bounds;
mod demo;
mod fixtures;
mod other_files;
mod rules;

use std::{collections::BTreeMap, path::Path};

use xunjian_domain::ledger::{ImportReport, Ledger, NewIds, RowCode, assign_identities};

use super::{Imported, Mapping, SourceFile, read};

/// Ids that count up: each import gets other ids than the one before.
fn ids_from(start: u32) -> impl NewIds {
    let mut next = start;
    move || {
        next += 1;
        format!("id-{next:06}")
    }
}

/// A file of the repository, by its path below the top folder.
fn file(path: &str) -> SourceFile {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let name = full.file_name().expect("a file").to_string_lossy().into_owned();
    SourceFile { name, bytes: std::fs::read(&full).expect("the file is in the repository") }
}

fn csv(text: &str) -> SourceFile {
    SourceFile { name: "台账.csv".to_owned(), bytes: text.as_bytes().to_vec() }
}

fn import(files: &[SourceFile]) -> Imported {
    let imported = read(files, &Mapping::default(), &mut ids_from(0)).expect("the files are readable");
    assert_sums(&imported.report);
    imported
}

/// What holds for every report.
fn assert_sums(report: &ImportReport) {
    assert_eq!(report.rows, report.imported + report.skipped, "every row is either imported or skipped");
    let skipping = report.problems.iter().filter(|problem| problem.code.skips());
    assert!(skipping.count() >= report.skipped as usize, "every skipped row is listed");
    for problem in &report.problems {
        assert!(problem.message.zh.ends_with(['。', '）']), "a whole sentence: {}", problem.message.zh);
        assert!(problem.message.en.ends_with('.'), "a whole sentence: {}", problem.message.en);
    }
}

/// The rows listed under each code.
fn listed(report: &ImportReport) -> BTreeMap<RowCode, Vec<u32>> {
    let mut listed: BTreeMap<RowCode, Vec<u32>> = BTreeMap::new();
    for problem in &report.problems {
        listed.entry(problem.code).or_default().push(problem.row);
    }
    listed
}

/// Rows, imported, skipped, racks.
fn counts(report: &ImportReport) -> (u32, u32, u32, u32) {
    (report.rows, report.imported, report.skipped, report.racks)
}

/// Imports the same files again, with other ids, and gives them the identities of the first import.
fn again(files: &[SourceFile], previous: &Ledger) -> Ledger {
    let mut next =
        read(files, &Mapping::default(), &mut ids_from(500_000)).expect("readable before, readable again").ledger;
    assert_ne!(&next, previous, "a fresh import has ids of its own");
    assign_identities(previous, &mut next);
    next
}
