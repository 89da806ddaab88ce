//! 解锁、锁定、改口令: who opens the data, and what happens then.
//!
//! Unlocking never needs the network. It opens the database (and says what it found when it was damaged), the photos, and
//! makes up for what a crash left out. The person's signing key is opened too, to see that it is the one enrolled, and wiped
//! again: sealing asks once more. Locking closes database and photos and wipes the keys; drafts and texts under way are in
//! the database already.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use xunjian_domain::{hash::Sha256, ids::PersonId};
use xunjian_proof::suite::Signer as _;

use crate::{
    Field,
    error::FieldError,
    keys::{DatabaseKey, Passphrase},
    legacy,
    session::SessionView,
    store::{
        OpenError, draft,
        person::Person,
        record, release,
        salvage::{self, Why},
    },
};

impl Field {
    /// Opens the data for a person, by id or name. Slow on purpose (Argon2id); says who it is.
    ///
    /// # Errors
    /// [`FieldError::UnknownPerson`], [`FieldError::PassphraseWrong`], [`FieldError::TryLater`],
    /// [`FieldError::KeysDestroyed`], [`FieldError::PassphraseTooShort`], [`FieldError::NewerDatabase`].
    pub fn unlock(&self, person: &str, passphrase: &Passphrase) -> Result<Person, FieldError> {
        let id = self.at_the_door(Some(person))?;
        if !self.door.has_people() && legacy::is_plain(self.store.path()) {
            let keys = legacy::keys_of(self.store.path(), &id, passphrase)?;
            self.door.admit_anew(&id, &keys, passphrase)?;
        }
        let keys = self.door.try_keys(&id, passphrase, &self.now())?;
        self.open_data(&keys.database)?;
        let begin = || {
            let person = self.person(Some(id.as_str()))?;
            if person.public_key != keys.signer.public_key() {
                return Err(FieldError::Damaged("key wrap".to_owned()));
            }
            self.renew_sign()?;
            Ok(person)
        };
        match begin() {
            Err(error) if error.is_damage() => {
                // Reached before the check that runs beside the work: it comes to the same page, and mends it.
                self.store.wait_for_check();
                begin()
            }
            other => other,
        }
    }

    /// Closes the data and wipes the keys.
    pub fn lock(&self) {
        // What waits is told on the lock screen; a lock screen that cannot be written is no reason to stay open.
        let _ = self.renew_sign();
        self.store.close();
        self.photos.lock();
        self.layouts.forget();
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether somebody opened the data.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.store.is_open()
    }

    /// Wraps a person's keys under another PIN or passphrase. The old one counts as a try.
    ///
    /// # Errors
    /// As [`Self::unlock`]; [`FieldError::PassphraseTooShort`], [`FieldError::PinTooShort`] or
    /// [`FieldError::PassphraseTooSimple`] for the new one.
    pub fn change_passphrase(&self, person: &str, old: &Passphrase, new: &Passphrase) -> Result<(), FieldError> {
        let id = self.at_the_door(Some(person))?;
        new.check_new(self.door.custody()?)?;
        let keys = self.door.try_keys(&id, old, &self.now())?;
        self.door.rewrap(&id, &keys, new)
    }

    /// Who is meant, of those the lock screen names: the one of this id or name, or the only one.
    ///
    /// # Errors
    /// [`FieldError::SeveralPersons`], [`FieldError::UnknownPerson`], [`FieldError::NotEnrolled`].
    pub fn at_the_door(&self, wanted: Option<&str>) -> Result<PersonId, FieldError> {
        let mut people: Vec<(PersonId, String)> = match self.door.sign::<SessionView>()? {
            Some(sign) => sign.people.into_iter().map(|person| (person.id, person.name)).collect(),
            None if legacy::is_plain(self.store.path()) => {
                legacy::people(self.store.path())?.into_iter().map(|(id, name, _)| (id, name)).collect()
            }
            None => return Err(FieldError::NotEnrolled),
        };
        let Some(wanted) = wanted else {
            if people.len() > 1 {
                return Err(FieldError::SeveralPersons(people.into_iter().map(|(_, name)| name).collect()));
            }
            return people.pop().map(|(id, _)| id).ok_or(FieldError::NotEnrolled);
        };
        let found = people.into_iter().find(|(id, name)| id.as_str() == wanted || name == wanted);
        found.map(|(id, _)| id).ok_or_else(|| FieldError::UnknownPerson(wanted.to_owned()))
    }

    /// Opens database and photos, which may be open already.
    pub(crate) fn open_data(&self, key: &DatabaseKey) -> Result<(), FieldError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if self.store.is_refused() {
            // Without a note: every page is read before it is opened again, and what can be read is taken over.
            self.store.close();
        }
        // A database that could not be mended beside the work is closed, though nobody locked it.
        if opened.is_some() && self.store.is_open() {
            return Ok(());
        }
        salvage::finish(self.store.path())?;
        if legacy::is_plain(self.store.path()) {
            // Photos first: as long as the database is plain, the next unlocking goes on with them.
            self.photos.unlock(key.photos());
            self.photos.encrypt_plain()?;
            legacy::encrypt(self.store.path(), key)?;
        }
        match self.store.open(key) {
            Ok(()) => {}
            Err(OpenError::Other(error)) => return Err(error),
            Err(OpenError::Damaged(_)) => self.store.rebuild(key, self.salvage(key))?,
        }
        let mut put_right = self.put_data_right(key);
        if !self.store.is_checked() && put_right.as_ref().is_err_and(FieldError::is_damage) {
            // The first to read a damaged page was not the check.
            put_right = self.store.rebuild(key, self.salvage(key)).and_then(|()| self.put_data_right(key));
        }
        if let Err(error) = put_right.and_then(|()| self.store.check_beside(key, self.salvage(key))) {
            self.store.close();
            self.photos.lock();
            return Err(error);
        }
        *opened = Some(key.clone());
        Ok(())
    }

    /// Makes up for what a crash left out, and for what was done to the data.
    fn put_data_right(&self, key: &DatabaseKey) -> Result<(), FieldError> {
        self.put_records_right(key)?;
        self.photos.unlock(key.photos());
        let sizes = self.store.read(draft::photo_sizes)?;
        let mut recovery = self.photos.recover(&sizes.keys().copied().collect())?;
        recovery.replaced = self.photos.replaced(&sizes);
        let released = self.store.read(release::all)?;
        recovery.missing.retain(|photo| !released.contains(photo));
        *self.recovery.lock().unwrap_or_else(PoisonError::into_inner) = recovery;
        self.kept.complete(&key.kept(), &self.store)
    }

    /// Builds a new database from what can be read of a damaged one, and moves that aside.
    fn salvage(&self, key: &DatabaseKey) -> impl FnOnce(&Path) -> Result<(), FieldError> + Send + use<> {
        let (key, kept) = (key.clone(), self.kept.clone());
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        move |path| salvage::salvage(path, &key, &kept, &*ids, clock.read().wall_ms, Why::Damage).map(drop)
    }

    /// Waits until every page of the database was read, and what was found is told. People need not wait: the check runs
    /// beside their work.
    pub fn wait_for_check(&self) {
        self.store.wait_for_check();
    }

    /// Opens the data of a terminal that nobody works on yet. A database that does not open with this key was made by an
    /// enrolment that never ended; it is moved aside.
    pub(crate) fn open_first_data(&self, key: &DatabaseKey) -> Result<(), FieldError> {
        if let Err(OpenError::Damaged(_)) = self.store.open(key) {
            salvage::move_aside(self.store.path(), "unopened", self.now().wall_ms)?;
        }
        self.open_data(key)
    }

    /// The key of the open data.
    pub(crate) fn database_key(&self) -> Result<DatabaseKey, FieldError> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(FieldError::Locked)
    }

    /// Keeps a record once more beside the database. What fails here is made up for at the next unlocking.
    pub(crate) fn keep_sealed(&self, id: Sha256) {
        let kept = self.database_key().and_then(|key| {
            let envelope = self.store.read(|connection| record::envelope(connection, id))?;
            fail::fail_point!("seal.before_copy");
            self.kept.put_record(&key.kept(), id, &envelope)?;
            fail::fail_point!("seal.after_copy");
            fail::fail_point!("seal.before_head");
            self.note_head()?;
            fail::fail_point!("seal.after_head");
            Ok(())
        });
        if let Err(error) = kept.and_then(|()| self.renew_sign()) {
            tracing::warn!(%error, "the record is sealed; its second copy is made at the next unlocking");
        }
    }

    /// Writes what the lock screen shows, if it changed.
    pub(crate) fn renew_sign(&self) -> Result<(), FieldError> {
        if !self.is_open() || !self.door.has_people() {
            return Ok(());
        }
        let view = self.session(None)?;
        self.door.set_sign(&SessionView { warnings: Vec::new(), ..view })
    }
}
