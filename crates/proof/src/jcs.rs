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
    // The plain spelling takes a quarter of the time, and what is canonical by it is canonical.
    let is_canonical = is_plain(&value) && serde_json::to_vec(&value).map_err(JcsError::Unreadable)? == bytes;
    if !is_canonical && serde_json_canonicalizer::to_vec(&value).map_err(JcsError::Unreadable)? != bytes {
        return Err(JcsError::NotCanonical);
    }
    serde_json::from_value(value).map_err(JcsError::Unreadable)
}

/// Whether RFC 8785 asks for nothing that `serde_json` does not do anyway, once numbers are whole: both escape the same characters
/// in the same way (section 3.2.2.2), so only the order of the keys is left (section 3.2.3), which is that of the bytes as long as
/// keys are ASCII.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => {
            fields.keys().all(|key| key.is_ascii()) && fields.keys().is_sorted() && fields.values().all(is_plain)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
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
    fn where_the_plain_spelling_is_taken_it_is_the_canonical_one() {
        // Every character below the surrogates' range that may be escaped, and some above it.
        let text: String = (0..0x3000_u32).chain(0xfff0..0x1_0010).filter_map(char::from_u32).collect();
        let plain =
            json!({"A": [1, -1, 0, MAX_SAFE, -MAX_SAFE, null, true, [], {}], "Z": {"_": text, "a": ""}, "a": text});
        assert!(is_plain(&plain));
        assert_eq!(serde_json::to_vec(&plain).unwrap(), serde_json_canonicalizer::to_vec(&plain).unwrap());
        assert!(from_bytes::<Value>(&serde_json_canonicalizer::to_vec(&plain).unwrap()).is_ok());
        // UTF-16 sorts U+10000 before U+E000, bytes the other way round.
        let keys = json!({"\u{e000}": 1, "\u{10000}": 2});
        assert!(!is_plain(&keys));
        let bytes = serde_json_canonicalizer::to_vec(&keys).unwrap();
        assert_ne!(bytes, serde_json::to_vec(&keys).unwrap());
        assert!(from_bytes::<Value>(&bytes).is_ok());
        assert!(from_bytes::<Value>(&serde_json::to_vec(&keys).unwrap()).is_err());
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
