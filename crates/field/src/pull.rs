//! Pulling a work package: fetched in parts, checked as a whole, taken over in one transaction or not at all.
//!
//! Chunks are stored as they come, because their names prove them; a pull that breaks goes on from there. Everything
//! that decides (rounds, visits, keys, the log's state) changes only after all of it verified; on any failure the old
//! package stays in use.

mod before;
mod check;

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, RoundId, VisitId},
    ledger::LedgerManifest,
    plan::PlannedVisit,
    text::Text,
    time::{ClockReading, TimestampMs},
    visit::{OpenFindings, must_checks},
};
use xunjian_proof::{
    jcs,
    keyring::Keyring,
    note::SignedCheckpoint,
    statement::{HolderKind, PlanStatement},
};
use xunjian_protocol::{
    SyncApi, hello,
    package::{Assignment, PackageRound, WorkPackage},
};

use self::check::refused;
use crate::{
    Field,
    error::FieldError,
    log_watch::LogWatch,
    store::{
        chunk, follow_up,
        ledger::{self, LedgerNo},
        log::{self, RootStatements, TimeToken},
        package::{self, Assigned, NewRound, PackageHead},
        search,
    },
    trust,
};

/// Chunks fetched at the same time.
const PARALLEL: usize = 8;

/// What a pull led to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PullReport {
    /// Whether anything is new.
    pub changed: bool,
    /// Open rounds.
    pub rounds: usize,
    /// Visits of the open rounds.
    pub visits: usize,
    /// Lines of the open rounds.
    pub lines: u64,
    /// Chunks fetched now.
    pub chunks_fetched: u64,
    /// Their bytes.
    pub bytes_fetched: u64,
    /// Photos of problems to look at again that came with it, taken by other terminals.
    pub before_photos: u64,
    /// Size of the log as checked.
    pub log_size: u64,
    /// The service's time of the token.
    pub time_token_at: TimestampMs,
    /// What the person should know.
    pub warnings: Vec<Text>,
}

/// A round that verified.
struct CheckedRound<'a> {
    wire: &'a PackageRound,
    plan: PlanStatement,
    manifest: LedgerManifest,
    visits: Vec<PlannedVisit>,
    /// What earlier rounds left open.
    open: OpenFindings,
}

#[derive(Default)]
struct Fetched {
    chunks: u64,
    bytes: u64,
}

impl Field {
    /// Fetches and checks the work package and takes it over.
    ///
    /// # Errors
    /// [`FieldError`]; the old package stays in use then.
    pub async fn pull(&self, api: &impl SyncApi) -> Result<PullReport, FieldError> {
        let (mut report, relay_key) = self.pull_package(api).await?;
        self.keep_relay_key(&relay_key)?;
        self.cosign_known(api).await?;
        // After the package, which is whole without them: a line that breaks here leaves everything to work with.
        let before = self.fetch_before_photos(api).await?;
        report.before_photos = before.fetched;
        report.bytes_fetched += before.bytes;
        if before.missing > 0 {
            let missing = before.missing;
            report.warnings.push(Text::new(
                format!("上轮问题的 {missing} 张照片服务端暂时给不出，可照常复查，拍照时没有重影"),
                format!("{missing} photos of earlier problems are not to be had now; they can be looked at again without a ghost"),
            ));
        }
        Ok(report)
    }

    /// What was taken over, and the service's relay key as it states it.
    async fn pull_package(&self, api: &impl SyncApi) -> Result<(PullReport, String), FieldError> {
        let terminal = self.terminal()?;
        let hello = api.hello().await?;
        if !hello.versions.contains(&hello::VERSION) {
            return Err(FieldError::VersionUnsupported(hello.versions));
        }
        check::root(&terminal, &hello.root_fingerprint)?;
        let etag = self.store.read(PackageHead::get)?.map(|head| head.etag).filter(|etag| !etag.is_empty());
        let answer = api.work_package(etag.as_deref()).await?;
        let received = self.now();
        let Some((etag, wire)) = answer else {
            return Ok((self.keep_package(api, &received).await?, hello.relay_key));
        };

        check::root(&terminal, &wire.site_root.fingerprint()?.to_hex())?;
        let statements = self.merged_statements(&wire)?;
        let keyring = trust::keyring_of(&terminal, &statements)?;
        let mut watch = LogWatch::new(&keyring, self.store.read(log::checkpoint)?);
        watch.advance(api).await?;
        let token = SignedCheckpoint::parse(&wire.time_token).map_err(|error| refused("time token", error))?;
        watch.compare(api, &token).await?;
        let token = time_token(&watch, &token, &received)?;

        let mut fetched = Fetched::default();
        let mut rounds = Vec::new();
        for round in &wire.rounds {
            let (plan, receipt) = check::plan(round, &keyring)?;
            watch.compare(api, &receipt.checkpoint).await?;
            rounds.push(self.fetch_round(api, round, plan, &mut fetched).await?);
        }
        self.fetch(api, vec![wire.label_prints], &mut fetched).await?;
        let prints = check::label_prints(&self.chunk_bytes(wire.label_prints)?, &keyring)?;

        let newest = watch.newest().map(|newest| time_token(&watch, newest, &received)).transpose()?;
        let head = PackageHead {
            etag,
            label_host: wire.label_host.clone(),
            label_prints: wire.label_prints,
            limits: wire.limits.clone(),
            service_desk: wire.service_desk.clone(),
            pulled: received.clone(),
        };
        let before = self.store.read(PackageHead::get)?.map(|head| head.label_prints);
        let assigned = assigned(&wire, &keyring);
        let taken_over = self.store.write(|connection| {
            self.layouts.forget();
            log::put_root_statements(connection, &statements)?;
            take_over_rounds(connection, &rounds)?;
            package::replace_assignments(connection, assigned)?;
            if before != Some(wire.label_prints) {
                package::replace_prints(connection, &prints.prints)?;
            }
            head.put(connection)?;
            put_log_state(connection, &watch, [Some(token.clone()), newest])?;
            fail::fail_point!("pull.before_commit");
            Ok(())
        });
        taken_over.map_err(contradiction)?;
        let report = PullReport {
            changed: true,
            rounds: rounds.len(),
            visits: rounds.iter().map(|round| round.visits.len()).sum(),
            lines: rounds.iter().map(|round| round.plan.plan.lines_due()).sum(),
            chunks_fetched: fetched.chunks,
            bytes_fetched: fetched.bytes,
            before_photos: 0,
            log_size: watch.known().map_or(0, |known| known.checkpoint.size),
            time_token_at: token.time_at,
            warnings: clock_warnings(&token),
        };
        Ok((report, hello.relay_key))
    }

    /// The package is current: only time and the log's state move on.
    async fn keep_package(&self, api: &impl SyncApi, received: &ClockReading) -> Result<PullReport, FieldError> {
        let keyring = self.store.read(trust::keyring)?;
        let mut watch = LogWatch::new(&keyring, self.store.read(log::checkpoint)?);
        watch.advance(api).await?;
        let newest = watch.newest().map(|newest| time_token(&watch, newest, received)).transpose()?;
        self.store.write(|connection| {
            package::set_pulled(connection, received)?;
            put_log_state(connection, &watch, [newest.clone()])
        })?;
        let rounds = self.store.read(package::open_round_ids)?;
        Ok(PullReport {
            changed: false,
            rounds: rounds.len(),
            visits: 0,
            lines: 0,
            chunks_fetched: 0,
            bytes_fetched: 0,
            before_photos: 0,
            log_size: watch.known().map_or(0, |known| known.checkpoint.size),
            time_token_at: newest.as_ref().map_or(received.wall_ms, |token| token.time_at),
            warnings: newest.as_ref().map(clock_warnings).unwrap_or_default(),
        })
    }

    /// What is stored and what the package brings; statements are never forgotten.
    pub(crate) fn merged_statements(&self, wire: &WorkPackage) -> Result<RootStatements, FieldError> {
        let mut all = self.store.read(log::root_statements)?;
        for (known, new) in [(&mut all.holders, &wire.key_statements), (&mut all.revocations, &wire.revocations)] {
            for envelope in new {
                if !known.contains(envelope) {
                    known.push(envelope.clone());
                }
            }
        }
        Ok(all)
    }

    async fn fetch_round<'a>(
        &self,
        api: &impl SyncApi,
        round: &'a PackageRound,
        plan: PlanStatement,
        fetched: &mut Fetched,
    ) -> Result<CheckedRound<'a>, FieldError> {
        self.fetch(api, vec![round.template.sha256, round.ledger.sha256], fetched).await?;
        check::template(&self.chunk_bytes(round.template.sha256)?, &round.template)?;
        let manifest: LedgerManifest = self.chunk_document("ledger manifest", round.ledger.sha256)?;
        if manifest.version != round.ledger.version {
            return Err(refused("ledger manifest", "its version is another"));
        }
        let wanted = manifest.chunks.iter().map(|chunk| chunk.sha256);
        let wanted = wanted.chain(plan.plan.visits.iter().map(|visit| visit.sha256)).collect();
        self.fetch(api, wanted, fetched).await?;
        let visits = plan
            .plan
            .visits
            .iter()
            .map(|named| {
                let visit: PlannedVisit = self.chunk_document("visit", named.sha256)?;
                if visit.id != named.id || visit.lines.len() != named.lines as usize {
                    return Err(refused("visit", format!("{} is not the one the plan names", named.id)));
                }
                Ok(visit)
            })
            .collect::<Result<_, _>>()?;
        let open = match round.open_findings {
            None => OpenFindings::default(),
            Some(named) => {
                self.fetch(api, vec![named], fetched).await?;
                self.chunk_document("open findings", named)?
            }
        };
        Ok(CheckedRound { wire: round, plan, manifest, visits, open })
    }

    /// Fetches the chunks that are not here yet, several at a time; each is stored once its hash is its name.
    async fn fetch(&self, api: &impl SyncApi, wanted: Vec<Sha256>, fetched: &mut Fetched) -> Result<(), FieldError> {
        let missing: BTreeMap<Sha256, ()> = self.store.read(|connection| {
            let mut missing = BTreeMap::new();
            for name in wanted {
                if !chunk::has(connection, name)? {
                    missing.insert(name, ());
                }
            }
            Ok(missing)
        })?;
        let answers = stream::iter(missing.into_keys())
            .map(|name| async move { Ok::<_, FieldError>((name, api.chunk(name).await?)) })
            .buffer_unordered(PARALLEL)
            .try_chunks(64);
        futures_util::pin_mut!(answers);
        loop {
            let (batch, failed) = match answers.try_next().await {
                Ok(None) => return Ok(()),
                Ok(Some(batch)) => (batch, None),
                Err(broken) => (broken.0, Some(broken.1)),
            };
            for (name, bytes) in &batch {
                if Sha256::of(bytes) != *name {
                    return Err(refused("chunk", format!("{name} does not hash to its name")));
                }
                fetched.chunks += 1;
                fetched.bytes += bytes.len() as u64;
            }
            self.store
                .write(|connection| batch.iter().try_for_each(|(name, bytes)| chunk::put(connection, *name, bytes)))?;
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }

    fn chunk_bytes(&self, name: Sha256) -> Result<Vec<u8>, FieldError> {
        self.store.read(|connection| chunk::require(connection, name))
    }

    fn chunk_document<T: serde::de::DeserializeOwned>(&self, part: &str, name: Sha256) -> Result<T, FieldError> {
        jcs::from_bytes(&self.chunk_bytes(name)?).map_err(|error| refused(part, error))
    }
}

/// What breaks a rule of the tables contradicts itself: an asset listed twice, a visit of two rounds. It is the package that is
/// refused then, not this database that failed.
fn contradiction(error: FieldError) -> FieldError {
    match error {
        FieldError::Database(broken)
            if broken.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) =>
        {
            refused("contents", broken)
        }
        other => other,
    }
}

/// Who is to walk what, by the names under which the root signed for them.
fn assigned(wire: &WorkPackage, keyring: &Keyring) -> Vec<(VisitId, Assigned)> {
    let name = |person: &PersonId| {
        let mut statements = keyring.statements().filter(|statement| statement.holder_kind == HolderKind::Person);
        let found = statements.find(|statement| statement.holder == person.as_str());
        found.map_or_else(|| person.to_string(), |statement| statement.holder_name.clone())
    };
    let assigned = |assignment: &Assignment| {
        let (person, name) = (assignment.person.clone(), name(&assignment.person));
        (assignment.visit.clone(), Assigned { person, name })
    };
    wire.assignments.iter().map(assigned).collect()
}

fn time_token(
    watch: &LogWatch,
    checkpoint: &SignedCheckpoint,
    received: &ClockReading,
) -> Result<TimeToken, FieldError> {
    let seconds = i64::try_from(watch.time_of(checkpoint)?).unwrap_or(i64::MAX / 1000);
    Ok(TimeToken { note: checkpoint.to_string(), time_at: TimestampMs(seconds * 1000), received: received.clone() })
}

pub(crate) fn put_log_state(
    connection: &Connection,
    watch: &LogWatch,
    tokens: impl IntoIterator<Item = Option<TimeToken>>,
) -> Result<(), FieldError> {
    if let Some(known) = watch.known() {
        log::put_checkpoint(connection, known)?;
    }
    tokens.into_iter().flatten().try_for_each(|token| log::put_time_token(connection, &token))
}

/// The newest state fetched as a time token, if the service's clock cosigned it.
pub(crate) fn newest_token(watch: &LogWatch, received: &ClockReading) -> Option<TimeToken> {
    watch.newest().and_then(|newest| time_token(watch, newest, received).ok())
}

fn clock_warnings(token: &TimeToken) -> Vec<Text> {
    let off = token.received.wall_ms.0 - token.time_at.0;
    if off.abs() <= crate::jumps::TOLERANCE_MS {
        return Vec::new();
    }
    let by = crate::jumps::amount(off);
    let (zh, en) = if off < 0 { ("慢", "behind") } else { ("快", "ahead of") };
    vec![Text::new(
        format!("本机时钟比服务端{zh} {}，请校准系统时间；记录仍然有效，时间会如实标注", by.zh),
        format!("This terminal's clock is {} {en} the service's: set it. Records stay valid and say so", by.en),
    )]
}

fn take_over_rounds(connection: &Connection, rounds: &[CheckedRound<'_>]) -> Result<(), FieldError> {
    package::close_all_rounds(connection)?;
    for (place, round) in (0_i64..).zip(rounds) {
        let plan = &round.plan.plan;
        let id: &RoundId = &plan.round.id;
        // A plan never changes, but a damaged page may have taken visits of it.
        let plan_is_known = package::plan_hash(connection, id)? == Some(Sha256::of(round.wire.plan.as_bytes()))
            && package::count_visits(connection, id)? == plan.visits.len() as u64;
        let new = NewRound {
            id,
            plan: &round.wire.plan,
            receipt: &round.wire.receipt,
            template: plan.template.sha256,
            ledger: ledger_rows(connection, round)?,
            place,
        };
        package::put_round(connection, &new)?;
        if !plan_is_known {
            for ((place, visit), named) in (0_i64..).zip(&round.visits).zip(&plan.visits) {
                package::put_visit(connection, id, visit, named.sha256, place)?;
            }
        }
        let visits: Vec<&PlannedVisit> = round.visits.iter().collect();
        follow_up::replace_must_checks(connection, id, &must_checks(&visits, &round.open.findings))?;
    }
    ledger::prune(connection)
}

/// The ledger's rows, written once a version.
fn ledger_rows(connection: &Connection, round: &CheckedRound<'_>) -> Result<LedgerNo, FieldError> {
    let version = &round.plan.plan.ledger;
    if let Some(no) = ledger::find(connection, version.sha256)? {
        return Ok(no);
    }
    let no = ledger::insert(connection, version)?;
    for part in &round.manifest.chunks {
        let bytes = chunk::require(connection, part.sha256)?;
        let chunk = serde_json::from_slice(&bytes).map_err(|error| refused("ledger chunk", error))?;
        ledger::insert_chunk(connection, no, chunk)?;
    }
    search::make_ready(connection, no)?;
    Ok(no)
}
