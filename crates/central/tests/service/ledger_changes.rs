//! 台账变更单: two inspectors find that an asset moved; their records propose it, a ledger approver says so with a key of her own,
//! and the ledger has a new version. Nobody else can.

use xunjian_central::{
    clock, enrol,
    integrity::fsck,
    ledger::{self, ImportMode, changes, import},
    log::COMMAND_LINE,
};
use xunjian_domain::{
    ids::{PartyId, RoundId},
    ledger::{Ledger, LedgerEntry, UnitSpan},
    party::Role,
    plan::{PlannedVisit, VisitKind},
    reconciliation::{Reconciliation, SightedBy, Sighting, Verdict},
};
use xunjian_proof::{
    dsse::Envelope,
    ledger_change::{ChangeDecision, ChangeSet},
    record::Record,
    statement::Statement as _,
};

use super::party::{Central, Terminal, rows, source, whole};

fn ledger_of(central: &Central) -> (u32, Ledger) {
    let (version, ledger) = central.site.db.read(ledger::current).unwrap().expect("a ledger");
    (version.version, ledger)
}

/// Two racks with assets.
fn two_racks(central: &Central) -> (PlannedVisit, PlannedVisit) {
    let assets = ledger_of(central).1.assets;
    let has_assets = |visit: &&PlannedVisit| {
        visit.kind == VisitKind::Rack && assets.iter().any(|asset| asset.rack.as_str() == visit.subject.id)
    };
    let mut racks = central.round.visits.iter().filter(has_assets).cloned();
    (racks.next().expect("a rack"), racks.next().expect("another rack"))
}

fn misses(record: &mut Record, asset: &LedgerEntry) {
    let row = record.reconciliation.iter_mut().find(|one| one.asset.as_ref() == Some(&asset.id)).expect("the asset");
    (row.verdicts, row.sighting) = (vec![Verdict::Missing], None);
}

fn meets(record: &mut Record, asset: &LedgerEntry) {
    let rack = record.visit.subject.id.as_str().into();
    let sighting = Sighting {
        span: UnitSpan::new(9, 10),
        serial: Some("换过的序列号".into()),
        ..Sighting::bare(Some(asset.id.clone()), rack, SightedBy::Scan)
    };
    record.compared.push(asset.clone());
    record.reconciliation.push(Reconciliation {
        asset: Some(asset.id.clone()),
        verdicts: vec![Verdict::WrongRack, Verdict::WrongSerial],
        sighting: Some(sighting),
    });
}

async fn person(central: &Central, name: &str, role: Role, seed: u8) -> Terminal {
    enrol::add_person(&central.site, COMMAND_LINE, name, &PartyId::new("manager"), &[role]).unwrap();
    let terminal = Terminal::enrol(central, name, seed).await;
    central.approve();
    terminal
}

/// An asset that li misses in its rack and zhao meets in another.
async fn moved() -> (Central, Terminal, LedgerEntry, PlannedVisit, RoundId) {
    let central = Central::start().await;
    let mut li = Terminal::enrol(&central, "li_inspector", 1).await;
    let mut zhao = Terminal::enrol(&central, "zhao_inspector", 5).await;
    central.approve();
    let (home, other) = two_racks(&central);
    let asset = ledger_of(&central)
        .1
        .assets
        .into_iter()
        .find(|one| one.rack.as_str() == home.subject.id && !one.serial.is_empty())
        .unwrap();
    let (first, envelope) = li.seals(&central, &home, &[], |record| misses(record, &asset));
    li.submits(&envelope.to_bytes()).await;
    let (_, envelope) = zhao.seals(&central, &other, &[], |record| meets(record, &asset));
    zhao.submits(&envelope.to_bytes()).await;
    assert_eq!(rows(&central, "record"), 2, "both records are here, one of them {first}");
    let round = central.round.plan.round.id.clone();
    (central, li, asset, other, round)
}

fn decision(set: &ChangeSet, by: &Terminal, approved: bool, reason: &str) -> ChangeDecision {
    ChangeDecision {
        change_set: set.clone(),
        approved,
        reason: reason.to_owned(),
        decided_by: by.enrolment.person.clone(),
        at: clock::now(),
    }
}

fn takes(central: &Central, said: &ChangeDecision, by: &Terminal, approved: bool) -> Result<changes::Changed, String> {
    let envelope: Envelope = said.sign(&[&by.sealer.person.1]).unwrap();
    changes::decide(&central.site, COMMAND_LINE, &envelope, approved).map_err(|error| error.message().en)
}

#[tokio::test]
async fn records_propose_a_person_approves_and_the_ledger_says_what_was_seen() {
    let (central, _, asset, other, round) = moved().await;
    let chen = person(&central, "chen_approver", Role::LedgerApprover, 40).await;
    let (version, before) = ledger_of(&central);
    let proposed = changes::propose(&central.site, COMMAND_LINE, &round).unwrap();
    let set = &proposed.change.change_set;
    assert_eq!(set.changes.len(), 1, "one asset, though two records speak of it");
    assert_eq!(set.changes[0].because.len(), 2);
    assert!(changes::propose(&central.site, COMMAND_LINE, &round).unwrap().identical, "proposed once");
    assert_eq!(ledger_of(&central), (version, before.clone()), "a proposal changes nothing");

    let said = decision(set, &chen, true, "与两份记录核对");
    let changed = takes(&central, &said, &chen, true).unwrap();
    assert_eq!(changed.change.decision.as_ref().map(|said| (said.approved, said.version)), Some((true, version + 1)));
    let (after_version, after) = ledger_of(&central);
    assert_eq!((after_version, after.assets.len()), (version + 1, before.assets.len()));
    let row = after.assets.iter().find(|one| one.id == asset.id).expect("it is still there");
    assert_eq!((row.rack.as_str(), row.span), (other.subject.id.as_str(), UnitSpan::new(9, 10)), "it moved");
    assert_eq!(row.serial, "换过的序列号");
    assert_eq!((&row.model, &row.owning_unit), (&asset.model, &asset.owning_unit), "what nobody read stays");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'ledger_change'"), 1, "the decision is in the log");
    assert!(takes(&central, &said, &chen, true).unwrap().identical, "the same decision again changes nothing");
    let other_word = takes(&central, &decision(set, &chen, false, "又不同意"), &chen, false);
    assert!(other_word.unwrap_err().contains("decided already"), "what was applied is not taken back");
    assert_eq!(ledger_of(&central).0, version + 1);
    whole(&central);
}

#[tokio::test]
async fn who_may_not_approve_is_told_and_nothing_changes() {
    let (central, li, _, _, round) = moved().await;
    let chen = person(&central, "chen_approver", Role::LedgerApprover, 40).await;
    let wu = person(&central, "wu_reviewer", Role::Reviewer, 60).await;
    let (version, _) = ledger_of(&central);
    let set = changes::propose(&central.site, COMMAND_LINE, &round).unwrap().change.change_set;
    let refuses = |said: &ChangeDecision, by: &Terminal, approved: bool, why: &str| {
        let error = takes(&central, said, by, approved).expect_err(why);
        assert!(error.contains(why), "{error}");
    };
    refuses(&decision(&set, &wu, true, ""), &wu, true, "only a ledger approver");
    refuses(&decision(&set, &li, true, ""), &li, true, "only a ledger approver");
    refuses(&decision(&set, &chen, true, ""), &wu, true, "wu_reviewer signed");
    refuses(&decision(&set, &chen, false, " "), &chen, false, "no reason");
    refuses(&decision(&set, &chen, false, "未复核"), &chen, true, "the opposite");
    let mut other = set.clone();
    other.changes[0].after = None;
    refuses(&decision(&other, &chen, true, ""), &chen, true, "none or several");
    let mut own = set.clone();
    own.changes[0].because[0].inspector = chen.enrolment.person.clone();
    refuses(&decision(&own, &chen, true, ""), &chen, true, "sealed a record");
    assert_eq!((ledger_of(&central).0, rows(&central, "log_entry WHERE kind = 'ledger_change'")), (version, 0));

    takes(&central, &decision(&set, &chen, false, "序列号待复核"), &chen, false).unwrap();
    assert_eq!(ledger_of(&central).0, version, "a rejection changes nothing");
    assert_eq!(rows(&central, "log_entry WHERE kind = 'ledger_change'"), 1, "and is in the log");
    whole(&central);
}

#[tokio::test]
async fn a_change_set_that_the_ledger_has_outgrown_is_refused_and_a_forged_row_is_named() {
    let (central, _, asset, _, round) = moved().await;
    let chen = person(&central, "chen_approver", Role::LedgerApprover, 40).await;
    let set = changes::propose(&central.site, COMMAND_LINE, &round).unwrap().change.change_set;
    let text = encoding_rs::GB18030.decode(&source("ledger-gbk.csv").bytes).0.into_owned();
    let line = text.lines().find(|line| line.contains(&asset.serial)).expect("its row");
    let changed = text.replace(line, &line.replace(&asset.model, "另一型号")).into_bytes();
    let file = xunjian_ledger::import::SourceFile { name: "新.csv".into(), bytes: changed };
    import(&central.site, COMMAND_LINE, &[file], ImportMode::Careful).unwrap();
    let (version, _) = ledger_of(&central);
    let error = takes(&central, &decision(&set, &chen, true, ""), &chen, true).unwrap_err();
    assert!(error.contains("no longer as it was"), "{error}");
    assert_eq!(ledger_of(&central).0, version);
    assert_eq!(rows(&central, "log_entry WHERE kind = 'ledger_change'"), 0, "refused whole");
    let again = changes::propose(&central.site, COMMAND_LINE, &round).unwrap();
    assert!(!again.identical, "proposed anew, it is another one");
    takes(&central, &decision(&again.change.change_set, &chen, true, ""), &chen, true).unwrap();
    whole(&central);

    let connection = rusqlite::Connection::open(central.site.folder().join("central.db")).unwrap();
    connection.execute_batch("UPDATE ledger_change SET decision = x'00' WHERE approved = 1").unwrap();
    let damages = fsck(&central.site).unwrap().damages;
    assert!(damages.iter().any(|damage| damage.part == "ledger_change"), "{damages:?}");
}
