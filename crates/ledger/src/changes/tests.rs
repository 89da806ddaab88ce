//! From what inspectors saw to a ledger that says so.

use xunjian_domain::{
    hash::Sha256,
    ids::{AssetId, PersonId, RackId},
    ledger::{AssetKind, Ground, Ledger, NotApplied, UnitSpan, apply},
    reconciliation::{Reconciliation, SightedBy, Sighting, Verdict, reconcile_rack},
};

use super::{Report, propose};
use crate::import::{Mapping, SourceFile, read};

fn ids() -> impl FnMut() -> String {
    let mut next = 0;
    move || {
        next += 1;
        format!("id-{next}")
    }
}

/// Two racks: X1 to X4 in A01, nothing in A02 but X5.
fn ledger() -> Ledger {
    let text = "机房,机柜,U位,资源类型,品牌,型号,序列号,归属单位,数量\n\
                一区,A01,1-2,存储,岭云,S1,X1,财政局,1\n\
                一区,A01,5,存储,岭云,S2,X2,财政局,1\n\
                一区,A01,7,存储,岭云,S3,X3,民政局,1\n\
                一区,A01,9,存储,岭云,S4,X4,民政局,1\n\
                一区,A02,1,存储,岭云,S5,X5,民政局,1\n";
    let file = SourceFile { name: "l.csv".to_owned(), bytes: text.as_bytes().to_vec() };
    read(&[file], &Mapping::default(), &mut ids()).expect("readable").ledger
}

fn rack<'l>(ledger: &'l Ledger, name: &str) -> &'l RackId {
    &ledger.racks.iter().find(|rack| rack.name == name).expect("the rack").id
}

fn asset(ledger: &Ledger, serial: &str) -> AssetId {
    ledger.assets.iter().find(|asset| asset.serial == serial).expect("the asset").id.clone()
}

fn ground(name: &str) -> Ground {
    Ground { record: Sha256::of(name.as_bytes()), inspector: PersonId::new(format!("{name}_inspector")) }
}

/// What a rack comes to with these sightings, closed.
fn walked(ledger: &Ledger, rack: &RackId, sightings: &[Sighting]) -> Vec<Reconciliation> {
    let expected: Vec<_> = ledger.assets.iter().filter(|asset| asset.rack == *rack).collect();
    let elsewhere: Vec<_> = ledger.assets.iter().filter(|asset| asset.rack != *rack).collect();
    reconcile_rack(rack, &expected, &elsewhere, None, sightings, true)
}

fn as_it_is(ledger: &Ledger, serial: &str, rack: &RackId) -> Sighting {
    let mut seen = Sighting::bare(Some(asset(ledger, serial)), rack.clone(), SightedBy::Scan);
    seen.as_in_ledger = true;
    seen
}

/// A01 with X1 as it is, X2 two units higher under another serial and owner, X3 gone to A02 and X4 nowhere; A02 with X3, X5 and
/// something that the ledger does not have.
fn seen(ledger: &Ledger) -> [Vec<Sighting>; 2] {
    let (first, second) = (rack(ledger, "A01"), rack(ledger, "A02"));
    let mut other = Sighting::bare(Some(asset(ledger, "X2")), first.clone(), SightedBy::Eye);
    (other.span, other.serial) = (UnitSpan::new(7, 7), Some(" x2-B ".to_owned()));
    (other.owning_unit, other.quantity) = (Some("公安 局".to_owned()), Some(2));
    let mut moved = Sighting::bare(Some(asset(ledger, "X3")), second.clone(), SightedBy::Scan);
    moved.span = UnitSpan::new(20, 21);
    let mut stray = Sighting::bare(None, second.clone(), SightedBy::Eye);
    (stray.brand, stray.model, stray.span) = (Some("岭云".to_owned()), Some("S9".to_owned()), UnitSpan::new(30, 30));
    [vec![as_it_is(ledger, "X1", first), other], vec![as_it_is(ledger, "X5", second), moved, stray]]
}

#[test]
fn the_ledger_says_afterwards_what_was_seen() {
    let ledger = ledger();
    let (first, second) = (rack(&ledger, "A01"), rack(&ledger, "A02"));
    let [in_first, in_second] = seen(&ledger);
    let (one, two) = (walked(&ledger, first, &in_first), walked(&ledger, second, &in_second));
    let reports = [
        Report { ground: ground("li"), rack: first, reconciliation: &one },
        Report { ground: ground("zhao"), rack: second, reconciliation: &two },
    ];
    let mut new_ids = || "new".to_owned();
    let changes = propose(&ledger, &reports, &mut new_ids);
    let named: Vec<&str> = changes.iter().map(|change| change.before.as_ref().map_or("", |row| &row.serial)).collect();
    assert_eq!(named, ["X2", "X3", "X4", ""], "in ledger order, then what it does not have; X1 and X5 agree");
    let after = changes[0].after.as_ref().expect("it stays");
    assert_eq!((after.serial.as_str(), after.owning_unit.as_str(), after.quantity), ("x2-B", "公安局", 2), "tidied");
    assert_eq!((after.span, after.model.as_str()), (UnitSpan::new(7, 7), "S2"), "what nobody read stays");
    let after = changes[1].after.as_ref().expect("it moved");
    assert_eq!((&after.rack, after.span), (second, UnitSpan::new(20, 21)));
    assert_eq!(changes[1].because.len(), 2, "missing there and seen here: both records show it");
    assert_eq!((changes[2].after.as_ref(), &changes[2].because), (None, &vec![ground("li")]), "missing");
    let stray = changes[3].after.as_ref().expect("it is there");
    assert_eq!((stray.kind, stray.model.as_str()), (AssetKind::Other, "S9"), "its kind is not guessed");

    let next = apply(&ledger, &changes).expect("they fit");
    assert_eq!((next.assets.len(), next.racks.len()), (5, 2));
    let mut in_second = in_second;
    in_second[2].asset = Some(AssetId::new("new"));
    let mut agreed = walked(&next, first, &in_first);
    agreed.extend(walked(&next, second, &in_second));
    for one in agreed {
        let is_agreed = one.verdicts == [Verdict::Matches] || one.verdicts == [Verdict::Unverified];
        assert!(is_agreed, "the same sightings agree with the new ledger: {one:?}");
    }
    assert_eq!(propose(&next, &[], &mut new_ids), [], "nothing is proposed by nobody");
}

#[test]
fn what_is_contradictory_or_impossible_is_not_proposed() {
    let ledger = ledger();
    let (first, second) = (rack(&ledger, "A01"), rack(&ledger, "A02"));
    let mut above = Sighting::bare(Some(asset(&ledger, "X1")), first.clone(), SightedBy::Eye);
    above.span = UnitSpan::new(42, 43);
    let twice = Sighting::bare(Some(asset(&ledger, "X2")), second.clone(), SightedBy::Scan);
    let nameless = Sighting::bare(None, second.clone(), SightedBy::Eye);
    let here: Vec<Sighting> = ["X2", "X3", "X4"].iter().map(|serial| as_it_is(&ledger, serial, first)).collect();
    let one = walked(&ledger, first, &[&[above][..], &here].concat());
    let two = walked(&ledger, second, &[as_it_is(&ledger, "X5", second), twice, nameless]);
    let reports = [
        Report { ground: ground("li"), rack: first, reconciliation: &one },
        Report { ground: ground("zhao"), rack: second, reconciliation: &two },
    ];
    assert_eq!(propose(&ledger, &reports, &mut ids()), [], "above the rack, in two racks, without brand and model");
}

#[test]
fn a_change_applies_to_the_row_it_was_made_for_and_to_no_other() {
    let ledger = ledger();
    let first = rack(&ledger, "A01");
    let [in_first, _] = seen(&ledger);
    let one = walked(&ledger, first, &in_first);
    let changes = propose(&ledger, &[Report { ground: ground("li"), rack: first, reconciliation: &one }], &mut ids());
    let mut other = ledger.clone();
    other.assets.iter_mut().find(|asset| asset.serial == "X2").expect("it").note = "已更换电源".to_owned();
    assert_eq!(apply(&other, &changes), Err(NotApplied::Outdated(asset(&ledger, "X2"))), "the ledger changed since");
    let next = apply(&ledger, &changes).expect("they fit");
    assert!(matches!(apply(&next, &changes), Err(NotApplied::Outdated(_))), "and not twice");
    let mut wrong = changes.clone();
    wrong[0].after.as_mut().expect("a row").span = UnitSpan::new(40, 43);
    assert!(matches!(apply(&ledger, &wrong), Err(NotApplied::NoPlace(_))), "above the rack");
    let mut wrong = changes.clone();
    wrong[0].because.clear();
    assert!(matches!(apply(&ledger, &wrong), Err(NotApplied::Malformed(_))), "no record shows it");
    let twice = [changes[0].clone(), changes[0].clone()];
    assert!(matches!(apply(&ledger, &twice), Err(NotApplied::Malformed(_))), "one asset twice");
}
