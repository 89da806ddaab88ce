//! The committed types of the pages are the ones that the Rust types say.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use xunjian_tests::page_types;

#[test]
fn pages_know_the_types_of_engine_and_service() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/gen");
    let (committed, made) = (page_types::read(&folder).unwrap(), page_types::files().unwrap());
    let names = |files: &std::collections::BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&made), "run `make gen`: types came or went");
    for (name, text) in &made {
        assert_eq!(&committed[name], text, "run `make gen`: ui/src/gen/{name} is not what the Rust type says");
    }
}
