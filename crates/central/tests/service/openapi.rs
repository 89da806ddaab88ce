//! The API document in the repository is the one of this program.

#[test]
fn docs_openapi_json_is_the_document_of_this_service() {
    let committed = include_str!("../../../../docs/openapi.json");
    let current = serde_json::to_string_pretty(&xunjian_central::http::openapi_document()).unwrap();
    assert_eq!(committed.trim_end(), current, "run `make gen` and commit docs/openapi.json");
}
