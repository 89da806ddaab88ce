//! Rows of a list of virtual machines, and the clusters they name.

use std::collections::HashMap;

use xunjian_domain::{
    ids::{ClusterId, VmId},
    ledger::{Cluster, NewIds, RowCode, VirtualMachine},
    text::Text,
};

use super::{
    cell::key,
    mapping::Field,
    message,
    table::Table,
    tally::{Findings, Tally},
};

/// Reads lists of virtual machines. Within a cluster the name is a machine's identity, so a row that repeats one is
/// skipped.
pub(super) fn read(
    tables: &[(usize, &Table)],
    ids: &mut impl NewIds,
    tally: &mut Tally,
) -> (Vec<Cluster>, Vec<VirtualMachine>) {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut vms = Vec::new();
    let mut cluster_ids: HashMap<String, ClusterId> = HashMap::new();
    let mut first_rows: HashMap<(String, String), Text> = HashMap::new();
    for &(at, table) in tables {
        for row in table.data_rows() {
            let mut findings = Findings::new(row);
            let (name, cluster) = (row.text(Field::Name), row.text(Field::Cluster));
            if name.is_empty() {
                findings.list(Field::Name, RowCode::Incomplete, message::vm_without_name());
            }
            if cluster.is_empty() {
                findings.list(Field::Cluster, RowCode::Incomplete, message::vm_without_cluster(&name));
            }
            let identity = (key(&cluster), name.clone());
            if let Some(first) = first_rows.get(&identity).filter(|_| !findings.skip()) {
                findings.list(Field::Name, RowCode::Incomplete, message::vm_repeated(&name, &cluster, first));
            }
            if !findings.skip() {
                let cluster_id = cluster_ids.entry(identity.0.clone()).or_insert_with(|| {
                    let id = ClusterId::new(ids.new_id());
                    clusters.push(Cluster { id: id.clone(), name: cluster });
                    id
                });
                vms.push(VirtualMachine {
                    id: VmId::new(ids.new_id()),
                    name,
                    cluster: cluster_id.clone(),
                    owning_unit: row.text(Field::OwningUnit),
                    status: row.text(Field::Status),
                });
                first_rows.insert(identity, tally.name_row(row));
            }
            tally.close(at, findings);
        }
    }
    (clusters, vms)
}
