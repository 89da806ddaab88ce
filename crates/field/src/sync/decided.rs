//! Records that were set aside and that a decision has taken in since: they come out of the quarantine and go on like any other.

use xunjian_protocol::{
    SyncApi,
    problem::ProblemCode,
    record::{DeliveryState, ReceiptsRequest},
};

use crate::{
    Field,
    error::FieldError,
    store::record::{self, RecordState},
};

/// Records in one question.
const ASK_AT_ONCE: usize = 100;

/// What a person may decide about at the service.
fn may_be_decided(problem: ProblemCode) -> bool {
    matches!(problem, ProblemCode::OtherRecordInPlace | ProblemCode::BrokenChain | ProblemCode::RevokedKey)
}

impl Field {
    /// Asks after what was set aside. The service knows none of it until a decision lets it count.
    pub(super) async fn take_back_decided(&self, api: &impl SyncApi) -> Result<(), FieldError> {
        let aside: Vec<_> = self
            .store
            .read(record::list)?
            .into_iter()
            .filter(|row| row.state != RecordState::Delivered)
            .filter(|row| row.quarantined.as_ref().is_some_and(|problem| may_be_decided(problem.code)))
            .map(|row| row.id)
            .collect();
        for some in aside.chunks(ASK_AT_ONCE) {
            let states = api.receipts(&ReceiptsRequest { records: some.to_vec() }).await?.states;
            for (id, state) in some.iter().zip(states) {
                if state != DeliveryState::Unknown {
                    self.store.write(|connection| {
                        record::lift_quarantine(connection, *id)?;
                        record::set_state(connection, *id, RecordState::PartlySent)
                    })?;
                }
            }
        }
        Ok(())
    }
}
