//! The packs of a site in memory.

use super::*;

/// A pack in memory that can be written.
type Laid = Draft<Cursor<Vec<u8>>, PhotoSeed>;

impl World {
    /// The pack of everything, or of the first record.
    #[must_use]
    pub fn pack(&self, kind: PackKind, profile: Profile) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_pack(kind, profile, &mut out);
        out
    }

    /// Writes a pack.
    ///
    /// # Panics
    /// When it cannot be put together.
    pub fn write_pack(&self, kind: PackKind, profile: Profile, out: &mut impl Write) {
        let mut draft = self.draft(kind, profile).unwrap_or_else(|error| panic!("{error}"));
        let open = |seed: &PhotoSeed| Ok(Box::new(Cursor::new(photo(*seed))) as Box<dyn Read>);
        draft.write_from(0, out, open).unwrap_or_else(|error| panic!("{error}"));
    }

    fn draft(&self, kind: PackKind, profile: Profile) -> Result<Laid, Box<dyn std::error::Error>> {
        let mut contents = Contents::new(Cursor::new(Vec::new()), &self.root)?;
        let (hashes, size) = (self.hashes(), self.leaves.len() as u64);
        let head = self.checkpoint(size);
        contents.put(name::CHECKPOINT.to_owned(), self.cosigned_checkpoint(size).to_string().as_bytes())?;
        for (older, _) in self.cosigned.iter().filter(|(older, _)| *older < size) {
            let Ok(proof) = merkle::consistency_proof(&hashes, *older, size);
            let checkpoint = self.cosigned_checkpoint(*older).to_string();
            contents.put_document(name::of_older(*older), &Older { checkpoint, proof })?;
        }
        let at = |leaf: &[u8]| self.receipt(&hashes, leaf, &head);
        for leaf in &self.keys {
            let key = KeyStatement::read(&Envelope::from_bytes(leaf)?)?.key.id();
            contents.put_leaf(name::of_key(folder::KEYS, &key), LogProof { leaf, receipt: Some(&at(leaf)) })?;
        }
        for leaf in &self.revocations {
            let key = Revocation::read(&Envelope::from_bytes(leaf)?)?.key;
            contents.put_leaf(name::of_key(folder::REVOCATIONS, &key), LogProof { leaf, receipt: Some(&at(leaf)) })?;
        }
        let plan = &self.plan.1;
        contents.put_leaf(
            name::of_hash(folder::PLANS, &Sha256::of(plan)),
            LogProof { leaf: plan, receipt: Some(&at(plan)) },
        )?;
        contents.put_document(name::of_hash(folder::TEMPLATES, &jcs::hash(&self.template)?), &self.template)?;
        contents.put_document(name::of_hash(folder::LEDGER, &jcs::hash(&self.ledger.0)?), &self.ledger.0)?;
        let taken = match kind {
            PackKind::Record => &self.records[..1],
            PackKind::Round => &self.records[..],
        };
        for visit in &self.visits {
            if kind == PackKind::Round || taken.iter().any(|one| one.record.visit.id == visit.id) {
                contents.put_document(name::of_hash(folder::VISITS, &jcs::hash(visit)?), visit)?;
            }
        }
        let rack = |record: &Record| record.compared.first().map(|row| format!("rack/{}", row.rack));
        for (part, bytes) in self.ledger.0.chunks.iter().zip(&self.ledger.1) {
            if taken.iter().any(|one| rack(&one.record).as_deref() == Some(part.key.as_str())) {
                contents.put(name::of_hash(folder::LEDGER, &part.sha256), bytes)?;
            }
        }
        for leaf in &self.said {
            let is_of_other = |one: &Sealed| std::str::from_utf8(leaf).is_ok() && said_of(leaf) == Some(one.id);
            if kind == PackKind::Round || !self.records[1..].iter().any(is_of_other) {
                contents.put_leaf(
                    name::of_hash(folder::STATEMENTS, &Sha256::of(leaf)),
                    LogProof { leaf, receipt: Some(&at(leaf)) },
                )?;
            }
        }
        for one in taken {
            self.photos(&mut contents, one, profile)?;
            let stored = self.leaves.iter().position(|leaf| *leaf == one.delivered).unwrap_or(0) as u64;
            let first = self.cosigned.iter().map(|(size, _)| *size).find(|older| *older > stored && *older < size);
            let witnessed = first.map(|first| self.receipt(&hashes, &one.delivered, &self.cosigned_checkpoint(first)));
            let (sealed_at, delivered_at) = (at(&one.envelope), at(&one.delivered));
            let proofs = RecordProofs {
                envelope: LogProof { leaf: &one.envelope, receipt: Some(&sealed_at) },
                delivered: LogProof { leaf: &one.delivered, receipt: Some(&delivered_at) },
                witnessed: witnessed.as_ref(),
            };
            contents.put_record(&one.id, &one.record, &self.template, one.stored_at, proofs)?;
        }
        if kind == PackKind::Record && self.records.len() > 1 {
            let next = &self.records[1];
            let file = name::of_record(folder::NEIGHBOURS, &next.id, "envelope.json");
            contents.put_leaf(file, LogProof { leaf: &next.envelope, receipt: Some(&at(&next.envelope)) })?;
        }
        let counted: Vec<Counted> = taken.iter().map(|one| Counted::of(one.id, &one.record)).collect();
        let is_round = kind == PackKind::Round;
        let head = Head {
            site: self.root.site.clone(),
            software: env!("CARGO_PKG_VERSION").to_owned(),
            kind,
            profile,
            made_by: Maker::Service,
            round: is_round.then(|| self.plan.0.plan.round.id.clone()),
            log_size: size,
            undelivered: Vec::new(),
            coverage: is_round.then(|| coverage(&self.plan.0.plan, &counted, &self.decisions)),
        };
        Ok(contents.finish(head, &self.root, &key(seed::SERVICE))?)
    }

    fn photos(
        &self,
        contents: &mut Contents<Cursor<Vec<u8>>, PhotoSeed>,
        one: &Sealed,
        profile: Profile,
    ) -> Result<(), Box<dyn std::error::Error>> {
        for (sha256, seed) in &one.photos {
            let evidence = one.record.evidence.iter().find(|photo| photo.sha256 == *sha256);
            let is_masked =
                evidence.and_then(|photo| photo.layer.as_ref()).is_some_and(|layer| layer.kind == LayerKind::Masked);
            if profile == Profile::Full || is_masked {
                let planned = Planned::of(name::of_photo(sha256, "image/jpeg"), &photo(*seed));
                contents.put_photo(planned, *seed);
                continue;
            }
            contents.leave_out(*sha256, WhyLeftOut::Redacted);
            // One photo has a copy that a person marked, the others do not.
            if seed.0 == 3 {
                let bytes_of_copy = photo((1_003, 80));
                let rendition = Rendition {
                    site: self.root.site.clone(),
                    of: *sha256,
                    rendition: BlobRef { sha256: Sha256::of(&bytes_of_copy), bytes: bytes_of_copy.len() as u64 },
                    media_type: "image/jpeg".into(),
                    covered: vec![Region { x: 1, y: 2, width: 3, height: 4 }],
                    marked_by: "王工".into(),
                };
                let signed = rendition.sign(&[&key(seed::SERVICE)])?;
                contents.put_rendition(&signed, &rendition, &bytes_of_copy)?;
            }
        }
        Ok(())
    }
}

fn said_of(leaf: &[u8]) -> Option<Sha256> {
    Countersignature::read(&Envelope::from_bytes(leaf).ok()?).ok().map(|said| said.record)
}
