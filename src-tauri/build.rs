//! Build script of the app package: Tauri's code generation, told where this layout keeps capabilities and permissions.

use tauri_build::{AppManifest, Attributes};

#[expect(
    clippy::expect_used,
    reason = "a build script has nobody to hand an error to: cargo prints the panic's sentence"
)]
fn main() {
    // Tauri announces these folders to cargo only at their default places, which are not ours.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    let manifest = AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*");
    let attributes =
        Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*").app_manifest(manifest);
    tauri_build::try_build(attributes)
        .expect("tauri-build reads tauri.conf.json, the capabilities and the permissions");
}
