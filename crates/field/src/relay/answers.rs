//! A bundle of the service as [`SyncApi`]: the engine asks it what it would ask over HTTP.
//!
//! It answers what the service answered beforehand, for the state that this terminal showed; what it was not asked, it does not
//! know. It takes nothing: records and photos go with the next export.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use xunjian_domain::{hash::Sha256, text::Language};
use xunjian_proof::verification::read_record;
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveAnswer, HaveBlobs},
    enrol::{EnrolAnswer, EnrolRequest},
    hello::Hello,
    log::{ConsistencyAnswer, ConsistencyRequest},
    package::WorkPackage,
    problem::{Problem, ProblemCode},
    record::{ChainAnswer, ChainRequest, DeliveryState, ReceiptsAnswer, ReceiptsRequest, SubmitAnswer, SubmitRecords},
    relay::{DownHead, RecordNews, stretch::StretchNodes},
};

/// What a bundle says.
pub(crate) struct Answers {
    pub head: DownHead,
    /// Leaves of its log.
    pub size: u64,
    pub nodes: StretchNodes,
    pub news: HashMap<Sha256, RecordNews>,
    /// Whether a chunk was asked for that travels in another part.
    lacked_chunk: AtomicBool,
}

impl Answers {
    pub fn new(head: DownHead, size: u64, nodes: StretchNodes, news: HashMap<Sha256, RecordNews>) -> Self {
        Self { head, size, nodes, news, lacked_chunk: AtomicBool::new(false) }
    }

    /// Whether the work package could not be taken over because a part of it is in another file.
    pub fn lacked_chunk(&self) -> bool {
        self.lacked_chunk.load(Ordering::Relaxed)
    }
}

fn not_said<T>(what: &str) -> Result<T, ApiError> {
    Err(ApiError::Unreachable(format!("the relay bundle says nothing of {what}")))
}

impl SyncApi for Answers {
    async fn hello(&self) -> Result<Hello, ApiError> {
        Ok(self.head.hello.clone())
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, ApiError> {
        match &self.head.enrolment {
            Some(answered) if answered.person_key == request.person_key.id() => Ok(answered.answer.clone()),
            _ => not_said("this request to be enrolled"),
        }
    }

    async fn work_package(&self, etag: Option<&str>) -> Result<Option<(String, WorkPackage)>, ApiError> {
        if let Some(problem) = &self.head.problem {
            return Err(ApiError::Problem(Box::new(problem.clone())));
        }
        if etag == Some(self.head.etag.as_str()) {
            return Ok(None);
        }
        match &self.head.package {
            Some(package) => Ok(Some((self.head.etag.clone(), package.clone()))),
            None => not_said("the work package"),
        }
    }

    async fn chunk(&self, sha256: Sha256) -> Result<Bytes, ApiError> {
        self.lacked_chunk.store(true, Ordering::Relaxed);
        not_said(&format!("the chunk {}", sha256.short()))
    }

    async fn submit_records(&self, _: &SubmitRecords) -> Result<SubmitAnswer, ApiError> {
        not_said("new records")
    }

    async fn have_blobs(&self, _: &HaveBlobs) -> Result<HaveAnswer, ApiError> {
        not_said("photos")
    }

    async fn send_blob(&self, _: Sha256, _: u64, _: u64, _: Bytes) -> Result<BlobState, ApiError> {
        not_said("photos")
    }

    async fn receipts(&self, request: &ReceiptsRequest) -> Result<ReceiptsAnswer, ApiError> {
        let state = |record| self.news.get(record).map_or(DeliveryState::Unknown, |news| news.state.clone());
        Ok(ReceiptsAnswer { states: request.records.iter().map(state).collect() })
    }

    async fn chain(&self, request: &ChainRequest) -> Result<Option<ChainAnswer>, ApiError> {
        // An older bundle knows less of the chain than was acknowledged since; that is no news.
        if self.head.chain.end < request.after {
            return Ok(None);
        }
        let is_behind = |envelope: &&String| {
            read_record(envelope.as_bytes()).map_or(true, |(_, read)| read.record.terminal.sequence > request.after)
        };
        let envelopes = self.head.chain.envelopes.iter().filter(is_behind).cloned().collect();
        Ok(Some(ChainAnswer { end: self.head.chain.end, envelopes }))
    }

    async fn consistency(&self, request: &ConsistencyRequest) -> Result<ConsistencyAnswer, ApiError> {
        if request.from > self.size {
            let detail = format!("the log has {} leaves, you know {}", self.size, request.from);
            return Err(ApiError::Problem(Box::new(Problem::new(ProblemCode::Malformed, detail, Language::Zh))));
        }
        match self.nodes.consistency(request.from, self.size) {
            Some(proof) => Ok(ConsistencyAnswer { checkpoint: self.head.checkpoint.clone(), proof }),
            None => not_said(&format!("the log of {} leaves", request.from)),
        }
    }
}
