//! Keeps what goes wrong inside the page where the window's test can read it. Debug builds only.
//!
//! A web view reports a broken content security policy or a thrown error to its console alone, and the WebDriver of
//! WebKitGTK cannot read consoles. The script runs before anything of the page does, so nothing escapes it.

use tauri::Runtime;
use tauri::plugin::{Builder, TauriPlugin};

/// A plugin without commands: all it does is run `page_faults.js` first in every page.
pub fn plugin<R: Runtime>() -> TauriPlugin<R> {
    Builder::new("page-faults").js_init_script(include_str!("page_faults.js").to_owned()).build()
}
