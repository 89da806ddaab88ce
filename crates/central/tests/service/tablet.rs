//! A reviewer of 管理方 with a tablet of her own: the real engine, over HTTP.

use tempfile::TempDir;
use xunjian_central::{enrol, log::COMMAND_LINE};
use xunjian_domain::{
    ids::{PartyId, PersonId},
    party::Role,
    text::Language,
};
use xunjian_field::{Enrolment, Field, http::HttpClient, keys::Passphrase};

use super::party::Central;

/// Her tablet, unlocked, with the work package.
pub struct Tablet {
    pub field: Field,
    pub person: PersonId,
    pub passphrase: Passphrase,
    _folder: TempDir,
}

impl Tablet {
    /// chen_reviewer comes to the site, enrols, and is approved.
    pub async fn of_chen(central: &Central) -> Self {
        let manager = PartyId::new("manager");
        enrol::add_person(&central.site, COMMAND_LINE, "chen_reviewer", &manager, &[Role::Reviewer]).unwrap();
        let (_, code, _) = enrol::issue_code(&central.site, COMMAND_LINE, "chen_reviewer").unwrap();
        let folder = TempDir::new().unwrap();
        let field = Field::open(folder.path()).unwrap();
        let passphrase = Passphrase::new("correct horse battery").unwrap();
        let enrolment = Enrolment {
            code: &code,
            terminal_name: "平板C",
            service_url: &central.url,
            root_fingerprint: None,
            passphrase: &passphrase,
        };
        let anonymous = HttpClient::anonymous(&central.url, Language::En).unwrap();
        let person = field.enrol(&anonymous, &enrolment).await.unwrap().person;
        central.approve();
        field.pull(&HttpClient::of(&field, &central.url, Language::En).unwrap()).await.unwrap();
        Self { field, person, passphrase, _folder: folder }
    }
}
