//! The shipped rows and numbers are those of the print.

use xunjian_domain::{
    hash::Sha256,
    monitoring::{Annexes, Condition, MonitoredKind, Thresholds},
};

const PRINTED: &str = include_str!("../fixtures/annex-b-c.tsv");
const SHIPPED: &str = include_str!("../../templates/annex-b-c.v1.json");

#[test]
fn each_printed_row_is_shipped_byte_for_byte_and_in_order() {
    let annexes = Annexes::printed();
    let shipped: Vec<String> = annexes
        .rows
        .iter()
        .map(|row| {
            let no = row.row.to_string();
            [&row.table, &no, &row.printed_no, &row.category, &row.item, &row.text].map(String::as_str).join("\t")
        })
        .collect();
    let printed: Vec<&str> = PRINTED.lines().skip(1).collect();
    assert_eq!(shipped, printed, "what is shipped is what is printed, slips included");
    assert_eq!(printed.iter().filter(|line| line.starts_with("B.1\t")).count(), 10, "table B.1 has ten rows");
    assert_eq!(printed.iter().filter(|line| line.starts_with("C.1\t")).count(), 10, "and so has table C.1");
    for row in &annexes.rows {
        assert_eq!(Sha256::of(row.text.as_bytes()), row.text_sha256, "{}", row.key);
        assert_eq!(row.key.as_str(), format!("{}-{:02}", row.table, row.row), "keys name table and row");
        for note in &row.notes {
            assert!(annexes.notes.iter().any(|known| &known.key == note), "{}: there is no note {note}", row.key);
        }
    }
    assert_eq!(annexes.row(&"C.1-10".into()).map(|row| row.printed_no.as_str()), Some("19"), "the slip stays");
    assert!(annexes.notes.iter().any(|note| note.key == "shrink-not-expand" && note.text.zh.contains("5.4.4.1")));
    assert!(SHIPPED.is_char_boundary(0) && !SHIPPED.contains('\r'), "plain text");
}

/// The numbers that stand in a printed row, in printed order.
fn numbers(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

#[test]
fn the_numbers_of_the_baseline_are_those_of_the_printed_texts() {
    let (annexes, baseline) = (Annexes::printed(), Thresholds::baseline());
    baseline.check().expect("the print can be used");
    assert_eq!(baseline.changes(), [], "the baseline is the print");
    for row in &annexes.rows {
        let limits: Vec<_> = baseline.annex_b.iter().filter(|limit| limit.row == row.key).collect();
        let rules: Vec<_> = baseline.annex_c.iter().filter(|rule| rule.row == row.key).collect();
        let mut said: Vec<String> = Vec::new();
        for limit in &limits {
            said.extend([&limit.low, &limit.high].into_iter().flatten().map(ToString::to_string));
            let category = if row.category == "物理机" {
                MonitoredKind::PhysicalMachine
            } else {
                MonitoredKind::VirtualMachine
            };
            assert_eq!(limit.applies_to, category, "{}", row.key);
        }
        for rule in &rules {
            said.extend(rule.condition.numbers().into_iter().map(|(_, number)| number));
            let category = match row.category.as_str() {
                "物理机" => Some(MonitoredKind::PhysicalMachine),
                "虚拟机" => Some(MonitoredKind::VirtualMachine),
                _ => None,
            };
            assert_eq!(rule.applies_to, category, "{}", row.key);
        }
        // The ends of the bands, 1 and 10 TB, are printed beside the percents.
        let is_banded = row.text.contains("TB");
        let printed: Vec<&str> = if is_banded {
            row.text
                .split("使用率")
                .skip(1)
                .flat_map(|part| numbers(part.split("存储空间").next().unwrap_or(part)))
                .collect()
        } else {
            numbers(&row.text)
        };
        assert_eq!(said, printed, "{}: {}", row.key, row.text);
        assert_eq!(
            limits.len() + rules.len(),
            if row.text.matches("存储空间").count() == 3 { 3 } else { 1 },
            "{}",
            row.key
        );
    }
    assert!(matches!(baseline.annex_c.last().map(|rule| &rule.condition), Some(Condition::OffDays { days: 15 })));
}
