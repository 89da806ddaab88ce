//! What whoever checks a pack trusts and asks for: by flags, or by a policy file that is written once.

use std::{fs, path::Path};

use serde::Deserialize;
use xunjian_proof::{
    Sha256,
    note::{SignedCheckpoint, VerifierKey},
    pack::check::{Known, Pins},
    witness::{WitnessRequest, WitnessState},
};

/// A policy file: JSON, every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Fingerprint of the site root, from paper.
    root: Option<Sha256>,
    /// Verifier keys of the log.
    logs: Vec<String>,
    /// Verifier keys of witnesses.
    witnesses: Vec<String>,
    /// How many of those must have cosigned; all when left out.
    witness_quorum: Option<usize>,
    /// Files with states of the log that are known, beside the policy file unless absolute.
    known: Vec<String>,
    /// What must be there.
    require: Requirements,
}

/// What a policy asks of a pack beside being right.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Requirements {
    countersignature: bool,
    full_coverage: bool,
    originals: bool,
}

/// Reads a policy file.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(file: &Path) -> Result<Pins, String> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let policy: Policy = serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    Ok(Pins {
        root: policy.root,
        logs: policy.logs.iter().map(|key| verifier_key(key, false)).collect::<Result<_, _>>()?,
        witnesses: policy.witnesses.iter().map(|key| verifier_key(key, true)).collect::<Result<_, _>>()?,
        quorum: policy.witness_quorum,
        known: policy.known.iter().map(|name| known(&folder.join(name))).collect::<Result<_, _>>()?,
        needs_countersignature: policy.require.countersignature,
        needs_full_coverage: policy.require.full_coverage,
        needs_originals: policy.require.originals,
    })
}

/// A verifier key of the wanted kind.
///
/// # Errors
/// A sentence.
pub fn verifier_key(text: &str, is_cosigner: bool) -> Result<VerifierKey, String> {
    let key: VerifierKey = text.parse().map_err(|error| format!("“{text}”: {error}"))?;
    if key.is_cosigner != is_cosigner {
        let wanted = if is_cosigner { "见证方公钥 of a witness" } else { "日志公钥 of a log" };
        return Err(format!("“{text}”: 不是{wanted}"));
    }
    Ok(key)
}

/// A state of the log: a signed note, a witness's `state.json`, or what `xunjian log export` wrote.
///
/// # Errors
/// A sentence.
pub fn known(file: &Path) -> Result<Known, String> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    let (text, proof) = if let Ok(state) = serde_json::from_str::<WitnessState>(&text) {
        (state.last, None)
    } else if let Ok(request) = serde_json::from_str::<WitnessRequest>(&text) {
        (request.checkpoint.clone(), Some(request))
    } else {
        (text, None)
    };
    let note = SignedCheckpoint::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    Ok(Known { name, note, proof })
}
