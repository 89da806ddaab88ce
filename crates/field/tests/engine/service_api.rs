//! What the service in memory answers to each call of the protocol.

use super::*;

impl SyncApi for Service {
    async fn hello(&self) -> Result<Hello, ApiError> {
        self.reachable()?;
        Ok(Hello {
            site: self.root.site.to_string(),
            site_name: self.root.name.clone(),
            root_fingerprint: self.root.fingerprint().unwrap().to_hex(),
            versions: self.lock().versions.clone().unwrap_or_else(|| vec![1]),
            capabilities: Vec::new(),
            now_ms: MORNING,
        })
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, ApiError> {
        let (terminal_key, person_key) = (request.terminal_key.id(), request.person_key.id());
        let message = possession_message(&self.root.site, &request.code, &terminal_key, &person_key);
        for (key, proof) in
            [(&request.terminal_key, &request.terminal_proof), (&request.person_key, &request.person_proof)]
        {
            key.verify(&message, &data_encoding::BASE64.decode(proof.as_bytes()).unwrap()).unwrap();
        }
        let mut state = self.lock();
        state.terminals.insert(terminal_key.clone());
        let Some((person, used)) = state.codes.get_mut(&request.code) else {
            return Err(Self::problem(ProblemCode::UnknownCode));
        };
        if used.as_ref().is_some_and(|before| before != request) {
            return Err(Self::problem(ProblemCode::UsedCode));
        }
        *used = Some(request.clone());
        let person = person.clone();
        drop(state);
        if self.strikes(Fault::EnrolAnswerLost) {
            return Err(Self::lost());
        }
        Ok(EnrolAnswer {
            terminal: TerminalId::new(format!("terminal-{}", &terminal_key.as_str()[15..23])),
            person: PersonId::new(format!("person-{person}")),
            person_name: person,
            party: party(PartyKind::Provider, "provider", "服务方"),
            roles: vec![Role::Inspector],
            site_root: self.root.clone(),
            recovery_key: self.recovery_statement(),
        })
    }

    async fn work_package(&self, etag: Option<&str>) -> Result<Option<(String, WorkPackage)>, ApiError> {
        let state = self.lock();
        let current = format!("\"{}\"", state.etag);
        if etag == Some(&current) {
            return Ok(None);
        }
        let package = state.package.clone().unwrap_or_else(|| self.package_of(&state));
        Ok(Some((current, package)))
    }

    async fn chunk(&self, sha256: Sha256) -> Result<Bytes, ApiError> {
        let known = self.lock().chunks.get(&sha256).cloned();
        let mut bytes = known.ok_or_else(|| Self::problem(ProblemCode::Malformed))?;
        if self.strikes(Fault::ChunkFlipped) {
            bytes[0] ^= 1;
        }
        Ok(bytes.into())
    }

    async fn submit_records(&self, request: &SubmitRecords) -> Result<SubmitAnswer, ApiError> {
        self.reachable()?;
        self.lock().submissions += 1;
        let answers = request.envelopes.iter().map(|envelope| self.take_record(envelope)).collect();
        if self.strikes(Fault::SubmitAnswerLost) {
            return Err(Self::lost());
        }
        Ok(SubmitAnswer { answers })
    }

    async fn have_blobs(&self, request: &HaveBlobs) -> Result<HaveAnswer, ApiError> {
        let state = self.lock();
        let of = |blob: &Sha256| match (state.named.contains_key(blob), state.blobs.contains(blob)) {
            (false, _) => BlobState::NotNamed,
            (_, true) => BlobState::Stored,
            _ => BlobState::Partial { offset: state.partial.get(blob).map_or(0, |part| part.len() as u64) },
        };
        Ok(HaveAnswer { states: request.blobs.iter().map(of).collect() })
    }

    async fn send_blob(&self, sha256: Sha256, offset: u64, total: u64, rest: Bytes) -> Result<BlobState, ApiError> {
        let (is_slow, is_stuck) = {
            let mut state = self.lock();
            state.under_way += 1;
            state.most_at_once = state.most_at_once.max(state.under_way);
            (state.is_slow, state.stuck == Some(sha256))
        };
        if is_slow {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        self.lock().under_way -= 1;
        if is_stuck {
            return Err(Self::lost());
        }
        let is_cut = self.strikes(Fault::BlobCut);
        if self.strikes(Fault::BlobStalls) {
            let half = rest.len() / 2;
            {
                let mut state = self.lock();
                state.partial.entry(sha256).or_default().extend_from_slice(&rest[..half]);
                state.blob_bytes += half as u64;
            }
            self.stalled.notify_one();
            std::future::pending::<()>().await;
        }
        {
            let mut state = self.lock();
            assert_eq!(state.named.get(&sha256), Some(&total), "the size is the one the record names");
            let part = state.partial.entry(sha256).or_default();
            assert_eq!(part.len() as u64, offset, "the upload goes on where it broke");
            let arrived = if is_cut { rest.slice(..rest.len() / 2) } else { rest };
            part.extend_from_slice(&arrived);
            state.blob_bytes += arrived.len() as u64;
            if is_cut {
                return Err(Self::lost());
            }
            let whole = state.partial.remove(&sha256).unwrap();
            assert_eq!(Sha256::of(&whole), sha256, "the bytes hash to their name");
            state.blobs.insert(sha256);
        }
        if self.strikes(Fault::BlobAnswerLost) {
            return Err(Self::lost());
        }
        Ok(BlobState::Stored)
    }

    async fn receipts(&self, request: &ReceiptsRequest) -> Result<ReceiptsAnswer, ApiError> {
        // As the sequencer does: all of them are logged before the first is answered.
        request.records.iter().for_each(|id| drop(self.delivery(*id)));
        let mut states: Vec<_> = request.records.iter().map(|id| self.delivery(*id)).collect();
        for state in &mut states {
            if let DeliveryState::Delivered { receipt, .. } = state
                && self.strikes(Fault::ReceiptFlipped)
            {
                // One bit of the first hash of the inclusion proof.
                let mut broken = Receipt::parse(receipt).unwrap();
                broken.proof[0].0[7] ^= 4;
                *receipt = broken.to_string();
            }
            let spoil = self.lock().spoil.clone();
            if let (DeliveryState::Delivered { delivered, receipt }, Some(spoil)) = (state, spoil) {
                spoil(delivered, receipt);
            }
        }
        Ok(ReceiptsAnswer { states })
    }

    async fn chain(&self, request: &ChainRequest) -> Result<Option<ChainAnswer>, ApiError> {
        let state = self.lock();
        // Without sessions nobody knows which of several terminals asks.
        if state.terminals.len() > 1 {
            return Ok(None);
        }
        let places = state.chain.iter().map(|((_, place), id)| (*place, id));
        let end = places.clone().map(|(place, _)| place).max().unwrap_or(0);
        let behind = places.filter(|(place, _)| *place > request.after);
        Ok(Some(ChainAnswer { end, envelopes: behind.map(|(_, id)| state.envelopes[id].clone()).take(100).collect() }))
    }

    async fn consistency(&self, request: &ConsistencyRequest) -> Result<ConsistencyAnswer, ApiError> {
        let mut state = self.lock();
        state.consistency_requests += 1;
        let size = state.log.size();
        if request.from > size {
            return Err(Self::problem(ProblemCode::Malformed));
        }
        let Ok(proof) = merkle::consistency_proof(&state.log, request.from, size);
        Ok(ConsistencyAnswer { checkpoint: self.checkpoint(&state).to_string(), proof })
    }
}
