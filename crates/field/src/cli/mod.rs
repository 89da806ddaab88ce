//! The command line: parses, calls one use case, prints. Every rule is the engine's.

mod approve;
mod arguments;
mod decide;
mod failure;
#[cfg(debug_assertions)]
mod kill_point;
mod output;
mod passphrase;
mod records;
mod rectify;
mod relay;
mod review;
mod scan;
mod setup;
mod visit;
mod work;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use xunjian_domain::text::Language;
use xunjian_field::{Field, Person, http::HttpClient};

use self::{
    arguments::{Arguments, Command},
    failure::Failure,
    output::Output,
};

/// What every command needs.
pub(crate) struct Session {
    folder: PathBuf,
    service: Option<String>,
    person: Option<String>,
    passphrase_file: Option<PathBuf>,
    language: Language,
}

impl Session {
    /// The folder, locked.
    fn locked(&self) -> Result<Field, Failure> {
        Ok(Field::open(&self.folder)?)
    }

    /// The folder, unlocked by whoever acts.
    fn open(&self) -> Result<Field, Failure> {
        let field = self.locked()?;
        let person = field.at_the_door(self.person.as_deref())?;
        field.unlock(person.as_str(), &passphrase::obtain(self)?)?;
        Ok(field)
    }

    fn person(&self, field: &Field) -> Result<Person, Failure> {
        Ok(field.person(self.person.as_deref())?)
    }

    fn client(&self, field: &Field) -> Result<HttpClient, Failure> {
        let stored = field.service_url()?;
        Ok(HttpClient::of(field, self.service.as_deref().unwrap_or(&stored), self.language)?)
    }
}

/// Runs the command given on the command line.
pub(crate) async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(debug_assertions)]
    kill_point::arm();
    let language = arguments.lang.as_deref().map_or_else(language_of_system, Language::from_tag);
    let session = Session {
        folder: arguments.data.unwrap_or_else(default_folder),
        service: arguments.service,
        person: arguments.person,
        passphrase_file: arguments.passphrase_file,
        language,
    };
    match dispatch(&session, arguments.command).await {
        Ok(output) => output.print(arguments.json),
        Err(failure) => failure.print(arguments.json, language),
    }
}

async fn dispatch(session: &Session, command: Command) -> Result<Output, Failure> {
    match command {
        Command::Enrol(enrol) => setup::enrol(session, enrol).await,
        Command::Pull => setup::pull(session).await,
        Command::Today => work::today(session),
        Command::Visit { command } => visit::run(session, command),
        Command::Review { command } => review::run(session, command).await,
        Command::Sync { keep_trying } => work::sync(session, keep_trying).await,
        Command::SyncPolicy(change) => work::sync_policy(session, &change),
        Command::Release { bytes } => work::release(session, bytes),
        Command::Relay { command } => relay::run(session, command).await,
        Command::Status => work::status(session),
        Command::Records { command } => records::run(session, command),
        Command::Decide(command) => decide::run(session, command),
        Command::LedgerChange(command) => approve::run(session, command),
        Command::Finding(command) => rectify::finding(session, command),
        Command::CloseRound(command) => rectify::close_round(session, command),
        Command::Passphrase { new_file } => setup::change_passphrase(session, new_file),
        Command::RecoveryRequest { file } => setup::recovery_request(session, &file),
        Command::Scan { files } => scan::run(session, &files),
    }
}

fn language_of_system() -> Language {
    let tag =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    Language::from_tag(&tag.unwrap_or_default())
}

fn default_folder() -> PathBuf {
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map_or_else(PathBuf::new, PathBuf::from).join(".local/share");
    base.unwrap_or_else(home).join("xunjian-field")
}
