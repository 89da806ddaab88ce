//! The signing passphrase: from the environment, a file, or typed without echo.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use xunjian_field::{FieldError, keys::Passphrase};

use super::{Session, failure::Failure, output::say};

/// Environment variable for scripts.
const VARIABLE: &str = "XUNJIAN_PASSPHRASE";

pub(crate) fn obtain(session: &Session) -> Result<Passphrase, Failure> {
    if let Some(path) = &session.passphrase_file {
        let text = std::fs::read_to_string(path).map_err(|source| FieldError::File { path: path.clone(), source })?;
        return Ok(Passphrase::new(&text)?);
    }
    if let Ok(text) = std::env::var(VARIABLE) {
        return Ok(Passphrase::new(&text)?);
    }
    if !std::io::stdin().is_terminal() {
        return Err(FieldError::PassphraseMissing.into());
    }
    Ok(Passphrase::new(&prompt(session)?)?)
}

fn prompt(session: &Session) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    eprint!("{}", say(session.language, "签名口令：", "Signing passphrase: "));
    let _ = std::io::stderr().flush();
    let before = tcgetattr(&stdin).ok();
    if let Some(before) = &before {
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // Where echo cannot be turned off the passphrase is still taken; a terminal that refuses is rare.
        let _ = tcsetattr(&stdin, OptionalActions::Now, &silent);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(before) = &before {
        let _ = tcsetattr(&stdin, OptionalActions::Now, before);
    }
    eprintln!();
    read.map_err(Failure::input)?;
    Ok(line)
}
