//! Putting a pack together: documents go into a spool, photos stay where they are until they are written.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Seek, SeekFrom, Write},
};

use xunjian_domain::{
    hash::Sha256,
    ids::{RoundId, SiteId},
    template::Template,
};

use super::{
    coverage::Coverage,
    layout::{Layout, Planned},
    manifest::{FORMAT, FileRef, LeftOut, Maker, Manifest, PackKind, Profile, WhyLeftOut},
    name::{self, folder},
    page::{self, Heading, IndexRow, Shown},
    rendition::Rendition,
    texts,
};
use crate::{
    dsse::Envelope,
    receipt::Receipt,
    record::{Evidence, Record},
    statement::{SiteRoot, Statement as _, StatementError},
    suite::Signer,
};

/// Why a pack cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The spool or a photo.
    #[error("a part of the pack cannot be read or kept: {0}")]
    Io(#[from] io::Error),
    /// The manifest cannot be signed.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Two files of one name with different bytes.
    #[error("two different files want the name {0}")]
    Contradiction(String),
    /// The manifest would be refused by whoever reads it.
    #[error("{0}: {1}")]
    NotAllowed(String, String),
}

/// A leaf of the log with the proof that leads to the pack's checkpoint; without one where the maker knows none.
#[derive(Debug, Clone, Copy)]
pub struct LogProof<'a> {
    /// The leaf: an envelope's canonical bytes.
    pub leaf: &'a [u8],
    /// Its proof.
    pub receipt: Option<&'a Receipt>,
}

/// A record with what was said of its delivery.
#[derive(Debug, Clone, Copy)]
pub struct RecordProofs<'a> {
    /// Its envelope.
    pub envelope: LogProof<'a>,
    /// 送达声明.
    pub delivered: LogProof<'a>,
    /// The same leaf under the first checkpoint that somebody outside the operator's control cosigned.
    pub witnessed: Option<&'a Receipt>,
}

/// What a manifest says beside the files.
#[derive(Debug, Clone)]
pub struct Head {
    /// The site.
    pub site: SiteId,
    /// Version of the software.
    pub software: String,
    /// What it is about.
    pub kind: PackKind,
    /// Originals or masked copies.
    pub profile: Profile,
    /// Who makes it.
    pub made_by: Maker,
    /// The round of a round's pack.
    pub round: Option<RoundId>,
    /// The log's size.
    pub log_size: u64,
    /// Records of the round that were not delivered.
    pub undelivered: Vec<Sha256>,
    /// How much of the plan is covered.
    pub coverage: Option<Coverage>,
}

enum Source<P> {
    Spool(u64),
    Photo(P),
}

/// A pack that is being put together. `S` holds the documents, `P` says where a photo is.
pub struct Contents<S, P> {
    spool: S,
    end: u64,
    files: BTreeMap<String, (Planned, Source<P>)>,
    left_out: BTreeMap<Sha256, WhyLeftOut>,
    copies: BTreeMap<Sha256, String>,
    rows: BTreeMap<Sha256, IndexRow>,
}

impl<S: Read + Write + Seek, P> Contents<S, P> {
    /// An empty one, with the fixed texts and the trust root.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn new(spool: S, root: &SiteRoot) -> Result<Self, PackError> {
        let (files, left_out, copies, rows) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut contents = Self { spool, end: 0, files, left_out, copies, rows };
        for (name, text) in texts::ALL {
            contents.put(name.to_owned(), text.as_bytes())?;
        }
        contents.put_document(name::SITE_ROOT.to_owned(), root)?;
        Ok(contents)
    }

    /// Adds a file. The same one again changes nothing.
    ///
    /// # Errors
    /// [`PackError::Contradiction`] when there is another one of this name.
    pub fn put(&mut self, name: String, bytes: &[u8]) -> Result<(), PackError> {
        let planned = Planned::of(name.clone(), bytes);
        if let Some((known, _)) = self.files.get(&name) {
            return if *known == planned { Ok(()) } else { Err(PackError::Contradiction(name)) };
        }
        self.spool.seek(SeekFrom::Start(self.end))?;
        self.spool.write_all(bytes)?;
        self.files.insert(name, (planned, Source::Spool(self.end)));
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Adds a document in its canonical spelling.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn put_document(&mut self, name: String, document: &impl serde::Serialize) -> Result<(), PackError> {
        let bytes = crate::jcs::to_bytes(document).map_err(StatementError::from)?;
        self.put(name, &bytes)
    }

    /// Adds a statement and its place in the log.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn put_leaf(&mut self, name: String, leaf: LogProof<'_>) -> Result<(), PackError> {
        if let Some(receipt) = leaf.receipt {
            self.put(name::proof_of(&name), receipt.to_string().as_bytes())?;
        }
        self.put(name, leaf.leaf)
    }

    /// Whether there is such a file already.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Adds a photo that stays where it is.
    pub fn put_photo(&mut self, planned: Planned, photo: P) {
        self.files.entry(planned.name.clone()).or_insert((planned, Source::Photo(photo)));
    }

    /// Notes that a photo is not in the pack.
    pub fn leave_out(&mut self, photo: Sha256, why: WhyLeftOut) {
        self.left_out.insert(photo, why);
    }

    /// Adds a masked copy and the service's statement of what it was made of.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn put_rendition(&mut self, signed: &Envelope, rendition: &Rendition, bytes: &[u8]) -> Result<(), PackError> {
        let name = name::of_photo(&rendition.rendition.sha256, &rendition.media_type);
        self.put(name.clone(), bytes)?;
        self.put(name::of_hash(folder::RENDITIONS, &rendition.of), &signed.to_bytes())?;
        self.copies.insert(rendition.of, name);
        Ok(())
    }

    /// Adds a record with its page. Its photos come before it: the page shows those that are there.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn put_record(
        &mut self,
        id: &Sha256,
        record: &Record,
        template: &Template,
        stored_at: xunjian_domain::time::TimestampMs,
        proofs: RecordProofs<'_>,
    ) -> Result<(), PackError> {
        let name = |file| name::of_record(folder::RECORDS, id, file);
        self.put_leaf(name("envelope.json"), proofs.envelope)?;
        self.put_leaf(name("delivered.json"), proofs.delivered)?;
        if let Some(receipt) = proofs.witnessed {
            self.put(name("witnessed.tlog-proof"), receipt.to_string().as_bytes())?;
        }
        let page = page::record(id, record, template, stored_at, &|photo| self.shown(photo));
        self.put(name("index.html"), page.as_bytes())?;
        self.rows.insert(*id, IndexRow::of(record, stored_at));
        Ok(())
    }

    fn shown(&self, photo: &Evidence) -> Shown {
        let original = name::of_photo(&photo.sha256, &photo.media_type);
        match self.copies.get(&photo.sha256) {
            _ if self.has(&original) => Shown::Original(original),
            Some(copy) => Shown::Copy(copy.clone()),
            None => Shown::LeftOut,
        }
    }

    /// Signs the manifest and lays the archive out.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn finish(mut self, head: Head, root: &SiteRoot, signer: &dyn Signer) -> Result<Draft<S, P>, PackError> {
        let heading = Heading {
            root,
            fingerprint: root.fingerprint().map_err(StatementError::from)?,
            kind: head.kind,
            profile: head.profile,
            made_by: head.made_by,
            log_size: head.log_size,
            undelivered: head.undelivered.len(),
            left_out: self.left_out.len(),
        };
        let index = page::index(&heading, head.coverage.as_ref(), &self.rows);
        self.put(name::INDEX.to_owned(), index.as_bytes())?;
        let records: BTreeSet<Sha256> = self.rows.keys().copied().collect();
        let manifest = Manifest {
            site: head.site,
            format: FORMAT,
            texts: texts::VERSION,
            software: head.software,
            kind: head.kind,
            profile: head.profile,
            made_by: head.made_by,
            round: head.round,
            log_size: head.log_size,
            records: records.into_iter().collect(),
            undelivered: head.undelivered,
            left_out: self.left_out.iter().map(|(sha256, why)| LeftOut { sha256: *sha256, why: *why }).collect(),
            coverage: head.coverage,
            files: self
                .files
                .values()
                .map(|(file, _)| FileRef { name: file.name.clone(), bytes: file.bytes, sha256: file.sha256 })
                .collect(),
        };
        manifest.check().map_err(|(name, reason)| PackError::NotAllowed(name, reason))?;
        let envelope = manifest.sign(&[signer])?;
        let (mut files, mut sources) = (Vec::new(), BTreeMap::new());
        for (name, (planned, source)) in self.files {
            files.push(planned);
            sources.insert(name, source);
        }
        let layout = Layout::new(envelope.to_bytes(), files);
        Ok(Draft { layout, manifest, spool: self.spool, sources })
    }
}

/// A pack that is ready to be written.
pub struct Draft<S, P> {
    layout: Layout,
    manifest: Manifest,
    spool: S,
    sources: BTreeMap<String, Source<P>>,
}

impl<S: Read + Seek, P> Draft<S, P> {
    /// Where everything stands.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What is in it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes the archive from byte `from` on; `photo` gives the bytes of a photo.
    ///
    /// # Errors
    /// Whatever reading or writing fails with; [`io::ErrorKind::InvalidData`] for a photo that changed meanwhile.
    pub fn write_from(
        &mut self,
        from: u64,
        out: &mut impl Write,
        mut photo: impl FnMut(&P) -> io::Result<Box<dyn Read>>,
    ) -> io::Result<()> {
        let Self { layout, spool, sources, .. } = self;
        layout.write_from(from, out, |file| match sources.get(&file.name) {
            Some(Source::Photo(place)) => photo(place),
            Some(Source::Spool(offset)) => {
                spool.seek(SeekFrom::Start(*offset))?;
                let mut bytes = Vec::new();
                spool.take(file.bytes).read_to_end(&mut bytes)?;
                Ok(Box::new(io::Cursor::new(bytes)) as Box<dyn Read>)
            }
            None => Err(io::Error::other(file.name.clone())),
        })
    }
}
