//! 复核签名 of an exported record: each held against the rules that service and terminals go by, at its place in the log where its
//! receipt proves one.

use std::{fs, io::ErrorKind, path::Path};

use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    receipt::Receipt,
    review::{LogOrder, ReviewError, Reviewed, verify_countersignature},
    statement::ReviewVerdict,
    suite::KeyId,
    verification::VerifiedRecord,
};

use crate::export::{Failed, failed};

const FOLDER: &str = "countersignatures";

/// What reviewers said, each of them by the rules.
#[derive(Default)]
pub struct Reviews {
    /// One sentence each, in the log's order.
    pub steps: Vec<String>,
    /// The last verdict in the log's order among those that are proved to be logged; `None` where there is none.
    pub verdict: Option<ReviewVerdict>,
    /// Reviewers' keys that were revoked: one export does not carry what proves which came first.
    pub revoked: Vec<KeyId>,
}

/// Checks what lies in `countersignatures/`: `NAME.json` the envelope, `NAME.tlog-proof` its receipt.
pub fn verify(
    folder: &Path,
    record: &VerifiedRecord,
    envelope: &Envelope,
    delivered: &[u8],
    keyring: &Keyring,
) -> Result<Reviews, Failed> {
    let reviewed = Reviewed { record, envelope, delivered };
    let mut found = Reviews::default();
    let mut logged = Vec::new();
    for name in names(folder)? {
        let file = format!("{FOLDER}/{name}.json");
        let bytes = fs::read(folder.join(&file)).map_err(|error| failed(&file, "read")(&error))?;
        let signed = Envelope::from_bytes(&bytes).map_err(|error| failed(&file, "Bytes")(&error))?;
        let index = place(folder, &name, &bytes, keyring)?;
        let order = index.map_or(LogOrder::Unproved, |index| LogOrder::Leaf { index, revoked: None });
        match verify_countersignature(&signed, reviewed, keyring, order) {
            Ok((said, person)) => {
                let verdict = match said.verdict {
                    ReviewVerdict::Accepted => "通过 accepted",
                    ReviewVerdict::Returned => "退回 returned",
                };
                let (who, party) = (&person.holder_name, person.party.kind.zh());
                let place = index.map_or("尚无回执 no receipt yet".to_owned(), |index| format!("leaf {index}"));
                logged.push((
                    index,
                    said.verdict,
                    format!("复核签名 countersignature {who}（{party}） {verdict}: {place}"),
                ));
            }
            Err(ReviewError::Revoked(key)) => found.revoked.push(key),
            Err(error) => return Err(failed(&file, "Countersignature")(&error)),
        }
    }
    // What is not proved to be logged comes last, and decides nothing.
    logged.sort_by_key(|(index, ..)| index.unwrap_or(u64::MAX));
    found.verdict = logged.iter().rev().find(|(index, ..)| index.is_some()).map(|(_, verdict, _)| *verdict);
    found.steps = logged.into_iter().map(|(_, _, step)| step).collect();
    Ok(found)
}

/// The names of the envelopes, sorted; a receipt without an envelope is a failure.
fn names(folder: &Path) -> Result<Vec<String>, Failed> {
    let entries = match fs::read_dir(folder.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(FOLDER, "read")(&error)),
    };
    let (mut names, mut receipts) = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.map_err(|error| failed(FOLDER, "read")(&error))?.file_name();
        let name = name.into_string().map_err(|_| failed(FOLDER, "read")(&"a file name is not text"))?;
        match (name.strip_suffix(".json"), name.strip_suffix(".tlog-proof")) {
            (Some(name), _) => names.push(name.to_owned()),
            (_, Some(name)) => receipts.push(name.to_owned()),
            _ => return Err(failed(&format!("{FOLDER}/{name}"), "read")(&"neither an envelope nor a receipt")),
        }
    }
    names.sort();
    match receipts.iter().find(|receipt| !names.contains(receipt)) {
        Some(alone) => Err(failed(&format!("{FOLDER}/{alone}.tlog-proof"), "read")(&"a receipt without its envelope")),
        None => Ok(names),
    }
}

fn place(folder: &Path, name: &str, envelope: &[u8], keyring: &Keyring) -> Result<Option<u64>, Failed> {
    let file = format!("{FOLDER}/{name}.tlog-proof");
    let wrong = |error: &dyn std::fmt::Display| failed(&file, "Receipt")(error);
    let text = match fs::read_to_string(folder.join(&file)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&file, "read")(&error)),
    };
    let receipt = Receipt::parse(&text).map_err(|error| wrong(&error))?;
    keyring.verify_receipt(envelope, &receipt).map_err(|error| wrong(&error))?;
    Ok(Some(receipt.index))
}
