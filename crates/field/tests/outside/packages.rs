//! Work packages: the document itself, and every part of it that the service signs for, in bytes of any kind.
//!
//! A terminal does not believe its service: a part may be broken, and a service may be taken over with all its keys. So
//! each part is replaced, named and signed as the right one would be. Nothing but the site root's word stands above that.

use std::cell::RefCell;

use tokio::runtime::{Builder, Runtime};
use xunjian_field::{Code, FieldError, PullReport, VisitSelector};
use xunjian_proof::suite::Ed25519Signer;
use xunjian_protocol::package::WorkPackage;

use crate::{Entrance, most_memory, service::Service, site, terminal::Terminal};

/// The parts, by the first byte of what comes.
const PARTS: [&str; 8] = ["package", "template", "chunk", "manifest", "visit", "plan", "open findings", "label prints"];
/// After so many packages the terminal is a new one: chunks and the log only ever grow.
const RENEWED_AFTER: usize = 200;

/// A terminal with a good package.
pub struct Packages {
    runtime: Runtime,
    /// The service, the terminal, and how many packages it was offered.
    standing: RefCell<(Service, Terminal, usize)>,
}

/// The service's own key: what it signs with, when it is in other hands.
fn service_key() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[2; 32])
}

fn fresh(runtime: &Runtime) -> (Service, Terminal, usize) {
    let service = Service::start();
    let terminal = runtime.block_on(Terminal::of_li(&service));
    (service, terminal, 0)
}

fn today(terminal: &Terminal) -> serde_json::Value {
    let today = terminal.field.today(&terminal.li).unwrap();
    serde_json::to_value(&today.rounds).unwrap()
}

/// Walks what the package brought, as far as it can be walked.
fn walk(terminal: &Terminal) {
    let today = terminal.field.today(&terminal.li).unwrap();
    for visit in today.rounds.iter().flat_map(|round| &round.visits).take(4) {
        // A visit may make no sense; then it says so.
        let started = terminal.field.start_visit(&VisitSelector::Text(visit.id.to_string()), &terminal.li);
        match started {
            Ok(view) => drop(terminal.field.rack(terminal.draft(&view.id)).is_ok()),
            Err(error) => assert!(!error.text().zh.is_empty()),
        }
    }
    for part in ["服务器", "SN", "一号"] {
        terminal.field.search_assets(&terminal.li, None, part, None).unwrap();
    }
}

impl Packages {
    fn offer(&self, service: &Service, part: &str, bytes: &[u8]) -> bool {
        match part {
            "package" => {
                let Ok(package) = serde_json::from_slice::<WorkPackage>(bytes) else { return false };
                let again = serde_json::from_slice(&serde_json::to_vec(&package).unwrap()).unwrap();
                assert_eq!(package, again, "a package is read as it is written");
                service.gives_out(Some(package));
            }
            "open findings" => {
                service.open_round("round-2");
                service.leaves_open_bytes(bytes.to_vec());
            }
            "label prints" => service.publish_prints_bytes(bytes, &service_key()),
            part => {
                let is_first = RefCell::new(true);
                service.open_altered_round("round-2", &|name, original| {
                    if name == part && is_first.replace(false) { bytes.to_vec() } else { original }
                });
            }
        }
        true
    }

    fn pull(&self, service: &Service, terminal: &Terminal) -> Result<PullReport, FieldError> {
        self.runtime.block_on(terminal.field.pull(service))
    }
}

impl Entrance for Packages {
    fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let standing = RefCell::new(fresh(&runtime));
        Self { runtime, standing }
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let standing = self.standing.borrow();
        let (service, _, _) = &*standing;
        let originals = RefCell::new(Vec::new());
        let part = |name: &str| PARTS.iter().position(|part| *part == name).unwrap() as u8;
        let other = Service::start();
        other.open_altered_round("round-2", &|name, bytes| {
            let mut originals = originals.borrow_mut();
            // Of chunks and visits several, for each is of another kind.
            let seen = originals.iter().filter(|(known, _)| *known == part(name)).count();
            if seen < 4 {
                originals.push((part(name), bytes.clone()));
            }
            bytes
        });
        let mut seeds = originals.into_inner();
        seeds.push((part("package"), serde_json::to_vec(&service.package()).unwrap()));
        seeds.push((part("open findings"), br#"{"findings":[]}"#.to_vec()));
        seeds.push((part("label prints"), br#"{"made_at":1795305600000,"prints":[],"site":"gz-demo"}"#.to_vec()));
        seeds.into_iter().map(|(part, bytes)| [vec![part], bytes].concat()).collect()
    }

    fn take(&self, bytes: &[u8]) {
        let Some((part, bytes)) = bytes.split_first() else { return };
        let part = PARTS[usize::from(*part) % PARTS.len()];
        let mut standing = self.standing.borrow_mut();
        let (service, terminal, taken) = &mut *standing;
        let good = service.package();
        if !self.offer(service, part, bytes) {
            return;
        }
        *taken += 1;
        let before = today(terminal);
        let (pulled, memory) = most_memory(|| self.pull(service, terminal));
        assert!(memory <= 400 * bytes.len() + (16 << 20), "{memory} bytes for a {part} of {}", bytes.len());
        match pulled {
            Err(error) => {
                assert_eq!(today(terminal), before, "{part}: {error}: the old package stays in use");
                // A problem: the service has no chunk of that name.
                let refusals = [Code::Integrity, Code::LogInconsistent, Code::Problem];
                assert!(refusals.contains(&error.code()), "{part}: {error:?} is no refusal of a package");
            }
            Ok(_) => walk(terminal),
        }
        // The right one is taken again, whatever came before it.
        service.gives_out(Some(good));
        self.pull(service, terminal).unwrap();
        assert_eq!(terminal.field.today(&terminal.li).unwrap().rounds.len(), 1, "after a {part}");
        service.close_rounds();
        service.publish_prints(site::prints(), &service_key());
        service.gives_out(None);
        service.open_round("round-1");
        if *taken >= RENEWED_AFTER {
            *standing = fresh(&self.runtime);
        }
    }
}
