//! Work down: what a terminal needs to walk for days without a network. The package is small; everything large is a
//! content-addressed chunk, fetched only when the terminal does not have it yet.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, VisitId},
    ledger::LedgerVersion,
    plan::TemplateVersion,
    reading::LimitProfile,
};
use xunjian_proof::statement::SiteRoot;

/// Everything open for a terminal. Names chunks by hash: the template, the ledger manifest and its chunks, the visits of
/// each plan, the label prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkPackage {
    /// The site root.
    #[schema(value_type = Object)]
    pub site_root: SiteRoot,
    /// Key statements as envelopes in canonical text, signed by the root.
    pub key_statements: Vec<String>,
    /// Revocations as envelopes in canonical text, signed by the root.
    pub revocations: Vec<String>,
    /// The host in label payloads.
    pub label_host: String,
    /// Chunk: the canonical bytes of an envelope with [`xunjian_proof::statement::LabelPrints`], signed by the service.
    #[schema(value_type = String)]
    pub label_prints: Sha256,
    /// Open rounds, oldest first.
    pub rounds: Vec<PackageRound>,
    /// Limits to hold readings against.
    #[schema(value_type = Object)]
    pub limits: LimitProfile,
    /// Number of the 服务台 (5.2.1.2), shown when a finding has a clock; empty when the site has none.
    pub service_desk: String,
    /// The newest checkpoint, cosigned with the time.
    pub time_token: String,
    /// Who is to walk which visit of the open rounds; only for terminals that ask for it ([`crate::path::ACCEPTS`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<Assignment>,
}

/// A visit that somebody is to walk. It guides, it does not bind: whoever stands there may walk any visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The visit.
    #[schema(value_type = String)]
    pub visit: VisitId,
    /// The person.
    #[schema(value_type = String)]
    pub person: PersonId,
}

/// One open round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageRound {
    /// The plan statement's envelope in canonical text.
    pub plan: String,
    /// Receipt that the plan was logged (`tlog-proof`).
    pub receipt: String,
    /// Chunk: the template.
    #[schema(value_type = Object)]
    pub template: TemplateVersion,
    /// Chunk: the ledger manifest.
    #[schema(value_type = Object)]
    pub ledger: LedgerVersion,
    /// Chunk: [`xunjian_domain::visit::OpenFindings`], the problems that earlier rounds left open; only for terminals that
    /// ask for it ([`crate::path::ACCEPTS`]), and only where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub open_findings: Option<Sha256>,
}
