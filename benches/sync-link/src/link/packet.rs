//! What the line reads of a packet: the ends of its TCP connection, whether it opens one, and how much of the stream it holds.

use std::net::{Ipv4Addr, SocketAddrV4};

const TCP: u8 = 6;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// A TCP segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Who sent it.
    pub from: SocketAddrV4,
    /// To whom.
    pub to: SocketAddrV4,
    /// Whether it carries the flag that begins a stream.
    pub is_first: bool,
    /// Whether it opens a connection: the first packet of all, from the one who asks.
    pub is_opening: bool,
    /// Number of its first byte in the stream.
    pub sequence: u32,
    /// Bytes of the stream it holds.
    pub bytes: u32,
}

/// Reads an IPv4 packet; `None` when it holds no TCP.
pub fn segment(packet: &[u8]) -> Option<Segment> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    if packet.first()? >> 4 != 4 || *packet.get(9)? != TCP {
        return None;
    }
    let length = usize::from(u16::from_be_bytes(packet.get(2..4)?.try_into().ok()?)).min(packet.len());
    let tcp = packet.get(header..length)?;
    let address = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(at..at + 4)?).ok()?));
    let port = |at: usize| Some(u16::from_be_bytes(tcp.get(at..at + 2)?.try_into().ok()?));
    let flags = *tcp.get(13)?;
    let offset = usize::from(tcp.get(12)? >> 4) * 4;
    Some(Segment {
        from: SocketAddrV4::new(address(12)?, port(0)?),
        to: SocketAddrV4::new(address(16)?, port(2)?),
        is_first: flags & SYN != 0,
        is_opening: flags & (SYN | ACK) == SYN,
        sequence: u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?),
        bytes: u32::try_from(tcp.len().checked_sub(offset)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 bytes of IPv4, 20 of TCP, and a body.
    fn packet(flags: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0];
        bytes.extend(u16::try_from(40 + body.len()).unwrap_or(0).to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, TCP, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2]);
        bytes.extend([0x9c, 0x40, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn ends_flags_and_length_are_read() {
        let opening = segment(&packet(SYN, &[])).unwrap();
        assert!(opening.is_opening && opening.is_first);
        assert_eq!(opening.from, "10.77.0.1:40000".parse().unwrap());
        let answer = segment(&packet(SYN | ACK, &[])).unwrap();
        assert!(answer.is_first && !answer.is_opening, "the answer to an opening opens nothing");
        let data = segment(&packet(ACK, b"photo")).unwrap();
        assert_eq!((data.sequence, data.bytes, data.is_first), (7, 5, false));
    }

    #[test]
    fn what_is_no_tcp_or_cut_short_is_no_segment() {
        let mut udp = packet(ACK, b"x");
        udp[9] = 17;
        assert_eq!(segment(&udp), None);
        assert_eq!(segment(&[]), None);
        assert_eq!(segment(&packet(ACK, b"")[..30]), None);
    }
}
