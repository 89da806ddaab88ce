//! A bundle of a terminal in.
//!
//! Order of effects: the whole file is read and its signature checked → the terminal's head is noted → each record by itself, as
//! over HTTP, with what is to be answered in the same transaction → each photo into a file of its own, then, once a record names
//! it, into the store → what is complete is declared delivered. A crash anywhere leaves what a crash between two requests leaves;
//! the same file is imported again and goes on from there.

use std::{
    fs::{self, File},
    io::{BufReader, Write as _},
    path::Path,
};

use serde::Serialize;
use sha2::{Digest as _, Sha256 as Hasher};
use xunjian_domain::{hash::Sha256, ids::TerminalId, text::Language};
use xunjian_proof::{suite::PublicKey, verification};
use xunjian_protocol::{
    log::CosignatureOutcome,
    path::{MAX_BLOB_BYTES, MAX_ENVELOPE_BYTES},
    problem::Problem,
    record::RecordAnswer,
    relay::{
        Direction, EnrolHead, Item, MAX_DOCUMENT_BYTES, RelayEnrolment, RelayError, UpHead, check_public,
        read::{Contents, Verified},
    },
};

use super::{key, show, staged, turn};
use crate::{
    clock, cosign,
    db::{Sql, sql},
    delivery, enrol,
    error::Error,
    extras::Extras,
    intake,
    log::{to_i64, to_u64},
    site::Site,
};

/// What a bundle brought.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Received {
    /// The terminal.
    pub terminal: String,
    /// Which part of its export.
    pub part: u32,
    /// Whom it asked to be enrolled for.
    pub enrolled: Option<String>,
    /// Records stored now.
    pub stored: u64,
    /// Records that were there.
    pub identical: u64,
    /// Records that were refused, with their problems.
    pub refused: Vec<(Sha256, Problem)>,
    /// Records that wait for another one, which they correct.
    pub waiting: u64,
    /// Photos stored now.
    pub photos_stored: u64,
    /// Photos that were there.
    pub photos_known: u64,
    /// Photos whose records have not come yet.
    pub photos_staged: u64,
    /// Photos that do not hash to their names, or have another size than their record says.
    pub photos_wrong: u64,
    /// Photos of this terminal's records that are still missing.
    pub photos_wanted: u64,
    /// Whether the terminal was shown another history of the log than the one that is here.
    pub is_log_contradicted: bool,
}

/// Takes a bundle in. Doing it twice is the same as once.
///
/// # Errors
/// [`Error::Relay`] when the bundle is not for this site, not whole, or of nobody known; then nothing was taken.
/// [`Error::Problem`] for a request to be enrolled whose code is not good.
pub fn receive(site: &Site, file: &Path) -> Result<Received, Error> {
    // The key has a turn of its own where it has yet to be made.
    let key = key(site)?;
    let _turn = turn(site)?;
    let verified = show(file)?;
    let header = &verified.header;
    if header.site != site.settings.root.site {
        return Err(RelayError::WrongSite(header.site.to_string()).into());
    }
    if header.direction == Direction::Down {
        return Err(RelayError::WrongDirection.into());
    }
    let open = || -> Result<_, Error> {
        let from = BufReader::with_capacity(1 << 18, File::open(file).map_err(RelayError::from)?);
        Ok(Contents::open(from, &verified, &key)?)
    };
    if header.direction == Direction::Enrol {
        return enrolled(site, &verified, open()?);
    }
    let terminal = known_sender(site, &verified)?;
    let mut contents = open()?;
    let head: UpHead = head(&mut contents)?;
    check_public(&head.relay_key)?;
    let mut bundle = Bundle { site, terminal: &terminal, received: Received::default(), language: language(&head) };
    bundle.received.terminal = terminal.to_string();
    bundle.received.part = header.part;
    site.db.write(|sql| {
        let values =
            [terminal.as_str().into(), to_i64(head.number).into(), serde_json::to_string(&head)?.into(), now().into()];
        sql.execute(sql!("relay_terminal_put"), &values)?;
        Ok::<_, Error>(())
    })?;
    while let Some((item, length)) = contents.next_item()? {
        match item {
            Item::Record => bundle.record(&mut contents, length)?,
            Item::Photo => bundle.photo(&mut contents, length)?,
            other => return Err(RelayError::Malformed(format!("{other:?} from a terminal")).into()),
        }
    }
    bundle.records_that_waited()?;
    bundle.log_states(&head)?;
    let mut received = bundle.received;
    received.photos_stored += settle(site, &terminal)?;
    received.photos_wanted = site.db.read(|sql| wanted(sql, &terminal))?.len() as u64;
    Ok(received)
}

fn now() -> i64 {
    clock::now().0
}

fn language(head: &UpHead) -> Language {
    Language::from_tag(&head.language)
}

fn head<T: serde::de::DeserializeOwned>(contents: &mut Contents<BufReader<File>>) -> Result<T, Error> {
    match contents.next_item()? {
        Some((Item::Head, _)) => Ok(contents.document(MAX_DOCUMENT_BYTES)?),
        _ => Err(RelayError::Malformed("it does not begin with its head".to_owned()).into()),
    }
}

/// The enrolled terminal whose key signed the bundle. One whose key was revoked is let in: what it sealed is judged, and kept.
fn known_sender(site: &Site, verified: &Verified) -> Result<TerminalId, Error> {
    let header = &verified.header;
    let row = site.db.read(|sql| sql.first(sql!("terminal_by_id"), &[header.terminal.as_str().into()]))?;
    let known: Option<PublicKey> = row.map(|row| Ok::<_, Error>(serde_json::from_str(row.text(0)?)?)).transpose()?;
    if known.as_ref() == Some(&header.sender) {
        return Ok(header.terminal.clone());
    }
    Err(RelayError::UnknownSender(header.sender.id().to_string()).into())
}

/// A request to be enrolled: the rules are those of HTTP, the clock is the service's, now.
fn enrolled(site: &Site, verified: &Verified, mut contents: Contents<BufReader<File>>) -> Result<Received, Error> {
    let asked: EnrolHead = head(&mut contents)?;
    check_public(&asked.relay_key)?;
    if asked.request.terminal_key != verified.header.sender {
        return Err(RelayError::UnknownSender(verified.header.sender.id().to_string()).into());
    }
    let answer = enrol::enrol(site, &asked.request, Extras::of_header(Some(&asked.accepts)))?;
    let person_key = asked.request.person_key.id();
    let head = UpHead {
        number: 0,
        relay_key: asked.relay_key,
        accepts: asked.accepts,
        language: "zh".to_owned(),
        etag: String::new(),
        known: String::new(),
        unproved: Vec::new(),
        cosigned: String::new(),
        chain_end: 0,
        open: Vec::new(),
        chunks: Vec::new(),
    };
    site.db.write(|sql| {
        let values = [
            answer.terminal.as_str().into(),
            serde_json::to_string(&head)?.into(),
            serde_json::to_string(&RelayEnrolment { person_key, answer: answer.clone() })?.into(),
            now().into(),
        ];
        sql.execute(sql!("relay_terminal_enrol"), &values)?;
        Ok::<_, Error>(())
    })?;
    site.sequence()?;
    Ok(Received {
        terminal: answer.terminal.to_string(),
        part: verified.header.part,
        enrolled: Some(answer.person_name),
        ..Received::default()
    })
}

/// A bundle that is being taken in.
struct Bundle<'a> {
    site: &'a Site,
    terminal: &'a TerminalId,
    language: Language,
    received: Received,
}

impl Bundle<'_> {
    fn record(&mut self, contents: &mut Contents<BufReader<File>>, length: u64) -> Result<(), Error> {
        let id = Sha256(contents.first::<32>()?);
        // One byte more than is allowed, so that it is refused by the same rule as over HTTP.
        let envelope = contents.bytes((2 * MAX_ENVELOPE_BYTES as u64).max(length.min(4 << 20)))?;
        self.judge(id, &envelope)
    }

    fn judge(&mut self, id: Sha256, envelope: &[u8]) -> Result<(), Error> {
        let (site, terminal) = (self.site, self.terminal);
        let answer = site.db.write(|sql| {
            let answer = intake::submit_relayed(site, sql, terminal, envelope, self.language)?;
            let sequence = verification::read_record(envelope).map_or(0, |(_, read)| read.record.terminal.sequence);
            note(sql, terminal, (id, sequence), envelope, answer.as_ref())?;
            Ok::<_, Error>(answer)
        })?;
        match answer {
            None => self.received.waiting += 1,
            Some(RecordAnswer::Stored { .. }) => self.received.stored += 1,
            Some(RecordAnswer::Identical { .. }) => self.received.identical += 1,
            Some(RecordAnswer::Refused { problem }) => self.received.refused.push((id, problem)),
        }
        Ok(())
    }

    /// Corrections whose records came with this bundle, or by another way since, and records whose keys were approved since.
    fn records_that_waited(&mut self) -> Result<(), Error> {
        self.received.waiting = 0;
        let rows = self.site.db.read(|sql| sql.query(sql!("relay_waiting_of"), &[self.terminal.as_str().into()]))?;
        for row in &rows {
            let id = row.text(0)?.parse().map_err(|_| Error::Damaged("a record that waits has no id".to_owned()))?;
            if !self.received.refused.iter().any(|(refused, _)| *refused == id) {
                self.judge(id, row.bytes(1)?)?;
            }
        }
        Ok(())
    }

    /// Photos go to a file first; they are read back and hashed once a record names them.
    fn photo(&mut self, contents: &mut Contents<BufReader<File>>, length: u64) -> Result<(), Error> {
        let name = Sha256(contents.first::<32>()?);
        let bytes = length - 32;
        if delivery::is_stored(self.site, &name)? {
            self.received.photos_known += 1;
            return Ok(());
        }
        let named = delivery::named_bytes(self.site, self.terminal, &name)?;
        if bytes == 0 || bytes > MAX_BLOB_BYTES || named.is_some_and(|named| named != bytes) {
            self.received.photos_wrong += 1;
            return Ok(());
        }
        let staged = staged(self.terminal);
        let mut file = self.site.blobs.open_partial(&staged, &name, true)?;
        let mut hasher = Hasher::new();
        loop {
            let some = contents.some()?;
            if some.is_empty() {
                break;
            }
            hasher.update(&some);
            file.write_all(&some).map_err(RelayError::from)?;
        }
        if Sha256(hasher.finalize().into()) != name {
            let _ = fs::remove_file(self.site.blobs.partial(&staged, &name));
            self.received.photos_wrong += 1;
            return Ok(());
        }
        if named.is_some() {
            delivery::store_blob(self.site, &staged, &name)?;
            self.received.photos_stored += 1;
        } else {
            file.sync_all().map_err(RelayError::from)?;
            self.received.photos_staged += 1;
        }
        Ok(())
    }

    /// The states of the log that the terminal was shown, and its signature on one.
    fn log_states(&mut self, head: &UpHead) -> Result<(), Error> {
        for note in std::iter::once(&head.known).chain(&head.unproved).filter(|note| !note.is_empty()) {
            self.received.is_log_contradicted |= cosign::is_contradicted_by(self.site, self.terminal.as_str(), note)?;
        }
        if head.cosigned.is_empty() {
            return Ok(());
        }
        match cosign::take_from_terminal(self.site, self.terminal, &head.cosigned) {
            Ok(outcome) => self.received.is_log_contradicted |= outcome == CosignatureOutcome::Contradicts,
            // As over HTTP: nothing waits for a cosignature.
            Err(Error::Problem(code, detail)) => {
                tracing::info!(terminal = %self.terminal, code = code.number(), detail, "a cosignature was not taken");
            }
            Err(Error::Note(error)) => tracing::info!(terminal = %self.terminal, %error, "a cosignature was not taken"),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What is to be answered to a record, beside the write that it is about.
fn note(
    sql: &dyn Sql,
    terminal: &TerminalId,
    (id, sequence): (Sha256, u64),
    envelope: &[u8],
    answer: Option<&RecordAnswer>,
) -> Result<(), Error> {
    let hex = id.to_hex();
    let may_be_taken_later = match answer {
        None => true,
        Some(RecordAnswer::Refused { problem }) => problem.code.is_retryable(),
        Some(_) => false,
    };
    if may_be_taken_later {
        // Over a line the terminal would ask again; a stick may not come again for weeks.
        let (place, at) = (to_i64(sequence).into(), now().into());
        let values = [hex.as_str().into(), terminal.as_str().into(), place, envelope.to_vec().into(), at];
        sql.execute(sql!("relay_waiting_put"), &values)?;
    } else {
        sql.execute(sql!("relay_waiting_delete"), &[hex.as_str().into()])?;
    }
    match answer {
        None => {}
        Some(RecordAnswer::Refused { problem }) => {
            let is_final = i64::from(!problem.code.is_retryable());
            let values = [
                terminal.as_str().into(),
                hex.as_str().into(),
                to_i64(sequence).into(),
                serde_json::to_string(problem)?.into(),
                is_final.into(),
            ];
            sql.execute(sql!("relay_refusal_put"), &values)?;
        }
        Some(RecordAnswer::Stored { .. } | RecordAnswer::Identical { .. }) => {
            sql.execute(sql!("relay_refusal_delete"), &[terminal.as_str().into(), hex.as_str().into()])?;
        }
    }
    Ok(())
}

/// Judges once more what waits, before anything is answered: keys may have been approved since.
pub(super) fn judge_again(site: &Site, terminal: &TerminalId, language: Language) -> Result<(), Error> {
    Bundle { site, terminal, language, received: Received::default() }.records_that_waited()
}

/// Photos that this terminal's records name and that are not here, with their sizes.
fn wanted(sql: &dyn Sql, terminal: &TerminalId) -> Result<Vec<(Sha256, u64)>, Error> {
    let rows = sql.query(sql!("relay_blob_wanted"), &[terminal.as_str().into()])?;
    let read = |row: &crate::db::Row| -> Result<(Sha256, u64), Error> {
        let name = row.text(0)?.parse().map_err(|_| Error::Damaged("a photo has no name".to_owned()))?;
        Ok((name, to_u64(row.i64(1)?)))
    };
    rows.iter().map(read).collect()
}

/// Takes photos in that came before their records, and declares delivered what is complete. How many photos there were.
pub(super) fn settle(site: &Site, terminal: &TerminalId) -> Result<u64, Error> {
    let staged = staged(terminal);
    let mut stored = 0;
    for (name, bytes) in site.db.read(|sql| wanted(sql, terminal))? {
        if site.blobs.partial_bytes(&staged, &name) != bytes {
            continue;
        }
        // A crash may have left it under its private name.
        site.blobs.settle_partial(&staged, &name, bytes)?;
        match delivery::store_blob(site, &staged, &name) {
            Ok(()) => stored += 1,
            // Spoiled while it waited: it is wanted again.
            Err(Error::Problem(code, _)) => {
                tracing::warn!(photo = %name, code = code.number(), "a photo that waited is spoiled")
            }
            Err(error) => return Err(error),
        }
    }
    delivery::deliver_ready(site)?;
    Ok(stored)
}
