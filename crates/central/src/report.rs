//! 报告 (Annex D rows 10, 11, 12, 16, 22, 23): composed of what other use cases count, drawn by `xunjian-report`, written as PDF/A-2a
//! with a workbook of the same values beside it. Nothing is computed here that is not also behind a command or a page.
//!
//! Order of effects: the files are drawn beside their places; their hashes go into the log with what they were counted from; then
//! they are moved in. A crash before the log leaves drafts, one after it a hash whose file never appeared: ask again.

mod composer;
mod ledger;
mod monitoring;
mod record;
mod round;
mod service;
mod value;
mod words;
mod work_order;
mod workbook;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::Value;
use xunjian_domain::{
    hash::Sha256,
    report::{Document, PhotoFile, ReportJob},
    time::TimestampMs,
};

pub use self::{
    ledger::ledger,
    monitoring::monitoring,
    record::record,
    round::round,
    service::{ServicePeriod, service},
    work_order::work_order,
};
use crate::{
    db::sql,
    drawing::{Progress, draw},
    error::Error,
    log,
    site::Site,
};

/// A report before it is drawn.
#[derive(Debug, Clone)]
pub struct Composed {
    /// What kind, for the log: `round`, `record`, …
    pub kind: &'static str,
    /// What it is about, for the log.
    pub subject: String,
    /// How many leaves the log had when it was counted.
    pub log_size: u64,
    /// When it was counted.
    pub created_at: TimestampMs,
    /// What it says.
    pub document: Document,
    /// Where its photos are.
    pub photos: Vec<PhotoFile>,
    /// A workbook with more than the document shows; without one it is made of the document.
    pub workbook: Option<Vec<u8>>,
}

/// Which files somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The PDF/A; further volumes stand beside it.
    pub pdf: Option<&'a Path>,
    /// The workbook.
    pub xlsx: Option<&'a Path>,
    /// The read model, from which `xunjian-report report` draws the same bytes again.
    pub model: Option<&'a Path>,
}

/// A written report.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// 报告编号.
    pub number: String,
    /// How many leaves the log had when it was counted.
    pub log_size: u64,
    /// The files.
    pub files: Vec<WrittenFile>,
}

/// One file of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenFile {
    /// Where it lies.
    pub file: PathBuf,
    /// `pdf`, `pdf_2`, …, `xlsx` or `model`.
    pub part: String,
    /// SHA-256 of its bytes, as it stands in the log.
    pub sha256: Sha256,
    /// Its size.
    pub bytes: u64,
}

impl Composed {
    fn workbook(&self) -> Result<Vec<u8>, Error> {
        self.workbook.clone().map_or_else(|| workbook::xlsx(&self.document), Ok)
    }
}

/// Draws and writes a report, and logs the hashes of its files.
///
/// # Errors
/// [`Error::Told`] when nothing is wanted, or the drawing fails; then nothing was logged.
pub fn write(
    site: &Site,
    actor: &str,
    composed: &Composed,
    wanted: Wanted<'_>,
    told: impl FnMut(&Progress),
) -> Result<Written, Error> {
    let job = ReportJob {
        ident: format!("{}/{}", site.settings.root.site, composed.document.number),
        created_at: composed.created_at,
        document: composed.document.clone(),
        photos: composed.photos.clone(),
    };
    let mut drafts: Vec<(String, PathBuf, PathBuf)> = Vec::new();
    if let Some(pdf) = wanted.pdf {
        let folder = beside(pdf);
        fs::create_dir_all(&folder).map_err(Error::io(folder.display().to_string()))?;
        let drawn = draw("report", &job, &folder.join(pdf.file_name().unwrap_or_default()), told)?;
        for (draft, number) in drawn.into_iter().zip(1_u32..) {
            let part = if number == 1 { "pdf".to_owned() } else { format!("pdf_{number}") };
            let place = pdf.with_file_name(draft.file_name().unwrap_or_default());
            drafts.push((part, draft, place));
        }
    }
    let others = [
        ("xlsx", wanted.xlsx, wanted.xlsx.map(|_| composed.workbook()).transpose()?),
        ("model", wanted.model, wanted.model.map(|_| serde_json::to_vec(&job)).transpose()?),
    ];
    for (part, file, bytes) in others {
        if let (Some(file), Some(bytes)) = (file, bytes) {
            let draft = beside(file);
            fs::write(&draft, bytes).map_err(Error::io(draft.display().to_string()))?;
            drafts.push((part.to_owned(), draft, file.to_owned()));
        }
    }
    if drafts.is_empty() {
        return Err(Error::told(
            "请用 --pdf、--xlsx 或 --model 指明要写的文件",
            "say which file to write: --pdf, --xlsx or --model",
        ));
    }
    let mut files = Vec::new();
    for (part, draft, place) in &drafts {
        let bytes = fs::read(draft).map_err(Error::io(draft.display().to_string()))?;
        let (file, sha256) = (place.clone(), Sha256::of(&bytes));
        files.push(WrittenFile { file, part: part.clone(), sha256, bytes: bytes.len() as u64 });
    }
    log_hashes(site, actor, composed, &files)?;
    for (_, draft, place) in &drafts {
        fs::rename(draft, place).map_err(Error::io(place.display().to_string()))?;
    }
    if let Some(folder) = wanted.pdf.map(beside) {
        fs::remove_dir_all(&folder).map_err(Error::io(folder.display().to_string()))?;
    }
    Ok(Written { number: composed.document.number.clone(), log_size: composed.log_size, files })
}

/// Where a file is drawn before it counts.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".drawing");
    file.with_file_name(name)
}

fn log_hashes(site: &Site, actor: &str, composed: &Composed, files: &[WrittenFile]) -> Result<(), Error> {
    let mut details = vec![
        ("kind".to_owned(), composed.kind.to_owned()),
        ("subject".to_owned(), composed.subject.clone()),
        ("number".to_owned(), composed.document.number.clone()),
        ("log_size".to_owned(), composed.log_size.to_string()),
    ];
    details.extend(files.iter().map(|file| (format!("{}_sha256", file.part), file.sha256.to_hex())));
    let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    log::audit_and_log(site, actor, "report.write", &details)?;
    site.sequence()?;
    Ok(())
}

/// What the log says of a file.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// When its hash was logged; `None` when it never was.
    pub logged_at: Option<TimestampMs>,
    /// By whom.
    pub actor: String,
    /// What was logged with it.
    pub details: Value,
}

/// Whether a file is a report of this site, byte for byte.
///
/// # Errors
/// [`Error::Io`] when it cannot be read.
pub fn known(site: &Site, file: &Path) -> Result<Known, Error> {
    let sha256 = Sha256::of(&fs::read(file).map_err(Error::io(file.display().to_string()))?);
    site.db.read(|sql| {
        let row = sql.first(sql!("audit_report"), &[format!("%\"{}\"%", sha256.to_hex()).into()])?;
        let Some(row) = row else {
            return Ok(Known { sha256, logged_at: None, actor: String::new(), details: Value::Null });
        };
        let details = serde_json::from_str(row.text(2)?)?;
        let (logged_at, actor) = (Some(TimestampMs(row.i64(0)?)), row.text(1)?.to_owned());
        Ok(Known { sha256, logged_at, actor, details })
    })
}
