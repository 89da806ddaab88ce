//! People, the unlocked session, and what pages keep for them.

use tauri::{AppHandle, State};
use xunjian_field::{AppInfo, EnrolRequest, IpcError, Language, SessionView, Status, keys::Passphrase};

use crate::session::Session;

/// 应用信息: what the running program is.
#[tauri::command]
pub fn app_info(app: AppHandle) -> AppInfo {
    AppInfo {
        version: app.package_info().version.to_string(),
        identifier: app.config().identifier.clone(),
        platform: std::env::consts::OS.to_owned(),
        debug: cfg!(debug_assertions),
    }
}

/// 会话: the terminal, its people and who is unlocked; also says why the data folder cannot be opened.
#[tauri::command(async)]
pub fn session(session: State<'_, Session>) -> Result<SessionView, IpcError> {
    session.view()
}

/// 登记: asks the service for enrolment; afterwards the person is unlocked.
#[tauri::command]
pub async fn enrol(session: State<'_, Session>, request: EnrolRequest) -> Result<SessionView, IpcError> {
    let enrolled = session.field()?.enrol_as_asked(request, Language::Zh).await?;
    session.set_unlocked(session.field()?.person(Some(enrolled.person.as_str()))?)
}

/// 解锁.
#[tauri::command(async)]
pub fn unlock(session: State<'_, Session>, person: &str, passphrase: &str) -> Result<SessionView, IpcError> {
    let person = session.field()?.unlock(person, &Passphrase::new(passphrase)?)?;
    session.set_unlocked(person)
}

/// 锁定.
#[tauri::command(async)]
pub fn lock(session: State<'_, Session>) -> Result<SessionView, IpcError> {
    session.lock()
}

/// Somebody touched the window: it does not lock itself yet.
#[tauri::command]
pub fn touched(session: State<'_, Session>) {
    session.touch();
}

/// 更换口令 of the unlocked person.
#[tauri::command(async)]
pub fn change_passphrase(session: State<'_, Session>, old: &str, new: &str) -> Result<(), IpcError> {
    let person = session.person()?;
    Ok(session.field()?.change_passphrase(person.id.as_str(), &Passphrase::new(old)?, &Passphrase::new(new)?)?)
}

/// 自动锁定: after how many minutes without a touch.
#[tauri::command(async)]
pub fn set_auto_lock(session: State<'_, Session>, minutes: u32) -> Result<SessionView, IpcError> {
    session.person()?;
    session.field()?.set_auto_lock(minutes)?;
    session.view()
}

/// 本机状态.
#[tauri::command(async)]
pub fn status(session: State<'_, Session>) -> Result<Status, IpcError> {
    session.person()?;
    Ok(session.field()?.status()?)
}

/// 便笺: what a page kept under this key.
#[tauri::command(async)]
pub fn scratch(session: State<'_, Session>, key: &str) -> Result<Option<String>, IpcError> {
    Ok(session.field()?.scratch(&session.person()?.id, key)?)
}

/// Keeps a page's text under this key, or forgets it.
#[tauri::command(async)]
pub fn keep_scratch(session: State<'_, Session>, key: &str, text: Option<&str>) -> Result<(), IpcError> {
    Ok(session.field()?.keep_scratch(&session.person()?.id, key, text)?)
}
