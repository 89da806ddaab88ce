//! One pass over the answers of a relay bundle: what a pass over HTTP does, without the sending.

use xunjian_domain::hash::Sha256;
use xunjian_protocol::record::DeliveryState;

use super::{Pass, SyncFault, SyncReport, progress::Tracker};
use crate::{
    Field,
    error::FieldError,
    relay::{self, Answers},
    store::record::{self, RecordState},
};

impl Field {
    /// Does with a bundle's answers what a synchronisation does with answers. An older one acknowledges, and nothing more.
    pub(crate) async fn take_answers(&self, answers: &Answers, is_older: bool) -> Result<SyncReport, FieldError> {
        let mut report = SyncReport { passes: 1, ..SyncReport::default() };
        let tracker = Tracker::new(None);
        let mut pass = Pass {
            report: &mut report,
            forgotten: Vec::new(),
            noticed: Vec::new(),
            is_compared: false,
            tracker: &tracker,
        };
        let outcome = self.take_steps(answers, is_older, &mut pass).await;
        let mut noticed = std::mem::take(&mut pass.noticed);
        match outcome {
            Err(error @ (FieldError::Database(_) | FieldError::Damaged(_))) => return Err(error),
            Err(error) => {
                self.note_contradiction(&error)?;
                report.errors.push(SyncFault::of(&error));
            }
            Ok(()) => {}
        }
        report.errors.append(&mut noticed);
        self.count_open(&mut report)?;
        self.add_set_aside(&mut report)?;
        self.tell_at_the_door();
        Ok(report)
    }

    async fn take_steps(&self, answers: &Answers, is_older: bool, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        if is_older {
            return self.take_news(answers, is_older, pass);
        }
        self.compare_chain(answers, pass).await?;
        let contradiction = match self.compare_log(answers).await {
            // It was made for a later state than this folder is in: what became of the records is said all the same.
            Err(FieldError::Api(_)) => None,
            other => other?,
        };
        self.take_package(answers, pass).await?;
        self.take_back_decided(answers).await?;
        self.take_news(answers, is_older, pass)?;
        self.fetch_receipts(answers, pass).await?;
        self.prove_remembered(answers).await?;
        contradiction.map_or(Ok(()), Err)
    }

    /// The package comes first: with it come the statements that receipts are verified with.
    async fn take_package(&self, answers: &Answers, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        match self.pull(answers).await {
            Ok(package) => pass.report.package = Some(package),
            Err(error @ (FieldError::Database(_) | FieldError::Damaged(_) | FieldError::LogInconsistent(_))) => {
                return Err(error);
            }
            Err(_) if answers.lacked_chunk() => {
                pass.report.errors.push(SyncFault::of(&FieldError::PackageInParts));
            }
            Err(error) => pass.report.errors.push(SyncFault::of(&error)),
        }
        Ok(())
    }

    /// What became of each record: acknowledged with the photos that are there, or refused.
    fn take_news(&self, answers: &Answers, is_older: bool, pass: &mut Pass<'_>) -> Result<(), FieldError> {
        // What an answer to an earlier export lacks may lie in a later one.
        let is_newest = !is_older && answers.head.answers >= self.store.read(relay::last_number)?;
        for row in self.store.read(record::list)? {
            let Some(news) = answers.news.get(&row.id) else { continue };
            let is_unanswered =
                matches!(row.state, RecordState::Sealed | RecordState::Queued) && row.quarantined.is_none();
            match (&news.state, &news.problem) {
                (DeliveryState::Unknown, Some(problem)) if is_unanswered => {
                    self.refused(row.id, problem, false, pass)?;
                }
                (DeliveryState::Unknown, _) => {}
                (state, _) => {
                    if is_unanswered {
                        self.acknowledged(&[row.id])?;
                        pass.report.submitted += 1;
                    }
                    if let (DeliveryState::Pending { missing }, true) = (state, row.state != RecordState::Delivered) {
                        self.photos_there(row.id, missing, is_newest)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Photos of an acknowledged record are there, but for those that are named.
    fn photos_there(&self, record: Sha256, missing: &[Sha256], is_newest: bool) -> Result<(), FieldError> {
        self.store.write(|connection| {
            for blob in record::blobs(connection, record)? {
                let is_sent = !missing.contains(&blob.sha256);
                if is_sent != blob.is_sent && (is_sent || is_newest) {
                    record::set_blob_sent(connection, blob.sha256, is_sent)?;
                }
                if !is_sent && is_newest {
                    relay::carried::forget(connection, blob.sha256)?;
                }
            }
            Ok(())
        })
    }
}
