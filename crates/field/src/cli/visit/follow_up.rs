//! `visit follow-up` and `visit call`: problems of earlier rounds looked at again, and calls about a finding.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use xunjian_domain::{
    hash::Sha256,
    ids::FindingId,
    visit::{FollowUpState, NoPhoto},
};
use xunjian_field::{NewDeskCall, NewFollowUp, VisitView};

use super::{Desk, evidence};
use crate::cli::{
    failure::Failure,
    output::{Output, say},
};

/// What became of it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StateArgument {
    /// 已整改
    Rectified,
    /// 仍存在
    Remains,
    /// 无法判断
    CannotTell,
}

impl From<StateArgument> for FollowUpState {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Rectified => Self::Rectified,
            StateArgument::Remains => Self::Remains,
            StateArgument::CannotTell => Self::CannotTell,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct FollowUp {
    pub visit: String,
    /// 上轮问题编号 · id of the problem (visit show lists them)
    #[arg(long)]
    pub finding: String,
    /// 现在怎样 · what became of it
    #[arg(long, value_enum)]
    pub state: StateArgument,
    /// 复查情况 · in words
    #[arg(long)]
    pub note: String,
    /// 整改后照片 · photos of how it is now
    #[arg(long = "after-photo", value_name = "FILE")]
    pub after_photos: Vec<PathBuf>,
    /// 无法拍照的原因 · why no photo can be taken
    #[arg(long, value_name = "REASON")]
    pub no_photo: Option<String>,
    /// 无法拍照的证明人 · who confirms it
    #[arg(long, requires = "no_photo", default_value = "")]
    pub confirmed_by: String,
}

pub(super) fn follow_up(desk: &Desk, arguments: FollowUp) -> Result<Output, Failure> {
    let finding = FindingId::new(arguments.finding);
    let before = |view: &VisitView| {
        let must = view.must_checks.iter().find(|must| must.open.finding.id == finding)?;
        must.open.finding.photos.first().copied()
    };
    let after_of = before(&desk.field.show_visit(&desk.visit, &desk.person)?);
    let attach = |file: &PathBuf| Ok(evidence::attach_after(desk, file, after_of)?.evidence.sha256);
    let new = NewFollowUp {
        finding,
        state: arguments.state.into(),
        note: arguments.note,
        after_photos: arguments.after_photos.iter().map(attach).collect::<Result<Vec<Sha256>, Failure>>()?,
        no_photo: arguments.no_photo.map(|reason| NoPhoto { reason, confirmed_by: arguments.confirmed_by }),
    };
    desk.field.answer_follow_up(desk.draft(), new)?;
    let view = desk.field.show_visit(&desk.visit, &desk.person)?;
    let open = view.must_checks.iter().filter(|must| must.follow_up.is_none()).count();
    let text = say(
        desk.language,
        format!("复查结果已存本机，还有 {open} 个上轮问题待复查"),
        format!("Stored; {open} problems of earlier rounds are left to be looked at"),
    );
    Output::new(&view.must_checks, text)
}

pub(super) fn call(desk: &Desk, finding: String, callee: String) -> Result<Output, Failure> {
    let new = NewDeskCall { callee, ago_ms: None };
    let finding = desk.field.note_desk_call(desk.draft(), &FindingId::new(finding), &new)?;
    let text = say(desk.language, "通话已记录", "Call noted");
    Output::new(&finding, text)
}
