//! 终端链: the records of one terminal, each naming the one before it. Holes and forks are named, never mended.

use xunjian_domain::hash::Sha256;

use crate::record::TerminalRef;

/// One link as a verifier keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Place in the chain, from 1.
    pub sequence: u64,
    /// The record at this place.
    pub record: Sha256,
    /// The record it names as the one before.
    pub previous: Option<Sha256>,
}

impl Link {
    /// The link a record makes.
    #[must_use]
    pub fn of(record: Sha256, terminal: &TerminalRef) -> Self {
        Self { sequence: terminal.sequence, record, previous: terminal.previous }
    }
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Places without a record.
    #[error("records {from} to {to} of the terminal are missing")]
    Hole {
        /// First missing place.
        from: u64,
        /// Last missing place.
        to: u64,
    },
    /// Two records at one place: a cloned terminal or a restored backup.
    #[error("the terminal has two records at place {0}: it was cloned, or restored from a backup")]
    Fork(u64),
    /// A record names another predecessor than the one at the place before.
    #[error("record {0} of the terminal names another record before it than the one that is there")]
    BrokenLink(u64),
}

/// Every fault of a terminal's chain, in order. Links may come in any order.
#[must_use]
pub fn faults(links: impl IntoIterator<Item = Link>) -> Vec<ChainFault> {
    let mut links: Vec<Link> = links.into_iter().collect();
    links.sort();
    links.dedup();
    let mut found = Vec::new();
    let mut before: Option<&Link> = None;
    for link in &links {
        let place = before.map_or(0, |before| before.sequence);
        if link.sequence == place {
            found.push(ChainFault::Fork(place));
            continue;
        }
        if link.sequence > place + 1 {
            found.push(ChainFault::Hole { from: place + 1, to: link.sequence - 1 });
        } else if link.previous != before.map(|before| before.record) {
            found.push(ChainFault::BrokenLink(link.sequence));
        }
        before = Some(link);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(sequence: u64, name: &str, previous: Option<&str>) -> Link {
        let hash = |name: &str| Sha256::of(name.as_bytes());
        Link { sequence, record: hash(name), previous: previous.map(hash) }
    }

    #[test]
    fn holes_forks_and_broken_links_are_named() {
        let whole = [link(1, "a", None), link(2, "b", Some("a")), link(3, "c", Some("b"))];
        assert_eq!(faults(whole.clone()), []);
        assert_eq!(faults([whole[2].clone(), whole[0].clone()]), [ChainFault::Hole { from: 2, to: 2 }]);
        assert_eq!(faults([whole[0].clone(), whole[1].clone(), link(2, "x", Some("a"))]).len(), 1);
        assert!(matches!(faults([whole[0].clone(), link(2, "b", Some("z"))])[..], [ChainFault::BrokenLink(2)]));
        assert_eq!(faults([whole[1].clone()]), [ChainFault::Hole { from: 1, to: 1 }], "a wiped start is a hole too");
    }
}
