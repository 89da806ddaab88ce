//! The frozen vectors of what came after version 1 of the record: a decision, and a checkpoint that a terminal and a witness
//! cosigned. They stand under the site root of `vectors/v1`.

use std::{fs, io, path::Path};

use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
    party::{PartyKind, Role},
    time::TimestampMs,
};
use xunjian_proof::{
    cosigner::terminal_name,
    decision::{Candidate, Decision},
    statement::{HolderKind, KeyStatement, PartyRef, SiteRoot, Statement as _},
    suite::Signer as _,
};

use crate::{
    export::{Export, key, seed},
    log_states,
};

/// The name the vectors' witness cosigns under.
pub const WITNESS: &str = "witness.example/gz-vector";

/// Who decides in the vectors.
pub const REVIEWER: &str = "0192d000-0000-7000-8000-000000000050";

fn reviewer(root: &SiteRoot) -> KeyStatement {
    KeyStatement {
        site: root.site.clone(),
        key: key(seed::REVIEWER).public_key(),
        holder_kind: HolderKind::Person,
        holder: REVIEWER.into(),
        holder_name: "陈监理".into(),
        party: PartyRef {
            id: "supervisor".into(), kind: PartyKind::Supervisor, name: "云山工程监理有限公司".into()
        },
        roles: vec![Role::Reviewer],
        valid_from: TimestampMs(1_790_000_000_000),
        valid_until: Some(TimestampMs(1_990_000_000_000)),
    }
}

/// Writes the vectors into a folder that is made for them, from the export of version 1.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(export: &Export, folder: &Path) -> io::Result<()> {
    let other = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let record = &export.record;
    let candidate = |record: &[u8], inspector: &str| Candidate {
        record: Sha256::of(record),
        envelope: Sha256::of(&[record, b" envelope"].concat()),
        inspector: PersonId::new(inspector),
    };
    let mut candidates = vec![
        candidate(b"the record that came first", record.inspector.id.as_str()),
        candidate(b"the record that came second", "0192d000-0000-7000-8000-000000000051"),
    ];
    candidates.sort();
    let decision = Decision {
        site: export.root.site.clone(),
        visit: VisitId::new(record.visit.id.as_str()),
        revision: 1,
        counts: Some(candidates[1].record),
        candidates,
        reason: "与现场照片核对，第二份完整".into(),
        decided_by: PersonId::new(REVIEWER),
        at: TimestampMs(1_792_086_400_000),
    };
    let signed = decision.sign(&[&key(seed::REVIEWER)]).map_err(|error| other(&error))?;
    let root_key = key(seed::ROOT);
    let state = |statement: KeyStatement| statement.sign(&[&root_key]).map_err(|error| other(&error));
    let reviewer = state(reviewer(&export.root))?;
    let witness = state(log_states::witness_statement(&export.root, WITNESS, seed::WITNESS, PartyKind::Supervisor))?;
    let mut note = log_states::checkpoint(&export.root, "a", 5);
    let terminal = terminal_name(&export.root.log_origin, &record.terminal.id);
    note.cosign(&terminal, 1_792_086_400, &key(seed::TERMINAL)).map_err(|error| other(&error))?;
    note.cosign(WITNESS, 1_792_090_000, &key(seed::WITNESS)).map_err(|error| other(&error))?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("decision.json"), signed.to_bytes())?;
    fs::write(folder.join("reviewer.json"), reviewer.to_bytes())?;
    fs::write(folder.join("witness.json"), witness.to_bytes())?;
    fs::write(folder.join("cosigned.note"), note.to_string())
}
