//! Table C.1 at, just below and just above every limit.

use jiff::civil::date;
use xunjian_domain::monitoring::{
    MonitoredKind, PluginState, PowerState, Sample, Statistic, Suggestion, Summary, Thresholds, Usage, candidates,
};

use super::{TB, average, current, decimal, november, sample, summary, tb};

fn fired(kind: MonitoredKind, summary: &Summary) -> Vec<String> {
    let judged = candidates(kind, summary, &Thresholds::baseline());
    judged.candidates.into_iter().map(|candidate| candidate.row.to_string()).collect()
}

#[test]
fn low_cpu_and_memory_rows_1_and_5() {
    let machines = [
        (MonitoredKind::VirtualMachine, "C.1-01", ["7.9999999999", "8", "8.0000000001"]),
        (MonitoredKind::PhysicalMachine, "C.1-05", ["4.9999999999", "5", "5.0000000001"]),
    ];
    let memories = [("0", true), ("9.9999999999", true), ("10", false), ("10.0000000001", false), ("100", false)];
    for (kind, row, cpus) in machines {
        for (at, cpu) in std::iter::once("0").chain(cpus).enumerate() {
            for (memory, is_low) in memories {
                for put in [average, current] {
                    let measured = Sample { cpu: put(cpu), memory: put(memory), ..sample(15) };
                    let expected = if at < 2 && is_low { vec![row.to_owned()] } else { vec![] };
                    assert_eq!(fired(kind, &summary(&[measured])), expected, "{row}: CPU {cpu} %, memory {memory} %");
                }
            }
        }
    }
}

#[test]
fn each_kind_has_its_own_cpu_limit_and_hosted_devices_have_none() {
    let measured = summary(&[Sample { cpu: average("6"), memory: average("3"), ..sample(15) }]);
    assert_eq!(fired(MonitoredKind::VirtualMachine, &measured), ["C.1-01"], "6 % is below 8 %");
    assert!(fired(MonitoredKind::PhysicalMachine, &measured).is_empty(), "and not below 5 %");
    let idle = summary(&[Sample { cpu: average("1"), memory: average("1"), ..sample(15) }]);
    for kind in [MonitoredKind::HostedDevice, MonitoredKind::Storage, MonitoredKind::Other] {
        assert!(fired(kind, &idle).is_empty(), "{kind:?}: the table asks it of machines alone");
    }
}

#[test]
fn low_array_space_rows_2_to_4_and_6_to_8_at_every_edge() {
    let bands = [
        (1, 0, 20),
        (TB - 1, 0, 20),
        (TB, 1, 30),
        (TB + 1, 1, 30),
        (10 * TB - 1, 1, 30),
        (10 * TB, 1, 30),
        (10 * TB + 1, 2, 40),
        (900 * TB, 2, 40),
    ];
    for (kind, first) in [(MonitoredKind::VirtualMachine, 2), (MonitoredKind::PhysicalMachine, 6)] {
        for (bytes, band, below) in bands {
            let row = format!("C.1-{:02}", first + band);
            let values = [
                ("0".to_owned(), true),
                (format!("{}.9999999999", below - 1), true),
                (below.to_string(), false),
                (format!("{below}.0000000001"), false),
                ("100".to_owned(), false),
            ];
            for (usage, is_low) in values {
                let expected = if is_low { vec![row.clone()] } else { vec![] };
                let leased = Sample { array_capacity: tb(bytes), array: average(&usage), ..sample(15) };
                assert_eq!(fired(kind, &summary(&[leased])), expected, "{row}: {bytes} bytes, {usage} %");
                let stored = Sample { storage_capacity: tb(bytes), storage: average(&usage), ..sample(15) };
                assert_eq!(fired(kind, &summary(&[stored])), expected, "the storage space stands for it");
            }
        }
    }
}

#[test]
fn the_array_space_counts_where_a_file_has_it_and_the_ground_says_which() {
    let both = Sample {
        storage_capacity: tb(TB / 2),
        storage: average("5"),
        array_capacity: tb(2 * TB),
        array: average("29.9"),
        ..sample(15)
    };
    let judged = candidates(MonitoredKind::VirtualMachine, &summary(&[both]), &Thresholds::baseline());
    let [only] = &judged.candidates[..] else { panic!("one rule fires: {judged:?}") };
    assert_eq!((only.row.as_str(), only.suggestion), ("C.1-03", Suggestion::Shrink));
    assert_eq!(only.ground.zh, "盘阵空间 2TB，平均使用率 29.9% 低于 30%（2026-11-15，采样 1 个）");
    let storage = Sample { storage_capacity: tb(TB / 2), storage: current("5"), ..sample(15) };
    let judged = candidates(MonitoredKind::VirtualMachine, &summary(&[storage]), &Thresholds::baseline());
    let ground = &judged.candidates[0].ground.zh;
    assert!(ground.contains("按存储空间判断") && ground.contains("当前使用率 5%"), "{ground}");
}

#[test]
fn plugins_out_of_order_or_to_be_installed_row_9() {
    for kind in MonitoredKind::ALL {
        for (plugin, fires) in
            [(PluginState::Normal, false), (PluginState::Abnormal, true), (PluginState::ToInstall, true)]
        {
            let judged = fired(kind, &summary(&[Sample { plugin: Some(plugin), ..sample(15) }]));
            assert_eq!(judged.contains(&"C.1-09".to_owned()), fires, "{kind:?} {plugin:?}");
        }
    }
    let mended = [
        Sample { plugin: Some(PluginState::Abnormal), ..sample(1) },
        Sample { plugin: Some(PluginState::Normal), ..sample(2) },
    ];
    assert!(fired(MonitoredKind::VirtualMachine, &summary(&mended)).is_empty(), "the newest state counts");
}

/// Shut down on so many days in a row, the last of them 30 November.
fn off(days: i8) -> Vec<Sample> {
    (31 - days..=30).map(|day| Sample { power: Some(PowerState::Off), ..sample(day) }).collect()
}

#[test]
fn fifteen_days_shut_down_row_10_printed_19() {
    let kind = MonitoredKind::VirtualMachine;
    let fires = |samples: &[Sample]| fired(kind, &summary(samples)) == ["C.1-10"];
    for (days, expected) in [(1, false), (14, false), (15, true), (16, true), (30, true)] {
        assert_eq!(fires(&off(days)), expected, "{days} days in a row with samples");
        let told = Sample { off_days: Some(u32::from(days.unsigned_abs())), ..sample(30) };
        assert_eq!(fires(&[told]), expected, "{days} days as the file counts");
    }
    let since = |at| [Sample { power: Some(PowerState::Off), off_since: Some(at), ..sample(30) }];
    assert!(fires(&since(november(15))), "exactly fifteen days");
    assert!(!fires(&since(date(2026, 11, 15).at(10, 0, 1, 0))), "a second less than fifteen days");
    assert!(fires(&since(date(2026, 11, 15).at(9, 59, 59, 0))), "a second more");
    assert!(!fires(&since(date(2026, 12, 24).at(0, 0, 0, 0))), "a shutdown that is still to come");
    for kind in MonitoredKind::ALL {
        assert!(fired(kind, &summary(&off(15))).contains(&"C.1-10".to_owned()), "{kind:?}: it is asked of everything");
    }
}

#[test]
fn a_day_that_nobody_saw_or_that_it_ran_breaks_the_row() {
    let fires = |samples: &[Sample]| fired(MonitoredKind::VirtualMachine, &summary(samples)) == ["C.1-10"];
    let mut gap = off(16);
    gap.remove(8);
    assert!(!fires(&gap), "nobody knows how it was on the day without a sample");
    let mut ran = off(16);
    ran.push(Sample { power: Some(PowerState::On), ..sample(20) });
    assert!(!fires(&ran), "it ran for a while on 20 November");
    let mut runs_again = off(15);
    runs_again.push(Sample { power: Some(PowerState::On), row: 3, ..sample(30) });
    assert!(!fires(&runs_again), "it runs now");
    let mut long_ago = vec![Sample { off_days: Some(200), ..sample(1) }];
    long_ago.push(Sample { power: Some(PowerState::On), ..sample(2) });
    long_ago.push(Sample { power: Some(PowerState::Off), ..sample(3) });
    assert!(!fires(&long_ago), "what was said before it ran is about another shutdown");
}

#[test]
fn what_is_vacated_is_no_candidate() {
    for (is_vacated, expected) in [(None, true), (Some(false), true), (Some(true), false)] {
        let samples: Vec<Sample> = off(15).into_iter().map(|sample| Sample { is_vacated, ..sample }).collect();
        assert_eq!(!fired(MonitoredKind::VirtualMachine, &summary(&samples)).is_empty(), expected, "{is_vacated:?}");
    }
}

#[test]
fn rules_without_data_are_named() {
    let judged = candidates(MonitoredKind::VirtualMachine, &summary(&[sample(15)]), &Thresholds::baseline());
    let rows: Vec<String> = judged.not_collected.iter().map(ToString::to_string).collect();
    assert_eq!(rows, ["C.1-01", "C.1-02", "C.1-03", "C.1-04", "C.1-09", "C.1-10"]);
    let half = Sample { cpu: average("1"), ..sample(15) };
    let judged = candidates(MonitoredKind::VirtualMachine, &summary(&[half]), &Thresholds::baseline());
    assert!(judged.candidates.is_empty(), "low CPU usage alone says nothing");
    assert!(judged.not_collected.iter().any(|row| row.as_str() == "C.1-01"), "and that memory is missing is said");
}

#[test]
fn a_site_may_ask_the_peak_instead_of_the_average() {
    let usage = |average: &str, peak: &str| Usage {
        average: Some(decimal(average)),
        peak: Some(decimal(peak)),
        ..Usage::default()
    };
    let busy_at_times = summary(&[Sample { cpu: usage("2", "70"), memory: usage("5", "9"), ..sample(15) }]);
    assert_eq!(fired(MonitoredKind::VirtualMachine, &busy_at_times), ["C.1-01"], "the baseline asks the average");
    let by_peak = Thresholds { annex_c_statistic: Statistic::Peak, ..Thresholds::baseline() };
    assert!(candidates(MonitoredKind::VirtualMachine, &busy_at_times, &by_peak).candidates.is_empty());
}

#[test]
fn what_the_file_says_of_a_shutdown_counts_before_what_its_samples_show() {
    let days: Vec<Sample> = off(15);
    assert_eq!(fired(MonitoredKind::VirtualMachine, &summary(&days)), ["C.1-10"], "fifteen samples");
    let mut told = off(15);
    told.iter_mut().for_each(|sample| sample.off_days = Some(3));
    assert!(fired(MonitoredKind::VirtualMachine, &summary(&told)).is_empty(), "the file counts three days");
    let mut gone_on = off(16);
    gone_on.pop();
    gone_on.push(Sample { cpu: average("60"), ..sample(30) });
    assert!(
        fired(MonitoredKind::VirtualMachine, &summary(&gone_on)).is_empty(),
        "nobody saw its state on the last day"
    );
}

#[test]
fn where_nothing_is_leased_nothing_is_given_back() {
    let mut empty = sample(15);
    empty.array_capacity = Some(xunjian_domain::monitoring::Capacity::of_bytes(0));
    empty.array = average("0");
    assert!(fired(MonitoredKind::VirtualMachine, &summary(&[empty])).is_empty());
}
