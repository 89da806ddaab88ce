//! The frozen vectors of rectifications and closings: six steps from the opening to the signature of another person, about the
//! finding of the record of version 1, and the closing of its round. They stand under the site root of `vectors/v1`.

use std::{fs, io, path::Path};

use xunjian_domain::{
    completion::CompletionRate,
    coverage::{CriterionTotal, RoomTotal, Totals},
    hash::Sha256,
    ids::PersonId,
    party::{PartyKind, Role},
    rectification::{Opening, Reinspection, Source, Step},
    time::TimestampMs,
};
use xunjian_proof::{
    closing::{Closing, Timing},
    jcs,
    rectification::{RectificationStep, Signatory},
    statement::{HolderKind, KeyStatement, PartyRef, Statement as _},
    suite::Signer as _,
};

use crate::{
    decision_vector::REVIEWER,
    export::{Export, key, seed},
};

/// Who puts it right in the vectors.
pub const RECTIFIER: &str = "0192d000-0000-7000-8000-000000000060";
/// Who confirms for the 使用方.
pub const CONTACT: &str = "0192d000-0000-7000-8000-000000000061";

fn person(export: &Export, seed: u8, who: (&str, &str), party: (PartyKind, &str, &str), role: Role) -> KeyStatement {
    KeyStatement {
        site: export.root.site.clone(),
        key: key(seed).public_key(),
        holder_kind: HolderKind::Person,
        holder: who.0.into(),
        holder_name: who.1.into(),
        party: PartyRef { id: party.1.into(), kind: party.0, name: party.2.into() },
        roles: vec![role],
        valid_from: TimestampMs(1_790_000_000_000),
        valid_until: Some(TimestampMs(1_990_000_000_000)),
    }
}

/// The steps in order, each with the seed of the key that signs it.
fn steps(export: &Export, record: Sha256) -> Vec<(u8, Signatory, Step)> {
    let finding = &export.record.findings[0];
    let opening = Opening {
        source: Source::Finding { finding: finding.id.clone() },
        record,
        round: export.record.round.id.clone(),
        criterion: Some("A.1-02".into()),
        subject: finding.subject.clone(),
        subject_name: "srv-𠮷-01".into(),
        place: "云山一号政务云机房 · A03".into(),
        severity: finding.severity,
        description: finding.description.clone(),
        verdicts: Vec::new(),
        owning_unit: finding.responsible_unit.clone(),
        due_on: None,
        found_at: finding.found.wall_ms,
        found_by: export.record.inspector.id.clone(),
        called_at: finding.desk_call.as_ref().map(|call| call.at.wall_ms),
        before_photos: finding.photos.clone(),
    };
    let service = || Signatory::Service { actor: "xunjian".into() };
    let person = |id: &str| Signatory::Person { person: PersonId::new(id) };
    let assigned = Step::Assigned { to: PersonId::new(RECTIFIER), name: "孙整改".into(), note: "周三前".into() };
    let fed_back =
        Step::FedBack { to: "云山市档案馆".into(), channel: "电话".into(), text: "已安排更换".into() };
    let acknowledged = Step::Acknowledged { who: "赵䶮".into(), channel: "签名".into(), text: String::new() };
    let reinspection = Reinspection::OnSite { record };
    vec![
        (seed::SERVICE, service(), Step::Opened { opening: Box::new(opening) }),
        (seed::SERVICE, service(), assigned),
        (seed::SERVICE, service(), fed_back),
        (CONTACT_SEED, person(CONTACT), acknowledged),
        (RECTIFIER_SEED, person(RECTIFIER), Step::Submitted { done: "已更换风扇".into() }),
        (seed::REVIEWER, person(REVIEWER), Step::Accepted { reinspection, comment: "照片相符".into() }),
    ]
}

const RECTIFIER_SEED: u8 = 10;
const CONTACT_SEED: u8 = 11;

fn closing(export: &Export) -> io::Result<Closing> {
    let rate = CompletionRate {
        due: 12,
        normal: 8,
        abnormal: 1,
        not_applicable: 2,
        not_applicable_accepted: 1,
        not_checked: 0,
    };
    let record = &export.record;
    let totals = Totals {
        round: record.round.id.clone(),
        visits_planned: 2,
        visits_delivered: 1,
        visits_accepted: 1,
        excluded: 1,
        whole: rate,
        rooms: vec![RoomTotal { room: record.visit.room.clone(), visits_planned: 2, visits_delivered: 1, rate }],
        criteria: vec![CriterionTotal { criterion: "A.1-02".into(), rate }],
    };
    Ok(Closing {
        site: export.root.site.clone(),
        round: record.round.id.clone(),
        plan: record.plan,
        log_size: 41,
        log_root: Sha256::of(b"root at 41"),
        totals_sha256: jcs::hash(&totals).map_err(io::Error::other)?,
        totals,
        lines_sha256: Sha256::of(b"lines"),
        timing: Timing::Early,
        reason: "机房搬迁".into(),
        drawn_up_at: TimestampMs(1_792_090_000_000),
        drawn_up_by: "xunjian".into(),
    })
}

/// Writes the vectors into a folder that is made for them, from the export of version 1.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(export: &Export, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let provider = (PartyKind::Provider, "provider", "云山云服务有限公司");
    let consumer = (PartyKind::Consumer, "archives", "云山市档案馆");
    let people = [
        ("rectifier", person(export, RECTIFIER_SEED, (RECTIFIER, "孙整改"), provider, Role::Rectifier)),
        ("contact", person(export, CONTACT_SEED, (CONTACT, "赵䶮"), consumer, Role::ConsumerContact)),
    ];
    for (name, statement) in people {
        let signed = statement.sign(&[&key(seed::ROOT)]).map_err(io::Error::other)?;
        fs::write(folder.join(format!("{name}.json")), signed.to_bytes())?;
    }
    let record = Sha256::of(&jcs::to_bytes(&export.record).map_err(io::Error::other)?);
    let (mut previous, mut at) = (None, 1_792_010_000_000);
    let mut id = Sha256::of(b"");
    for (signer, by, step) in steps(export, record) {
        if let Step::Opened { opening } = &step {
            id = opening.source.id();
        }
        let name = step.kind();
        let (site, round) = (export.root.site.clone(), export.record.round.id.clone());
        let said = RectificationStep { site, round, rectification: id, previous, step, by, at: TimestampMs(at) };
        let signed = said.sign(&[&key(signer)]).map_err(io::Error::other)?;
        previous = Some(signed.sha256());
        at += 60_000;
        fs::write(folder.join(format!("{name}.json")), signed.to_bytes())?;
    }
    let signed = closing(export)?.sign(&[&key(seed::INSPECTOR), &key(seed::REVIEWER)]).map_err(io::Error::other)?;
    fs::write(folder.join("closing.json"), signed.to_bytes())
}
