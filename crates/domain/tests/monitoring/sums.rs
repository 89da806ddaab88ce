//! What samples come to: over a period, and over many resources.

use proptest::{collection::vec, prelude::*};
use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Sample, Summary, totals},
};

use super::{TB, average, current, decimal, sample, summary, tb};

#[test]
fn one_current_value_is_neither_average_nor_peak() {
    let once = summary(&[Sample { cpu: current("5"), ..sample(1) }]);
    assert_eq!(
        (once.cpu.current, once.cpu.average, once.cpu.peak, once.cpu.trough),
        (Some(decimal("5")), None, None, None)
    );
    let twice = summary(&[Sample { cpu: current("5"), ..sample(1) }, Sample { cpu: current("6"), ..sample(2) }]);
    assert_eq!(twice.cpu.average, Some(decimal("5.5")));
    assert_eq!((twice.cpu.peak, twice.cpu.trough), (Some(decimal("6")), Some(decimal("5"))));
    let own = summary(&[
        Sample { cpu: average("40"), ..sample(1) },
        Sample { cpu: current("5"), ..sample(2) },
        Sample { cpu: current("6"), ..sample(3) },
    ]);
    assert_eq!(own.cpu.average, Some(decimal("40")), "averages of the file come before means of current values");
}

#[test]
fn the_share_that_is_used_is_weighed_by_size() {
    let summaries = [
        summary(&[Sample {
            storage_capacity: tb(TB),
            storage: average("10"),
            cpu_cores: Some(4),
            cpu: average("50"),
            ..sample(1)
        }]),
        summary(&[Sample { storage_capacity: tb(9 * TB), storage: average("90"), ..sample(1) }]),
        summary(&[Sample { storage_capacity: tb(5 * TB), ..sample(1) }]),
        summary(&[Sample { storage: average("50"), cpu_cores: Some(16), ..sample(1) }]),
    ];
    let totals = totals(&summaries);
    assert_eq!(totals.monitored, 4);
    assert_eq!(totals.storage.total.as_deref(), Some("15"), "everything that has a size");
    assert_eq!(totals.storage.used, Some(decimal("8.2")), "0.1 and 8.1 TB");
    assert_eq!(totals.storage.utilisation, Some(decimal("82")), "of the 10 TB that were measured");
    assert_eq!((totals.storage.measured, totals.storage.with_usage), (2, 3));
    assert_eq!(totals.storage.mean_usage, Some(decimal("50")), "10, 90 and 50");
    assert_eq!((totals.cpu.total.as_deref(), totals.cpu.used.clone()), (Some("20"), Some(decimal("2"))));
    assert_eq!(totals.array.total, None, "what nobody says is not zero");
    assert_eq!(totals.memory.utilisation, None);
}

proptest! {
    #[test]
    fn the_order_of_samples_does_not_matter(values in vec((1_i8..=30, 0_u32..=10_000), 1..20), turn in any::<prop::sample::Index>()) {
        let samples: Vec<Sample> = (2..).zip(&values)
            .map(|(row, (day, hundredths))| {
                let value = Decimal::ratio(i128::from(*hundredths), 100, 2).unwrap();
                Sample { cpu: current(&value.to_string()), row, ..sample(*day) }
            })
            .collect();
        let mut turned: Vec<&Sample> = samples.iter().collect();
        turned.rotate_left(turn.index(samples.len()));
        let summed = summary(&samples);
        prop_assert_eq!(Summary::of(&turned), Some(summed.clone()));
        if let (Some(trough), Some(average), Some(peak)) = (&summed.cpu.trough, &summed.cpu.average, &summed.cpu.peak) {
            prop_assert!(trough <= average && average <= peak, "a mean lies between the ends");
        }
    }

    #[test]
    fn no_more_is_used_than_there_is(sizes in vec((any::<u64>(), 0_u32..=10_000), 0..40)) {
        let summaries: Vec<Summary> = sizes.iter()
            .map(|(bytes, hundredths)| {
                let usage = Decimal::ratio(i128::from(*hundredths), 100, 2).unwrap();
                summary(&[Sample { array_capacity: tb(*bytes), array: average(&usage.to_string()), ..sample(1) }])
            })
            .collect();
        let totals = totals(&summaries);
        if let Some(utilisation) = totals.array.utilisation {
            prop_assert!(decimal("0") <= utilisation && utilisation <= decimal("100"));
        }
        prop_assert_eq!(totals.array.measured as usize, sizes.len());
    }
}
