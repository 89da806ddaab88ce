//! What can go wrong, as the engine says it. Each error has a [`Code`] that edges act on, and a sentence in both languages
//! that says what to do ([`FieldError::text`]).

mod text;

use std::path::PathBuf;

use serde::Serialize;
use xunjian_domain::{hash::Sha256, label_code::CodeError, text::Text, value::Mismatch, visit::SealProblem};
use xunjian_proof::{
    closing::ClosingError, decision::DecisionError, jcs::JcsError, ledger_change::ChangeError,
    rectification::RectificationError, review::ReviewError, statement::StatementError,
};
use xunjian_protocol::{ApiError, relay::RelayError};

use crate::{photo::PhotoError, tampering::Tampering, vm_table::VmTableError};

/// What went wrong. Nothing confirmed before is lost by any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// This folder is no enrolled terminal yet.
    #[error("the terminal is not enrolled")]
    NotEnrolled,
    /// No enrolled person of that name or id.
    #[error("nobody called “{0}” is enrolled here")]
    UnknownPerson(String),
    /// Several people work here; say who acts.
    #[error("several people are enrolled: {0:?}")]
    SeveralPersons(Vec<String>),
    /// No passphrase was given.
    #[error("a passphrase is needed")]
    PassphraseMissing,
    /// Too few characters.
    #[error("the passphrase has {length} characters")]
    PassphraseTooShort {
        /// Characters given.
        length: usize,
    },
    /// Too few characters for a PIN.
    #[error("the PIN has {length} characters")]
    PinTooShort {
        /// Characters given.
        length: usize,
    },
    /// Among the first things anyone would try.
    #[error("the PIN or passphrase is too simple")]
    PassphraseTooSimple,
    /// After wrong tries the next one has to wait.
    #[error("wait {seconds} s before the next try")]
    TryLater {
        /// How long.
        seconds: u64,
    },
    /// Too many wrong tries: this person's keys are gone, the data are not.
    #[error("the keys of this person were destroyed after too many wrong tries")]
    KeysDestroyed,
    /// The system keystore does not give the terminal's secret.
    #[error("the system keystore does not give the terminal's secret: {0}")]
    KeystoreUnavailable(String),
    /// Another person's enrolment needs the data open.
    #[error("somebody enrolled here has to unlock first")]
    ColleagueNeeded,
    /// The site has no recovery key, or had none when this terminal enrolled.
    #[error("this terminal knows no recovery key")]
    NoRecovery,
    /// The recovery answer is not for this terminal and its last request.
    #[error("the recovery answer does not fit this terminal's last request")]
    RecoveryRefused,
    /// Nobody is unlocked.
    #[error("nobody is unlocked")]
    Locked,
    /// A scanned text is no invitation.
    #[error("not an invitation")]
    NotAnInvite,
    /// The passphrase does not open this person's key.
    #[error("the passphrase is wrong")]
    PassphraseWrong,
    /// The site root is not the one pinned or enrolled under.
    #[error("the site root has the fingerprint {found}, not {expected}")]
    RootMismatch {
        /// From paper, or from enrolment.
        expected: String,
        /// What the service gives.
        found: String,
    },
    /// Text that is no fingerprint.
    #[error("“{0}” is not a fingerprint of 64 hexadecimal digits")]
    NotAFingerprint(String),
    /// The service takes this terminal for another one.
    #[error("the service takes this terminal for {0}")]
    OtherTerminal(String),
    /// The service speaks none of our versions.
    #[error("the service speaks the versions {0:?}")]
    VersionUnsupported(Vec<u32>),
    /// The service did not do what was asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A part of the work package does not verify; the old package stays.
    #[error("the work package is refused: {part}: {reason}")]
    PackageRefused {
        /// Which part.
        part: String,
        /// Why.
        reason: String,
    },
    /// The log is not an extension of the one this terminal saw before.
    #[error("the log contradicts what this terminal saw before: {0}")]
    LogInconsistent(String),
    /// The person may not decide, or the case is none.
    #[error("the decision does not count: {0}")]
    Undecidable(#[from] DecisionError),
    /// A rule of review forbids it.
    #[error("the countersignature does not count: {0}")]
    ReviewRefused(#[from] ReviewError),
    /// A record under review does not verify.
    #[error("the record {record} fails: {}: {reason}", step.en)]
    RecordFails {
        /// The record.
        record: Sha256,
        /// The step that failed.
        step: Text,
        /// Why.
        reason: String,
    },
    /// A later revision is here.
    #[error("the record was amended by {0}")]
    RecordAmended(Sha256),
    /// Nobody returned this visit's record, or another inspector sealed it.
    #[error("the visit “{0}” has no record of this person that was returned")]
    NotReturned(String),
    /// The person may not approve changes of the ledger, or the change set is none.
    #[error("the approval does not count: {0}")]
    Unapprovable(#[from] ChangeError),
    /// The person may not sign this step of a rectification, or it cannot follow.
    #[error("the step does not count: {0}")]
    Unrectifiable(#[from] RectificationError),
    /// The person may not sign the closing of a round, or it is none.
    #[error("the closing does not count: {0}")]
    Unclosable(#[from] ClosingError),
    /// The log grows faster than its state can be compared.
    #[error("the log grew while it was being compared")]
    LogUnsettled,
    /// One run of synchronisation at a time.
    #[error("a run of synchronisation is under way")]
    SyncRunning,
    /// A relay bundle cannot be written or read.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The key that bundles for the service are sealed for is not known yet.
    #[error("the service's relay key is not known")]
    NoRelayKey,
    /// A place without an answer of the service.
    #[error("no answer of the service in {0}")]
    NoAnswers(String),
    /// What needs a receipt, of a record that has none.
    #[error("the record has no receipt yet")]
    NotDelivered,
    /// Some of a work package travels in another bundle.
    #[error("a part of the work package is in another bundle")]
    PackageInParts,
    /// No request to be enrolled was made here with this code.
    #[error("no request to be enrolled was made with this code")]
    NotBegun,
    /// No work package yet.
    #[error("no work package has been pulled")]
    NoPackage,
    /// No visit by that id, label or name.
    #[error("no visit “{0}”")]
    UnknownVisit(String),
    /// Several visits fit.
    #[error("several visits fit “{wanted}”: {found:?}")]
    AmbiguousVisit {
        /// What was asked for.
        wanted: String,
        /// Their titles.
        found: Vec<String>,
    },
    /// The visit has no open draft of this person.
    #[error("the visit “{0}” has not been started")]
    NotStarted(String),
    /// This person sealed it already.
    #[error("the visit “{0}” is sealed")]
    AlreadySealed(String),
    /// No such line.
    #[error("the visit has no line {0}")]
    UnknownLine(String),
    /// No such check.
    #[error("the line has no check “{wanted}”; it has {known:?}")]
    UnknownCheck {
        /// What was asked for.
        wanted: String,
        /// The keys there are.
        known: Vec<String>,
    },
    /// The value does not answer the check.
    #[error("{}: {mismatch}", label.en)]
    ValueRefused {
        /// The check's label.
        label: Text,
        /// Why.
        mismatch: Mismatch,
    },
    /// The dew point is computed, never typed.
    #[error("the dew point is computed")]
    DewPointTyped,
    /// The line takes no readings.
    #[error("line {0} takes no such reading")]
    NoReadings(u32),
    /// The line asks for no counts per owning unit.
    #[error("line {0} asks for no counts per owning unit")]
    NoUnitCounts(u32),
    /// A table of virtual machines that cannot be counted.
    #[error(transparent)]
    VmTable(#[from] VmTableError),
    /// Owning units without a count.
    #[error("units without a count: {0:?}")]
    UnitsMissing(Vec<String>),
    /// Input that cannot be read.
    #[error("the input cannot be read: {0}")]
    BadInput(String),
    /// Imported evidence for a line that is inspected on site.
    #[error("imported evidence on an on-site line")]
    ImportedOnSite,
    /// An on-site line answered from a console.
    #[error("an on-site line cannot be answered remotely")]
    RemoteOnSite,
    /// A photo is refused or cannot be kept.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// No such photo in this visit.
    #[error("the visit has no photo {0}")]
    UnknownPhoto(Sha256),
    /// Something still names the photo.
    #[error("the photo {0} is still named")]
    PhotoInUse(Sha256),
    /// No such finding in this visit.
    #[error("the visit has no finding {0}")]
    UnknownFinding(String),
    /// A typed label code is not one.
    #[error(transparent)]
    LabelCode(#[from] CodeError),
    /// 其余全部正常 before the label was scanned.
    #[error("the label of this place has not been scanned")]
    LabelNotScanned,
    /// Only rack visits have assets to sight.
    #[error("not a rack visit")]
    NotARackVisit,
    /// No such asset in the ledger.
    #[error("no asset “{0}” in the ledger")]
    UnknownAsset(String),
    /// A search needs two characters.
    #[error("a word of the search has fewer than two characters")]
    TooShortToSearch,
    /// No such sighting in this visit.
    #[error("the visit has no sighting {0}")]
    UnknownSighting(u32),
    /// Several assets fit.
    #[error("several assets fit “{wanted}”: {found:?}")]
    AmbiguousAsset {
        /// What was asked for.
        wanted: String,
        /// Their names and serials.
        found: Vec<String>,
    },
    /// The visit cannot be sealed yet.
    #[error("{} rules keep the visit from being sealed", .0.len())]
    NotReady(Vec<SealProblem>),
    /// The record would exceed 1 MiB.
    #[error("the record has {0} bytes")]
    RecordTooLarge(usize),
    /// No such record.
    #[error("no record “{0}”")]
    UnknownRecord(String),
    /// Another program holds the folder.
    #[error("another program uses the data folder {0}")]
    FolderInUse(PathBuf),
    /// The database belongs to newer software.
    #[error("the database has version {found}; this software knows {known}")]
    NewerDatabase {
        /// Version of the file.
        found: u32,
        /// Newest version known here.
        known: u32,
    },
    /// The database cannot be brought up to date.
    #[error("the database cannot be migrated: {0}")]
    Migration(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A page of the database is not what was written there. Nothing that was read with it is believed.
    #[error("a page of the database is damaged")]
    PageRefused,
    /// Something stored cannot be read back.
    #[error("{0} is damaged")]
    Damaged(String),
    /// Somebody changed the local data behind the program's back.
    #[error("{0}")]
    Tampered(Box<Tampering>),
    /// A file failed.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system gives no randomness.
    #[error("no randomness: {0}")]
    NoRandomness(String),
    /// A document cannot be spelled canonically.
    #[error(transparent)]
    Document(#[from] JcsError),
    /// A statement cannot be made or read.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

/// The codes that edges act on. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Enrol first.
    NotEnrolled,
    /// Say who acts.
    WhichPerson,
    /// Ask for the passphrase, again or for the first time.
    Passphrase,
    /// Nobody is unlocked: show the lock screen.
    Locked,
    /// Pull first.
    NoPackage,
    /// Something named does not exist, or is not unique.
    NotFound,
    /// The visit is in another state than this needs.
    WrongState,
    /// What was typed does not fit.
    Input,
    /// A photo is refused.
    Photo,
    /// Rules keep the visit from being sealed; they are listed.
    NotReady,
    /// The service answered with a numbered problem.
    Problem,
    /// The service cannot be reached, or is not understood.
    Unreachable,
    /// The service, its package or its log do not verify. Nothing was taken over.
    Integrity,
    /// 服务端日志与上次所见不一致.
    LogInconsistent,
    /// Another program uses the folder, or another run of synchronisation is under way.
    InUse,
    /// The software is too old.
    Update,
    /// Disk, database or operating system failed.
    System,
}

impl FieldError {
    /// The code to act on.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotEnrolled => Code::NotEnrolled,
            Self::UnknownPerson(_) | Self::SeveralPersons(_) => Code::WhichPerson,
            Self::Locked => Code::Locked,
            Self::PassphraseMissing
            | Self::PassphraseTooShort { .. }
            | Self::PinTooShort { .. }
            | Self::PassphraseTooSimple
            | Self::TryLater { .. }
            | Self::KeysDestroyed
            | Self::PassphraseWrong => Code::Passphrase,
            Self::RecoveryRefused | Self::RecordFails { .. } => Code::Integrity,
            Self::ColleagueNeeded | Self::NoRecovery => Code::WrongState,
            Self::RootMismatch { .. } | Self::OtherTerminal(_) | Self::PackageRefused { .. } | Self::Tampered(_) => {
                Code::Integrity
            }
            Self::Relay(error) if error.is_of_integrity() => Code::Integrity,
            Self::Relay(RelayError::NewerVersion(_)) => Code::Update,
            Self::Relay(RelayError::Io(_) | RelayError::CannotSign(_)) => Code::System,
            Self::Relay(_) => Code::Input,
            Self::NoRelayKey | Self::NotDelivered | Self::PackageInParts | Self::NotBegun => Code::WrongState,
            Self::LogInconsistent(_) => Code::LogInconsistent,
            Self::VersionUnsupported(_) | Self::NewerDatabase { .. } => Code::Update,
            Self::Api(ApiError::Problem(_)) => Code::Problem,
            Self::Api(_) | Self::LogUnsettled => Code::Unreachable,
            Self::NoPackage => Code::NoPackage,
            Self::UnknownVisit(_)
            | Self::AmbiguousVisit { .. }
            | Self::UnknownLine(_)
            | Self::UnknownCheck { .. }
            | Self::UnknownAsset(_)
            | Self::AmbiguousAsset { .. }
            | Self::UnknownSighting(_)
            | Self::UnknownPhoto(_)
            | Self::UnknownFinding(_)
            | Self::UnknownRecord(_) => Code::NotFound,
            Self::NotStarted(_)
            | Self::Undecidable(_)
            | Self::ReviewRefused(_)
            | Self::RecordAmended(_)
            | Self::NotReturned(_)
            | Self::Unapprovable(_)
            | Self::Unrectifiable(_)
            | Self::Unclosable(_)
            | Self::AlreadySealed(_)
            | Self::LabelNotScanned
            | Self::NotARackVisit
            | Self::PhotoInUse(_) => Code::WrongState,
            Self::NotAFingerprint(_)
            | Self::NotAnInvite
            | Self::ValueRefused { .. }
            | Self::DewPointTyped
            | Self::NoReadings(_)
            | Self::NoUnitCounts(_)
            | Self::VmTable(_)
            | Self::TooShortToSearch
            | Self::UnitsMissing(_)
            | Self::BadInput(_)
            | Self::RemoteOnSite
            | Self::LabelCode(_)
            | Self::NoAnswers(_)
            | Self::RecordTooLarge(_) => Code::Input,
            Self::ImportedOnSite | Self::Photo(_) => Code::Photo,
            Self::NotReady(_) => Code::NotReady,
            Self::FolderInUse(_) | Self::SyncRunning => Code::InUse,
            Self::KeystoreUnavailable(_)
            | Self::Migration(_)
            | Self::Database(_)
            | Self::PageRefused
            | Self::Damaged(_)
            | Self::File { .. }
            | Self::NoRandomness(_)
            | Self::Document(_)
            | Self::Statement(_) => Code::System,
        }
    }

    /// Whether a page of the database cannot be read.
    pub(crate) fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::PageRefused => true,
            Self::Database(error) => matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)),
            _ => false,
        }
    }

    /// Whether the same call may succeed later without anyone changing it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.is_retryable(),
            Self::LogUnsettled | Self::FolderInUse(_) | Self::SyncRunning => true,
            _ => false,
        }
    }
}
