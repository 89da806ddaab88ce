//! Enrolment without a line, in two halves: a request that is carried to the service, and its answer that is carried back. The
//! rules are those of [`Field::enrol`], which both halves run: the first until the service would be asked, the second with its
//! answer. Keys are stored before the request is written, so that the same code goes on after any break.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, ids::TerminalId};
use xunjian_proof::{keyring::Keyring, suite::Signer as _};
use xunjian_protocol::{
    ApiError, SyncApi,
    blob::{BlobState, HaveAnswer, HaveBlobs},
    enrol::{EnrolAnswer, EnrolRequest},
    hello::{self, Hello},
    log::{ConsistencyAnswer, ConsistencyRequest},
    package::WorkPackage,
    path,
    record::{ChainAnswer, ChainRequest, ReceiptsAnswer, ReceiptsRequest, SubmitAnswer, SubmitRecords},
    relay::{
        Direction, EnrolHead, Header, Item, RelayError, RelayInvite, RelayKeyStatement,
        export::{Export, Plan, Written},
    },
};

use super::{ENROLMENT, SERVICE, import::check_sender, key, known_key, show_bundle};
use crate::{
    Field,
    enrolment::{Enrolled, Enrolment},
    error::FieldError,
    store::terminal,
};

/// What the second half needs of the first.
#[derive(Serialize, Deserialize)]
struct Begun {
    invite: RelayInvite,
    /// The fingerprint from paper, where the person had it at hand.
    root_fingerprint: Option<String>,
}

impl Field {
    /// The first half: makes the keys and writes the request into `folder`.
    ///
    /// # Errors
    /// As [`Field::enrol`]; [`FieldError::Relay`] for an invitation that does not verify, or a folder that cannot be written.
    pub async fn relay_enrol_request(
        &self,
        invite: &RelayInvite,
        enrolment: &Enrolment<'_>,
        folder: &Path,
    ) -> Result<Written, FieldError> {
        let keyring = invite.keyring()?;
        let service = RelayKeyStatement::verified(&invite.relay_key, &keyring)?;
        let asked = Invitation { hello: hello_of(invite)?, request: Mutex::default() };
        match self.enrol(&asked, enrolment).await {
            Err(FieldError::Api(ApiError::Unreachable(_))) => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(FieldError::Damaged("enrolment".to_owned())),
        }
        let request = asked.request.into_inner().unwrap_or_else(PoisonError::into_inner);
        let request = request.ok_or_else(|| FieldError::Damaged("enrolment".to_owned()))?;
        let begun = Begun { invite: invite.clone(), root_fingerprint: enrolment.root_fingerprint.map(str::to_owned) };
        let begun = serde_json::to_string(&begun).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let (signer, relay_key) = self.store.write(|connection| {
            terminal::put_setting(connection, ENROLMENT, &begun)?;
            Ok((terminal::signing_key(connection)?, key(connection)?.public()))
        })?;
        let head = EnrolHead {
            request,
            relay_key,
            accepts: format!("{}, {}", crate::http::ACCEPTED, path::ACCEPTS_RECOVERY_KEY),
        };
        let head = serde_json::to_vec(&head).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let name = Sha256::of(&head).short();
        let export = Export::begin(Plan {
            folder,
            name: format!("xunjian-enrol-{name}"),
            header: Header {
                direction: Direction::Enrol,
                site: service.site.clone(),
                terminal: TerminalId::new(""),
                sender: signer.public_key(),
                recipient: Sha256::of(b""),
                bundle: self.ids.new_id(),
                made_at: self.now().wall_ms,
                part: 1,
            },
            recipient: &service.key,
            signer: &signer,
            max_bytes: u64::MAX,
            opening: vec![(Item::Head, head)],
        });
        export.finish()?.ok_or_else(|| FieldError::Damaged("enrolment".to_owned()))
    }

    /// The second half: the service's answer enrols the person, and the terminal with the first one. The rest of the bundle is
    /// for [`Field::relay_import`]. Code and passphrase are those of the first half; its fingerprint counts, too.
    ///
    /// # Errors
    /// [`FieldError::NotBegun`] where this code made no request here; [`FieldError::Relay`] for a bundle that is not the answer.
    pub async fn relay_enrol(&self, enrolment: &Enrolment<'_>, file: &Path) -> Result<Enrolled, FieldError> {
        if !self.is_open() && self.door.has_people() {
            return Err(FieldError::ColleagueNeeded);
        }
        if !self.door.has_begun(enrolment.code.trim()) {
            return Err(FieldError::NotBegun);
        }
        let verified = show_bundle(file)?;
        if verified.header.direction != Direction::Down {
            return Err(RelayError::WrongDirection.into());
        }
        self.keys_for(enrolment.code.trim(), enrolment.passphrase)?;
        let (own, begun) =
            self.store.read(|connection| Ok((known_key(connection)?, terminal::setting(connection, ENROLMENT)?)))?;
        let begun: Begun = begun.and_then(|text| serde_json::from_str(&text).ok()).ok_or(FieldError::NotBegun)?;
        let own = own.ok_or(FieldError::NotBegun)?;
        let root = &begun.invite.site_root;
        if verified.header.site != root.site {
            return Err(RelayError::WrongSite(verified.header.site.to_string()).into());
        }
        let keyring: Keyring = begun.invite.keyring()?;
        check_sender(&verified.header, &keyring)?;
        let opened = self.open_bundle(file, &verified, &own, |_| Ok(keyring))?;
        if opened.answers.head.enrolment.is_none() {
            return Err(FieldError::NotBegun);
        }
        let pinned = enrolment.root_fingerprint.or(begun.root_fingerprint.as_deref());
        let url = if enrolment.service_url.is_empty() { &begun.invite.service_url } else { enrolment.service_url };
        let enrolment = Enrolment { root_fingerprint: pinned, service_url: url, ..*enrolment };
        let enrolled = self.enrol(&opened.answers, &enrolment).await?;
        self.store.write(|connection| terminal::put_setting(connection, SERVICE, &begun.invite.relay_key))?;
        Ok(enrolled)
    }
}

fn hello_of(invite: &RelayInvite) -> Result<Hello, FieldError> {
    let root = &invite.site_root;
    Ok(Hello {
        site: root.site.to_string(),
        site_name: root.name.clone(),
        root_fingerprint: root.fingerprint()?.to_hex(),
        versions: vec![hello::VERSION],
        capabilities: Vec::new(),
        now_ms: 0,
        relay_key: invite.relay_key.clone(),
    })
}

/// What an invitation answers: who the service is. A request is kept to be carried.
struct Invitation {
    hello: Hello,
    request: Mutex<Option<EnrolRequest>>,
}

fn carried<T>() -> Result<T, ApiError> {
    Err(ApiError::Unreachable("the request is carried to the service".to_owned()))
}

impl SyncApi for Invitation {
    async fn hello(&self) -> Result<Hello, ApiError> {
        Ok(self.hello.clone())
    }

    async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, ApiError> {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.clone());
        carried()
    }

    async fn work_package(&self, _: Option<&str>) -> Result<Option<(String, WorkPackage)>, ApiError> {
        carried()
    }

    async fn chunk(&self, _: Sha256) -> Result<Bytes, ApiError> {
        carried()
    }

    async fn submit_records(&self, _: &SubmitRecords) -> Result<SubmitAnswer, ApiError> {
        carried()
    }

    async fn have_blobs(&self, _: &HaveBlobs) -> Result<HaveAnswer, ApiError> {
        carried()
    }

    async fn send_blob(&self, _: Sha256, _: u64, _: u64, _: Bytes) -> Result<BlobState, ApiError> {
        carried()
    }

    async fn receipts(&self, _: &ReceiptsRequest) -> Result<ReceiptsAnswer, ApiError> {
        carried()
    }

    async fn chain(&self, _: &ChainRequest) -> Result<Option<ChainAnswer>, ApiError> {
        carried()
    }

    async fn consistency(&self, _: &ConsistencyRequest) -> Result<ConsistencyAnswer, ApiError> {
        carried()
    }
}
