//! The terminal's engine without any UI: what the headless terminal `xunjian-field` and the app both stand on.
//!
//! One method of [`Field`] is one use case: `enrol`, `pull`, `today`, `start_visit`, `record_result`, `attach_photo`,
//! `scan_label`, `sight`, `report_finding`, `seal`, `sync_now`. Each takes values and returns values; the engine never
//! prints and never draws. Every answer is its own transaction, committed before it is reported. Clock, identities and
//! the service enter through traits ([`clock::Clock`], [`ids::IdSource`], [`xunjian_protocol::SyncApi`]).

mod answer;
mod approve;
mod bulk;
pub mod carriers;
pub mod clock;
mod close_round;
mod comparison;
mod cosign;
mod decide;
mod door;
mod draft;
mod engine;
mod enrolment;
pub mod error;
mod evidence;
mod export;
mod finding;
mod follow_up;
pub mod http;
pub mod ids;
mod ipc;
mod jumps;
mod kept;
pub mod keys;
mod label;
mod legacy;
mod log_watch;
mod lookup;
pub mod network;
mod outbox;
mod pack;
pub mod photo;
mod photo_budget;
mod private;
mod pull;
mod rack_view;
mod readings;
mod records;
mod recovery;
mod rectify;
mod relay;
mod release;
mod reuse;
mod review;
pub mod scan;
mod scratch;
mod seal;
mod search;
mod session;
mod sighting;
mod status;
mod store;
mod sync;
pub mod tampering;
mod today;
mod trust;
#[cfg(feature = "typescript")]
pub mod typescript;
mod unlock;
mod visit;
mod vm_table;

pub use answer::{AnswerReport, LineSelector, NewAnswer, NewCheck, NewReading, NewValue};
pub use approve::ChangeSetView;
pub use bulk::BulkReport;
pub use carriers::Carrier;
pub use decide::{CaseRecordView, CaseView};
pub use draft::DraftRef;
pub use engine::{Field, Surroundings};
pub use enrolment::{Enrolled, Enrolment};
pub use error::{Code, FieldError};
pub use evidence::{Attached, NewPhoto, PhotoNote};
pub use finding::{NewDeskCall, NewFinding};
pub use follow_up::{MustCheckView, NewFollowUp};
pub use ipc::{AppInfo, IpcError};
pub use label::ScanReport;
pub use lookup::{LabelLookup, VisitName};
pub use outbox::{OutboxBlob, OutboxItem};
pub use pack::PackWritten;
pub use photo::PhotoSize;
pub use photo_budget::PhotoBudget;
pub use pull::PullReport;

pub use keys::Custody;
pub use rack_view::{AssetDetail, OtherSide, RackHead, RackView};
pub use readings::PointReading;
pub use records::{BlobDetail, RecordDetail, RecordSummary, StepReport};
pub use rectify::{EvidenceView, NextStep, RectificationView, StepView};
pub use relay::{RelayExport, RelayExported, RelayImported, RelayProgress, RelayRefused, RelayTaken, show_bundle};
pub use release::Released;
pub use review::{
    AmendmentView, CosignerView, CountersignatureState, CountersignatureView, NewReturn, RecordSide, ReturnedVisit,
    ReviewItem, ReviewQueue, ReviewRecord, ReviewStep, ReviewStepReport, ReviewSummary, ReviewedOne, is_reviewer,
};
pub use seal::{NewSeal, Sealed, SealedVisit};
pub use search::{AssetHit, AssetPage};
pub use session::{AUTO_LOCK_MINUTES, EnrolRequest, PersonView, SessionView};
pub use sighting::{AssetSelector, NewSighting};
pub use status::Status;
pub use store::{person::Person, record::RecordState};
pub use sync::{
    MobileUse, SyncBell, SyncNews, SyncOptions, SyncPolicy, SyncProgress, SyncReport, SyncScope, SyncStage, SyncStop,
    SyncTurns, SyncWatch,
};
pub use today::{Today, TodayVisit, VisitState};
pub use visit::{CheckView, LineView, VisitSelector, VisitView};
pub use vm_table::{VmTable, VmTableError, VmTableUnit};

// What the arguments of the use cases are made of, so that a shell over this crate needs no other of ours.
pub use xunjian_domain::{
    hash::Sha256,
    ids::{FindingId, PersonId, VisitId},
    text::Language,
    visit::Finding,
};
pub use xunjian_proof::record::ScanSource;
