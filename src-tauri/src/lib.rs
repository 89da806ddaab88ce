//! The Tauri shell of the inspection terminal: it opens the window and hands each command to one use case.
//!
//! The shell exists so that the engine of `xunjian-field` never learns about windows. It deliberately holds no rules, no
//! storage and no texts: rules live in `domain` and `proof`, storage in `field`, texts in `ui/src/locales`.

mod camera;
mod commands;
#[cfg(debug_assertions)]
mod page_faults;
mod raw;
mod session;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use tauri::{App, AppHandle, Manager as _, RunEvent, Wry};

use self::{
    commands::{carrying, people, photos, records, reviews, scanning, work},
    session::Session,
};

/// Opens the app's window and returns when it has been closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> ExitCode {
    let builder = tauri::Builder::default()
        .plugin(camera::plugin())
        .on_permission_request(|_, kind| camera::permission(&kind))
        .setup(|app| {
            app.manage(Session::new(data_folder(app)?));
            // The folder opens while the web view starts. What is wrong with it is told to the first command that asks.
            let handle = app.handle().clone();
            std::thread::spawn(move || drop(handle.state::<Session>().view()));
            watch_for_absence(app.handle().clone());
            tauri::async_runtime::spawn(session::keep_synchronised(app.handle().clone()));
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            people::app_info,
            people::session,
            people::enrol,
            people::unlock,
            people::lock,
            people::touched,
            people::change_passphrase,
            people::set_auto_lock,
            people::status,
            people::scratch,
            people::keep_scratch,
            work::today,
            work::photo_budget,
            work::start_visit,
            work::visit,
            work::record_result,
            work::record_reading,
            work::fill_rest_normal,
            work::undo_bulk,
            work::rack,
            work::sight,
            work::unsight,
            work::read_vm_table,
            work::sight_scanned_as_in_ledger,
            work::close_rack,
            work::report_finding,
            work::note_desk_call,
            work::answer_follow_up,
            work::remove_finding,
            scanning::read_frame,
            scanning::read_picture,
            scanning::look_up,
            scanning::search_assets,
            scanning::scan_label,
            photos::attach_photo,
            photos::detach_photo,
            photos::photo,
            records::seal,
            records::outbox,
            records::records,
            records::record,
            records::sync_start,
            records::sync_cancel,
            records::sync_retry,
            records::sync_listen,
            records::sync_policy,
            records::set_sync_policy,
            records::releasable,
            records::release_photos,
            carrying::carriers,
            carrying::relay_export,
            carrying::relay_import,
            carrying::pack_record,
            reviews::review_queue,
            reviews::review_record,
            reviews::fetch_review_photos,
            reviews::countersign,
            reviews::return_record,
            reviews::amend,
            reviews::countersignatures,
            reviews::amended_difference,
        ]);
    #[cfg(debug_assertions)]
    let builder = builder.plugin(page_faults::plugin());
    let app = match builder.build(tauri::generate_context!()) {
        Ok(app) => app,
        Err(error) => {
            eprintln!("xunjian-app: the window could not be opened: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        // The process ends without dropping anything: a clean end has to be made. Otherwise the next unlocking reads the
        // whole database first.
        if matches!(event, RunEvent::Exit) {
            let _ = app.state::<Session>().lock();
        }
    });
    ExitCode::SUCCESS
}

/// Looks every few seconds whether the window was left alone, for as long as the program runs.
fn watch_for_absence(app: AppHandle) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(5));
            app.state::<Session>().lock_when_left();
        }
    });
}

/// Where the system keeps this app's data, unless `XUNJIAN_DATA_DIR` says otherwise (tests, `make run`).
fn data_folder(app: &App<Wry>) -> tauri::Result<PathBuf> {
    match std::env::var_os("XUNJIAN_DATA_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => app.path().app_data_dir(),
    }
}
