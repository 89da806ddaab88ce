//! 门: what this terminal knows before anyone is unlocked, and the only way to the keys.
//!
//! A file beside the database (in two copies, `door/file.rs`) with, for each person, the wrap of the two keys, the number of
//! wrong tries and the wait that they cost; the database key sealed for the site's recovery key; and what the lock screen
//! shows, encrypted under the terminal's secret. A try is counted on the disk *before* it is made, so that killing the
//! program gains nobody a try. The tenth wrong try destroys that person's wrap: the data stay, colleagues and the recovery
//! key open them, and a new enrolment gives the person a new wrap.
//!
//! Deliberately not here: a defence against someone who puts an older copy of the door back. That takes hardware that counts;
//! what such a person gains is tries at the cost of [`Effort`] each, which is why the file fallback asks for a passphrase.

mod delay;
mod file;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use xunjian_domain::{hash::Sha256, ids::PersonId, time::ClockReading};
use xunjian_proof::suite::{PublicKey, Signer as _};
use xunjian_protocol::recovery::{OneTimeKey, SealedKey};
use zeroize::Zeroizing;

pub(crate) use self::delay::MOST_TRIES;
use self::{delay::Wait, file::Copies};
use crate::{
    error::FieldError,
    keys::{
        Custody, Effort, Keystore, Passphrase, aead, keystore, random,
        wrap::{Kek, PersonKeys, TerminalSecret, Wrap},
    },
    tampering::Head,
};

/// What is on the disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Random; the secret's name in the keystore.
    id: String,
    custody: Custody,
    /// Opens under the right terminal secret only, so that a lost keystore is not taken for wrong passphrases.
    check: String,
    people: Vec<Place>,
    pending: Vec<Pending>,
    recovery: Option<SealedKey>,
    /// The one-time key of a recovery that was asked for, encrypted under the terminal's secret.
    recovery_asked: Option<String>,
    /// What the lock screen shows, encrypted under the terminal's secret.
    sign: Option<String>,
    /// The newest record of the terminal's chain, encrypted under the terminal's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<String>,
}

/// One person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Stands for the person without naming one: SHA-256 of the door's id and the person's.
    who: Sha256,
    /// Gone after too many wrong tries.
    wrap: Option<Wrap>,
    wrong_tries: u32,
    wait: Option<Wait>,
}

/// Keys made for a code before the service is asked: when the answer is lost, the same code goes with the same keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    code_sha256: Sha256,
    public_key: PublicKey,
    wrap: Wrap,
}

/// How a person stands at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Tries left before the wrap is destroyed.
    pub tries_left: u32,
    /// How long the next try must wait.
    pub wait_ms: i64,
    /// Whether the wrap was destroyed.
    pub is_shut: bool,
}

/// The door.
pub(crate) struct Door {
    copies: Copies,
    secret_file: PathBuf,
    keystore: Arc<dyn Keystore>,
    effort: Effort,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    number: u64,
    document: Option<Document>,
    secret: Option<TerminalSecret>,
}

const ABOUT_CHECK: &[u8] = b"xunjian door check";
const ABOUT_SIGN: &[u8] = b"xunjian door sign";
const ABOUT_RECOVERY: &[u8] = b"xunjian door recovery";
const ABOUT_HEAD: &[u8] = b"xunjian door head";

impl Door {
    /// Reads the door of a folder; a folder without one is new.
    pub fn open(folder: &Path, keystore: Arc<dyn Keystore>, effort: Effort) -> Result<Self, FieldError> {
        let copies = Copies::in_folder(folder);
        let (number, document) = match copies.read::<Document>()? {
            Some((number, document)) => (number, Some(document)),
            None => (0, None),
        };
        let state = Mutex::new(State { number, document, secret: None });
        Ok(Self { copies, secret_file: folder.join("terminal.secret"), keystore, effort, state })
    }

    /// Whether anyone has a place, with or without a wrap.
    pub fn has_people(&self) -> bool {
        self.lock().document.as_ref().is_some_and(|document| !document.people.is_empty())
    }

    /// Where the terminal's secret is, or would be put.
    pub fn custody(&self) -> Result<Custody, FieldError> {
        self.with(|_, document| Ok(document.custody))
    }

    pub fn standing(&self, person: &PersonId, now: &ClockReading) -> Option<Standing> {
        let state = self.lock();
        let document = state.document.as_ref()?;
        let who = who(document, person);
        let place = document.people.iter().find(|place| place.who == who)?;
        Some(Standing {
            tries_left: MOST_TRIES.saturating_sub(place.wrong_tries),
            wait_ms: place.wait.as_ref().map_or(0, |wait| wait.left_ms(now)),
            is_shut: place.wrap.is_none(),
        })
    }

    /// Tries what was typed on a person's wrap.
    ///
    /// Order of effects: the try is counted and flushed; then the wrap is tried; then the count is cleared, or the wrap
    /// destroyed. A crash before the last step leaves the try counted.
    ///
    /// # Errors
    /// [`FieldError::UnknownPerson`], [`FieldError::KeysDestroyed`], [`FieldError::TryLater`],
    /// [`FieldError::PassphraseWrong`]; [`FieldError::PassphraseTooShort`], which is no try.
    pub fn try_keys(
        &self,
        person: &PersonId,
        passphrase: &Passphrase,
        now: &ClockReading,
    ) -> Result<PersonKeys, FieldError> {
        let mut state = self.lock();
        let secret = self.secret(&mut state)?;
        let document = state.document.as_mut().ok_or(FieldError::NotEnrolled)?;
        let custody = document.custody;
        let who = who(document, person);
        let place = (document.people.iter_mut().find(|place| place.who == who))
            .ok_or_else(|| FieldError::UnknownPerson(person.to_string()))?;
        let wrap = place.wrap.clone().ok_or(FieldError::KeysDestroyed)?;
        passphrase.check_length(custody)?;
        let left_ms = place.wait.as_ref().map_or(0, |wait| wait.left_ms(now));
        if left_ms > 0 {
            return Err(FieldError::TryLater { seconds: left_ms.unsigned_abs().div_ceil(1000) });
        }
        place.wrong_tries += 1;
        place.wait = Wait::after(place.wrong_tries, now);
        // More than ten only when the program was killed in the midst of the tenth: that was the last one.
        let is_last = place.wrong_tries >= MOST_TRIES;
        let is_beyond = place.wrong_tries > MOST_TRIES;
        self.persist(&mut state)?;
        fail::fail_point!("door.after_count");
        let tried =
            if is_beyond { Err(FieldError::PassphraseWrong) } else { wrap.open(passphrase, &secret, person.as_str()) };
        let document = state.document.as_mut().ok_or(FieldError::NotEnrolled)?;
        let place = (document.people.iter_mut().find(|place| place.who == who))
            .ok_or_else(|| FieldError::UnknownPerson(person.to_string()))?;
        match tried {
            Ok((keys, _)) => {
                (place.wrong_tries, place.wait) = (0, None);
                self.persist(&mut state)?;
                Ok(keys)
            }
            Err(FieldError::PassphraseWrong) if is_last => {
                (place.wrap, place.wait) = (None, None);
                self.persist(&mut state)?;
                Err(FieldError::KeysDestroyed)
            }
            Err(error) => Err(error),
        }
    }

    /// The keys made for this code, or new ones, stored before anyone else learns of them. `None` for `database` says that
    /// nobody works here yet: then it is the key of an enrolment begun before, if the same was typed, or a fresh one.
    pub fn pending(
        &self,
        code: &str,
        passphrase: &Passphrase,
        database: Option<crate::keys::DatabaseKey>,
    ) -> Result<(PersonKeys, Kek), FieldError> {
        let code_sha256 = Sha256::of(code.as_bytes());
        let mut state = self.lock();
        self.make(&mut state)?;
        let secret = self.secret(&mut state)?;
        let document = state.document.as_mut().ok_or(FieldError::NotEnrolled)?;
        if let Some(pending) = document.pending.iter().find(|pending| pending.code_sha256 == code_sha256) {
            passphrase.check_length(document.custody)?;
            return pending.wrap.open(passphrase, &secret, &about_code(code_sha256));
        }
        passphrase.check_new(document.custody)?;
        let begun = |pending: &Pending| {
            let opened = pending.wrap.open(passphrase, &secret, &about_code(pending.code_sha256)).ok();
            opened.map(|(keys, _)| keys.database.clone())
        };
        let database = match database.or_else(|| document.pending.iter().find_map(begun)) {
            Some(key) => key,
            None => crate::keys::DatabaseKey::generate()?,
        };
        let keys = PersonKeys { database, signer: crate::keys::generate()? };
        let kek = Kek::fresh(passphrase, &secret, self.effort)?;
        let wrap = Wrap::seal(&kek, &about_code(code_sha256), &keys)?;
        document.pending.push(Pending { code_sha256, public_key: keys.signer.public_key(), wrap });
        self.persist(&mut state)?;
        Ok((keys, kek))
    }

    /// Whether keys were made for a code that nobody answered yet.
    pub fn has_begun(&self, code: &str) -> bool {
        let code_sha256 = Sha256::of(code.as_bytes());
        let state = self.lock();
        let pending = state.document.iter().flat_map(|document| &document.pending);
        pending.into_iter().any(|pending| pending.code_sha256 == code_sha256)
    }

    /// Gives a person a place, or a new wrap in the old one; the keys made for the code are theirs now.
    pub fn admit(&self, person: &PersonId, keys: &PersonKeys, kek: &Kek) -> Result<(), FieldError> {
        let wrap = Wrap::seal(kek, person.as_str(), keys)?;
        let public = keys.signer.public_key();
        self.change(|document| {
            document.pending.retain(|pending| pending.public_key != public);
            let who = who(document, person);
            document.people.retain(|place| place.who != who);
            document.people.push(Place { who, wrap: Some(wrap), wrong_tries: 0, wait: None });
        })
    }

    /// Gives a person a place whose keys were wrapped in another way before.
    pub fn admit_anew(&self, person: &PersonId, keys: &PersonKeys, passphrase: &Passphrase) -> Result<(), FieldError> {
        passphrase.check_length(self.custody()?)?;
        let secret = self.secret(&mut self.lock())?;
        self.admit(person, keys, &Kek::fresh(passphrase, &secret, self.effort)?)
    }

    /// Wraps a person's keys under something else that is typed.
    pub fn rewrap(&self, person: &PersonId, keys: &PersonKeys, new: &Passphrase) -> Result<(), FieldError> {
        new.check_new(self.custody()?)?;
        let secret = self.secret(&mut self.lock())?;
        let kek = Kek::fresh(new, &secret, self.effort)?;
        let wrap = Wrap::seal(&kek, person.as_str(), keys)?;
        self.change(|document| {
            let who = who(document, person);
            for place in document.people.iter_mut().filter(|place| place.who == who) {
                place.wrap = Some(wrap.clone());
            }
        })
    }

    /// The database key sealed for the site's recovery key.
    pub fn recovery(&self) -> Option<SealedKey> {
        self.lock().document.as_ref().and_then(|document| document.recovery.clone())
    }

    pub fn set_recovery(&self, sealed: SealedKey) -> Result<(), FieldError> {
        self.change(|document| document.recovery = Some(sealed))
    }

    /// Keeps the one-time key of a recovery until its answer comes, or forgets it.
    pub fn set_recovery_asked(&self, key: Option<&OneTimeKey>) -> Result<(), FieldError> {
        let secret = self.secret(&mut self.lock())?;
        let sealed = match key {
            Some(key) => Some(BASE64.encode(&aead::seal(&secret.0, ABOUT_RECOVERY, &key.secret_bytes())?)),
            None => None,
        };
        self.change(|document| document.recovery_asked = sealed)
    }

    pub fn recovery_asked(&self) -> Result<Option<OneTimeKey>, FieldError> {
        let mut state = self.lock();
        let secret = self.secret(&mut state)?;
        let Some(sealed) = state.document.as_ref().and_then(|document| document.recovery_asked.as_ref()) else {
            return Ok(None);
        };
        let damaged = || FieldError::Damaged("door".to_owned());
        let sealed = BASE64.decode(sealed.as_bytes()).map_err(|_| damaged())?;
        let bytes = Zeroizing::new(aead::open(&secret.0, ABOUT_RECOVERY, &sealed).ok_or_else(damaged)?);
        OneTimeKey::from_secret(&bytes).map(Some).map_err(|_| damaged())
    }

    /// Writes what the lock screen shows, if it is another thing than before.
    pub fn set_sign(&self, sign: &impl Serialize) -> Result<(), FieldError> {
        let text = serde_json::to_vec(sign).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let secret = {
            let mut state = self.lock();
            let secret = self.secret(&mut state)?;
            if self.read_sign(&state, &secret).is_some_and(|known| *known == text) {
                return Ok(());
            }
            secret
        };
        let sealed = BASE64.encode(&aead::seal(&secret.0, ABOUT_SIGN, &text)?);
        self.change(|document| document.sign = Some(sealed))
    }

    /// What the lock screen shows; nothing before the first enrolment.
    pub fn sign<T: DeserializeOwned>(&self) -> Result<Option<T>, FieldError> {
        let mut state = self.lock();
        if state.document.as_ref().is_none_or(|document| document.sign.is_none()) {
            return Ok(None);
        }
        let secret = self.secret(&mut state)?;
        let text = self.read_sign(&state, &secret).ok_or_else(|| FieldError::Damaged("door".to_owned()))?;
        serde_json::from_slice(&text).map(Some).map_err(|error| FieldError::Damaged(format!("door: {error}")))
    }

    #[expect(clippy::unused_self, reason = "reads as a question put to the door")]
    fn read_sign(&self, state: &State, secret: &TerminalSecret) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = BASE64.decode(state.document.as_ref()?.sign.as_ref()?.as_bytes()).ok()?;
        aead::open(&secret.0, ABOUT_SIGN, &sealed).map(Zeroizing::new)
    }

    /// The newest record that was ever noted: here, or in the keystore of the operating system, which a folder that is copied
    /// back does not take back.
    pub fn head(&self) -> Result<Option<Head>, FieldError> {
        let mut state = self.lock();
        if state.document.is_none() {
            return Ok(None);
        }
        let secret = self.secret(&mut state)?;
        let Some(document) = &state.document else { return Ok(None) };
        let opened = document.head.as_ref().and_then(|sealed| {
            let sealed = BASE64.decode(sealed.as_bytes()).ok()?;
            aead::open(&secret.0, ABOUT_HEAD, &sealed)
        });
        let kept = match document.custody {
            Custody::Keystore => self.keystore.secret(&head_name(document)).ok().flatten(),
            Custody::File => None,
        };
        let heads = opened.into_iter().chain(kept).filter_map(|text| serde_json::from_slice::<Head>(&text).ok());
        Ok(heads.max_by_key(|head| head.sequence))
    }

    /// Notes the newest record, here and in the keystore; an older one changes nothing.
    pub fn advance_head(&self, head: Head) -> Result<(), FieldError> {
        if self.head()?.is_some_and(|known| known.sequence >= head.sequence) {
            return Ok(());
        }
        let text = serde_json::to_vec(&head).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let secret = self.secret(&mut self.lock())?;
        let sealed = BASE64.encode(&aead::seal(&secret.0, ABOUT_HEAD, &text)?);
        self.change(|document| document.head = Some(sealed))?;
        let state = self.lock();
        match state.document.as_ref().filter(|document| document.custody == Custody::Keystore) {
            Some(document) => self
                .keystore
                .keep(&head_name(document), &text)
                .map_err(|error| FieldError::KeystoreUnavailable(error.to_string())),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the document, making a door first where there is none.
    fn with<T>(&self, read: impl FnOnce(&TerminalSecret, &Document) -> Result<T, FieldError>) -> Result<T, FieldError> {
        let mut state = self.lock();
        self.make(&mut state)?;
        let secret = self.secret(&mut state)?;
        read(&secret, state.document.as_ref().ok_or(FieldError::NotEnrolled)?)
    }

    fn change(&self, change: impl FnOnce(&mut Document)) -> Result<(), FieldError> {
        let mut state = self.lock();
        change(state.document.as_mut().ok_or(FieldError::NotEnrolled)?);
        self.persist(&mut state)
    }

    /// Makes the terminal's secret and an empty door, once.
    fn make(&self, state: &mut State) -> Result<(), FieldError> {
        if state.document.is_some() {
            return Ok(());
        }
        let id = HEXLOWER.encode(&random::<16>()?);
        let (custody, secret) = keystore::establish(&*self.keystore, &id, &self.secret_file)?;
        let check = BASE64.encode(&aead::seal(&secret.0, ABOUT_CHECK, id.as_bytes())?);
        state.secret = Some(secret);
        state.document = Some(Document {
            id,
            custody,
            check,
            people: Vec::new(),
            pending: Vec::new(),
            recovery: None,
            recovery_asked: None,
            sign: None,
            head: None,
        });
        self.persist(state)
    }

    /// The terminal's secret, asked for once. Another secret than the door was made with is no reason to try anything.
    fn secret(&self, state: &mut State) -> Result<TerminalSecret, FieldError> {
        if let Some(secret) = &state.secret {
            return Ok(secret.clone());
        }
        let document = state.document.as_ref().ok_or(FieldError::NotEnrolled)?;
        let secret = keystore::fetch(&*self.keystore, document.custody, &document.id, &self.secret_file)?;
        let check = BASE64.decode(document.check.as_bytes()).unwrap_or_default();
        if aead::open(&secret.0, ABOUT_CHECK, &check).as_deref() != Some(document.id.as_bytes()) {
            return Err(FieldError::KeystoreUnavailable("the secret is another one".to_owned()));
        }
        state.secret = Some(secret.clone());
        Ok(secret)
    }

    fn persist(&self, state: &mut State) -> Result<(), FieldError> {
        let Some(document) = &state.document else { return Ok(()) };
        self.copies.write(state.number + 1, document)?;
        state.number += 1;
        Ok(())
    }
}

fn who(document: &Document, person: &PersonId) -> Sha256 {
    Sha256::of(format!("{}\n{person}", document.id).as_bytes())
}

/// Under what the keystore has the newest record.
fn head_name(document: &Document) -> String {
    format!("{}/head", document.id)
}

fn about_code(code: Sha256) -> String {
    format!("code {code}")
}

#[cfg(test)]
#[path = "door/tests.rs"]
mod tests;
