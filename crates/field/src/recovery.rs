//! 恢复: the data are opened by the site's recovery key when nobody's passphrase does.
//!
//! [`Field::ask_recovery`] writes a file for whoever keeps the recovery key; [`Field::take_recovery`] opens the data with the
//! answer. Nobody is unlocked by that: a person still enrols anew, with a code from the service, and gets the data back as
//! they were, drafts and all.

use xunjian_proof::{dsse::Envelope, keyring::Keyring};
use xunjian_protocol::recovery::{Leg, OneTimeKey, RecoveryAnswer, RecoveryKeyStatement, RecoveryRequest, seal_for};

use crate::{
    Field,
    error::FieldError,
    keys::DatabaseKey,
    session::SessionView,
    store::terminal::{self, Terminal},
};

impl Field {
    /// Asks for the database key: the text of the file to take to the keeper of the recovery key. Needs nobody unlocked.
    ///
    /// # Errors
    /// [`FieldError::NoRecovery`] when the site had no recovery key at the last enrolment here.
    pub fn ask_recovery(&self) -> Result<RecoveryRequest, FieldError> {
        let sign = self.door.sign::<SessionView>()?.ok_or(FieldError::NotEnrolled)?;
        let sealed = self.door.recovery().ok_or(FieldError::NoRecovery)?;
        let key = OneTimeKey::generate();
        self.door.set_recovery_asked(Some(&key))?;
        Ok(RecoveryRequest {
            site: sign.site,
            terminal: sign.terminal,
            terminal_name: sign.terminal_name,
            sealed,
            one_time_key: key.public(),
        })
    }

    /// Opens the data with the keeper's answer, so that a person can enrol anew.
    ///
    /// # Errors
    /// [`FieldError::RecoveryRefused`] when the answer is another terminal's or another request's.
    pub fn take_recovery(&self, answer: &RecoveryAnswer) -> Result<(), FieldError> {
        let sign = self.door.sign::<SessionView>()?.ok_or(FieldError::NotEnrolled)?;
        let asked = self.door.recovery_asked()?.ok_or(FieldError::RecoveryRefused)?;
        let key = asked
            .open(Leg::ToTerminal, (&sign.site, &sign.terminal), &answer.sealed)
            .map_err(|_| FieldError::RecoveryRefused)?;
        self.open_data(&DatabaseKey::from_bytes(*key))
    }

    /// Seals the database key for the site's recovery key, once the root's signature on that was checked.
    pub(crate) fn seal_for_recovery(&self, terminal: &Terminal, envelope: &str) -> Result<(), FieldError> {
        if envelope.is_empty() {
            return Ok(());
        }
        let refused = |reason: String| FieldError::PackageRefused { part: "recovery key".to_owned(), reason };
        let keyring = Keyring::new(terminal.site_root.clone(), Some(terminal.root_fingerprint))
            .map_err(|error| refused(error.to_string()))?;
        let parsed = Envelope::from_bytes(envelope.as_bytes()).map_err(|error| refused(error.to_string()))?;
        let statement: RecoveryKeyStatement =
            keyring.read_of_root(&parsed).map_err(|error| refused(error.to_string()))?;
        if statement.site != terminal.site_root.site {
            return Err(refused("it belongs to another site".to_owned()));
        }
        let fingerprint = statement.fingerprint().map_err(|error| refused(error.to_string()))?;
        if self.door.recovery().is_some_and(|known| known.sealed_for == fingerprint) {
            return Ok(());
        }
        let key = self.database_key()?;
        let about = (&terminal.site_root.site, &terminal.id);
        let sealed =
            seal_for(&statement.key, Leg::ToKeeper, about, key.bytes()).map_err(|error| refused(error.to_string()))?;
        self.store.write(|connection| terminal::put_recovery_key(connection, envelope))?;
        self.door.set_recovery(sealed)
    }
}
