//! Versions of the thresholds: numbers change with a source, rows do not.

use xunjian_domain::monitoring::{Condition, Statistic, ThresholdError, Thresholds};

use super::decimal;

fn own() -> Thresholds {
    Thresholds {
        source: "2026 年第三季度运营例会纪要（政数运〔2026〕31 号）".to_owned(), ..Thresholds::baseline()
    }
}

#[test]
fn what_a_site_changes_is_listed_beside_the_print() {
    let mut thresholds = own();
    thresholds.annex_b[2].low = Some(decimal("6"));
    thresholds.annex_b[3].statistics = vec![Statistic::Average];
    thresholds.annex_b[4].high = None;
    thresholds.annex_c[9].condition = Condition::OffDays { days: 30 };
    thresholds.annex_c_statistic = Statistic::Peak;
    thresholds.check().expect("numbers may change");
    let changes: Vec<(String, String, String)> =
        thresholds.changes().into_iter().map(|change| (change.row, change.printed.zh, change.here.zh)).collect();
    let listed = |row: &str, printed: &str, here: &str| (row.to_owned(), printed.to_owned(), here.to_owned());
    assert_eq!(
        changes,
        [
            listed("B.1-03", "8", "6"),
            listed("B.1-04", "当前、平均、峰值、波谷", "平均"),
            listed("B.1-05", "90", "—"),
            listed("", "平均", "峰值"),
            listed("C.1-10", "15", "30"),
        ]
    );
}

#[test]
fn the_file_that_is_shown_can_be_changed_and_read_again() {
    let json = serde_json::to_string_pretty(&own()).unwrap();
    assert_eq!(Thresholds::parse(&json), Ok(own()), "nothing is lost");
    let other = json.replace("\"decided_on\"", "\"decided\"");
    assert!(matches!(Thresholds::parse(&other), Err(ThresholdError::Unreadable(_))), "unknown members are refused");
}

#[test]
fn thresholds_that_cannot_be_right_are_refused_by_row() {
    type Wrong = fn(&mut Thresholds);
    let cases: [(&str, Wrong); 12] = [
        ("source", |thresholds| thresholds.source = " ".to_owned()),
        ("B.1-03", |thresholds| thresholds.annex_b[2].low = Some(decimal("91"))),
        ("B.1-03", |thresholds| thresholds.annex_b[2].low = Some(decimal("-1"))),
        ("B.1-04", |thresholds| thresholds.annex_b[3].high = Some(decimal("100.1"))),
        ("B.1-01", |thresholds| thresholds.annex_b[0].high = Some(decimal("0"))),
        ("B.1-09", |thresholds| thresholds.annex_b[10].statistics.clear()),
        ("B.1-10", |thresholds| drop(thresholds.annex_b.pop())),
        ("B.1-01", |thresholds| thresholds.annex_b.swap(0, 1)),
        ("C.1-10", |thresholds| thresholds.annex_c[9].condition = Condition::OffDays { days: 0 }),
        ("C.1-10", |thresholds| thresholds.annex_c[9].condition = Condition::PluginTrouble),
        ("C.1-02", |thresholds| thresholds.annex_c.swap(1, 2)),
        ("C.1-09", |thresholds| drop(thresholds.annex_c.drain(8..))),
    ];
    for (named, change) in cases {
        let mut thresholds = own();
        change(&mut thresholds);
        let error = thresholds.check().expect_err(named);
        assert!(error.to_string().contains(named), "{named}: {error}");
        let text = error.text();
        assert!(text.zh.ends_with('。') && text.en.ends_with('.'), "whole sentences: {text:?}");
    }
}
