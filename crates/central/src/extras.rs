//! What a terminal takes beyond the first version of a message. Version 1 refuses fields it does not know, so nothing is
//! sent that was not asked for.

use xunjian_protocol::path;

/// What the header [`path::ACCEPTS`] asks for; a terminal that does not send it is sent none of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// In the work package: who is to walk which visit.
    pub assignments: bool,
    /// In the work package: the problems that earlier rounds left open.
    pub open_findings: bool,
    /// In the answer to an enrolment: the site's recovery key.
    pub recovery_key: bool,
}

impl Extras {
    /// Reads the header; words it does not know are of a later version and pass.
    #[must_use]
    pub fn of_header(value: Option<&str>) -> Self {
        let asks = |what: &str| value.unwrap_or_default().split(',').any(|word| word.trim() == what);
        Self {
            assignments: asks(path::ACCEPTS_ASSIGNMENTS),
            open_findings: asks(path::ACCEPTS_OPEN_FINDINGS),
            recovery_key: asks(path::ACCEPTS_RECOVERY_KEY),
        }
    }
}
