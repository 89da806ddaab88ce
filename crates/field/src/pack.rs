//! 离线验真包 of one record, made on the terminal (docs/adr/0027): what a supervisor takes away on a stick from the machine room.
//!
//! It holds what this terminal knows: record, delivery and receipt, plan, visit, template, key statements, revocations, what reviewers
//! said, and the photos that were not released. Places in the log are shown of the delivery alone, and the ledger is left out; a pack
//! of the service has both, and whoever verifies one of a terminal is told what was not compared.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Cursor, Read, Write as _},
    path::Path,
};

use serde::Serialize;
use xunjian_domain::{hash::Sha256, template::Template};
use xunjian_proof::{
    dsse::Envelope,
    pack::{
        Contents, Draft, Head, LogProof, Maker, PackError, PackKind, Planned, Profile, RecordProofs, WhyLeftOut,
        name::{self, folder},
    },
    receipt::Receipt,
    record::Record,
    statement::{Delivered, KeyStatement, PlanStatement, Revocation, Statement as _},
    verification::read_record,
};

use crate::{
    Field,
    error::FieldError,
    private,
    review::CountersignatureState,
    store::{
        chunk, log,
        package::plan_envelope,
        record::{self, ReceiptRow},
        release, review,
    },
};

/// A pack that was written.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PackWritten {
    /// The file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Photos in it.
    pub photos: u64,
    /// Photos that were released from this terminal after delivery: a pack of the service has them.
    pub left_out: u64,
}

type Pack = Contents<Cursor<Vec<u8>>, Sha256>;
type PackDraft = Draft<Cursor<Vec<u8>>, Sha256>;

impl Field {
    /// Writes a delivered record of this terminal with everything that proves it into one file in `folder`. The same record gives the
    /// same bytes as long as nothing new is known of it.
    ///
    /// # Errors
    /// [`FieldError::UnknownRecord`], [`FieldError::NotDelivered`], [`FieldError::File`] when the folder cannot be written.
    pub fn pack_record(&self, wanted: &str, folder: &Path) -> Result<PackWritten, FieldError> {
        let id = self.find_record(wanted)?;
        let (mut draft, photos) = self.draft_pack(id)?;
        let file = folder.join(format!("xunjian-pack-{}.zip", id.short()));
        let part = file.with_added_extension("part");
        let written = self.write_pack(&mut draft, &part).and_then(|()| {
            fs::rename(&part, &file)?;
            private::flush_folder_of(&file)
        });
        written.map_err(|source| FieldError::File { path: file.clone(), source })?;
        Ok(PackWritten {
            file: file.display().to_string(),
            bytes: draft.layout().total_bytes(),
            photos,
            left_out: draft.manifest().left_out.len() as u64,
        })
    }

    fn write_pack(&self, draft: &mut PackDraft, part: &Path) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(part)?);
        draft.write_from(0, &mut out, |photo| {
            let bytes = self.photos.read(photo).map_err(io::Error::other)?;
            Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read>)
        })?;
        out.flush()?;
        out.get_ref().sync_all()
    }

    fn draft_pack(&self, id: Sha256) -> Result<(PackDraft, u64), FieldError> {
        let terminal = self.terminal()?;
        let root = &terminal.site_root;
        let (envelope, row) =
            self.store.read(|connection| Ok((record::envelope(connection, id)?, record::receipt(connection, id)?)))?;
        let row = row.ok_or(FieldError::NotDelivered)?;
        let (_, read) = read_record(envelope.as_bytes()).map_err(damaged)?;
        let record = &read.record;
        let receipt = Receipt::parse(&row.receipt).map_err(damaged)?;
        let mut pack = Pack::new(Cursor::default(), root).map_err(refused)?;
        pack.put(name::CHECKPOINT.to_owned(), receipt.checkpoint.to_string().as_bytes()).map_err(refused)?;
        self.put_statements(&mut pack, id)?;
        let template = self.put_plan(&mut pack, record)?;
        let photos = self.put_photos(&mut pack, record)?;
        put_record(&mut pack, &Packed { id, record, envelope: &envelope, row: &row, receipt: &receipt }, &template)?;
        let head = Head {
            site: root.site.clone(),
            software: env!("CARGO_PKG_VERSION").to_owned(),
            kind: PackKind::Record,
            profile: Profile::Full,
            made_by: Maker::Terminal,
            round: None,
            log_size: receipt.checkpoint.checkpoint.size,
            undelivered: Vec::new(),
            coverage: None,
        };
        Ok((pack.finish(head, root, &self.terminal_key()?).map_err(refused)?, photos))
    }

    /// Key statements, revocations, and what reviewers said.
    fn put_statements(&self, pack: &mut Pack, id: Sha256) -> Result<(), FieldError> {
        let (keys, said) =
            self.store.read(|connection| Ok((log::root_statements(connection)?, review::said_of(connection, id)?)))?;
        for text in &keys.holders {
            let key = KeyStatement::read(&parsed(text)?)?.key.id();
            put_once(pack, name::of_key(folder::KEYS, &key), text)?;
        }
        for text in &keys.revocations {
            let key = Revocation::read(&parsed(text)?)?.key;
            put_once(pack, name::of_key(folder::REVOCATIONS, &key), text)?;
        }
        for said in said.iter().filter(|said| said.state == CountersignatureState::Logged) {
            let file = name::of_hash(folder::STATEMENTS, &Sha256::of(said.envelope.as_bytes()));
            put_once(pack, file, &said.envelope)?;
        }
        Ok(())
    }

    /// The plan that the record names, what it asks of this visit, and the template.
    fn put_plan(&self, pack: &mut Pack, record: &Record) -> Result<Template, FieldError> {
        let plan = self.store.read(|connection| plan_envelope(connection, &record.round.id))?;
        put_once(pack, name::of_hash(folder::PLANS, &record.plan), &plan)?;
        let plan = PlanStatement::read(&parsed(&plan)?)?.plan;
        let visit = plan.visits.iter().find(|visit| visit.id == record.visit.id);
        let visit = visit.ok_or_else(|| FieldError::UnknownVisit(record.visit.id.to_string()))?;
        let mut put_chunk = |folder, name: Sha256| {
            let bytes = self.store.read(|connection| chunk::require(connection, name))?;
            pack.put(name::of_hash(folder, &name), &bytes).map_err(refused)?;
            Ok::<_, FieldError>(bytes)
        };
        put_chunk(folder::VISITS, visit.sha256)?;
        let template = put_chunk(folder::TEMPLATES, record.template.sha256)?;
        Template::parse(&String::from_utf8_lossy(&template)).map_err(damaged)
    }

    /// Those that are here; answers how many.
    fn put_photos(&self, pack: &mut Pack, record: &Record) -> Result<u64, FieldError> {
        let mut here = 0;
        for photo in &record.evidence {
            let file = name::of_photo(&photo.sha256, &photo.media_type);
            if pack.has(&file) {
                continue;
            }
            if self.store.read(|connection| release::is_released(connection, photo.sha256))? {
                pack.leave_out(photo.sha256, WhyLeftOut::Released);
                continue;
            }
            pack.put_photo(Planned::of(file, &self.photos.read(&photo.sha256)?), photo.sha256);
            here += 1;
        }
        Ok(here)
    }
}

/// A record with its delivery.
struct Packed<'a> {
    id: Sha256,
    record: &'a Record,
    envelope: &'a str,
    row: &'a ReceiptRow,
    receipt: &'a Receipt,
}

fn put_record(pack: &mut Pack, packed: &Packed<'_>, template: &Template) -> Result<(), FieldError> {
    let stored_at = Delivered::read(&parsed(&packed.row.delivered)?)?.stored_at;
    let proofs = RecordProofs {
        envelope: LogProof { leaf: packed.envelope.as_bytes(), receipt: None },
        delivered: LogProof { leaf: packed.row.delivered.as_bytes(), receipt: Some(packed.receipt) },
        witnessed: None,
    };
    pack.put_record(&packed.id, packed.record, template, stored_at, proofs).map_err(refused)
}

fn put_once(pack: &mut Pack, file: String, text: &str) -> Result<(), FieldError> {
    if pack.has(&file) { Ok(()) } else { pack.put(file, text.as_bytes()).map_err(refused) }
}

fn parsed(envelope: &str) -> Result<Envelope, FieldError> {
    Envelope::from_bytes(envelope.as_bytes()).map_err(damaged)
}

fn damaged(error: impl ToString) -> FieldError {
    FieldError::Damaged(error.to_string())
}

fn refused(error: PackError) -> FieldError {
    match error {
        PackError::Statement(error) => error.into(),
        other => damaged(other),
    }
}
