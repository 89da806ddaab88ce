//! The log of the service in memory: leaves, and every node of the tree over them.

use std::{collections::BTreeMap, convert::Infallible};

use xunjian_domain::hash::Sha256;
use xunjian_proof::merkle::{self, Nodes};

#[derive(Default)]
pub struct Log {
    pub leaves: Vec<Vec<u8>>,
    nodes: BTreeMap<(u32, u64), Sha256>,
}

impl Nodes for Log {
    type Error = Infallible;

    fn node(&self, level: u32, index: u64) -> Result<Sha256, Infallible> {
        Ok(self.nodes[&(level, index)])
    }
}

impl Log {
    /// Appends a leaf; its index.
    pub fn append(&mut self, leaf: Vec<u8>) -> u64 {
        let index = self.leaves.len() as u64;
        let Ok(made) = merkle::append(self, index, merkle::leaf_hash(&leaf));
        self.nodes.extend(made.into_iter().map(|(level, at, hash)| ((level, at), hash)));
        self.leaves.push(leaf);
        index
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }
}
