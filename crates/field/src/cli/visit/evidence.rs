//! `visit photo` and `visit scan`.

use std::path::Path;

use serde_json::json;
use xunjian_domain::label_code::LabelCode;
use xunjian_field::{
    Attached, FieldError, LineSelector, NewPhoto, ScanReport, Sha256,
    photo::check_size,
    scan::{CascadeDecoder, decode_file},
};
use xunjian_proof::record::{Capture, ScanSource};

use super::Desk;
use crate::cli::{
    arguments::{Photo, Scan},
    failure::Failure,
    output::{Output, say, warnings},
};

pub(super) fn attach(
    desk: &Desk,
    line: Option<&LineSelector>,
    file: &Path,
    capture: Capture,
    caption: &str,
) -> Result<Attached, Failure> {
    attach_with(desk, line, file, NewPhoto { bytes: &[], file_name: "", capture, caption, layer: None, after_of: None })
}

/// A photo of how a problem is now, which answers the photo before.
pub(super) fn attach_after(desk: &Desk, file: &Path, after_of: Option<Sha256>) -> Result<Attached, Failure> {
    let capture = Capture::Camera;
    attach_with(desk, None, file, NewPhoto { bytes: &[], file_name: "", capture, caption: "", layer: None, after_of })
}

/// Reads the file and attaches it as `photo` says.
fn attach_with(
    desk: &Desk,
    line: Option<&LineSelector>,
    file: &Path,
    photo: NewPhoto<'_>,
) -> Result<Attached, Failure> {
    let failed = |source| FieldError::File { path: file.to_owned(), source };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    check_size(size).map_err(FieldError::from)?;
    let bytes = std::fs::read(file).map_err(failed)?;
    let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = NewPhoto { bytes: &bytes, file_name: &file_name, ..photo };
    Ok(desk.field.attach_photo(desk.draft(), line, new)?)
}

pub(super) fn photo(desk: &Desk, arguments: Photo) -> Result<Output, Failure> {
    let has_line = arguments.line.line.is_some() || arguments.line.criterion.is_some();
    let line = if has_line { Some(super::answer::line(desk, &arguments.line)?) } else { None };
    let (mut photos, mut text) = (Vec::new(), String::new());
    for file in &arguments.files {
        let attached = attach(desk, line.as_ref(), file, arguments.capture.into(), &arguments.caption)?;
        text += &say(
            desk.language,
            format!("照片 {} 已存本机（{} 字节）", attached.evidence.sha256.short(), attached.evidence.bytes),
            format!("Photo {} stored ({} bytes)", attached.evidence.sha256.short(), attached.evidence.bytes),
        );
        text += &warnings(desk.language, &attached.warnings);
        text.push('\n');
        photos.push(attached);
    }
    Output::new(&json!({ "photos": photos }), text)
}

pub(super) fn scan(desk: &Desk, arguments: Scan) -> Result<Output, Failure> {
    let given = arguments.source.map(ScanSource::from);
    let texts: Vec<(String, ScanSource)> = match (&arguments.file, arguments.text) {
        (Some(file), _) => {
            let codes = decode_file(&CascadeDecoder::default(), file).map_err(|error| picture_error(file, error))?;
            codes.into_iter().map(|code| (code.text, given.unwrap_or(ScanSource::File))).collect()
        }
        (None, text) => {
            let text = text.unwrap_or_default();
            let by_hand = text.parse::<LabelCode>().is_ok();
            vec![(text, given.unwrap_or(if by_hand { ScanSource::Typed } else { ScanSource::Scanner }))]
        }
    };
    let reports = texts
        .iter()
        .map(|(text, source)| Ok(desk.field.scan_label(desk.draft(), text, *source)?))
        .collect::<Result<Vec<ScanReport>, Failure>>()?;
    let mut text: String = reports.iter().map(|report| format!("{}\n", report.message.get(desk.language))).collect();
    if reports.is_empty() {
        text = say(
            desk.language,
            "没有识别到二维码，请靠近、避开反光后重拍，或输入标签上的编码",
            "No code was found: come closer, avoid glare and try again, or type the code printed on the label",
        );
    }
    let exit = u8::from(reports.is_empty());
    Ok(Output::new(&json!({ "scans": reports }), text)?.with_exit(exit))
}

fn picture_error(file: &Path, error: xunjian_field::scan::ScanError) -> Failure {
    match error {
        xunjian_field::scan::ScanError::Picture(error) => FieldError::Photo(error).into(),
        xunjian_field::scan::ScanError::Unreadable { source, .. } => {
            FieldError::File { path: file.to_owned(), source }.into()
        }
    }
}
