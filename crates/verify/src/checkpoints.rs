//! Two checkpoints of one log, held against each other: the same size with two roots is a fork, proved by the two notes alone.

use std::path::Path;

use xunjian_proof::{
    Sha256, cosigner::Cosigner, keyring::Keyring, merkle, note::SignedCheckpoint, witness::WitnessRequest,
};

use crate::export::{self, Failed};

/// How two checkpoints stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same state.
    Same,
    /// The larger one extends the smaller one, as the proof shows.
    Extends,
    /// 分叉: one size, two roots. The log showed two histories.
    Forked,
    /// The sizes differ, and nothing shows that one extends the other.
    Unproven,
}

/// Both notes, and what they come to.
pub struct Compared {
    /// How they stand to each other.
    pub verdict: Verdict,
    /// The notes as they are: the proof of a fork.
    pub notes: [String; 2],
    /// What was checked, in order.
    pub steps: Vec<String>,
    /// Whether the log's signatures were checked with keys that the root vouches for.
    pub is_signed: bool,
}

/// Compares the notes in two files; with the keys of an export's folder their signatures, too.
pub fn compare(
    files: [&Path; 2],
    keys: Option<&Path>,
    pinned: Option<Sha256>,
    proof: Option<&Path>,
) -> Result<Compared, Failed> {
    let keyring = keys.map(|folder| export::keyring(folder, pinned)).transpose()?;
    let mut steps = Vec::new();
    let mut read = |file: &Path| -> Result<(String, SignedCheckpoint), Failed> {
        let name = file.display().to_string();
        let wrong = export::failed(&name, "checkpoint");
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let note = SignedCheckpoint::parse(&text).map_err(|error| wrong(&error))?;
        let (size, root) = (note.checkpoint.size, note.checkpoint.root);
        steps.push(format!("检查点 checkpoint {name}: {size} 条 leaves, root {root}"));
        if let Some(keyring) = &keyring {
            keyring.verify_checkpoint(&note).map_err(|error| export::failed(&name, "signature")(&error))?;
            steps.push(format!("日志签名 signed by the log {}", note.checkpoint.origin));
            steps.extend(cosigner_steps(keyring, &note, &name)?);
        }
        Ok((text, note))
    };
    let (first, second) = (read(files[0])?, read(files[1])?);
    let (one, other) = (&first.1.checkpoint, &second.1.checkpoint);
    if one.origin != other.origin {
        let reason = format!("“{}” and “{}” are two logs", one.origin, other.origin);
        return Err(export::failed(&files[1].display().to_string(), "origin")(&reason));
    }
    let verdict = if one.size == other.size {
        if one.root == other.root { Verdict::Same } else { Verdict::Forked }
    } else {
        let (old, new) = if one.size < other.size { (one, other) } else { (other, one) };
        match proof {
            None => Verdict::Unproven,
            Some(file) => {
                let name = file.display().to_string();
                let wrong = export::failed(&name, "proof");
                let bytes = std::fs::read(file).map_err(|error| wrong(&error))?;
                let request: WitnessRequest = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
                let proved = merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &request.proof);
                steps.push(match &proved {
                    Ok(()) => format!("一致性证明 consistency proof {} → {}", old.size, new.size),
                    Err(error) => format!("一致性证明不成立 the consistency proof does not hold: {error}"),
                });
                if proved.is_ok() { Verdict::Extends } else { Verdict::Unproven }
            }
        }
    };
    Ok(Compared { verdict, notes: [first.0, second.0], steps, is_signed: keyring.is_some() })
}

/// A line for each cosigner, and who stands behind it.
pub fn cosigner_steps(keyring: &Keyring, note: &SignedCheckpoint, file: &str) -> Result<Vec<String>, Failed> {
    let found = keyring.cosignatures(note);
    if let Some(name) = found.wrong.first() {
        return Err(export::failed(file, "Cosignature")(&format!("the cosignature of “{name}” is wrong")));
    }
    let known = found.valid.iter().map(|cosigner| {
        let party = &cosigner.statement.party;
        format!(
            "共同签名 cosigner {}: {}（{}）, {} — {}",
            cosigner.statement.holder_name,
            party.name,
            party.kind.zh(),
            cosigner.not_after(),
            control(cosigner)
        )
    });
    let unknown = found.unknown.iter().map(|name| {
        format!("不计 not counted: “{name}” 未经站点根声明 · the site root vouches for nobody of this name and key")
    });
    Ok(known.chain(unknown).collect())
}

/// Whose control a cosigner is under, in words.
fn control(cosigner: &Cosigner<'_>) -> &'static str {
    match (cosigner.is_revoked, cosigner.is_outside()) {
        (true, _) => "密钥已吊销，不计 · key revoked, not counted",
        (false, true) => "不受服务方控制 · outside the operator's control",
        (false, false) => "属服务方 · the operator's own",
    }
}
