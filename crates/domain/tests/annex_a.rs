//! The shipped template against the printed tables: every line of Annex A of DB4401/T 294.3—2024, byte for byte, asked
//! of the right subjects in the right way. The printed lines stand in `fixtures/annex-a.tsv`, taken from the standard.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::collections::BTreeSet;

use xunjian_domain::{
    hash::Sha256,
    ids::{CheckKey, CriterionKey},
    reading::Quantity,
    subject::SubjectKind,
    template::{Check, Criterion, Deviation, Mode, Scope, Template, TemplateError},
    text::Text,
    value::Input,
};

const PRINTED: &str = include_str!("fixtures/annex-a.tsv");
const SHIPPED: &str = include_str!("../templates/annex-a.v1.json");
const SHIPPED_SHA256: &str = "973b6bf35ef5ef5b2014b33dcee9e1ebd01151e52a520401a50f937ff6fe129d";

const ROOM: &[(SubjectKind, Mode)] = &[(SubjectKind::Room, Mode::OnSite)];
const RACK: &[(SubjectKind, Mode)] = &[(SubjectKind::Rack, Mode::OnSite)];
const CLUSTER: &[(SubjectKind, Mode)] = &[(SubjectKind::Cluster, Mode::Remote)];
const SERVER: &[(SubjectKind, Mode)] =
    &[(SubjectKind::PhysicalServer, Mode::OnSite), (SubjectKind::HostedDevice, Mode::OnSite)];
const BACKUP: &[(SubjectKind, Mode)] =
    &[(SubjectKind::BackupDevice, Mode::OnSite), (SubjectKind::BackupSystem, Mode::Remote)];
const STORAGE: &[(SubjectKind, Mode)] =
    &[(SubjectKind::Storage, Mode::OnSite), (SubjectKind::StorageSystem, Mode::Remote)];
const EVERY_ASSET: &[(SubjectKind, Mode)] = &[
    (SubjectKind::PhysicalServer, Mode::OnSite),
    (SubjectKind::HostedDevice, Mode::OnSite),
    (SubjectKind::BackupDevice, Mode::OnSite),
    (SubjectKind::Storage, Mode::OnSite),
    (SubjectKind::OtherAsset, Mode::OnSite),
];

/// Which subjects answer which line, and from where.
const ASKED_OF: [(&str, &[(SubjectKind, Mode)]); 30] = [
    ("A.1-01", SERVER),
    ("A.1-02", SERVER),
    ("A.1-03a", EVERY_ASSET),
    ("A.1-03b", EVERY_ASSET),
    ("A.1-04", BACKUP),
    ("A.1-05", BACKUP),
    ("A.1-06", CLUSTER),
    ("A.1-07", CLUSTER),
    ("A.1-08", CLUSTER),
    ("A.1-09", STORAGE),
    ("A.1-10", STORAGE),
    ("A.1-11", STORAGE),
    ("A.2-01", ROOM),
    ("A.2-02", ROOM),
    ("A.2-03a", RACK),
    ("A.2-03b", RACK),
    ("A.2-04", ROOM),
    ("A.2-05", ROOM),
    ("A.2-06", ROOM),
    ("A.2-07", ROOM),
    ("A.2-08", ROOM),
    ("A.2-09", ROOM),
    ("A.2-10", ROOM),
    ("A.2-11a", ROOM),
    ("A.2-11b", ROOM),
    ("A.2-11c", ROOM),
    ("A.2-12a", ROOM),
    ("A.2-12b", ROOM),
    ("A.2-13", ROOM),
    ("A.2-14", RACK),
];

fn criterion<'a>(template: &'a Template, key: &str) -> &'a Criterion {
    let Some(criterion) = template.criterion(&CriterionKey::from(key)) else { panic!("{key} is not asked") };
    criterion
}

fn all_checks(template: &Template) -> impl Iterator<Item = &Check> {
    template.criteria.iter().flat_map(|criterion| &criterion.checks)
}

#[test]
fn each_printed_line_stands_in_the_template_byte_for_byte_and_in_order() {
    let asked: Vec<String> = Template::annex_a()
        .criteria
        .iter()
        .map(|line| {
            [&line.table, &line.row.to_string(), &line.category, &line.item, &line.text].map(String::as_str).join("\t")
        })
        .collect();
    let printed: Vec<&str> = PRINTED.lines().skip(1).collect();
    assert_eq!(asked, printed, "the template asks what is printed, slips included");

    let rows: BTreeSet<(&str, &str)> = printed
        .iter()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?))
        })
        .collect();
    let lines_of = |table: &str| printed.iter().filter(|line| line.starts_with(table)).count();
    assert_eq!(rows.len(), 25, "tables A.1 and A.2 have 11 and 14 rows");
    assert_eq!((lines_of("A.1\t"), lines_of("A.2\t")), (12, 18), "30 printed lines");
}

#[test]
fn keys_name_table_row_and_printed_line() {
    let template = Template::annex_a();
    let lines_of_row =
        |of: &Criterion| template.criteria.iter().filter(|c| (&c.table, c.row) == (&of.table, of.row)).count();
    for line in &template.criteria {
        let row = format!("{}-{:02}", line.table, line.row);
        let letter = line.key.as_str().strip_prefix(&row).map(str::len);
        let expected = usize::from(lines_of_row(line) > 1);
        assert_eq!(letter, Some(expected), "{}: a letter only where the row has several printed lines", line.key);
        for check in &line.checks {
            let prefix = format!("{}.", line.key);
            assert!(check.key.as_str().starts_with(&prefix), "{}: a check is named after its line", check.key);
        }
    }
}

#[test]
fn each_line_is_asked_of_the_subjects_it_belongs_to() {
    let template = Template::annex_a();
    let asked: Vec<(&str, Vec<(SubjectKind, Mode)>)> = template
        .criteria
        .iter()
        .map(|line| {
            let scopes = line.scopes.iter().map(|Scope { subject, mode }| (*subject, *mode)).collect();
            (line.key.as_str(), scopes)
        })
        .collect();
    let expected = ASKED_OF.map(|(key, scopes)| (key, scopes.to_vec()));
    assert_eq!(asked, expected, "rooms, racks, assets, clusters and systems each answer their own rows");
}

#[test]
fn a_rack_visit_gathers_what_its_subjects_are_asked() {
    let template = Template::annex_a();
    let cases: [(SubjectKind, &[&str]); 5] = [
        (SubjectKind::Rack, &["A.2-03a", "A.2-03b", "A.2-14"]),
        (SubjectKind::HostedDevice, &["A.1-01", "A.1-02", "A.1-03a", "A.1-03b"]),
        (SubjectKind::BackupDevice, &["A.1-03a", "A.1-03b", "A.1-04", "A.1-05"]),
        (SubjectKind::Storage, &["A.1-03a", "A.1-03b", "A.1-09", "A.1-10", "A.1-11"]),
        (SubjectKind::OtherAsset, &["A.1-03a", "A.1-03b"]),
    ];
    for (kind, keys) in cases {
        let asked: Vec<(&str, Mode)> = template.asked_of(kind).map(|(line, mode)| (line.key.as_str(), mode)).collect();
        let expected: Vec<(&str, Mode)> = keys.iter().map(|key| (*key, Mode::OnSite)).collect();
        assert_eq!(asked, expected, "{kind:?}");
    }
}

#[test]
fn each_line_asks_for_more_than_a_tick() {
    for line in &Template::annex_a().criteria {
        assert!(
            line.checks.iter().any(|check| check.input.takes_value()),
            "{}: a bare judgement cannot be compared with the next quarter",
            line.key
        );
    }
}

#[test]
fn each_choice_offers_a_normal_state_first_and_an_abnormal_one() {
    for check in all_checks(&Template::annex_a()) {
        let Input::Choice { options } = &check.input else { continue };
        let keys: BTreeSet<&str> = options.iter().map(|option| option.key.as_str()).collect();
        assert_eq!(keys.len(), options.len(), "{}: the stored key of a state is unique", check.key);
        assert!(options.first().is_some_and(|option| !option.abnormal), "{}: normal stands first", check.key);
        assert!(options.iter().any(|option| option.abnormal), "{}: some state is abnormal", check.key);
    }
}

#[test]
fn each_check_offers_two_to_four_usual_defects() {
    for check in all_checks(&Template::annex_a()) {
        assert!((2..=4).contains(&check.presets.len()), "{}: {} presets", check.key, check.presets.len());
    }
}

#[test]
fn everything_people_read_stands_in_both_languages() {
    let template = Template::annex_a();
    let mut texts: Vec<(&str, &Text)> = vec![("title", &template.title)];
    texts.extend(template.notes.iter().map(|note| (note.key.as_str(), &note.text)));
    for check in all_checks(&template) {
        let key = check.key.as_str();
        texts.push((key, &check.label));
        texts.extend(check.presets.iter().map(|preset| (key, preset)));
        match &check.input {
            Input::Choice { options } => texts.extend(options.iter().map(|option| (key, &option.label))),
            Input::Count { unit, .. } => texts.push((key, unit)),
            _ => {}
        }
    }
    for (key, Text { zh, en }) in texts {
        for text in [zh, en] {
            assert!(!text.is_empty() && text.trim() == text, "{key}: “{text}” is empty or has stray spaces");
        }
        assert!(!zh.is_ascii(), "{key}: “{zh}” is not Chinese");
        let has_han = en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(!has_han || key == "electromechanical-door", "{key}: “{en}” is not English");
    }
    for line in &template.criteria {
        assert!(!line.english.is_empty() && line.english.is_ascii(), "{}: the English rendering", line.key);
    }
}

#[test]
fn each_note_explains_a_line_and_the_known_slips_have_theirs() {
    let template = Template::annex_a();
    for note in &template.notes {
        let is_used = template.criteria.iter().any(|line| line.notes.contains(&note.key));
        assert!(is_used, "{} explains no line", note.key);
    }
    let cases = [
        ("A.1-03a", "every-asset-reconciled"),
        ("A.1-08", "orders-else-ledger"),
        ("A.1-10", "storage-rows-shifted"),
        ("A.1-11", "storage-rows-shifted"),
        ("A.1-11", "limits-from-profile"),
        ("A.2-02", "register-own-entry"),
        ("A.2-03a", "front-and-rear"),
        ("A.2-04", "contacts-current"),
        ("A.2-08", "limits-from-profile"),
        ("A.2-08", "climate-points"),
        ("A.2-11a", "electromechanical-door"),
        ("A.2-11b", "footage-three-months"),
        ("A.2-12b", "extinguisher-expiry"),
        ("A.2-14", "answered-per-rack"),
    ];
    for (key, note) in cases {
        assert!(criterion(&template, key).notes.iter().any(|ours| ours == note), "{key} carries the note {note}");
    }
    for line in &template.criteria {
        let is_remote = line.scopes.iter().any(|scope| scope.mode == Mode::Remote);
        let says_so = line.notes.iter().any(|note| note == "remote-evidence");
        assert_eq!(says_so, is_remote, "{}: lines asked from afar say what counts as evidence", line.key);
    }
}

/// The contents of rows 10 and 11 of table A.1 look moved up by one, so the two lines together ask everything that
/// their items and their contents name.
#[test]
fn the_shifted_storage_rows_ask_state_alarms_and_usage() {
    let template = Template::annex_a();
    let input = |line: &str, check: &str| {
        criterion(&template, line).check(&CheckKey::from(check)).map(|check| check.input.clone())
    };
    assert!(matches!(input("A.1-10", "A.1-10.state"), Some(Input::Choice { .. })), "the content of row 10");
    for (line, check) in [("A.1-10", "A.1-10.alarms"), ("A.1-11", "A.1-11.alarms")] {
        let asked = input(line, check);
        assert!(
            matches!(asked, Some(Input::Count { abnormal_above: Some(0), .. })),
            "{check}: alarms are the item of row 10 and the content of row 11"
        );
    }
    assert_eq!(
        input("A.1-11", "A.1-11.usage"),
        Some(Input::Readings { quantities: vec![Quantity::UsedPercent, Quantity::CapacityTb], points: 1 }),
        "the item of row 11; table B.1 row 5 needs the capacity to choose its limit"
    );
}

#[test]
fn lines_that_the_standard_pins_down_have_their_own_inputs() {
    let template = Template::annex_a();
    let cases = [
        ("A.1-03a", Input::Reconciliation),
        ("A.1-03b", Input::OrderMatch),
        ("A.1-08", Input::UnitCounts),
        ("A.2-02", Input::Register),
        ("A.2-03a", Input::Doors),
        ("A.2-03b", Input::RackLabels),
        ("A.2-04", Input::Contacts),
        ("A.2-06", Input::Readings { quantities: vec![Quantity::LoadPercent, Quantity::BatteryPercent], points: 1 }),
        ("A.2-08", Input::Readings { quantities: vec![Quantity::Temperature, Quantity::RelativeHumidity], points: 1 }),
        ("A.2-11b", Input::EarliestFootage { months: 3 }),
        ("A.2-12b", Input::Expiries),
    ];
    for (key, expected) in cases {
        let asks = criterion(&template, key).checks.iter().any(|check| check.input == expected);
        assert!(asks, "{key} asks for {expected:?}");
    }
}

#[test]
fn a_normal_answer_needs_a_photo_only_where_the_photo_is_the_proof() {
    let template = Template::annex_a();
    let photos: Vec<(&str, u32)> = template
        .criteria
        .iter()
        .filter(|line| line.evidence.photos_when_normal > 0)
        .map(|line| (line.key.as_str(), line.evidence.photos_when_normal))
        .collect();
    assert_eq!(photos, [("A.2-02", 1), ("A.2-11b", 1)], "the register page and the earliest footage");

    let masked: Vec<&str> =
        template.criteria.iter().filter(|line| line.evidence.mask).map(|line| line.key.as_str()).collect();
    assert_eq!(masked, ["A.2-02", "A.2-04", "A.2-11b"], "names, telephone numbers and faces");
}

#[test]
fn the_shipped_template_deviates_nowhere() {
    assert_eq!(Template::annex_a().deviations(), []);
}

#[test]
fn an_edited_template_names_each_deviation() {
    let mut edited = Template::annex_a();
    edited.criteria.retain(|line| line.key.as_str() != "A.2-07");
    for line in &mut edited.criteria {
        if line.key.as_str() == "A.2-01" {
            line.text = "检查机房环境是否整洁、有无鼠迹".to_owned();
            line.text_sha256 = Sha256::of(line.text.as_bytes());
        }
    }
    let mut own = criterion(&edited, "A.2-13").clone();
    own.key = CriterionKey::from("S-01");
    edited.criteria.push(own);

    assert_eq!(
        edited.deviations(),
        [
            Deviation::Reworded(CriterionKey::from("A.2-01")),
            Deviation::Left(CriterionKey::from("A.2-07")),
            Deviation::Added(CriterionKey::from("S-01")),
        ],
        "left, added and reworded lines all stay visible"
    );
}

#[test]
fn a_changed_printed_text_is_refused() {
    let changed = SHIPPED.replace("是否保存时间大于3个月", "是否保存时间大于1个月");
    assert_ne!(changed, SHIPPED, "the text to change stands in the template");
    assert_eq!(
        Template::parse(&changed),
        Err(TemplateError::TextChanged(CriterionKey::from("A.2-11b"))),
        "nobody softens a line without its hash telling"
    );
}

#[test]
fn an_unknown_field_is_refused() {
    let extended = SHIPPED.replacen("\"version\": 1,", "\"version\": 1,\n  \"weight\": 2,", 1);
    assert!(matches!(Template::parse(&extended), Err(TemplateError::Unreadable(_))), "nothing is dropped silently");
}

#[test]
fn the_bytes_of_version_1_are_frozen() {
    assert_eq!(
        Sha256::of(SHIPPED.as_bytes()).to_hex(),
        SHIPPED_SHA256,
        "template v1 is frozen, sealed records name its hash: make a v2 instead"
    );
}
