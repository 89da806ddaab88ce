//! `scan FILE…`: one JSON line a file, as the files are read; a file that cannot be read does not stop the others.

use std::{io::Write, path::PathBuf, time::Instant};

use serde_json::json;
use xunjian_field::scan::{CascadeDecoder, decode_file};

use super::{Session, failure::Failure, output::Output};

pub(super) fn run(session: &Session, files: &[PathBuf]) -> Result<Output, Failure> {
    let decoder = CascadeDecoder::default();
    let mut has_failed = false;
    let mut stdout = std::io::stdout().lock();
    for file in files {
        let begun = Instant::now();
        let line = match decode_file(&decoder, file) {
            Ok(codes) => {
                let codes: Vec<_> =
                    codes.into_iter().map(|code| json!({ "text": code.text, "isText": code.is_text })).collect();
                json!({ "file": file, "codes": codes, "ms": begun.elapsed().as_millis() })
            }
            Err(error) => {
                has_failed = true;
                json!({ "file": file, "error": error.message().get(session.language) })
            }
        };
        writeln!(stdout, "{line}").map_err(Failure::input)?;
    }
    // The lines were the output; `--json` adds nothing.
    drop(stdout);
    std::process::exit(i32::from(has_failed));
}
