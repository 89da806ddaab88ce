//! Words and moments as reports print them: Chinese, on China's clock.

use jiff::civil::Date;
use xunjian_domain::{subject::SubjectKind, time::TimestampMs, visit::FollowUpState};
use xunjian_proof::{review::ReviewState, statement::ReviewVerdict};

fn local(at: TimestampMs) -> jiff::civil::DateTime {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::offset(8).to_datetime(moment)
}

/// `2026-11-23 22:41:07`.
pub(super) fn moment(at: TimestampMs) -> String {
    local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// As [`moment`]; empty for none.
pub(super) fn moment_or_none(at: Option<TimestampMs>) -> String {
    at.map(moment).unwrap_or_default()
}

/// `20261123224107`, for numbers of reports.
pub(super) fn stamp(at: TimestampMs) -> String {
    local(at).strftime("%Y%m%d%H%M%S").to_string()
}

/// `2026年11月23日`.
pub(super) fn day_zh(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// What a subject is.
pub(super) fn subject_zh(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Room => "机房",
        SubjectKind::Rack => "机柜",
        SubjectKind::PhysicalServer => "物理服务器",
        SubjectKind::HostedDevice => "托管设备",
        SubjectKind::BackupDevice => "备份设备",
        SubjectKind::Storage => "存储",
        SubjectKind::OtherAsset => "其他资产",
        SubjectKind::Cluster => "集群",
        SubjectKind::BackupSystem => "备份系统",
        SubjectKind::StorageSystem => "存储系统",
    }
}

/// How a record stands with its reviewers.
pub(super) fn review_zh(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Waiting => "待复核",
        ReviewState::Accepted => "已通过",
        ReviewState::Returned => "已退回",
        ReviewState::Amended => "已更正",
    }
}

/// What a reviewer said.
pub(super) fn verdict_zh(verdict: ReviewVerdict) -> &'static str {
    match verdict {
        ReviewVerdict::Accepted => "通过",
        ReviewVerdict::Returned => "退回",
    }
}

/// What became of a problem of an earlier round.
pub(super) fn follow_up_zh(state: FollowUpState) -> &'static str {
    match state {
        FollowUpState::Rectified => "已整改",
        FollowUpState::Remains => "仍存在",
        FollowUpState::CannotTell => "无法判断",
    }
}
