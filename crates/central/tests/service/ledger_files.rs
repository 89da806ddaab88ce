//! Ledgers out and in again, what is remembered of columns, and the same by the command line.

use xunjian_central::{
    ledger::{ImportMode, current, import, import_mapped, mappings},
    log::COMMAND_LINE,
};
use xunjian_domain::text::Language;
use xunjian_ledger::{
    export,
    import::{Mapping, SourceFile},
};

use super::{
    command_line::{json, xunjian},
    party::{empty_site as site, source},
};

fn odd(rack: &str) -> SourceFile {
    let text = format!("柜子,格子,这是什么,叫什么,没用\n{rack},1-2,存储,S1,x\n");
    SourceFile { name: "奇怪.csv".into(), bytes: text.into_bytes() }
}

fn said() -> Mapping {
    let mut mapping = Mapping::default();
    for one in ["柜子=rack", "格子=position", "这是什么=kind", "叫什么=model", "没用=ignore"] {
        mapping.set_from(one).unwrap();
    }
    mapping.room = Some("一区".into());
    mapping
}

#[test]
fn what_was_written_out_is_the_same_ledger_when_it_comes_back() {
    let (_folder, site) = site();
    import(&site, COMMAND_LINE, &[source("ledger.xlsx"), source("netbox/virtual_machines.csv")], ImportMode::Careful)
        .unwrap();
    let ledger = site.db.read(current).unwrap().unwrap().1;
    let workbook = SourceFile { name: "l.xlsx".into(), bytes: export::xlsx(&ledger, Language::Zh).unwrap() };
    for files in [vec![workbook], export::netbox(&ledger).unwrap()] {
        let again = import(&site, COMMAND_LINE, &files, ImportMode::Careful).unwrap();
        assert!(!again.is_changed, "{}", files[0].name);
        assert_eq!((again.report.skipped, again.version.map(|version| version.version)), (0, Some(1)));
    }
}

#[test]
fn what_a_person_said_of_columns_is_remembered_by_an_import_and_can_be_forgotten() {
    let (_folder, site) = site();
    let mut room_only = Mapping::default();
    room_only.room = Some("一区".into());
    assert!(import_mapped(&site, COMMAND_LINE, &[odd("A01")], &room_only, ImportMode::Careful).is_err(), "unknown");
    import_mapped(&site, COMMAND_LINE, &[odd("A01")], &said(), ImportMode::DryRun).unwrap();
    assert_eq!(site.db.read(mappings::all).unwrap(), [], "a dry run changes nothing");
    import_mapped(&site, COMMAND_LINE, &[odd("A01")], &said(), ImportMode::Careful).unwrap();
    let all = site.db.read(mappings::all).unwrap();
    assert_eq!((all.len(), all[0].columns.len(), all[0].said_by.as_str()), (1, 5, COMMAND_LINE));
    let other = import_mapped(&site, "console", &[odd("A02")], &room_only, ImportMode::AllowRemovals).unwrap();
    assert_eq!((other.report.imported, other.version.unwrap().version), (1, 2), "nobody says it twice");
    assert_eq!(site.db.read(mappings::all).unwrap(), all, "and nothing new was said");

    assert!(mappings::forget(&site, COMMAND_LINE, "zz").is_err());
    mappings::forget(&site, COMMAND_LINE, &all[0].id.to_hex()[..8]).unwrap();
    assert!(import_mapped(&site, COMMAND_LINE, &[odd("A03")], &room_only, ImportMode::Careful).is_err(), "forgotten");
}

#[test]
fn the_command_line_writes_tells_apart_and_maps() {
    let (folder, site) = site();
    import(&site, COMMAND_LINE, &[source("ledger.xlsx")], ImportMode::Careful).unwrap();
    drop(site);
    let file = folder.path().join("奇怪.csv");
    std::fs::write(&file, odd("A01").bytes).unwrap();
    let file = file.to_str().unwrap();
    let refused = xunjian(&folder, &["ledger", "import", file, "--dry-run", "--json", "--room", "一区"]);
    assert_eq!(refused.status.code(), Some(1), "no heading is known");
    let dry = json(&xunjian(
        &folder,
        &[
            "ledger",
            "import",
            file,
            "--dry-run",
            "--json",
            "--room",
            "一区",
            "--map",
            "柜子=rack",
            "--map",
            "格子=position",
            "--map",
            "这是什么=kind",
            "--map",
            "叫什么=model",
        ],
    ));
    assert_eq!(
        (&dry["rows"], &dry["imported"], &dry["skipped"], &dry["racks"]),
        (&1.into(), &1.into(), &0.into(), &1.into())
    );
    let table = &dry["tables"][0];
    assert_eq!((&table["kind"], &table["header_row"], &table["rows"]), (&"assets".into(), &1.into(), &1.into()));
    assert_eq!(table["columns"][4], serde_json::json!({ "heading": "没用", "field": null }));
    assert_eq!(dry["passed_over"], serde_json::json!([]));

    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let workbook = json(&xunjian(&folder, &["--json", "ledger", "export", "--out", &path("l.xlsx")]));
    assert_eq!((&workbook["assets"], &workbook["version"]["version"]), (&154.into(), &1.into()));
    let netbox =
        json(&xunjian(&folder, &["--json", "ledger", "export", "--format", "netbox", "--out", &path("netbox")]));
    assert_eq!(netbox["files"].as_array().unwrap().len(), 2, "devices and racks");
    let same = json(&xunjian(&folder, &["--json", "ledger", "import", &path("l.xlsx")]));
    assert_eq!(same["changed"], false, "the round trip loses nothing");
    let devices = path("netbox/devices.csv");
    let text = std::fs::read_to_string(&devices).unwrap();
    let short: Vec<&str> = text.split_inclusive("\r\n").take(150).collect();
    std::fs::write(&devices, short.concat()).unwrap();
    let changed = json(&xunjian(&folder, &["--json", "ledger", "import", &devices, &path("netbox/racks.csv")]));
    assert_eq!((&changed["changed"], &changed["version"]["version"]), (&true.into(), &2.into()));
    let removed = changed["removed"].as_u64().unwrap();
    let difference = json(&xunjian(&folder, &["--json", "ledger", "diff", "1", "2", "--xlsx", &path("d.xlsx")]));
    assert_eq!(difference["counts"]["removed"].as_u64(), Some(removed), "as the import said");
    assert!(std::fs::read(path("d.xlsx")).unwrap().starts_with(b"PK"), "a workbook");
    assert_eq!(xunjian(&folder, &["ledger", "diff", "1", "9"]).status.code(), Some(1), "there is no ninth version");
    assert_eq!(json(&xunjian(&folder, &["--json", "ledger", "mappings", "list"])), serde_json::json!([]));
    assert_eq!(json(&xunjian(&folder, &["--json", "ledger", "changes", "list"])), serde_json::json!([]));
}
