//! The commands that pages may call, one function each. A command parses, calls one use case and converts, in one to ten
//! lines; each has its permission in `src-tauri/permissions/app.toml` and its counterpart in `ui/src/backend/index.ts`.

use serde::Serialize;
use tauri::AppHandle;

/// What the app says about itself: the first thing a service desk asks for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppInfo {
    version: String,
    identifier: String,
}

/// 应用信息: the version and the identifier of the running program.
#[tauri::command]
pub fn app_info(app: AppHandle) -> AppInfo {
    AppInfo { version: app.package_info().version.to_string(), identifier: app.config().identifier.clone() }
}
