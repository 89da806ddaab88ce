//! The checks of a work package, each naming the part it refuses.

use xunjian_domain::{plan::TemplateVersion, template::Template};
use xunjian_proof::{
    dsse::Envelope,
    keyring::{Keyring, KeyringError},
    receipt::Receipt,
    statement::{HolderKind, LabelPrints, PlanStatement, Statement},
};
use xunjian_protocol::package::PackageRound;

use crate::{error::FieldError, store::terminal::Terminal};

pub(super) fn refused(part: &str, reason: impl ToString) -> FieldError {
    FieldError::PackageRefused { part: part.to_owned(), reason: reason.to_string() }
}

/// The root is the one this terminal was enrolled under.
pub(super) fn root(terminal: &Terminal, found: &str) -> Result<(), FieldError> {
    let expected = terminal.root_fingerprint.to_hex();
    if expected == found { Ok(()) } else { Err(FieldError::RootMismatch { expected, found: found.to_owned() }) }
}

/// The plan is signed by the service, is of this site, names what the package names, and stands in the log.
pub(super) fn plan(round: &PackageRound, keyring: &Keyring) -> Result<(PlanStatement, Receipt), FieldError> {
    let envelope = Envelope::from_bytes(round.plan.as_bytes()).map_err(|error| refused("plan", error))?;
    let statement = PlanStatement::read(&envelope).map_err(|error| refused("plan", error))?;
    keyring
        .signer::<KeyringError>(&envelope, HolderKind::Service, statement.opened_at)
        .map_err(|error| refused("plan", error))?;
    let plan = &statement.plan;
    if statement.site != keyring.root().site || plan.template != round.template || plan.ledger != round.ledger {
        return Err(refused("plan", "it is of another site, template or ledger than the package says"));
    }
    let receipt = Receipt::parse(&round.receipt).map_err(|error| refused("plan receipt", error))?;
    keyring.verify_receipt(round.plan.as_bytes(), &receipt).map_err(|error| refused("plan receipt", error))?;
    Ok((statement, receipt))
}

/// The template is sound and the one named. Its bytes were checked against the name already.
pub(super) fn template(bytes: &[u8], named: &TemplateVersion) -> Result<(), FieldError> {
    let text = std::str::from_utf8(bytes).map_err(|error| refused("template", error))?;
    let template = Template::parse(text).map_err(|error| refused("template", error))?;
    if template.id != named.id || template.version != named.version {
        return Err(refused("template", "it is another one than the plan names"));
    }
    Ok(())
}

/// The list of label prints is signed by the service and of this site: whoever can change it decides what a label names.
pub(super) fn label_prints(bytes: &[u8], keyring: &Keyring) -> Result<LabelPrints, FieldError> {
    let wrong = |reason: &dyn std::fmt::Display| refused("label prints", reason);
    let envelope = Envelope::from_bytes(bytes).map_err(|error| wrong(&error))?;
    let prints = LabelPrints::read(&envelope).map_err(|error| wrong(&error))?;
    let signed = keyring.signer::<KeyringError>(&envelope, HolderKind::Service, prints.made_at);
    let key = signed.map_err(|error| wrong(&error))?.key.id();
    if prints.site != keyring.root().site {
        return Err(wrong(&"they are of another site"));
    }
    // Unlike a plan, the list is signed anew by the key in use: an old key has no say in it.
    if keyring.revocation(&key).is_some() {
        return Err(wrong(&format!("the key {key} was revoked")));
    }
    Ok(prints)
}
