//! Starting `xunjian-report`: the child process that draws labels, label sheets and reports. It gets a JSON read model on standard
//! input and tells progress and errors as lines of JSON on standard error.
//!
//! Nothing of it runs in the service: fonts, pictures and the typesetter are fed with what strangers wrote.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use serde::{Deserialize, Serialize};
use xunjian_domain::text::Text;

use crate::error::Error;

/// How far a drawing is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// `codes`, `photos` or `typeset`.
    pub step: String,
    /// How many are done.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

impl Progress {
    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let (zh, en) = match self.step.as_str() {
            "checks" => ("核验记录", "checking records"),
            "codes" => ("生成二维码", "drawing codes"),
            "photos" => ("处理照片", "preparing photos"),
            _ => ("排版", "typesetting"),
        };
        Text::new(format!("{zh} {}/{}", self.done, self.of), format!("{en} {}/{}", self.done, self.of))
    }
}

/// One line of the child's standard error.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Progress(Progress),
    Error(Text),
}

/// Draws one job and returns the files that were written, as far as the command names them.
///
/// # Errors
/// [`Error::Told`] with the reason the child gave, or that it ran out of memory.
pub fn draw(
    command: &str,
    job: &impl Serialize,
    out: &Path,
    mut told: impl FnMut(&Progress),
) -> Result<Vec<PathBuf>, Error> {
    let program = report_program();
    let failed = |why: &Text| {
        let name = program.display();
        Error::told(format!("未能绘制（{name}）：{}", why.zh), format!("{name} could not draw it: {}", why.en))
    };
    let broken = |error: std::io::Error| failed(&Text::new(error.to_string(), error.to_string()));
    let bytes = serde_json::to_vec(job)?;
    let mut child = Command::new(&program)
        .arg(command)
        .arg("--out")
        .arg(out)
        // One job takes one core at a time, and no more memory than it may: a service has other things to do.
        .env("RAYON_NUM_THREADS", "1")
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ended before it read everything says why on standard error.
        let _ = stdin.write_all(&bytes);
    }
    let mut reason = None;
    let mut rest = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Line::Progress(progress)) => told(&progress),
                Ok(Line::Error(text)) => reason = Some(text),
                Err(_) => rest.push(line),
            }
        }
    }
    let output = child.wait_with_output().map_err(broken)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect());
    }
    Err(failed(&reason.unwrap_or_else(|| ended(output.status, &rest))))
}

/// Why a child ended that gave no reason: most likely it was refused memory.
fn ended(status: ExitStatus, said: &[String]) -> Text {
    let said = said.join(" ");
    if said.contains("memory allocation") {
        return Text::new(
            "内存超出上限，已终止，没有留下文件。请分轮次或缩小范围后重试",
            "it needed more memory than it may have and was stopped; no file was left. Ask for less at once",
        );
    }
    Text::new(format!("绘制程序异常结束（{status}）{said}"), format!("the program ended with {status} {said}"))
}

/// Beside this program, or on the path.
fn report_program() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("xunjian-report")));
    beside.filter(|program| program.exists()).unwrap_or_else(|| PathBuf::from("xunjian-report"))
}
