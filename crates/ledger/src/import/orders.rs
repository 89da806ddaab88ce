//! Rows of a list of resource orders (云资源订单). An order may fill several rows, one for each kind of resource.

use xunjian_domain::{
    ids::OrderNo,
    ledger::{ResourceOrder, RowCode},
};

use super::{
    cell::quantity,
    kind::resource_kind,
    mapping::Field,
    message,
    table::Table,
    tally::{Findings, Tally},
};

/// Reads lists of orders, in file order.
pub(super) fn read(tables: &[(usize, &Table)], tally: &mut Tally) -> Vec<ResourceOrder> {
    let mut orders = Vec::new();
    for &(at, table) in tables {
        for row in table.data_rows() {
            let mut findings = Findings::new(row);
            let no = row.code(Field::OrderNo);
            let owning_unit = row.text(Field::OwningUnit);
            let (kind_word, count_word) = (row.text(Field::Kind), row.text(Field::Quantity));
            for (column, word) in
                [(Field::OrderNo, &no), (Field::OwningUnit, &owning_unit), (Field::Quantity, &count_word)]
            {
                if word.is_empty() {
                    let heading = table.header.spelling(column);
                    findings.list(column, RowCode::Incomplete, message::order_incomplete(heading));
                }
            }
            let kind = resource_kind(&kind_word);
            if kind.is_none() {
                findings.list(Field::Kind, RowCode::UnknownKind, message::unknown_resource_kind(&kind_word));
            }
            let count = quantity(&count_word);
            if count.is_none() && !count_word.is_empty() {
                findings.list(Field::Quantity, RowCode::BadQuantity, message::bad_quantity(&count_word));
            }
            if let (Some(kind), Some(quantity), false) = (kind, count, findings.skip()) {
                let cluster = row.text(Field::Cluster);
                orders.push(ResourceOrder { no: OrderNo::new(no), owning_unit, kind, quantity, cluster });
            }
            tally.close(at, findings);
        }
    }
    orders
}
