//! `records`, `records show`, `records export`.

use serde_json::json;

use super::{
    Session,
    arguments::Records,
    failure::Failure,
    output::{Output, say},
};

pub(super) fn run(session: &Session, command: Option<Records>) -> Result<Output, Failure> {
    let field = session.open()?;
    match command {
        None => {
            let records = field.records()?;
            let line = |row: &xunjian_field::RecordSummary| {
                let state = say(session.language, row.state.zh(), format!("{:?}", row.state));
                let aside = row.quarantined.as_ref().map(|problem| format!("\t{problem}")).unwrap_or_default();
                format!(
                    "{}\t{}\t{state}\t{}\t{}/{}{aside}\n",
                    row.sequence,
                    row.id.short(),
                    row.title,
                    row.blobs_sent,
                    row.blobs
                )
            };
            let text = records.iter().map(line).collect();
            Output::new(&json!({ "records": records }), text)
        }
        Some(Records::Show { id }) => {
            let detail = field.verify_local(&id)?;
            let mut text = format!("{}\n{}\n", detail.summary.title, detail.summary.id);
            for step in &detail.steps {
                let sign = match step.passed {
                    Some(true) => "✓",
                    Some(false) => "✗",
                    None => "—",
                };
                text += &format!("{sign} {} {}\n", step.text.get(session.language), step.reason);
            }
            let has_failed = detail.steps.iter().any(|step| step.passed == Some(false));
            Ok(Output::new(&detail, text)?.with_exit(if has_failed { 4 } else { 0 }))
        }
        Some(Records::Export { id, dir }) => {
            let exported = field.export_record(&id, &dir)?;
            let text = exported.files.iter().map(|file| format!("{}\n", dir.join(file).display())).collect();
            Output::new(&exported, text)
        }
        Some(Records::Pack { id, dir }) => {
            let packed = field.pack_record(&id, &dir)?;
            let text = say(
                session.language,
                format!(
                    "{}\n共 {} 字节，照片 {} 张，已释放而不在包内的 {} 张",
                    packed.file, packed.bytes, packed.photos, packed.left_out
                ),
                format!(
                    "{}\n{} bytes, {} photos, {} left out because they were released here",
                    packed.file, packed.bytes, packed.photos, packed.left_out
                ),
            );
            Output::new(&packed, text)
        }
    }
}
