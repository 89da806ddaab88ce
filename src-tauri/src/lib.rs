//! The Tauri shell of the inspection terminal: it opens the window and hands each command to one use case.
//!
//! The shell exists so that the engine of `xunjian-field` never learns about windows. It deliberately holds no rules, no
//! storage and no texts: rules live in `domain` and `proof`, storage in `field`, texts in `ui/src/locales`. In this
//! version the window answers for itself only; the engine becomes the builder's managed state with the screens.

mod commands;
#[cfg(debug_assertions)]
mod page_faults;

use std::process::ExitCode;

/// Opens the app's window and returns when it has been closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> ExitCode {
    let builder = tauri::Builder::default().invoke_handler(tauri::generate_handler![commands::app_info]);
    #[cfg(debug_assertions)]
    let builder = builder.plugin(page_faults::plugin());
    match builder.run(tauri::generate_context!()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xunjian-app: the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
