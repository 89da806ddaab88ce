//! Canonical JSON (RFC 8785), with two more rules for signed bytes: no floats, and no integer beyond ±(2^53 − 1),
//! because JCS rounds both silently.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use xunjian_domain::hash::Sha256;

/// 2^53 − 1, the largest integer that every JSON reader keeps exact.
const MAX_SAFE: i64 = 9_007_199_254_740_991;

/// Why bytes are not the canonical form of a document.
#[derive(Debug, thiserror::Error)]
pub enum JcsError {
    /// Not JSON, or not the JSON of the wanted document.
    #[error("not the expected JSON document: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// A number that JCS would round.
    #[error("the number {0} cannot be signed: it is a fraction or larger than 2^53 − 1")]
    UnsafeNumber(String),
    /// JSON, but not in its canonical spelling.
    #[error("the bytes are not in the canonical spelling of RFC 8785")]
    NotCanonical,
}

/// The canonical bytes of a document.
///
/// # Errors
/// [`JcsError::UnsafeNumber`] for a number that would be rounded.
pub fn to_bytes(document: &impl Serialize) -> Result<Vec<u8>, JcsError> {
    let value = serde_json::to_value(document).map_err(JcsError::Unreadable)?;
    refuse_unsafe_numbers(&value)?;
    serde_json_canonicalizer::to_vec(&value).map_err(JcsError::Unreadable)
}

/// The hash of the canonical bytes: the name of the document.
///
/// # Errors
/// As [`to_bytes`].
pub fn hash(document: &impl Serialize) -> Result<Sha256, JcsError> {
    Ok(Sha256::of(&to_bytes(document)?))
}

/// Reads a document and insists that the bytes are exactly its canonical form.
///
/// # Errors
/// [`JcsError`] when the bytes are not JSON, not this document, or spelled in any other way.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JcsError> {
    let value: Value = serde_json::from_slice(bytes).map_err(JcsError::Unreadable)?;
    refuse_unsafe_numbers(&value)?;
    if serde_json_canonicalizer::to_vec(&value).map_err(JcsError::Unreadable)? != bytes {
        return Err(JcsError::NotCanonical);
    }
    serde_json::from_value(value).map_err(JcsError::Unreadable)
}

fn refuse_unsafe_numbers(value: &Value) -> Result<(), JcsError> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (-MAX_SAFE..=MAX_SAFE).contains(&whole) => Ok(()),
            _ => Err(JcsError::UnsafeNumber(number.to_string())),
        },
        Value::Array(items) => items.iter().try_for_each(refuse_unsafe_numbers),
        Value::Object(fields) => fields.values().try_for_each(refuse_unsafe_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_rare_characters_stay_as_they_are() {
        let bytes = to_bytes(&json!({"b": 1, "a": "䶮𠮷", "\u{20ac}": [true, null]})).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"a":"䶮𠮷","b":1,"€":[true,null]}"#);
    }

    #[test]
    fn numbers_that_would_be_rounded_are_refused() {
        assert!(to_bytes(&json!({"v": 23.5})).is_err());
        assert!(to_bytes(&json!({"v": 9_007_199_254_740_992_i64})).is_err());
        assert!(to_bytes(&json!({"v": 9_007_199_254_740_991_i64})).is_ok());
    }

    #[test]
    fn another_spelling_of_the_same_document_is_refused() {
        assert!(from_bytes::<Value>(br#"{"a":1,"b":2}"#).is_ok());
        for spelling in [
            r#"{"b":2,"a":1}"#,
            r#"{"a":1, "b":2}"#,
            r#"{"a":1,"b":2}"#.trim_end_matches('}'),
            r#"{"a":1,"a":1,"b":2}"#,
            "{\"a\":1,\"b\":2}\n",
        ] {
            assert!(from_bytes::<Value>(spelling.as_bytes()).is_err(), "{spelling}");
        }
    }
}
