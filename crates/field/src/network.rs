//! Which network the service is reached over: what may go, and when to try again, hang on it.
//!
//! Nothing is sent to find out. The system is asked which of its own addresses it would use towards the service, and whose
//! interface that is.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _, UdpSocket};

use netdev::interface::types::InterfaceType;
use serde::Serialize;

/// A kind of network, by who pays for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// 有线.
    Wired,
    /// Wi‑Fi.
    Wifi,
    /// 移动网络: a cellular modem of the tablet.
    Mobile,
    /// The system does not say, as with some tunnels; treated as one that may be used.
    Unknown,
}

/// The way to the service. Another one means that the network has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What kind of network it is.
    pub network: Network,
    /// The tablet's address on it.
    pub from: IpAddr,
    interface: String,
}

/// The way to the service at `url`; `None` when there is none, or its name cannot be resolved.
///
/// Blocks while the name is resolved.
#[must_use]
pub fn route_to(url: &str) -> Option<Route> {
    let url = reqwest::Url::parse(url).ok()?;
    let port = url.port_or_known_default()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    (host, port).to_socket_addrs().ok()?.find_map(|there| route_over(there, &netdev::get_interfaces()))
}

fn route_over(there: SocketAddr, interfaces: &[netdev::Interface]) -> Option<Route> {
    let any: SocketAddr = if there.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    // Connecting a datagram socket chooses the way and sends nothing.
    socket.connect(there).ok()?;
    let from = socket.local_addr().ok()?.ip();
    let has_it = |interface: &&netdev::Interface| match from {
        IpAddr::V4(from) => interface.ipv4.iter().any(|net| net.addr() == from),
        IpAddr::V6(from) => interface.ipv6.iter().any(|net| net.addr() == from),
    };
    let Some(interface) = interfaces.iter().find(has_it) else {
        return Some(Route { network: Network::Unknown, from, interface: String::new() });
    };
    let network = match kind(interface) {
        // Whatever carries the tunnel carries what goes through it.
        Network::Unknown => carrier(interfaces),
        known => known,
    };
    Some(Route { network, from, interface: interface.name.clone() })
}

fn kind(interface: &netdev::Interface) -> Network {
    match interface.if_type {
        InterfaceType::Wireless80211 | InterfaceType::PeerToPeerWireless => Network::Wifi,
        InterfaceType::Wwan | InterfaceType::Wwanpp | InterfaceType::Wwanpp2 | InterfaceType::Wman => Network::Mobile,
        InterfaceType::Ethernet
        | InterfaceType::Ethernet3Megabit
        | InterfaceType::FastEthernetT
        | InterfaceType::FastEthernetFx
        | InterfaceType::GigabitEthernet
        | InterfaceType::Bridge
        | InterfaceType::Loopback => Network::Wired,
        _ => Network::Unknown,
    }
}

/// The only network that could carry a tunnel: mobile when nothing but a modem is up.
fn carrier(interfaces: &[netdev::Interface]) -> Network {
    let up = interfaces.iter().filter(|interface| {
        interface.is_up() && !interface.is_loopback() && !(interface.ipv4.is_empty() && interface.ipv6.is_empty())
    });
    let kinds: Vec<Network> = up.map(kind).filter(|kind| *kind != Network::Unknown).collect();
    if !kinds.is_empty() && kinds.iter().all(|kind| *kind == Network::Mobile) {
        Network::Mobile
    } else {
        Network::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, kind: InterfaceType, address: &str) -> netdev::Interface {
        let mut interface = netdev::Interface::dummy();
        interface.name = name.to_owned();
        interface.if_type = kind;
        interface.flags = 1;
        interface.ipv4.push(format!("{address}/24").parse().unwrap());
        interface
    }

    #[test]
    fn a_tunnel_is_as_mobile_as_what_carries_it() {
        let there: SocketAddr = ([127, 0, 0, 1], 80).into();
        // The way to this machine itself, on a made-up tunnel.
        let tunnel = || interface("tun0", InterfaceType::Tunnel, "127.0.0.1");
        let modem = || interface("wwan0", InterfaceType::Wwan, "10.0.0.2");
        let wifi = || interface("wlan0", InterfaceType::Wireless80211, "192.168.1.2");
        let network = |interfaces: &[netdev::Interface]| route_over(there, interfaces).unwrap().network;
        assert_eq!(network(&[tunnel(), modem()]), Network::Mobile);
        assert_eq!(network(&[tunnel(), modem(), wifi()]), Network::Unknown);
        assert_eq!(network(&[interface("wwan0", InterfaceType::Wwan, "127.0.0.1"), wifi()]), Network::Mobile);
        assert_eq!(network(&[interface("wlan0", InterfaceType::Wireless80211, "127.0.0.1")]), Network::Wifi);
        assert_eq!(network(&[]), Network::Unknown);
    }

    #[test]
    fn the_way_to_this_machine_is_no_mobile_network() {
        let route = route_to("http://127.0.0.1:8731").unwrap();
        assert_eq!((route.network, route.from), (Network::Wired, IpAddr::from([127, 0, 0, 1])));
        assert_eq!(route_to("http://127.0.0.1:1"), Some(route), "the port does not make another way");
        assert_eq!(route_to("no address"), None);
        assert_eq!(route_to("http://a-name-that-is-not.invalid"), None);
    }
}
