//! 会话: who works on this terminal, whom the passphrase admits, and what the first screen shows before anyone is.
//!
//! While the data are locked, the view is the one kept at the door when they were last open, with every person's tries and
//! waits as they stand now.

use serde::{Deserialize, Serialize};
use xunjian_domain::{
    ids::{PersonId, SiteId, TerminalId},
    party::Role,
    text::{Language, Text},
};
use xunjian_proof::suite::KeyId;
use xunjian_protocol::enrol::EnrolInvite;

use crate::{
    Field,
    door::MOST_TRIES,
    enrolment::{Enrolled, Enrolment},
    error::FieldError,
    http::HttpClient,
    keys::{Custody, Passphrase},
    legacy,
    store::{
        person::Person,
        record, review, salvage,
        terminal::{self, Terminal},
    },
    trust,
};

/// A person as the pages show one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonView {
    /// The person.
    pub id: PersonId,
    /// For people.
    pub name: String,
    /// The organisation.
    pub party_name: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The signing key.
    pub key: KeyId,
    /// Whether the site root has signed for that key, as far as this terminal knows.
    pub key_approved: bool,
    /// Tries left before this person's keys are destroyed.
    pub tries_left: u32,
    /// How long the next try must wait, in milliseconds from now.
    pub wait_ms: i64,
    /// Whether the keys were destroyed: the person has to enrol again.
    pub is_shut: bool,
}

/// The terminal and the people on it, before and after unlocking.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionView {
    /// Whether anyone enrolled here; everything named after the site is empty while nobody did.
    pub enrolled: bool,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The terminal.
    pub terminal: TerminalId,
    /// What people call it.
    pub terminal_name: String,
    /// The trusted root, 64 hexadecimal digits.
    pub root_fingerprint: String,
    /// Everyone enrolled here, in order of enrolment.
    pub people: Vec<PersonView>,
    /// Who works now.
    pub unlocked: Option<PersonView>,
    /// Records without a receipt, without those set aside.
    pub waiting_records: u64,
    /// Photos of theirs that the service lacks.
    pub waiting_blobs: u64,
    /// Countersignatures without a receipt, without those that the service refused.
    #[serde(default)]
    pub waiting_reviews: u64,
    /// Where the terminal's secret is kept: whether a PIN will do.
    pub custody: Custody,
    /// Minutes without a touch after which the app locks itself.
    pub auto_lock_minutes: u32,
    /// Whether the site's recovery key can open the data.
    pub has_recovery: bool,
    /// What the person should know.
    pub warnings: Vec<Text>,
}

/// The choices for locking without a touch, in minutes.
pub const AUTO_LOCK_MINUTES: [u32; 4] = [1, 5, 15, 30];
const AUTO_LOCK: &str = "auto_lock_minutes";
const DEFAULT_AUTO_LOCK: u32 = 15;

/// What the enrolment page gives. A scanned invitation fills address, code and fingerprint.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The text of the scanned invitation; empty when everything was typed.
    pub invite: String,
    /// Where the service is.
    pub service_url: String,
    /// The one-time code.
    pub code: String,
    /// The fingerprint from paper, where the person has it at hand.
    pub root_fingerprint: Option<String>,
    /// What people call the tablet.
    pub terminal_name: String,
    /// Will unlock the person's key.
    pub passphrase: String,
}

impl EnrolRequest {
    /// The request with what the invitation says, which goes before what was typed.
    ///
    /// # Errors
    /// [`FieldError::NotAnInvite`].
    pub fn completed(self) -> Result<Self, FieldError> {
        if self.invite.trim().is_empty() {
            return Ok(self);
        }
        let invite = EnrolInvite::parse(&self.invite).map_err(|_| FieldError::NotAnInvite)?;
        let root_fingerprint = Some(invite.root_fingerprint);
        Ok(Self { service_url: invite.service_url, code: invite.code, root_fingerprint, ..self })
    }
}

impl Field {
    /// Enrols as a page asks for it, over HTTP.
    ///
    /// # Errors
    /// As [`Self::enrol`], and [`FieldError::PassphraseTooShort`].
    pub async fn enrol_as_asked(&self, request: EnrolRequest, language: Language) -> Result<Enrolled, FieldError> {
        let request = request.completed()?;
        let passphrase = Passphrase::new(&request.passphrase)?;
        let service_url = request.service_url.trim();
        let enrolment = Enrolment {
            code: &request.code,
            terminal_name: request.terminal_name.trim(),
            service_url,
            root_fingerprint: request.root_fingerprint.as_deref().filter(|typed| !typed.trim().is_empty()),
            passphrase: &passphrase,
        };
        self.enrol(&HttpClient::anonymous(service_url, language)?, &enrolment).await
    }

    /// The terminal and its people; `unlocked` is who works now.
    ///
    /// # Errors
    /// When the database or the door fails.
    pub fn session(&self, unlocked: Option<&PersonId>) -> Result<SessionView, FieldError> {
        let mut view = if self.is_open() { self.open_session()? } else { self.door.sign()? };
        if view.is_none() && !self.is_open() && legacy::is_plain(self.store.path()) {
            return self.not_encrypted_yet();
        }
        let Some(view) = view.as_mut() else { return self.nobody_yet() };
        let now = self.now();
        for person in &mut view.people {
            if let Some(standing) = self.door.standing(&person.id, &now) {
                (person.tries_left, person.wait_ms) = (standing.tries_left, standing.wait_ms);
                person.is_shut = standing.is_shut;
            }
        }
        view.has_recovery = self.door.recovery().is_some();
        view.unlocked = unlocked.and_then(|id| view.people.iter().find(|person| person.id == *id).cloned());
        Ok(view.clone())
    }

    /// Sets after how many minutes without a touch the app locks itself.
    ///
    /// # Errors
    /// [`FieldError::BadInput`] when it is none of [`AUTO_LOCK_MINUTES`].
    pub fn set_auto_lock(&self, minutes: u32) -> Result<(), FieldError> {
        if !AUTO_LOCK_MINUTES.contains(&minutes) {
            return Err(FieldError::BadInput(format!("{minutes} ∉ {AUTO_LOCK_MINUTES:?}")));
        }
        self.store.write(|connection| terminal::put_setting(connection, AUTO_LOCK, &minutes.to_string()))
    }

    /// As the database has it; nothing before anyone is enrolled.
    fn open_session(&self) -> Result<Option<SessionView>, FieldError> {
        let Some(terminal) = self.store.read(Terminal::get)? else { return Ok(None) };
        let mut warnings = self.clock_warnings(&self.now())?;
        warnings.extend(self.store.read(salvage::told)?);
        warnings.extend(self.tampering_warnings()?);
        let people = self.people()?;
        let custody = self.door.custody()?;
        self.store.read(|connection| {
            let keyring = trust::keyring(connection)?;
            let view = |person: Person| PersonView {
                key_approved: {
                    let key = person.public_key.id();
                    keyring.statement(&key).is_some() && keyring.revocation(&key).is_none()
                },
                key: person.public_key.id(),
                id: person.id,
                name: person.name,
                party_name: person.party.name,
                roles: person.roles,
                tries_left: 0,
                wait_ms: 0,
                is_shut: true,
            };
            let minutes = terminal::setting(connection, AUTO_LOCK)?.and_then(|text| text.parse().ok());
            Ok(Some(SessionView {
                enrolled: true,
                site: terminal.site_root.site,
                site_name: terminal.site_name,
                terminal: terminal.id,
                terminal_name: terminal.name,
                root_fingerprint: terminal.root_fingerprint.to_hex(),
                people: people.into_iter().map(view).collect(),
                unlocked: None,
                waiting_records: record::count_waiting(connection)?,
                waiting_blobs: record::unsent_totals(connection)?.0,
                waiting_reviews: review::count_waiting(connection)?,
                custody,
                auto_lock_minutes: minutes.unwrap_or(DEFAULT_AUTO_LOCK),
                has_recovery: false,
                warnings,
            }))
        })
    }

    /// A folder from before the data were encrypted: everyone may try; the first who unlocks takes it over.
    fn not_encrypted_yet(&self) -> Result<SessionView, FieldError> {
        let people = legacy::people(self.store.path())?.into_iter().map(|(id, name, key)| PersonView {
            id,
            name,
            party_name: String::new(),
            roles: Vec::new(),
            key: key.id(),
            key_approved: true,
            tries_left: MOST_TRIES,
            wait_ms: 0,
            is_shut: false,
        });
        let people: Vec<PersonView> = people.collect();
        Ok(SessionView { enrolled: !people.is_empty(), people, ..self.nobody_yet()? })
    }

    fn nobody_yet(&self) -> Result<SessionView, FieldError> {
        Ok(SessionView {
            enrolled: false,
            site: SiteId::new(""),
            site_name: String::new(),
            terminal: TerminalId::new(""),
            terminal_name: String::new(),
            root_fingerprint: String::new(),
            people: Vec::new(),
            unlocked: None,
            waiting_records: 0,
            waiting_blobs: 0,
            waiting_reviews: 0,
            custody: self.door.custody()?,
            auto_lock_minutes: DEFAULT_AUTO_LOCK,
            has_recovery: false,
            warnings: Vec::new(),
        })
    }
}
