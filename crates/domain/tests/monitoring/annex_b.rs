//! Table B.1 at, just below and just above every limit.

use xunjian_domain::monitoring::{
    Breach, Capacity, MonitoredKind, Sample, Side, Statistic, Thresholds, Usage, out_of_range,
};

use super::{TB, average, current, decimal, november, sample, summary, tb};

const STATISTICS: [Statistic; 4] = [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough];

fn usage(statistic: Statistic, value: &str) -> Usage {
    let mut usage = Usage::default();
    *match statistic {
        Statistic::Current => &mut usage.current,
        Statistic::Average => &mut usage.average,
        Statistic::Peak => &mut usage.peak,
        Statistic::Trough => &mut usage.trough,
    } = Some(decimal(value));
    usage
}

/// What a sample breaks: row, side and the end that was broken.
fn broken(kind: MonitoredKind, sample: Sample) -> Vec<(String, Side, String)> {
    let judged = out_of_range(kind, &summary(&[sample]), &Thresholds::baseline());
    judged.breaches.into_iter().map(|breach| (breach.row.to_string(), breach.side, breach.limit.to_string())).collect()
}

/// The values around both ends of a range, and what each of them breaks.
fn around(low: u32, high: u32) -> Vec<(String, Option<(Side, u32)>)> {
    let below = |of: u32| format!("{}.9999999999", of - 1);
    let above = |of: u32| format!("{of}.0000000001");
    vec![
        ("0".to_owned(), Some((Side::Below, low))),
        (below(low), Some((Side::Below, low))),
        (low.to_string(), None),
        (above(low), None),
        (below(high), None),
        (high.to_string(), None),
        (above(high), Some((Side::Above, high))),
        ("100".to_owned(), Some((Side::Above, high))),
    ]
}

fn assert_range(kind: MonitoredKind, row: &str, (low, high): (u32, u32), put: impl Fn(&mut Sample, Usage)) {
    for (value, breaks) in around(low, high) {
        for statistic in STATISTICS {
            let mut measured = sample(15);
            put(&mut measured, usage(statistic, &value));
            let expected: Vec<_> = breaks.iter().map(|(side, end)| (row.to_owned(), *side, end.to_string())).collect();
            assert_eq!(broken(kind, measured), expected, "{row}: {statistic:?} {value} %");
        }
    }
}

#[test]
fn cpu_usage_rows_3_and_8() {
    for (kind, row) in [
        (MonitoredKind::PhysicalMachine, "B.1-03"),
        (MonitoredKind::HostedDevice, "B.1-03"),
        (MonitoredKind::VirtualMachine, "B.1-08"),
    ] {
        assert_range(kind, row, (8, 90), |sample, usage| sample.cpu = usage);
    }
}

#[test]
fn memory_usage_rows_4_and_9() {
    for (kind, row) in [
        (MonitoredKind::PhysicalMachine, "B.1-04"),
        (MonitoredKind::HostedDevice, "B.1-04"),
        (MonitoredKind::VirtualMachine, "B.1-09"),
    ] {
        assert_range(kind, row, (10, 90), |sample, usage| sample.memory = usage);
    }
}

#[test]
fn storage_usage_rows_5_and_10_in_every_band() {
    let bands = [
        (1, 20),
        (TB / 2, 20),
        (TB - 1, 20),
        (TB, 30),
        (TB + 1, 30),
        (5 * TB, 30),
        (10 * TB - 1, 30),
        (10 * TB, 30),
        (10 * TB + 1, 40),
        (500 * TB, 40),
    ];
    for (kind, row) in [
        (MonitoredKind::PhysicalMachine, "B.1-05"),
        (MonitoredKind::HostedDevice, "B.1-05"),
        (MonitoredKind::Storage, "B.1-05"),
        (MonitoredKind::VirtualMachine, "B.1-10"),
    ] {
        for (bytes, low) in bands {
            assert_range(kind, row, (low, 90), |sample, usage| {
                sample.storage_capacity = tb(bytes);
                sample.storage = usage;
            });
        }
    }
}

#[test]
fn delays_of_name_and_address_rows_1_2_6_and_7() {
    for (kind, name_row, address_row) in
        [(MonitoredKind::PhysicalMachine, "B.1-01", "B.1-02"), (MonitoredKind::VirtualMachine, "B.1-06", "B.1-07")]
    {
        for (seconds, is_late) in [(0, false), (899, false), (900, false), (901, true), (86_400, true)] {
            let late = |row: &str| if is_late { vec![(row.to_owned(), Side::Above, "15".to_owned())] } else { vec![] };
            let named = Sample { name_sync_seconds: Some(seconds), ..sample(15) };
            assert_eq!(broken(kind, named), late(name_row), "the name after {seconds} s");
            let addressed = Sample { address_sync_seconds: Some(seconds), ..sample(15) };
            assert_eq!(broken(kind, addressed), late(address_row), "the address after {seconds} s");
        }
    }
    let late = Sample { name_sync_seconds: Some(901), ..sample(15) };
    let judged = out_of_range(MonitoredKind::VirtualMachine, &summary(&[late]), &Thresholds::baseline());
    let sentence = judged.breaches.first().map(Breach::sentence).expect("it is late");
    assert_eq!(sentence.zh, "名称同步时间 15.0167分钟，高于 15分钟（B.1-06）");
}

#[test]
fn what_no_sample_has_is_not_collected_and_never_within() {
    let judged = |kind, sample| out_of_range(kind, &summary(&[sample]), &Thresholds::baseline());
    let rows = |judged: &xunjian_domain::monitoring::RangeJudgement| -> Vec<String> {
        judged.not_collected.iter().map(ToString::to_string).collect()
    };
    let empty = judged(MonitoredKind::PhysicalMachine, sample(15));
    assert_eq!(rows(&empty), ["B.1-01", "B.1-02", "B.1-03", "B.1-04", "B.1-05"]);
    assert_eq!((empty.breaches.len(), empty.within), (0, 0));
    let virtual_machine = judged(MonitoredKind::VirtualMachine, Sample { cpu: current("50"), ..sample(15) });
    assert_eq!(rows(&virtual_machine), ["B.1-06", "B.1-07", "B.1-09", "B.1-10"]);
    assert_eq!(virtual_machine.within, 1, "the one value that there is");
    let unsized_storage = judged(MonitoredKind::Storage, Sample { storage: current("35"), ..sample(15) });
    assert_eq!(rows(&unsized_storage), ["B.1-05"], "without a capacity nobody knows the band");
    assert_eq!(unsized_storage.breaches, [], "and nothing is guessed");
    let other = judged(MonitoredKind::Other, Sample { cpu: current("99"), ..sample(15) });
    assert_eq!((other.breaches.len(), rows(&other).len()), (0, 0), "no row is about it");
}

#[test]
fn over_a_period_the_newest_the_mean_the_highest_and_the_lowest_are_judged() {
    let days = [(1, "91"), (2, "7"), (3, "50")];
    let samples: Vec<Sample> = days.iter().map(|(day, cpu)| Sample { cpu: current(cpu), ..sample(*day) }).collect();
    let judged = out_of_range(MonitoredKind::VirtualMachine, &summary(&samples), &Thresholds::baseline());
    let breaches: Vec<_> =
        judged.breaches.iter().map(|one| (one.statistic.unwrap(), one.value.to_string(), one.side)).collect();
    assert_eq!(
        breaches,
        [(Statistic::Peak, "91".to_owned(), Side::Above), (Statistic::Trough, "7".to_owned(), Side::Below)]
    );
    assert_eq!(judged.within, 2, "the newest is 50 and the mean 49.3333");

    let mut moved = samples.clone();
    moved[0].storage_capacity = tb(TB - 1);
    moved[0].storage = average("25");
    moved[2].storage_capacity = tb(TB);
    moved[2].storage = average("25");
    let summed = summary(&moved);
    assert_eq!(summed.storage.capacity, Some(Capacity::of_bytes(TB)), "the newest capacity counts");
    assert_eq!(summed.last_at, november(3));
    let judged = out_of_range(MonitoredKind::VirtualMachine, &summed, &Thresholds::baseline());
    assert!(judged.breaches.iter().any(|one| one.row.as_str() == "B.1-10" && one.limit == decimal("30")));
}

#[test]
fn storage_without_a_capacity_is_out_of_range_where_every_band_says_so() {
    let judged = |used: &str| {
        let sample = Sample { storage: usage(Statistic::Current, used), ..sample(15) };
        out_of_range(MonitoredKind::VirtualMachine, &summary(&[sample]), &Thresholds::baseline())
    };
    let row = |judged: &xunjian_domain::monitoring::RangeJudgement| {
        judged.breaches.iter().map(|one| (one.row.to_string(), one.side, one.limit.to_string())).collect::<Vec<_>>()
    };
    let full = judged("99");
    assert_eq!(row(&full), [("B.1-10".to_owned(), Side::Above, "90".to_owned())]);
    assert!(!full.not_collected.iter().any(|row| row.as_str() == "B.1-10"));
    assert_eq!(row(&judged("19.99")), [("B.1-10".to_owned(), Side::Below, "20".to_owned())]);
    for unclear in ["20", "35", "90"] {
        let judged = judged(unclear);
        assert_eq!(row(&judged), [], "{unclear} %: some band allows it");
        assert!(judged.not_collected.iter().any(|row| row.as_str() == "B.1-10"), "and nobody knows the band");
    }
    let mut none = sample(15);
    none.storage_capacity = Some(Capacity::of_bytes(0));
    none.storage = usage(Statistic::Current, "0");
    let none = out_of_range(MonitoredKind::VirtualMachine, &summary(&[none]), &Thresholds::baseline());
    assert_eq!(row(&none), [], "no space is not too little used");
}
