//! Enrolment: a one-time code binds a new person's key, and the terminal's, to the site.
//!
//! The keys are stored before the service is asked. When the answer is lost, the same code is sent with the same keys
//! again and gets the same answer; nobody has to ask for another code. The first person's enrolment makes the database key;
//! everyone after gets a wrap of the same key, so a colleague must be unlocked then, or the recovery key have opened the
//! data. A person who enrols again keeps everything that was theirs.
//!
//! Order of effects: keys at the door → service asked → rows of terminal and person, one transaction → the person's place
//! at the door. A crash anywhere leaves something that the same call with the same code finishes.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ids::{PersonId, SiteId, TerminalId},
    party::Role,
};
use xunjian_proof::{
    statement::PartyRef,
    suite::{Ed25519Signer, KeyId, Signer},
};
use xunjian_protocol::{
    SyncApi,
    enrol::{EnrolRequest, possession_message},
    hello,
};
use zeroize::Zeroizing;

use crate::{
    Field,
    error::FieldError,
    kept::Identity,
    keys::{
        Passphrase,
        wrap::{Kek, PersonKeys},
    },
    store::{
        person::Person,
        terminal::{self, Terminal},
    },
};

/// What enrolment needs.
#[derive(Debug)]
pub struct Enrolment<'a> {
    /// The one-time code.
    pub code: &'a str,
    /// What people call the tablet.
    pub terminal_name: &'a str,
    /// Where the service is, to be remembered.
    pub service_url: &'a str,
    /// The fingerprint from paper, where the person has it at hand.
    pub root_fingerprint: Option<&'a str>,
    /// Will unlock the person's key.
    pub passphrase: &'a Passphrase,
}

/// What enrolment led to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Enrolled {
    /// The terminal.
    pub terminal: TerminalId,
    /// Its key.
    pub terminal_key: KeyId,
    /// The person.
    pub person: PersonId,
    /// The person's name.
    pub person_name: String,
    /// The person's key.
    pub person_key: KeyId,
    /// The organisation.
    pub party: PartyRef,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// To be compared with the fingerprint on paper, digit by digit.
    pub root_fingerprint: Sha256,
    /// Whether it was compared with one given.
    pub root_pinned: bool,
}

fn fingerprint_from(typed: &str) -> Result<Sha256, FieldError> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    plain.to_ascii_lowercase().parse().map_err(|_| FieldError::NotAFingerprint(typed.to_owned()))
}

fn expect_root(expected: Sha256, found: &str) -> Result<(), FieldError> {
    if expected.to_hex() == found {
        return Ok(());
    }
    Err(FieldError::RootMismatch { expected: expected.to_hex(), found: found.to_owned() })
}

impl Field {
    /// Enrols a person, and the terminal with the first one.
    ///
    /// # Errors
    /// [`FieldError`]; the same call may be repeated with the same code.
    pub async fn enrol(&self, api: &impl SyncApi, enrolment: &Enrolment<'_>) -> Result<Enrolled, FieldError> {
        let pinned = enrolment.root_fingerprint.map(fingerprint_from).transpose()?;
        if !self.is_open() && self.door.has_people() {
            return Err(FieldError::ColleagueNeeded);
        }
        let hello = api.hello().await?;
        if !hello.versions.contains(&hello::VERSION) {
            return Err(FieldError::VersionUnsupported(hello.versions));
        }
        let before = if self.is_open() { self.store.read(Terminal::get)? } else { None };
        let known = before.as_ref().map(|terminal| terminal.root_fingerprint);
        for expected in pinned.iter().chain(&known) {
            expect_root(*expected, &hello.root_fingerprint)?;
        }
        let code = enrolment.code.trim();
        let (person_keys, kek) = self.keys_for(code, enrolment.passphrase)?;
        let person_key = &person_keys.signer;
        let terminal_key = self.store.write(|connection| terminal::signing_key(connection))?;
        let site = SiteId::new(hello.site.clone());
        let message = possession_message(&site, code, &terminal_key.public_key().id(), &person_key.public_key().id());
        let proof = |signer: &Ed25519Signer| {
            let signature = signer.sign(&message).map_err(|error| FieldError::Damaged(error.to_string()))?;
            Ok::<_, FieldError>(data_encoding::BASE64.encode(&signature))
        };
        let request = EnrolRequest {
            code: code.to_owned(),
            terminal_name: enrolment.terminal_name.to_owned(),
            terminal_key: terminal_key.public_key(),
            person_key: person_key.public_key(),
            terminal_proof: proof(&terminal_key)?,
            person_proof: proof(person_key)?,
        };
        let answer = api.enrol(&request).await?;
        fail::fail_point!("enrol.after_answer");

        let fingerprint = answer.site_root.fingerprint()?;
        expect_root(fingerprint, &hello.root_fingerprint)?;
        for expected in pinned.iter().chain(&known) {
            expect_root(*expected, &fingerprint.to_hex())?;
        }
        if let Some(other) = before.as_ref().filter(|before| before.id != answer.terminal) {
            return Err(FieldError::OtherTerminal(format!("{} / {}", answer.terminal, other.id)));
        }
        let terminal = Terminal {
            id: answer.terminal.clone(),
            name: before.as_ref().map_or_else(|| enrolment.terminal_name.to_owned(), |before| before.name.clone()),
            service_url: enrolment.service_url.to_owned(),
            public_key: terminal_key.public_key(),
            site_name: hello.site_name.clone(),
            site_root: answer.site_root,
            root_fingerprint: fingerprint,
            root_pinned: pinned.is_some() || before.as_ref().is_some_and(|before| before.root_pinned),
        };
        let person = Person {
            id: answer.person,
            name: answer.person_name,
            party: answer.party,
            roles: answer.roles,
            public_key: person_key.public_key(),
        };
        let at = self.now().wall_ms;
        self.store.write(|connection| {
            terminal.put(connection, at)?;
            person.put(connection, at)
        })?;
        fail::fail_point!("enrol.after_rows");
        self.door.admit(&person.id, &person_keys, &kek)?;
        self.seal_for_recovery(&terminal, &answer.recovery_key)?;
        self.keep_identity()?;
        self.door.set_recovery_asked(None)?;
        self.renew_sign()?;
        Ok(Enrolled {
            terminal: terminal.id,
            terminal_key: terminal.public_key.id(),
            person: person.id,
            person_name: person.name,
            person_key: person.public_key.id(),
            party: person.party,
            roles: person.roles,
            site: terminal.site_root.site,
            site_name: terminal.site_name,
            root_fingerprint: fingerprint,
            root_pinned: terminal.root_pinned,
        })
    }

    /// Remembers another address of the same service.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_service_url(&self, url: &str) -> Result<(), FieldError> {
        self.store.write(|connection| terminal::set_service_url(connection, url))
    }

    /// The keys made for this code, or new ones, stored before anyone else learns of them; opens the data with them.
    pub(crate) fn keys_for(&self, code: &str, passphrase: &Passphrase) -> Result<(PersonKeys, Kek), FieldError> {
        if self.is_open() {
            return self.door.pending(code, passphrase, Some(self.database_key()?));
        }
        let (keys, kek) = self.door.pending(code, passphrase, None)?;
        self.open_first_data(&keys.database)?;
        Ok((keys, kek))
    }

    /// Keeps who this terminal is beside the database.
    fn keep_identity(&self) -> Result<(), FieldError> {
        let identity = self.store.read(|connection| {
            let seed = terminal::signing_key(connection)?.seed();
            Ok(Identity {
                terminal: Terminal::get(connection)?.ok_or(FieldError::NotEnrolled)?,
                seed: data_encoding::BASE64.encode(&*Zeroizing::new(seed)),
                people: Person::list(connection)?,
                recovery_key: terminal::recovery_key(connection)?.unwrap_or_default(),
            })
        })?;
        self.kept.put_identity(&self.database_key()?.kept(), &identity)
    }
}
