//! What is carried by hand: U 盘, 摆渡包, 离线验真包.

use std::path::PathBuf;

use tauri::{State, ipc::Channel};
use xunjian_field::{
    Carrier, IpcError, PackWritten, RelayExport, RelayExported, RelayProgress, RelayTaken, SyncWatch,
    carriers::carriers as plugged_in,
};

use crate::session::Session;

/// The sticks and cards that are plugged in.
#[tauri::command(async)]
pub fn carriers(session: State<'_, Session>) -> Result<Vec<Carrier>, IpcError> {
    session.person()?;
    Ok(plugged_in())
}

/// 导出: what the service lacks, sealed for it, into a folder. Nothing counts as sent before its answer comes.
#[tauri::command(async)]
pub fn relay_export(
    session: State<'_, Session>,
    folder: PathBuf,
    channel: Channel<RelayProgress>,
) -> Result<RelayExported, IpcError> {
    session.person()?;
    let exported = session.field()?.relay_export(&folder, &RelayExport::default(), |progress| {
        // A page that is gone hears nothing; the export goes on.
        let _ = channel.send(progress);
    });
    Ok(exported?)
}

/// 导出离线验真包 of a delivered record.
#[tauri::command(async)]
pub fn pack_record(session: State<'_, Session>, id: &str, folder: PathBuf) -> Result<PackWritten, IpcError> {
    session.person()?;
    Ok(session.field()?.pack_record(id, &folder)?)
}

/// 导入: the service's answers, from a folder or one file.
#[tauri::command]
pub async fn relay_import(session: State<'_, Session>, place: PathBuf) -> Result<RelayTaken, IpcError> {
    session.person()?;
    let (_watch, stop) = SyncWatch::new(|_| {});
    let _turn = session.begin_run(stop)?;
    Ok(session.field()?.relay_import_from(&place).await?)
}
