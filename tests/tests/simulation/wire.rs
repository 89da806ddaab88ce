//! The network between one terminal and the service, in memory: it delays, loses, doubles, cuts and lies as the seed says.

use std::{future::Future, ops::ControlFlow, pin::Pin, sync::Arc};

use axum::{body::Body, http::StatusCode};
use bytes::Bytes;
use tokio::time::Duration;
use tower_service::Service as _;
use xunjian_field::http::Carrier;
use xunjian_proof::Sha256;
use xunjian_protocol::{
    blob::{BlobState, HaveAnswer},
    problem::ProblemCode,
    record::{DeliveryState, ReceiptsAnswer, RecordAnswer, SubmitAnswer},
};

use crate::{
    call::{Answer, Call, Purpose},
    faults::Fault,
    service::{Blow, Service},
    world::{End, World, mortal_async},
};

/// Bytes that arrive together.
const SEGMENT: usize = 2048;
const RESET: &str = "connection reset by peer";

/// The network of one terminal.
#[derive(Clone)]
pub struct Wire {
    pub world: Arc<World>,
    pub service: Arc<Service>,
    pub terminal: usize,
}

impl Carrier for Wire {
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> Pin<Box<dyn Future<Output = Result<reqwest::Response, String>> + Send + '_>> {
        Box::pin(async move {
            let call = Call::read(request).await.map_err(|error| format!("{error:#}"))?;
            self.exchange(call).await
        })
    }
}

/// How much of a body arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrives {
    Whole,
    Cut(usize),
    Stalls(usize),
}

/// What an exchange sends up, entered into the accounts when it ends, however it does.
struct Shipment<'a> {
    wire: &'a Wire,
    purpose: &'a Purpose,
    run: u64,
    left: u64,
    before: Option<u64>,
    /// Of records: which were stored anew, once the service said so.
    outcome: Option<Vec<bool>>,
    is_struck: bool,
    is_over: bool,
}

impl<'a> Shipment<'a> {
    fn begin(wire: &'a Wire, call: &'a Call, left: u64) -> Self {
        let mut before = None;
        if let Purpose::Photo(photo) = call.purpose {
            wire.world.accounts(|accounts| accounts.begun((wire.terminal, photo)));
            before = wire.service.had(wire.terminal, &photo);
        }
        let run = wire.service.run();
        Self { wire, purpose: &call.purpose, run, left, before, outcome: None, is_struck: false, is_over: false }
    }
}

impl Drop for Shipment<'_> {
    fn drop(&mut self) {
        let Wire { world, service, terminal } = self.wire;
        // Broken off in the middle, or by the service's death: a fault, whichever it was.
        let is_struck = self.is_struck || !self.is_over || service.run() != self.run;
        match self.purpose {
            Purpose::Photo(photo) => {
                let had = (self.before, service.had(*terminal, photo).filter(|_| service.run() == self.run));
                world.accounts(|accounts| accounts.shipped((*terminal, *photo), self.left, had, is_struck));
            }
            Purpose::Records(records) => {
                let outcome = self.outcome.as_deref();
                world.accounts(|accounts| accounts.submitted(*terminal, records, outcome, is_struck));
            }
            _ => {}
        }
    }
}

impl Wire {
    async fn exchange(&self, call: Call) -> Result<reqwest::Response, String> {
        let _request = self.world.request();
        let fault = self.fault_for(&call);
        self.world.tell(format!(
            "t{} {}{}",
            self.terminal,
            self.describe(&call),
            match fault {
                Some(fault) => format!(" [{fault:?}]"),
                None => String::new(),
            }
        ));
        let arrives = self.arrival(&call, fault);
        let left = match arrives {
            Arrives::Cut(bytes) | Arrives::Stalls(bytes) => bytes,
            Arrives::Whole => call.body.len(),
        };
        let mut shipment = Shipment::begin(self, &call, left as u64);
        shipment.is_struck = fault.is_some();
        self.world.moment(60).await;
        let answer = match self.before(&call, fault).await {
            ControlFlow::Break(end) => end,
            ControlFlow::Continue(()) => match fault {
                Some(Fault::Duplicated) => self.deliver_twice(&call).await,
                Some(Fault::PhotoFlipped) => self.deliver_flipped(&call).await,
                _ => self.deliver(&call, arrives).await,
            },
        };
        let answer = match answer {
            Ok(answer) => {
                shipment.outcome = stored_anew(&call, &answer);
                self.after(&call, answer, fault).await
            }
            Err(reason) => Err(reason),
        };
        if matches!(arrives, Arrives::Stalls(_)) {
            std::future::pending::<()>().await;
        }
        self.world.moment(60).await;
        // A dead service's answer does not come any more.
        let answer =
            answer.and_then(|answer| if self.service.run() == shipment.run { Ok(answer) } else { Err(RESET.into()) });
        shipment.is_over = true;
        // A session that ran out, or a service that is down: faults as well.
        shipment.is_struck |=
            answer.as_ref().map_or(true, |(answer, _)| answer.parts.status == StatusCode::UNAUTHORIZED);
        drop(shipment);
        let (answer, cut) = answer.inspect_err(|reason| self.world.tell(format!("t{}   {reason}", self.terminal)))?;
        if cut.is_none() {
            self.told(&call, &answer);
        }
        self.world.tell(format!("t{}   {}", self.terminal, answer.parts.status.as_u16()));
        Ok(answer.response(cut))
    }

    fn fault_for(&self, call: &Call) -> Option<Fault> {
        let is_upload = matches!(call.purpose, Purpose::Photo(_)) && call.body.len() > 1;
        let mut faults = vec![
            Fault::RequestLost,
            Fault::RequestSwallowed,
            Fault::AnswerLost,
            Fault::AnswerSwallowed,
            Fault::Duplicated,
            Fault::Reordered,
            Fault::AnswerCut,
            Fault::ServerError,
            Fault::ServerErrorAfter,
            Fault::TooMany,
            Fault::OtherPage,
        ];
        if is_upload {
            faults.extend([Fault::UploadCut, Fault::UploadStalled, Fault::PhotoFlipped]);
        }
        if matches!(call.purpose, Purpose::Receipts(_)) {
            faults.push(Fault::ReceiptFlipped);
        }
        self.world.draw(|random| random.shuffle(&mut faults));
        let likelier = |fault: Fault| match fault {
            Fault::ReceiptFlipped => 4.0,
            _ if call.brings_something() => 2.5,
            _ => 0.6,
        };
        let fault = faults.into_iter().find(|fault| self.world.strikes_at(*fault, likelier(*fault)))?;
        let is_before = matches!(
            fault,
            Fault::RequestLost
                | Fault::RequestSwallowed
                | Fault::Duplicated
                | Fault::ServerError
                | Fault::TooMany
                | Fault::OtherPage
        );
        if is_before && call.brings_something() {
            self.world.mattered(fault);
        }
        Some(fault)
    }

    fn arrival(&self, call: &Call, fault: Option<Fault>) -> Arrives {
        match fault {
            Some(fault @ (Fault::UploadCut | Fault::UploadStalled)) => {
                let bytes = self.world.draw(|random| random.usize(..call.body.len()));
                if bytes > 0 {
                    self.world.mattered(fault);
                }
                if fault == Fault::UploadCut { Arrives::Cut(bytes) } else { Arrives::Stalls(bytes) }
            }
            _ => Arrives::Whole,
        }
    }

    /// What happens before the service sees anything.
    async fn before(&self, call: &Call, fault: Option<Fault>) -> ControlFlow<Result<Answer, String>> {
        let pick = self.world.draw(|random| random.u32(..3));
        let answer = match fault {
            Some(Fault::RequestLost) => Err(RESET.to_owned()),
            Some(Fault::RequestSwallowed) => std::future::pending().await,
            Some(Fault::Reordered) => {
                self.flies_on(call.clone());
                Err(RESET.to_owned())
            }
            Some(Fault::ServerError) => Ok(match pick {
                0 => Answer::page(StatusCode::BAD_GATEWAY, "<h1>502 Bad Gateway</h1>"),
                1 => Answer::page(StatusCode::INTERNAL_SERVER_ERROR, ""),
                _ => Answer::problem(ProblemCode::Unavailable),
            }),
            Some(Fault::TooMany) => Ok(match pick {
                0 => Answer::page(StatusCode::TOO_MANY_REQUESTS, "<h1>429</h1>"),
                _ => Answer::problem(ProblemCode::TooMany),
            }),
            Some(Fault::OtherPage) => Ok(Answer::page(StatusCode::OK, "<title>请登录无线网络</title>")),
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(answer)
    }

    /// What happens to the answer, and where it breaks off.
    async fn after(
        &self,
        call: &Call,
        answer: Answer,
        fault: Option<Fault>,
    ) -> Result<(Answer, Option<usize>), String> {
        let has_stored = answer.says_stored() || stored_anew(call, &answer).is_some_and(|new| new.contains(&true));
        let matters = |fault: Fault| {
            if has_stored {
                self.world.mattered(fault)
            }
        };
        match fault {
            Some(fault @ Fault::AnswerLost) => {
                matters(fault);
                Err(RESET.to_owned())
            }
            Some(fault @ Fault::AnswerSwallowed) => {
                matters(fault);
                std::future::pending().await
            }
            Some(fault @ Fault::AnswerCut) => {
                matters(fault);
                let length = answer.body.len();
                if length == 0 {
                    return Err(RESET.to_owned());
                }
                let eighths = self.world.draw(|random| random.usize(..8));
                Ok((answer, Some(length * eighths / 8)))
            }
            Some(fault @ Fault::ServerErrorAfter) => {
                matters(fault);
                Ok((Answer::page(StatusCode::GATEWAY_TIMEOUT, "<h1>504 Gateway Time-out</h1>"), None))
            }
            Some(fault @ Fault::ReceiptFlipped) => {
                let spoiled = self.world.draw(|random| answer.with_spoiled_receipt(random));
                if spoiled.is_some() {
                    self.world.mattered(fault);
                }
                Ok((spoiled.unwrap_or(answer), None))
            }
            _ => Ok((answer, None)),
        }
    }

    /// Brings a request to the service, piece by piece, and its answer back.
    async fn deliver(&self, call: &Call, arrives: Arrives) -> Result<Answer, String> {
        let Some((mut router, run)) = self.service.answering() else { return Err("connection refused".to_owned()) };
        let body = self.body(call.body.clone(), arrives);
        let handled = mortal_async(async {
            let Ok(response) = router.call(call.request(body)).await;
            Answer::read(response).await.map_err(|error| format!("{error:#}"))
        });
        let end = tokio::select! {
            biased;
            () = self.service.death_of(run) => return Err(RESET.to_owned()),
            end = handled => end,
        };
        match end {
            End::Done(answer) if arrives == Arrives::Whole => answer,
            // Nobody is there any more to hear it.
            End::Done(_) => Err(RESET.to_owned()),
            End::Died => {
                let blow = if self.world.draw(fastrand::Rng::bool) { Blow::Kill } else { Blow::PowerCut };
                if blow == Blow::PowerCut {
                    self.world.brings(Fault::ServicePowerCut);
                }
                self.service.dies(blow);
                Err(RESET.to_owned())
            }
        }
    }

    /// The body as it arrives.
    fn body(&self, bytes: Bytes, arrives: Arrives) -> Body {
        let (bytes, stalls) = match arrives {
            Arrives::Whole => (bytes, None),
            Arrives::Cut(at) => (bytes.slice(..at), Some(false)),
            Arrives::Stalls(at) => (bytes.slice(..at), Some(true)),
        };
        let world = Arc::clone(&self.world);
        let segments = futures_util::stream::unfold((bytes, stalls), move |(mut rest, stalls)| {
            let world = Arc::clone(&world);
            async move {
                if rest.is_empty() {
                    return match stalls {
                        None => None,
                        Some(false) => {
                            Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), (rest, None)))
                        }
                        Some(true) => std::future::pending().await,
                    };
                }
                world.moment(8).await;
                let segment = rest.split_to(SEGMENT.min(rest.len()));
                Some((Ok(segment), (rest, stalls)))
            }
        });
        // A decoder asks again behind the end.
        Body::from_stream(futures_util::StreamExt::fuse(segments))
    }

    /// The service gets it twice; the terminal hears one of the answers.
    async fn deliver_twice(&self, call: &Call) -> Result<Answer, String> {
        let _haunts = Haunting::begin(self, call);
        if self.world.draw(fastrand::Rng::bool) {
            let first = self.deliver(call, Arrives::Whole).await;
            self.world.moment(100).await;
            let second = self.deliver(call, Arrives::Whole).await;
            return if self.world.draw(fastrand::Rng::bool) { first } else { second };
        }
        let second = async {
            self.world.moment(20).await;
            self.deliver(call, Arrives::Whole).await
        };
        let (first, second) = tokio::join!(biased; self.deliver(call, Arrives::Whole), second);
        if self.world.draw(fastrand::Rng::bool) { first } else { second }
    }

    async fn deliver_flipped(&self, call: &Call) -> Result<Answer, String> {
        let at = self.world.draw(|random| random.usize(..call.body.len()));
        if let Purpose::Photo(photo) = call.purpose {
            self.world.accounts(|accounts| accounts.change((self.terminal, photo)));
        }
        let answer = self.deliver(&call.flipped(at), Arrives::Whole).await;
        if answer.as_ref().is_ok_and(|answer| answer.parts.status == StatusCode::BAD_REQUEST) {
            self.world.mattered(Fault::PhotoFlipped);
        }
        answer
    }

    /// The terminal believes that it is lost; it arrives all the same, behind others.
    fn flies_on(&self, call: Call) {
        let wire = self.clone();
        let delay = self.world.draw(|random| random.u64(200..40_000));
        let answered = self.world.accounts(|accounts| accounts.answered(self.terminal));
        tokio::spawn(async move {
            let haunts = Haunting::begin(&wire, &call);
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let overtaken = wire.world.accounts(|accounts| accounts.answered(wire.terminal)) > answered;
            wire.world.tell(format!("t{} late: {}", wire.terminal, wire.describe(&call)));
            let answer = wire.deliver(&call, Arrives::Whole).await;
            if answer.is_ok() && overtaken && call.brings_something() {
                wire.world.mattered(Fault::Reordered);
            }
            drop(haunts);
        });
    }

    /// What the terminal now believes, because the service said so.
    fn told(&self, call: &Call, answer: &Answer) {
        self.world.accounts(|accounts| accounts.count_answer(self.terminal));
        if call.brings_something() {
            self.world.news.notify_waiters();
        }
        if !answer.parts.status.is_success() {
            return;
        }
        match &call.purpose {
            Purpose::Photo(photo) if answer.says_stored() => self.service.photo_acknowledged(self.terminal, *photo),
            Purpose::Have(photos) => {
                let Ok(have) = serde_json::from_slice::<HaveAnswer>(&answer.body) else { return };
                for (photo, state) in photos.iter().zip(have.states) {
                    if state == BlobState::Stored {
                        self.service.photo_acknowledged(self.terminal, *photo);
                    }
                }
            }
            Purpose::Records(records) => {
                let Ok(submitted) = serde_json::from_slice::<SubmitAnswer>(&answer.body) else { return };
                for ((record, _), answer) in records.iter().zip(submitted.answers) {
                    if !matches!(answer, RecordAnswer::Refused { .. }) {
                        self.world.accounts(|accounts| accounts.records.insert((self.terminal, *record)));
                    }
                }
            }
            Purpose::Receipts(records) => {
                let Ok(receipts) = serde_json::from_slice::<ReceiptsAnswer>(&answer.body) else { return };
                for (record, state) in records.iter().zip(receipts.states) {
                    if matches!(state, DeliveryState::Delivered { .. }) {
                        self.world.accounts(|accounts| accounts.records.insert((self.terminal, *record)));
                    }
                }
            }
            _ => {}
        }
    }

    fn describe(&self, call: &Call) -> String {
        let name = |sha256: &Sha256| self.world.accounts(|accounts| accounts.name(sha256));
        let names = |all: Vec<&Sha256>| all.into_iter().map(name).collect::<Vec<_>>().join(" ");
        match &call.purpose {
            Purpose::Records(records) => format!("records {}", names(records.iter().map(|(id, _)| id).collect())),
            Purpose::Photo(photo) => format!("{} {} ({} bytes)", call.method, name(photo), call.body.len()),
            Purpose::Have(photos) => format!("have {}", names(photos.iter().collect())),
            Purpose::Receipts(records) => format!("receipts {}", names(records.iter().collect())),
            Purpose::Other(what) => what.clone(),
        }
    }
}

/// Of each record sent, whether the service stored it now.
fn stored_anew(call: &Call, answer: &Answer) -> Option<Vec<bool>> {
    if !matches!(call.purpose, Purpose::Records(_)) || !answer.parts.status.is_success() {
        return None;
    }
    let submitted: SubmitAnswer = serde_json::from_slice(&answer.body).ok()?;
    Some(submitted.answers.iter().map(|answer| matches!(answer, RecordAnswer::Stored { .. })).collect())
}

/// A photo with something in flight that nobody waits for.
struct Haunting {
    wire: Wire,
    photo: Option<Sha256>,
}

impl Haunting {
    fn begin(wire: &Wire, call: &Call) -> Self {
        let photo = match call.purpose {
            Purpose::Photo(photo) => Some(photo),
            _ => None,
        };
        if let Some(photo) = photo {
            wire.world.accounts(|accounts| accounts.haunt((wire.terminal, photo)));
        }
        Self { wire: wire.clone(), photo }
    }
}

impl Drop for Haunting {
    fn drop(&mut self) {
        if let Some(photo) = self.photo {
            self.wire.world.accounts(|accounts| accounts.landed((self.wire.terminal, photo)));
        }
    }
}
