//! An empty window of the same framework, size and build: the floor that `make bench` holds the app's start and memory
//! against. It does nothing.

#![expect(clippy::expect_used, reason = "a floor that does not open is no floor")]

fn main() {
    tauri::Builder::default()
        .run(tauri::generate_context!("src-tauri/examples/empty/tauri.conf.json"))
        .expect("the empty window opens");
}
