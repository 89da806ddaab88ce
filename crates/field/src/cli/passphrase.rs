//! Passphrases: from the environment, a file, or typed without echo.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::Path,
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use xunjian_field::{FieldError, keys::Passphrase};

use super::{Session, failure::Failure, output::say};

/// Environment variable for scripts.
const VARIABLE: &str = "XUNJIAN_PASSPHRASE";

/// The same for a new passphrase, and for a colleague's.
const NEW_VARIABLE: &str = "XUNJIAN_NEW_PASSPHRASE";
const COLLEAGUE_VARIABLE: &str = "XUNJIAN_COLLEAGUE_PASSPHRASE";

/// Of the person who acts.
pub(crate) fn obtain(session: &Session) -> Result<Passphrase, Failure> {
    from(session, session.passphrase_file.as_deref(), VARIABLE, ("口令：", "Passphrase: "))
}

/// The one to change to.
pub(crate) fn obtain_new(session: &Session, file: Option<&Path>) -> Result<Passphrase, Failure> {
    from(session, file, NEW_VARIABLE, ("新口令：", "New passphrase: "))
}

/// Of a colleague.
pub(crate) fn obtain_colleagues(session: &Session, file: Option<&Path>) -> Result<Passphrase, Failure> {
    from(session, file, COLLEAGUE_VARIABLE, ("同事的口令：", "Colleague's passphrase: "))
}

fn from(session: &Session, file: Option<&Path>, variable: &str, (zh, en): (&str, &str)) -> Result<Passphrase, Failure> {
    if let Some(path) = file {
        let text =
            std::fs::read_to_string(path).map_err(|source| FieldError::File { path: path.to_owned(), source })?;
        return Ok(Passphrase::new(&text)?);
    }
    if let Ok(text) = std::env::var(variable) {
        return Ok(Passphrase::new(&text)?);
    }
    if !std::io::stdin().is_terminal() {
        return Err(FieldError::PassphraseMissing.into());
    }
    Ok(Passphrase::new(&prompt(&say(session.language, zh, en))?)?)
}

fn prompt(label: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    eprint!("{label}");
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
