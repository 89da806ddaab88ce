//! Walking: what is to do, and everything answered, seen and reported in a visit.

use serde::Deserialize;
use tauri::{State, ipc::Request};
use xunjian_field::{
    AnswerReport, BulkReport, Finding, FindingId, IpcError, LineSelector, NewAnswer, NewDeskCall, NewFinding,
    NewFollowUp, NewReading, NewSighting, PhotoBudget, PointReading, RackView, Today, VisitId, VisitSelector,
    VisitView, VmTable,
};

use crate::{raw, session::Session};

/// What goes beside the bytes of a table.
#[derive(Deserialize)]
struct TableArguments {
    visit: VisitId,
    line: u32,
}

/// 今日.
#[tauri::command(async)]
pub fn today(session: State<'_, Session>) -> Result<Today, IpcError> {
    Ok(session.field()?.today(&session.person()?)?)
}

/// 出发前的空间预算.
#[tauri::command(async)]
pub fn photo_budget(session: State<'_, Session>) -> Result<PhotoBudget, IpcError> {
    Ok(session.field()?.photo_budget(&session.person()?)?)
}

/// 开始巡检: by a visit's id, a label's text or the code printed beside it.
#[tauri::command(async)]
pub fn start_visit(session: State<'_, Session>, place: String) -> Result<VisitView, IpcError> {
    Ok(session.field()?.start_visit(&VisitSelector::Text(place), &session.person()?)?)
}

/// Everything a visit asks, and everything answered so far.
#[tauri::command(async)]
pub fn visit(session: State<'_, Session>, id: VisitId) -> Result<VisitView, IpcError> {
    Ok(session.field()?.show_visit(&id, &session.person()?)?)
}

/// 作答.
#[tauri::command(async)]
pub fn record_result(session: State<'_, Session>, visit: VisitId, answer: NewAnswer) -> Result<AnswerReport, IpcError> {
    session.on_draft(&visit, |field, whose| field.record_result(whose, &answer))
}

/// 读数 of one point.
#[tauri::command(async)]
pub fn record_reading(
    session: State<'_, Session>,
    visit: VisitId,
    line: u32,
    point: String,
    values: Vec<NewReading>,
) -> Result<AnswerReport, IpcError> {
    let values = values.into_iter().map(|reading| (reading.quantity, reading.value)).collect();
    let reading = PointReading { point, values };
    session.on_draft(&visit, |field, whose| field.record_reading(whose, &LineSelector::No { line }, &reading))
}

/// 其余全部正常.
#[tauri::command(async)]
pub fn fill_rest_normal(session: State<'_, Session>, visit: VisitId) -> Result<BulkReport, IpcError> {
    session.on_draft(&visit, |field, whose| field.fill_rest_normal(whose))
}

/// Takes back what bulk filled.
#[tauri::command(async)]
pub fn undo_bulk(session: State<'_, Session>, visit: VisitId) -> Result<VisitView, IpcError> {
    session.changed(&visit, |field, whose| field.undo_bulk(whose))
}

/// 机柜校核 as it stands.
#[tauri::command(async)]
pub fn rack(session: State<'_, Session>, visit: VisitId) -> Result<RackView, IpcError> {
    session.on_draft(&visit, |field, whose| field.rack(whose))
}

/// What was seen of one asset.
#[tauri::command(async)]
pub fn sight(session: State<'_, Session>, visit: VisitId, sighting: NewSighting) -> Result<RackView, IpcError> {
    session.on_draft(&visit, |field, whose| field.sight(whose, &sighting))
}

/// Takes a sighting back by its number.
#[tauri::command(async)]
pub fn unsight(session: State<'_, Session>, visit: VisitId, sighting: u32) -> Result<RackView, IpcError> {
    session.on_draft(&visit, |field, whose| field.unsight(whose, sighting))
}

/// 在线虚拟机清单: counts the table in the body; stores nothing.
#[tauri::command(async)]
pub fn read_vm_table(session: State<'_, Session>, request: Request<'_>) -> Result<VmTable, IpcError> {
    let TableArguments { visit, line } = raw::arguments(&request)?;
    let bytes = raw::bytes(&request)?;
    session.on_draft(&visit, |field, whose| field.read_vm_table(whose, &LineSelector::No { line }, bytes))
}

/// Every asset scanned here that nobody disputed is as the ledger says.
#[tauri::command(async)]
pub fn sight_scanned_as_in_ledger(session: State<'_, Session>, visit: VisitId) -> Result<RackView, IpcError> {
    session.on_draft(&visit, |field, whose| field.sight_scanned_as_in_ledger(whose))
}

/// Declares the rack complete, or takes that back.
#[tauri::command(async)]
pub fn close_rack(session: State<'_, Session>, visit: VisitId, closed: bool) -> Result<RackView, IpcError> {
    session.on_draft(&visit, |field, whose| field.close_rack(whose, closed))
}

/// 问题.
#[tauri::command(async)]
pub fn report_finding(session: State<'_, Session>, visit: VisitId, finding: NewFinding) -> Result<Finding, IpcError> {
    session.on_draft(&visit, |field, whose| field.report_finding(whose, finding))
}

/// 致电服务台: notes a call about a finding.
#[tauri::command(async)]
pub fn note_desk_call(
    session: State<'_, Session>,
    visit: VisitId,
    finding: FindingId,
    call: NewDeskCall,
) -> Result<Finding, IpcError> {
    session.on_draft(&visit, |field, whose| field.note_desk_call(whose, &finding, &call))
}

/// 复查: what was found of a problem that an earlier round left open.
#[tauri::command(async)]
pub fn answer_follow_up(
    session: State<'_, Session>,
    visit: VisitId,
    answer: NewFollowUp,
) -> Result<VisitView, IpcError> {
    session.changed(&visit, |field, whose| field.answer_follow_up(whose, answer))
}

/// Takes a finding back.
#[tauri::command(async)]
pub fn remove_finding(session: State<'_, Session>, visit: VisitId, finding: FindingId) -> Result<VisitView, IpcError> {
    session.changed(&visit, |field, whose| field.remove_finding(whose, &finding))
}
