//! Ledger versions and rounds.

use xunjian_central::{
    ledger::{ImportMode, current, import},
    log::COMMAND_LINE,
    round::{self, NewRound},
    site::Site,
};
use xunjian_domain::{ledger::Ledger, round::RoundKind, subject::SubjectKind, template::Template};
use xunjian_ledger::import::SourceFile;

use super::party::{empty_site as site, source};

fn ledger(site: &Site) -> Ledger {
    site.db.read(current).unwrap().unwrap().1
}

#[test]
fn the_same_file_twice_and_a_dry_run_change_nothing() {
    let (_folder, site) = site();
    let dry = import(&site, COMMAND_LINE, &[source("ledger.xlsx")], ImportMode::DryRun).unwrap();
    assert!(dry.is_changed && dry.version.is_none(), "a dry run says what would happen");
    let first = import(&site, COMMAND_LINE, &[source("ledger.xlsx")], ImportMode::Careful).unwrap();
    assert_eq!(first.version.as_ref().unwrap().version, 1);
    assert_eq!((first.report.rows, first.report.imported, first.report.skipped), (157, 154, 3));
    let before = ledger(&site);
    for name in ["ledger.xlsx", "ledger-gbk.csv"] {
        let again = import(&site, COMMAND_LINE, &[source(name)], ImportMode::Careful).unwrap();
        assert!(!again.is_changed, "{name} holds the same ledger");
        assert_eq!(again.version, first.version);
    }
    assert_eq!(ledger(&site), before);
}

#[test]
fn a_file_of_virtual_machines_leaves_the_assets_alone() {
    let (_folder, site) = site();
    import(&site, COMMAND_LINE, &[source("ledger.xlsx")], ImportMode::Careful).unwrap();
    let before = ledger(&site);
    let second = import(&site, COMMAND_LINE, &[source("netbox/virtual_machines.csv")], ImportMode::Careful).unwrap();
    assert_eq!(second.version.unwrap().version, 2);
    let after = ledger(&site);
    assert_eq!((after.vms.len(), after.clusters.len()), (180, 9));
    assert_eq!((after.assets, after.racks, after.systems), (before.assets, before.racks, before.systems));
}

#[test]
fn a_file_that_would_remove_much_of_the_ledger_is_refused_until_it_is_meant() {
    let (_folder, site) = site();
    import(&site, COMMAND_LINE, &[source("ledger.xlsx")], ImportMode::Careful).unwrap();
    let before = ledger(&site);
    let head: Vec<u8> =
        source("ledger-gbk.csv").bytes.split_inclusive(|byte| *byte == b'\n').take(20).flatten().copied().collect();
    let part = SourceFile { name: "part.csv".into(), bytes: head };
    let refused = import(&site, COMMAND_LINE, std::slice::from_ref(&part), ImportMode::Careful);
    assert!(refused.is_err_and(|error| error.message().zh.contains("--allow-removals")));
    assert_eq!(ledger(&site), before, "nothing was changed");
    let dry = import(&site, COMMAND_LINE, std::slice::from_ref(&part), ImportMode::DryRun).unwrap();
    let meant = import(&site, COMMAND_LINE, &[part], ImportMode::AllowRemovals).unwrap();
    assert_eq!((meant.removed, meant.version.unwrap().version), (dry.removed, 2), "the dry run had said how many");
    assert!(meant.removed > 100);
}

#[test]
fn a_plan_asks_every_criterion_of_every_subject_and_names_what_it_leaves_out() {
    let (_folder, site) = site();
    import(&site, COMMAND_LINE, &[source("ledger.xlsx"), source("netbox/virtual_machines.csv")], ImportMode::Careful)
        .unwrap();
    let new = NewRound {
        kind: RoundKind::Quarterly,
        quarter: "2026Q4".parse().unwrap(),
        title: String::new(),
        due: round::Due::default(),
        exclusions: vec![(SubjectKind::Rack, "A01".to_owned(), "停电检修".to_owned())],
        left_out: Vec::new(),
        copy_from: None,
    };
    let opened = round::open(&site, COMMAND_LINE, &new).unwrap();
    let ledger = ledger(&site);
    let template = Template::annex_a();
    let asked = |kind| template.asked_of(kind).count() as u64;
    let left_out = ledger.racks.iter().find(|rack| rack.name == "A01").unwrap();
    let assets: u64 = ledger
        .assets
        .iter()
        .filter(|asset| asset.rack != left_out.id)
        .map(|asset| asked(SubjectKind::of_asset(asset.kind)))
        .sum();
    let backups = ledger.systems.iter().filter(|system| system.name.contains("备份")).count() as u64;
    let due = assets
        + asked(SubjectKind::Room) * 2
        + asked(SubjectKind::Rack) * (ledger.racks.len() as u64 - 1)
        + asked(SubjectKind::Cluster) * 9
        + asked(SubjectKind::BackupSystem) * backups
        + asked(SubjectKind::StorageSystem) * (ledger.systems.len() as u64 - backups);
    assert_eq!(opened.plan.lines_due(), due, "counted again from the ledger");
    assert_eq!(opened.plan.exclusions.len(), 1 + ledger.assets_in(&left_out.id).count(), "the rack and what is in it");
    assert!(opened.plan.exclusions.iter().all(|exclusion| exclusion.reason == "停电检修"));
    assert!(!opened.visits.iter().any(|visit| visit.title.ends_with("A01")));
    let unknown = NewRound { exclusions: vec![(SubjectKind::Rack, "Z99".into(), "x".into())], ..new };
    assert!(round::open(&site, COMMAND_LINE, &unknown).is_err_and(|error| error.message().zh.contains("Z99")));
}

#[test]
fn there_is_no_round_without_a_ledger() {
    let (_folder, site) = site();
    let new = NewRound {
        kind: RoundKind::Quarterly,
        quarter: "2026Q4".parse().unwrap(),
        title: String::new(),
        due: round::Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    assert!(round::open(&site, COMMAND_LINE, &new).is_err_and(|error| error.message().zh.contains("ledger import")));
}
