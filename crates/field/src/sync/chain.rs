//! The end of this terminal's chain, compared with the service's: what a folder that was copied back forgot.
//!
//! The service's word is not needed: it hands over envelopes that this terminal signed. Those that are gone here are taken
//! back, so that nobody walks a visit twice and the next record does not take a place that was taken. A service that lacks
//! what it had acknowledged is sent it again; receipts that verify stay, because they prove that it had it.

use xunjian_proof::verification::read_record;
use xunjian_protocol::{SyncApi, record::ChainRequest};

use super::{Pass, SyncFault, receipts};
use crate::{
    Field,
    error::FieldError,
    store::{
        record::{self, RecordState},
        salvage,
        terminal::Terminal,
    },
    tampering::{Head, Tampering},
    trust,
};

impl Field {
    /// Compares, takes back what is gone, and tells what was noticed. Records that the service lacks although they count as
    /// sent here go up again in this pass.
    pub(super) async fn compare_chain(&self, api: &impl SyncApi, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        let terminal = self.terminal()?;
        let acknowledged = self.store.read(record::last_acknowledged)?;
        let mut after = acknowledged;
        let (mut found, mut gone) = (Vec::new(), Vec::new());
        loop {
            let Some(answer) = api.chain(&ChainRequest { after }).await? else { return Ok(()) };
            if answer.end < acknowledged {
                found.push(Tampering::NotAtService { from: answer.end + 1, to: acknowledged });
                self.send_again(answer.end)?;
            }
            let asked = after;
            for envelope in &answer.envelopes {
                let (there, is_back) = self.take_back(&terminal, envelope, &mut found)?;
                if there.sequence <= after {
                    return Err(refused("its records are not in the order of the chain"));
                }
                after = there.sequence;
                gone.extend(is_back.map(|is_back| (there.sequence, is_back)));
                self.door.advance_head(there)?;
            }
            if after == asked || after >= answer.end {
                break;
            }
        }
        found.extend(stretches(&gone));
        self.notice(&self.database_key()?, &found)?;
        for tampering in found {
            let (record, photo) = (tampering.record(), tampering.photo());
            let fault = SyncFault::of(&FieldError::Tampered(Box::new(tampering)));
            pass.noticed.push(fault.about(record, photo));
        }
        Ok(())
    }

    /// Everything behind a place waits again. A receipt that does not verify is none.
    fn send_again(&self, end: u64) -> Result<(), FieldError> {
        let keyring = self.store.read(trust::keyring)?;
        self.store.write(|connection| {
            for id in record::behind(connection, end)? {
                let (envelope, receipt) = (record::envelope(connection, id)?, record::receipt(connection, id)?);
                let is_proved = receipt.is_some_and(|row| receipts::is_receipt(&envelope, &row, &keyring));
                if !is_proved {
                    record::remove_receipt(connection, id)?;
                }
            }
            salvage::take_back_behind(connection, end)
        })
    }

    /// One record that the service has: known here, another one here, or gone, and then whether it could be taken back.
    fn take_back(
        &self,
        terminal: &Terminal,
        envelope: &str,
        found: &mut Vec<Tampering>,
    ) -> Result<(Head, Option<bool>), FieldError> {
        let (signed, read) = read_record(envelope.as_bytes()).map_err(|failure| refused(&failure.to_string()))?;
        if read.record.terminal.id != terminal.id || signed.verify(&terminal.public_key).is_err() {
            return Err(refused("it holds a record that this terminal did not sign"));
        }
        let there = Head { sequence: read.record.terminal.sequence, record: read.id };
        match self.store.read(|connection| record::at_place(connection, there.sequence))? {
            Some(here) if here == there.record => Ok((there, None)),
            Some(here) => {
                found.push(Tampering::Forked { sequence: there.sequence, here, there: there.record });
                Ok((there, None))
            }
            None => {
                let taken = self.store.write(|connection| {
                    // The rows of a record name each other.
                    connection.execute_batch("PRAGMA defer_foreign_keys = ON")?;
                    let is_new = salvage::take_record(connection, envelope, &*self.ids)?;
                    record::set_state(connection, there.record, RecordState::PartlySent)?;
                    Ok(is_new)
                });
                // A visit of a round that this copy never had cannot be shown; the service has the record all the same.
                let is_back = taken.is_ok_and(|is_new| is_new);
                if is_back {
                    self.keep_sealed(there.record);
                }
                Ok((there, Some(is_back)))
            }
        }
    }
}

/// Neighbouring places that fared alike, as one.
fn stretches(gone: &[(u64, bool)]) -> Vec<Tampering> {
    gone.chunk_by(|one, next| one.0 + 1 == next.0 && one.1 == next.1)
        .map(|places| Tampering::SetBack { from: places[0].0, to: places[places.len() - 1].0, is_mended: places[0].1 })
        .collect()
}

fn refused(reason: &str) -> FieldError {
    FieldError::PackageRefused { part: "chain".to_owned(), reason: reason.to_owned() }
}
