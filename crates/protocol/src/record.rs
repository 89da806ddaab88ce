//! Records up, an answer each; receipts back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::hash::Sha256;

use crate::problem::Problem;

/// Sealed records on their way up: at most 100 and 8 MiB a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRecords {
    /// Envelopes in canonical text, oldest first.
    pub envelopes: Vec<String>,
}

/// What happened to each, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitAnswer {
    /// One answer an envelope.
    pub answers: Vec<RecordAnswer>,
}

/// What happened to one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum RecordAnswer {
    /// Stored and logged.
    Stored {
        /// The record.
        #[schema(value_type = String)]
        record: Sha256,
    },
    /// Was already stored, byte for byte; nothing changed.
    Identical {
        /// The record.
        #[schema(value_type = String)]
        record: Sha256,
    },
    /// Not accepted. Where the problem says so, the bytes are kept aside.
    Refused {
        /// Why.
        problem: Problem,
    },
}

/// A terminal asks what the service has of its chain behind a place: one that was set back to an earlier copy of itself does
/// not know any more what it sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainRequest {
    /// The last place whose record the terminal knows the service to have; 0 where there is none.
    pub after: u64,
}

/// What the service has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainAnswer {
    /// The last place of this terminal's chain that has a record here; 0 where there is none.
    pub end: u64,
    /// Envelopes of the records behind the place asked for, in the order of the chain: the first 100, and at most 8 MiB. The
    /// terminal signed them, so it need not believe anyone.
    pub envelopes: Vec<String>,
}

/// A terminal asks for the receipts of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptsRequest {
    /// Records of this terminal.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<Sha256>,
}

/// The receipts there are, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptsAnswer {
    /// One state a record.
    pub states: Vec<DeliveryState>,
}

/// How far a record has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryState {
    /// The service has no such record of this terminal.
    Unknown,
    /// Photos are missing, or the log has not caught up yet (then the list is empty).
    Pending {
        /// Blobs the service lacks.
        #[schema(value_type = Vec<String>)]
        missing: Vec<Sha256>,
    },
    /// Record and photos are stored, and the log says so.
    Delivered {
        /// The `Delivered` statement's envelope in canonical text: the leaf.
        delivered: String,
        /// Its receipt (`tlog-proof`).
        receipt: String,
    },
}
