//! Bytes over the border: a command whose request body is raw bytes carries its arguments in headers.
//!
//! A photo as a JSON array of numbers would be four times as large and two hundred times as slow.

use serde::de::DeserializeOwned;
use tauri::ipc::{InvokeBody, Request};
use xunjian_field::{FieldError, IpcError};

/// Percent-encoded JSON: headers hold ASCII only, captions do not.
const ARGUMENTS: &str = "x-xunjian-args";

fn refused(reason: impl ToString) -> IpcError {
    FieldError::BadInput(reason.to_string()).into()
}

/// The bytes of the body.
pub fn bytes<'a>(request: &'a Request<'_>) -> Result<&'a [u8], IpcError> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(bytes),
        InvokeBody::Json(_) => Err(refused("the body is not raw bytes")),
    }
}

/// The arguments beside the bytes.
pub fn arguments<T: DeserializeOwned>(request: &Request<'_>) -> Result<T, IpcError> {
    let header = request.headers().get(ARGUMENTS).ok_or_else(|| refused(format!("no header {ARGUMENTS}")))?;
    let text = decoded(header.as_bytes()).ok_or_else(|| refused(format!("the header {ARGUMENTS} is damaged")))?;
    serde_json::from_slice(&text).map_err(refused)
}

fn decoded(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'%', high, low, rest @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
                rest
            }
            [b'%', ..] => return None,
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoded_arguments_come_back() {
        let cases: [(&str, Option<&str>); 4] =
            [("%7B%22a%22%3A1%7D", Some("{\"a\":1}")), ("%E6%9F%9C", Some("柜")), ("100%", None), ("%4", None)];
        for (encoded, expected) in cases {
            assert_eq!(decoded(encoded.as_bytes()).as_deref(), expected.map(str::as_bytes), "{encoded}");
        }
    }
}
