//! Typst as a library: templates from this program, data as one JSON file, nothing from anywhere else. Always PDF/A-2a.
//!
//! The world a template sees has no clock, no packages and no file system: the same data and fonts give the same bytes.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use serde_json::Value;
use typst::{
    Library, LibraryExt as _, World,
    diag::{FileError, FileResult, SourceDiagnostic, Warned},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use xunjian_domain::time::TimestampMs;

use crate::{fonts::Fonts, told::Told};

/// The templates by their path in the world.
const TEMPLATES: [(&str, &str); 3] = [
    ("/labels.typ", include_str!("../templates/labels.typ")),
    ("/report.typ", include_str!("../templates/report.typ")),
    ("/words.typ", include_str!("../templates/words.typ")),
];
/// China's clock, in minutes before UTC's.
const CHINA: i32 = 480;

/// What a document is made of.
pub struct Manuscript {
    /// `/report.typ`
    pub template: &'static str,
    /// What the template reads as `/data.json`.
    pub data: Value,
    /// Files the data names, by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Tells it from every other document.
    pub ident: String,
    /// The date inside it.
    pub created_at: TimestampMs,
}

/// Sets a document and returns the PDF/A-2a.
///
/// # Errors
/// [`Told`] when the archive's rules are broken by what it shows; otherwise what Typst says.
pub fn pdf(manuscript: Manuscript) -> anyhow::Result<Vec<u8>> {
    let Manuscript { template, data, files, ident, created_at } = manuscript;
    let fonts = Fonts::for_texts(&data)?;
    let desk = Desk::new(fonts, template, &data, files)?;
    let Warned { output, warnings } = typst::compile::<PagedDocument>(&desk);
    let document = output.map_err(|errors| spelled("the template cannot be set", &errors))?;
    // A warning is a font that was not found or a layout that did not settle: the page would not be what was meant.
    if !warnings.is_empty() {
        return Err(spelled("the template was set with warnings", &warnings));
    }
    let standards = PdfStandards::new(&[PdfStandard::A_2a]).map_err(|error| anyhow!("{}", error.message()))?;
    let options = PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some("Xunjian".to_owned())),
        timestamp: timestamp(created_at),
        page_ranges: None,
        standards,
        tagged: true,
        pretty: false,
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| {
        let why: Vec<String> = errors.iter().map(said).collect();
        let why = why.join("; ");
        Told::new(format!("内容不符合 PDF/A-2a：{why}"), format!("the content does not fit PDF/A-2a: {why}"))
    })?;
    // What Typst remembers of this document helps no other one.
    typst::comemo::evict(0);
    Ok(bytes)
}

fn timestamp(at: TimestampMs) -> Option<Timestamp> {
    let moment = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let local = jiff::tz::offset(8).to_datetime(moment);
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    let (month, day) = (part(local.month()), part(local.day()));
    let (hour, minute, second) = (part(local.hour()), part(local.minute()), part(local.second()));
    let spelled = Datetime::from_ymd_hms(i32::from(local.year()), month, day, hour, minute, second)?;
    Timestamp::new_local(spelled, CHINA)
}

fn said(diagnostic: &SourceDiagnostic) -> String {
    let hints = diagnostic.hints.iter().map(|hint| format!(" ({})", hint.v));
    std::iter::once(diagnostic.message.to_string()).chain(hints).collect()
}

fn spelled(what: &str, diagnostics: &[SourceDiagnostic]) -> anyhow::Error {
    let all: Vec<String> = diagnostics.iter().map(said).collect();
    anyhow!("{what}: {}", all.join("; "))
}

/// What a template can see.
struct Desk {
    library: LazyHash<Library>,
    fonts: Fonts,
    main: FileId,
    sources: BTreeMap<String, Source>,
    files: BTreeMap<String, Bytes>,
}

impl Desk {
    fn new(fonts: Fonts, template: &str, data: &Value, files: BTreeMap<String, Vec<u8>>) -> anyhow::Result<Self> {
        let mut sources = BTreeMap::new();
        for (path, text) in TEMPLATES {
            sources.insert(path.to_owned(), Source::new(file_id(path)?, text.to_owned()));
        }
        if !sources.contains_key(template) {
            bail!("there is no template {template}");
        }
        let mut files: BTreeMap<String, Bytes> =
            files.into_iter().map(|(path, bytes)| (path, Bytes::new(bytes))).collect();
        files.insert("/data.json".to_owned(), Bytes::new(serde_json::to_vec(data)?));
        Ok(Self { library: LazyHash::new(Library::default()), fonts, main: file_id(template)?, sources, files })
    }
}

/// Paths are few and the same in every run: Typst never forgets one.
fn file_id(path: &str) -> anyhow::Result<FileId> {
    let path = VirtualPath::new(path).map_err(|error| anyhow!("{path}: {error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The path of a file in the world; `None` for what lies in a package.
fn path_of(id: FileId) -> Option<String> {
    let rooted = id.get();
    matches!(rooted.root(), VirtualRoot::Project).then(|| rooted.vpath().get_with_slash().to_owned())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = path_of(id).ok_or(FileError::AccessDenied)?;
        self.sources.get(&path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = path_of(id).ok_or(FileError::AccessDenied)?;
        self.files.get(&path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
