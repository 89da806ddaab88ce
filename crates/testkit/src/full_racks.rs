//! A hall of full racks whose papers all agree: for counting taps and measuring speed, where a messy ledger would only
//! measure the mess. Everything is invented and follows from the numbers asked for.

use std::fmt::Write as _;

/// What stands in the hall.
#[derive(Debug, Clone, Copy)]
pub struct Hall {
    /// Racks, at most 24 a room.
    pub racks: u32,
    /// Assets in each, one unit high: 42 at the front, as many again at the rear.
    pub assets_per_rack: u32,
    /// In the first so many racks the lowest asset is a storage unit, whose usage is a number to be read.
    pub racks_with_storage: u32,
}

/// The files of the hall.
#[derive(Debug, Clone)]
pub struct HallFiles {
    /// The ledger, as CSV.
    pub ledger: String,
    /// An order for every asset, as CSV.
    pub orders: String,
}

const ROOMS_OF: u32 = 24;
const UNITS: u32 = 42;

impl Hall {
    /// The name of a rack, counted from 0: `A01`.
    #[must_use]
    pub fn rack_name(rack: u32) -> String {
        let letter = char::from_u32(u32::from('A') + (rack / ROOMS_OF) % 26).unwrap_or('A');
        format!("{letter}{:02}", rack % ROOMS_OF + 1)
    }

    /// The name of the room a rack stands in.
    #[must_use]
    pub fn room_name(rack: u32) -> String {
        format!("满柜机房{:03}", rack / ROOMS_OF + 1)
    }

    /// The serial of an asset, rack and place counted from 0.
    #[must_use]
    pub fn serial(rack: u32, place: u32) -> String {
        format!("FR{rack:05}{place:03}")
    }

    /// Ledger and orders.
    #[must_use]
    pub fn files(self) -> HallFiles {
        let mut ledger =
            "机房,机柜编号,U位,安装面,资源类型,品牌,型号,序列号,数量,归属单位,订单编号,上架日期,状态\n".to_owned();
        let mut orders = "订单编号,归属单位,资源类型,数量\n".to_owned();
        for rack in 0..self.racks {
            for place in 0..self.assets_per_rack {
                let is_storage = place == 0 && rack < self.racks_with_storage;
                let (kind, model) =
                    if is_storage { ("存储", "LY-Stor 5000") } else { ("物理服务器", "MM6120 G3") };
                let (room, name, serial) = (Self::room_name(rack), Self::rack_name(rack), Self::serial(rack, place));
                // Writing to a text cannot fail.
                let _ = writeln!(
                    ledger,
                    "{room},{name},{unit},{face},{kind},木棉,{model},{serial},1,云山市财政局,DD-{serial},2025-03-01,在用",
                    unit = place % UNITS + 1,
                    face = if place < UNITS { "正面" } else { "背面" },
                );
                let _ = writeln!(orders, "DD-{serial},云山市财政局,{kind},1");
            }
        }
        HallFiles { ledger, orders }
    }
}
