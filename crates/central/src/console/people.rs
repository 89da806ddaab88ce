//! People and organisations, and the one-time codes that bring a person's tablet in.

use qrcode::{EcLevel, QrCode, render::svg};
use serde::{Deserialize, Serialize};
use xunjian_domain::{ids::PartyId, party::Role, time::TimestampMs};
use xunjian_proof::statement::{HolderKind, PartyRef};
use xunjian_protocol::enrol::EnrolInvite;

use super::page::{Page, Params, bad, missing};
use crate::{
    db::sql,
    enrol,
    error::Error,
    round::kind_text,
    site::{self, Site},
};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PartyItem {
    /// Its id.
    pub id: String,
    /// 管理方、使用方、监理方 or 服务方.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PersonItem {
    /// The person's id.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// The organisation.
    pub party: PartyItem,
    /// What the person may do.
    pub roles: Vec<String>,
    /// Keys that count.
    pub keys: u32,
    /// Whether the person may log in to the console.
    pub has_account: bool,
    /// When the person was added.
    pub created_at: i64,
}

/// A person to be added.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewPerson {
    /// The name.
    pub name: String,
    /// Id of the organisation.
    pub party: String,
    /// What the person may do.
    pub roles: Vec<String>,
}

/// A one-time code, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EnrolCode {
    /// Whose tablet it brings in.
    pub person: String,
    /// That person's name.
    pub person_name: String,
    /// The code, in groups of four.
    pub code: String,
    /// Until when it is good.
    pub expires_at: i64,
    /// Where the service answers.
    pub service_url: String,
    /// Fingerprint of the site root.
    pub root_fingerprint: String,
    /// What the QR code says.
    pub qr_text: String,
    /// The QR code.
    pub qr_svg: String,
}

fn party_item(party: &PartyRef) -> Result<PartyItem, Error> {
    Ok(PartyItem { id: party.id.to_string(), kind: kind_text(party.kind)?, name: party.name.clone() })
}

/// `GET parties`.
///
/// # Errors
/// [`Error`] of the database.
pub fn parties(site: &Site, params: &Params) -> Result<Page<PartyItem>, Error> {
    let parties = site.db.read(site::parties)?;
    let items = parties.iter().map(party_item).collect::<Result<Vec<_>, _>>()?;
    params.page(items, |item| item.id.clone())
}

/// `GET people`: in the order they were added.
///
/// # Errors
/// [`Error`] of the database.
pub fn list(site: &Site, params: &Params) -> Result<Page<PersonItem>, Error> {
    let items = people(site)?;
    let fits = |item: &PersonItem| params.finds(&[&item.name, &item.party.name]);
    params.page(items.into_iter().filter(fits).collect(), |item| item.id.clone())
}

fn people(site: &Site) -> Result<Vec<PersonItem>, Error> {
    site.db.read(|sql| {
        let keyring = site.keyring(sql)?;
        let keys_of = |person: &str| {
            let of_person = keyring.of_kind(HolderKind::Person).filter(|statement| statement.holder == person);
            of_person.filter(|statement| keyring.revocation(&statement.key.id()).is_none()).count()
        };
        let extra = sql.query(sql!("person_created"), &[])?;
        let mut items = Vec::new();
        for person in enrol::people(sql)? {
            let row = extra.iter().find(|row| row.text(0).is_ok_and(|id| id == person.id.as_str()));
            let row = row.ok_or_else(|| missing(person.id.as_str()))?;
            items.push(PersonItem {
                id: person.id.to_string(),
                name: person.name.clone(),
                party: party_item(&person.party)?,
                roles: person.roles.iter().map(|role| kind_text(*role)).collect::<Result<_, _>>()?,
                keys: u32::try_from(keys_of(person.id.as_str())).unwrap_or(u32::MAX),
                has_account: row.i64(2)? > 0,
                created_at: row.i64(1)?,
            });
        }
        Ok(items)
    })
}

/// `POST people`.
///
/// # Errors
/// [`Error::Problem`] 400.3 naming the field, [`Error::Told`] when the organisation may not have one of the roles.
pub fn add(site: &Site, actor: &str, new: &NewPerson) -> Result<PersonItem, Error> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(bad("name", "must have 1 to 64 characters"));
    }
    if new.roles.is_empty() {
        return Err(bad("roles", "say what the person may do"));
    }
    let role = |role: &String| {
        serde_json::from_value::<Role>(role.as_str().into()).map_err(|_| bad("roles", format!("there is no “{role}”")))
    };
    let roles = new.roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
    let person = enrol::add_person(site, actor, name, &PartyId::new(&*new.party), &roles)?;
    site.sequence()?;
    let added = people(site)?.into_iter().find(|item| item.id == person.id.as_str());
    added.ok_or_else(|| missing(person.id.as_str()))
}

/// `POST people/ID/enrol-code`: a code that is good once, for fifteen minutes, and not shown again.
///
/// # Errors
/// [`Error::Problem`] 404.3 when there is no such person.
pub fn enrol_code(site: &Site, actor: &str, person: &str, service_url: &str) -> Result<EnrolCode, Error> {
    let is_known = site.db.read(enrol::people)?.iter().any(|known| known.id.as_str() == person);
    if !is_known {
        return Err(missing(person));
    }
    let (person, code, TimestampMs(expires_at)) = enrol::issue_code(site, actor, person)?;
    site.sequence()?;
    let code = enrol::grouped(&code);
    let invite = EnrolInvite {
        service_url: service_url.to_owned(),
        code: code.clone(),
        root_fingerprint: site.settings.root.fingerprint()?.to_hex(),
    };
    let qr_text = invite.to_text();
    Ok(EnrolCode {
        person: person.id.to_string(),
        person_name: person.name,
        code,
        expires_at,
        service_url: invite.service_url,
        root_fingerprint: invite.root_fingerprint,
        qr_svg: drawn(&qr_text)?,
        qr_text,
    })
}

fn drawn(text: &str) -> Result<String, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M);
    let code = code.map_err(|error| Error::Damaged(format!("no QR code can say this: {error}")))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(320, 320).build())
}
