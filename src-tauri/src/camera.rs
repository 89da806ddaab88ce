//! The camera: the one thing outside its page that the page may ask the web view for. Everything else is denied.

use tauri::{
    Runtime,
    plugin::{Builder, TauriPlugin},
    webview::{PermissionKind, PermissionResponse},
};

/// Answers the web view's question whether the page may have something.
pub fn permission(kind: &PermissionKind) -> PermissionResponse {
    match kind {
        PermissionKind::Camera => PermissionResponse::Allow,
        _ => PermissionResponse::Deny,
    }
}

/// A plugin without commands: switches the camera on in each web view before its page starts.
pub fn plugin<R: Runtime>() -> TauriPlugin<R> {
    Builder::new("camera")
        .on_webview_ready(|webview| {
            // Where it cannot be switched on, scanning by file, by hand-held scanner and by typed code remain.
            #[cfg(target_os = "linux")]
            let _ = webview.with_webview(|platform| enable(&platform.inner()));
            #[cfg(not(target_os = "linux"))]
            let _ = webview;
        })
        .build()
}

#[cfg(target_os = "linux")]
fn enable(webview: &webkit2gtk::WebView) {
    use webkit2gtk::{SettingsExt as _, WebViewExt as _};
    if let Some(settings) = webview.settings() {
        settings.set_enable_media_stream(true);
        // A test on a machine without a camera gets WebKit's test picture.
        #[cfg(debug_assertions)]
        settings.set_enable_mock_capture_devices(std::env::var_os("XUNJIAN_MOCK_CAMERA").is_some_and(|on| on == "1"));
    }
}
