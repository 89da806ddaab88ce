//! One site on one machine: its folder, database, blobs and keys.
//!
//! ```text
//! DATA/central.db      everything but photos
//! DATA/blobs/          photos by hash
//! DATA/labels/         pictures of labels printed in the console
//! DATA/cache/          smaller copies of photos, made again when they are gone
//! DATA/keys/           the service's own keys (service, log, clock, label)
//! DATA/site-root.json  the trust root; its fingerprint is confirmed on paper
//! ROOT/root-1.key …    the site root's keys, kept elsewhere by 管理方 or 监理方
//! ROOT/recovery.x25519 the recovery key of the terminals' data, kept with them
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use xunjian_domain::{
    ids::{PartyId, SiteId},
    party::PartyKind,
    reading::LimitProfile,
};
use xunjian_proof::{
    dsse::Envelope,
    keyring::Keyring,
    statement::{HolderKind, KeyStatement, PartyRef, RootKey, SiteRoot, Statement},
    suite::{Ed25519Signer, PublicKey, Signer},
};

use crate::{
    blobs::Blobs,
    clock,
    console::{ledger::Cache, read_model},
    db::{Db, Sql, sql},
    error::Error,
    keys::{self, MachineKeys},
    log, recovery,
};

/// An opened site.
pub struct Site {
    /// Its database.
    pub db: Db,
    /// Its photos.
    pub blobs: Blobs,
    /// Its own keys.
    pub keys: MachineKeys,
    /// Its settings.
    pub settings: Settings,
    /// Ledgers that were read lately.
    pub ledgers: Cache,
    folder: PathBuf,
}

/// What `init` fixed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The trust root.
    pub root: SiteRoot,
    /// The host in label payloads.
    pub label_host: String,
    /// Number of the 服务台; may be empty.
    pub service_desk: String,
    /// Limits to hold readings against.
    pub limits: LimitProfile,
}

/// What `init` is told.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// Id of the site: lower-case letters, digits and dashes.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// The host in label payloads.
    pub label_host: String,
    /// Number of the 服务台; may be empty.
    pub service_desk: String,
    /// The organisations; exactly one 服务方 and at least one of 管理方 and 监理方.
    pub parties: Vec<PartyRef>,
    /// How many root keys to make.
    pub root_keys: u32,
    /// How many of them must sign.
    pub threshold: u32,
}

impl Site {
    /// Makes a site: its parties, root, machine keys and log. The root's keys go to `root_folder`.
    ///
    /// # Errors
    /// [`Error::Told`] when the folder holds a site already or the request makes no sense.
    pub fn init(folder: &Path, root_folder: &Path, new: &NewSite) -> Result<Self, Error> {
        let provider = check_new(folder, root_folder, new)?;
        // Made beside and renamed at the end: a crash in between leaves no half site, and `init` can be run again.
        let half = half_made(folder);
        if half.exists() {
            fs::remove_dir_all(&half).map_err(Error::io(half.display().to_string()))?;
        }
        private_folder(&half)?;
        private_folder(root_folder)?;
        let keepers: Vec<&PartyRef> = new
            .parties
            .iter()
            .filter(|party| matches!(party.kind, PartyKind::Manager | PartyKind::Supervisor))
            .collect();
        let mut root_signers = Vec::new();
        let mut root_keys = Vec::new();
        for (at, keeper) in (1..=new.root_keys).zip(keepers.iter().cycle()) {
            let signer = keys::create_again(&root_folder.join(format!("root-{at}.key")))?;
            root_keys.push(RootKey { key: signer.public_key(), party: (*keeper).clone() });
            root_signers.push(signer);
        }
        let root = SiteRoot {
            site: new.id.clone(),
            name: new.name.clone(),
            log_origin: format!("{}/log/{}", new.label_host, new.id),
            threshold: new.threshold,
            keys: root_keys,
        };
        let settings = Settings {
            root,
            label_host: new.label_host.clone(),
            service_desk: new.service_desk.clone(),
            limits: LimitProfile::starting(),
        };
        let machine = MachineKeys::create(&half.join("keys"))?;
        let db = Db::open(&half.join("central.db"))?;
        let blobs = Blobs::open(&half.join("blobs"))?;
        let statements = machine_statements(&settings, &machine, &provider, &root_signers)?;
        let recovery_key = recovery::make(root_folder, &settings.root, &root_signers)?;
        db.write(|sql| {
            store_new(sql, &settings, new, &statements)?;
            recovery::store(sql, &recovery_key)
        })?;
        let site = Self { db, blobs, keys: machine, settings, ledgers: Cache::default(), folder: half.clone() };
        log::audit_and_log(&site, "xunjian", "site.init", &[("site", site.settings.root.site.as_str())])?;
        site.sequence()?;
        let root_json = serde_json::to_vec_pretty(&site.settings.root)?;
        fs::write(half.join("site-root.json"), root_json).map_err(Error::io("site-root.json"))?;
        drop(site);
        fs::rename(&half, folder).map_err(Error::io(folder.display().to_string()))?;
        Self::open(folder)
    }

    /// Opens the site in `folder`.
    ///
    /// # Errors
    /// [`Error::Told`] when there is none.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let file = folder.join("central.db");
        if !file.exists() {
            let name = folder.display();
            return Err(Error::told(
                format!("{name} 中没有站点，请先运行 xunjian init"),
                format!("there is no site in {name}: run `xunjian init` first"),
            ));
        }
        let db = Db::open(&file)?;
        let settings = db.read(read_settings)?;
        let blobs = Blobs::open(&folder.join("blobs"))?;
        let keys = MachineKeys::read(&folder.join("keys"))?;
        let site = Self { db, blobs, keys, settings, ledgers: Cache::default(), folder: folder.to_owned() };
        read_model::catch_up(&site)?;
        Ok(site)
    }

    /// Where the site lives.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything the service knows of keys, each vouched for by the root.
    ///
    /// # Errors
    /// [`Error::Keyring`] when a stored statement is not signed by the root: somebody changed the database.
    pub fn keyring(&self, sql: &dyn Sql) -> Result<Keyring, Error> {
        let mut keyring = Keyring::new(self.settings.root.clone(), None)?;
        for row in sql.query(sql!("key_statement_select"), &[])? {
            keyring.admit(&Envelope::from_bytes(row.bytes(0)?)?)?;
        }
        for row in sql.query(sql!("revocation_select"), &[])? {
            keyring.revoke(&Envelope::from_bytes(row.bytes(0)?)?)?;
        }
        Ok(keyring)
    }

    /// Moves what waits in the inbox into the log until nothing is left. Returns the size of the log.
    ///
    /// # Errors
    /// [`Error`] of the database.
    pub fn sequence(&self) -> Result<u64, Error> {
        log::sequence_all(self)
    }
}

/// Where a site is made before it is complete.
fn half_made(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".half-made");
    folder.with_file_name(name)
}

/// Makes a folder that only its owner may enter: it will hold names, photos and keys.
fn private_folder(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(Error::io(folder.display().to_string()))
}

/// Refuses what could not become a site, before anything is written.
fn check_new(folder: &Path, root_folder: &Path, new: &NewSite) -> Result<PartyRef, Error> {
    let is_taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if folder.join("central.db").exists() || is_taken {
        let name = folder.display();
        return Err(Error::told(
            format!("{name} 中已有站点或其他文件，未作改动；请换一个空目录"),
            format!("{name} holds a site or other files already; nothing was changed. Choose an empty folder"),
        ));
    }
    if root_folder.starts_with(folder) || root_folder.starts_with(half_made(folder)) {
        return Err(Error::told(
            "根密钥目录不能放在站点数据目录里：根密钥要交由管理方或监理方离线保管",
            "the root keys cannot lie in the site's folder: 管理方 or 监理方 keeps them offline",
        ));
    }
    // The host becomes part of label payloads (alphanumeric mode) and of the log's name (one word of a signed note).
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == ':';
    if new.label_host.is_empty() || !new.label_host.chars().all(is_host) {
        return Err(Error::told(
            format!("“{}”不是主机名：只能用字母、数字、点、短横和冒号", new.label_host),
            format!("“{}” is not a host name: letters, digits, points, dashes and a colon only", new.label_host),
        ));
    }
    let mut ids: Vec<&PartyId> = new.parties.iter().map(|party| &party.id).collect();
    ids.sort();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::told("两个单位用了同一个编号", "two organisations have the same id"));
    }
    let mut providers = new.parties.iter().filter(|party| party.kind == PartyKind::Provider);
    let keeper = new.parties.iter().any(|party| matches!(party.kind, PartyKind::Manager | PartyKind::Supervisor));
    match (providers.next(), providers.next(), keeper) {
        (Some(provider), None, true) if (1..=new.root_keys).contains(&new.threshold) => Ok(provider.clone()),
        _ => Err(Error::told(
            "需要恰好一个服务方、至少一个管理方或监理方，且门限在1与根密钥数之间",
            "a site needs exactly one provider, at least one manager or supervisor, and a threshold between 1 and the number of root keys",
        )),
    }
}

fn machine_statements(
    settings: &Settings,
    machine: &MachineKeys,
    provider: &PartyRef,
    root: &[Ed25519Signer],
) -> Result<Vec<(PublicKey, Envelope)>, Error> {
    let site = &settings.root.site;
    let origin = &settings.root.log_origin;
    let holders = [
        (HolderKind::Service, &machine.service, site.to_string()),
        (HolderKind::Log, &machine.log, origin.clone()),
        (HolderKind::Clock, &machine.clock, log::clock_name(origin)),
        (HolderKind::Label, &machine.label, site.to_string()),
    ];
    let signers: Vec<&dyn Signer> = root.iter().map(|signer| signer as &dyn Signer).collect();
    holders
        .into_iter()
        .map(|(kind, signer, holder)| {
            let statement = KeyStatement {
                site: site.clone(),
                key: signer.public_key(),
                holder_kind: kind,
                holder_name: holder.clone(),
                holder,
                party: provider.clone(),
                roles: Vec::new(),
                valid_from: clock::now(),
                valid_until: None,
            };
            Ok((signer.public_key(), statement.sign(&signers)?))
        })
        .collect()
}

fn store_new(
    sql: &dyn Sql,
    settings: &Settings,
    new: &NewSite,
    statements: &[(PublicKey, Envelope)],
) -> Result<(), Error> {
    let root = serde_json::to_string(&settings.root)?;
    let limits = serde_json::to_string(&settings.limits)?;
    sql.execute(
        sql!("site_insert"),
        &[root.into(), settings.label_host.as_str().into(), settings.service_desk.as_str().into(), limits.into()],
    )?;
    sql.execute(sql!("log_tail_insert"), &[])?;
    for party in &new.parties {
        let kind = serde_json::to_value(party.kind)?;
        let kind = kind.as_str().unwrap_or_default();
        sql.execute(sql!("party_insert"), &[party.id.as_str().into(), kind.into(), party.name.as_str().into()])?;
    }
    for (key, envelope) in statements {
        sql.execute(sql!("key_statement_insert"), &[key.id().as_str().into(), envelope.to_bytes().into()])?;
        log::enqueue(sql, "key_statement", envelope)?;
    }
    Ok(())
}

fn read_settings(sql: &dyn Sql) -> Result<Settings, Error> {
    let row =
        sql.first(sql!("site_select"), &[])?.ok_or_else(|| Error::Damaged("the table `site` is empty".to_owned()))?;
    Ok(Settings {
        root: serde_json::from_str(row.text(0)?)?,
        label_host: row.text(1)?.to_owned(),
        service_desk: row.text(2)?.to_owned(),
        limits: serde_json::from_str(row.text(3)?)?,
    })
}

/// The organisations of the site.
///
/// # Errors
/// [`Error`] of the database.
pub fn parties(sql: &dyn Sql) -> Result<Vec<PartyRef>, Error> {
    sql.query(sql!("party_select"), &[])?
        .iter()
        .map(|row| {
            let kind = serde_json::from_value(row.text(1)?.into())?;
            Ok(PartyRef { id: PartyId::new(row.text(0)?), kind, name: row.text(2)?.to_owned() })
        })
        .collect()
}
