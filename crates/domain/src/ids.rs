//! Identities: one newtype each, made by one macro. Values are UUIDv7 texts unless the doc says otherwise;
//! they are made outside this crate (an id source is an effect).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that some id source made.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as stored and signed.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

text_id! {
    /// The site a service, its terminals and its records belong to.
    SiteId;
    /// One organisation: 管理方、使用方、监理方 or 服务方.
    PartyId;
    /// One natural person. A person may hold several keys over the years; the id stays.
    PersonId;
    /// One 巡检终端 (tablet).
    TerminalId;
    /// One 巡检轮次.
    RoundId;
    /// One planned visit of a round; stays the same over all revisions of its record.
    VisitId;
    /// One 问题.
    FindingId;
    /// One 机房.
    RoomId;
    /// One 机柜.
    RackId;
    /// One 被检对象 (asset) over all ledger versions.
    AssetId;
    /// One 集群.
    ClusterId;
    /// One virtual machine over all ledger versions.
    VmId;
    /// One backup or storage system: what shares one console.
    SystemId;
    /// One printed label; a reprint is a new print.
    LabelPrintId;
    /// The key of a criterion as printed: `A.1-03a` = table A.1, row 3, first printed line.
    CriterionKey;
    /// The key of a check within its criterion: `A.1-01.lamps`.
    CheckKey;
    /// The number of a 云资源订单, as the owning unit knows it.
    OrderNo;
}
