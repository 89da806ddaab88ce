//! `calendar`: when working hours run.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use serde_json::json;
use xunjian_domain::text::Language;

use super::{Context, admin, say};
use crate::{
    calendar::{self, StoredCalendar},
    error::Error,
    log::COMMAND_LINE,
};

/// `xunjian calendar …`
#[derive(Subcommand)]
pub enum Calendar {
    /// 查看现行工作日历；--json 的 calendar 部分可修改后再设置 · Show the calendar that holds.
    Show,
    /// 设置工作日历：工作日、工作时段、节假日、调休上班日 · Set days, hours, holidays and moved working days.
    Set {
        /// JSON 文件 · File.
        file: PathBuf,
    },
}

const DAYS: [(&str, &str); 7] =
    [("一", "Mon"), ("二", "Tue"), ("三", "Wed"), ("四", "Thu"), ("五", "Fri"), ("六", "Sat"), ("日", "Sun")];

fn lines(stored: &StoredCalendar, language: Language) -> String {
    let calendar = &stored.calendar;
    let names = calendar.days.iter().filter_map(|day| DAYS.get(usize::try_from(*day - 1).ok()?));
    let days: Vec<&str> = names.map(|(zh, en)| if language == Language::Zh { *zh } else { *en }).collect();
    let hours =
        calendar.hours.iter().map(|hours| format!("{}–{}", hours.from.strftime("%H:%M"), hours.to.strftime("%H:%M")));
    let hours = hours.collect::<Vec<_>>().join(" ");
    let mut text =
        say(language, format!("每周：{}  {hours}", days.join("、")), format!("Week: {}  {hours}", days.join(" ")));
    for (day, name) in &calendar.holidays {
        text += &say(language, format!("\n休  {day}  {name}"), format!("\noff  {day}  {name}"));
    }
    for (day, name) in &calendar.moved {
        text += &say(language, format!("\n班  {day}  {name}"), format!("\nwork  {day}  {name}"));
    }
    text += &say(language, format!("\n依据：{}", calendar.source), format!("\nTaken from: {}", calendar.source));
    if !stored.set_by.is_empty() {
        let (who, at) = (&stored.set_by, stored.set_at);
        text += &say(language, format!("\n设置：{who} {at}"), format!("\nSet by {who}, {at}"));
    }
    text
}

impl Calendar {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let stored = match self {
            Self::Show => site.db.read(calendar::current)?,
            Self::Set { file } => {
                let new = calendar::parse(&admin::read_text(&file)?)?;
                calendar::set(&site, COMMAND_LINE, &new)?
            }
        };
        context.print(&json!(stored), |language| lines(&stored, language));
        Ok(ExitCode::SUCCESS)
    }
}
