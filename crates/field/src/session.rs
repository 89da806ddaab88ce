//! 会话: who works on this terminal, whom the passphrase admits, and what the first screen shows before anyone is.
//!
//! Unlocking never needs the network and keeps nothing: the key is opened to see that the passphrase is right, and closed
//! again; sealing asks once more. Nothing here counts wrong tries.

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
    enrolment::{Enrolled, Enrolment},
    error::FieldError,
    http::HttpClient,
    keys::{self, Passphrase},
    store::{person::Person, record, terminal::Terminal},
    trust,
};

/// A person as the pages show one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
}

/// The terminal and the people on it, before and after unlocking.
#[derive(Debug, Clone, Serialize)]
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
    /// What the person should know.
    pub warnings: Vec<Text>,
}

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
    /// When the database fails.
    pub fn session(&self, unlocked: Option<&PersonId>) -> Result<SessionView, FieldError> {
        let Some(terminal) = self.store.read(Terminal::get)? else { return Ok(nobody_yet()) };
        let warnings = self.clock_warnings(&self.now())?;
        let people = self.people()?;
        let (views, waiting_records, waiting_blobs) = self.store.read(|connection| {
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
            };
            let views: Vec<PersonView> = people.into_iter().map(view).collect();
            Ok((views, record::count_waiting(connection)?, record::unsent_totals(connection)?.0))
        })?;
        Ok(SessionView {
            enrolled: true,
            site: terminal.site_root.site,
            site_name: terminal.site_name,
            terminal: terminal.id,
            terminal_name: terminal.name,
            root_fingerprint: terminal.root_fingerprint.to_hex(),
            unlocked: unlocked.and_then(|id| views.iter().find(|person| person.id == *id).cloned()),
            people: views,
            waiting_records,
            waiting_blobs,
            warnings,
        })
    }

    /// Whether the passphrase opens this person's key. Slow on purpose (Argon2id); says who it is.
    ///
    /// # Errors
    /// [`FieldError::UnknownPerson`], [`FieldError::PassphraseWrong`], or [`FieldError::PassphraseTooShort`].
    pub fn unlock(&self, person: &str, passphrase: &Passphrase) -> Result<Person, FieldError> {
        let person = self.person(Some(person))?;
        keys::unwrap(&person.wrapped_key, &person.public_key, passphrase)?;
        Ok(person)
    }
}

fn nobody_yet() -> SessionView {
    SessionView {
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
        warnings: Vec::new(),
    }
}
