//! Which addresses are of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a request may go to an address without being allowed to go to private ones.
///
/// IPv4 addresses inside IPv6 ones (mapped, NAT64, 6to4, ISATAP) count as what they lead to.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || a == 127
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // Carrier-grade NAT, benchmarks, IETF protocol assignments, 6to4 relays, reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // IPv4-mapped, and the well-known prefix of NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(v4(high, low))
        }
        // 6to4.
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        // IETF protocol assignments (Teredo among them) and documentation.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // ISATAP, under any prefix.
        [first, .., 0 | 0x0200, 0x5efe, high, low] => is_global(first) && is_public_v4(v4(high, low)),
        [first, ..] => is_global(first),
    }
}

/// Only global unicast, 2000::/3, is routed.
fn is_global(first: u16) -> bool {
    first & 0xe000 == 0x2000
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// The special-purpose registry's blocks that are not reachable globally, and multicast.
    const SPECIAL: &[(&str, u32)] = &[
        ("0.0.0.0", 8),
        ("10.0.0.0", 8),
        ("100.64.0.0", 10),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("172.16.0.0", 12),
        ("192.0.0.0", 24),
        ("192.0.2.0", 24),
        ("192.88.99.0", 24),
        ("192.168.0.0", 16),
        ("198.18.0.0", 15),
        ("198.51.100.0", 24),
        ("203.0.113.0", 24),
        ("224.0.0.0", 4),
        ("240.0.0.0", 4),
    ];

    fn is_special(address: Ipv4Addr) -> bool {
        SPECIAL.iter().any(|(base, bits)| {
            let base: Ipv4Addr = base.parse().unwrap();
            (base.to_bits() ^ address.to_bits()) >> (32 - bits) == 0
        })
    }

    /// Any address, half of the time close to the edge of a block.
    fn addresses() -> impl Strategy<Value = Ipv4Addr> {
        let edges = (0..SPECIAL.len(), any::<bool>(), -2_i64..=2).prop_map(|(index, end, step)| {
            let (base, bits) = SPECIAL[index];
            let base = i64::from(base.parse::<Ipv4Addr>().unwrap().to_bits());
            let edge = if end { base + (1 << (32 - bits)) } else { base };
            Ipv4Addr::from_bits((edge + step).clamp(0, i64::from(u32::MAX)) as u32)
        });
        prop_oneof![any::<u32>().prop_map(Ipv4Addr::from_bits), edges]
    }

    proptest! {
        #[test]
        fn v4_is_public_outside_the_special_blocks(address in addresses()) {
            prop_assert_eq!(is_public(address.into()), !is_special(address));
        }

        #[test]
        fn a_v4_address_is_the_same_in_any_disguise(address in addresses(), subnet: u16) {
            let bits = address.to_bits();
            let (high, low) = ((bits >> 16) as u16, bits as u16);
            for disguise in [
                [0, 0, 0, 0, 0, 0xffff, high, low],
                [0x64, 0xff9b, 0, 0, 0, 0, high, low],
                [0x2002, high, low, subnet, 0, 0, 0, 1],
                [0x2606, 0x4700, 0, subnet, 0, 0x5efe, high, low],
                [0x2606, 0x4700, 0, subnet, 0x200, 0x5efe, high, low],
            ] {
                prop_assert_eq!(is_public(Ipv6Addr::from(disguise).into()), is_public(address.into()));
            }
        }

        #[test]
        fn v6_is_public_in_global_unicast_only(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            if bits >> 125 != 1 {
                let embeds = address.to_ipv4_mapped().is_some() || address.segments()[0] == 0x64;
                prop_assert!(embeds || !is_public(address.into()));
            }
        }
    }

    #[test]
    fn the_known_special_blocks_of_v6_are_not_public() {
        for text in [
            "::",
            "::1",
            "::10.0.0.1",
            "::8.8.8.8",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001:0:1::",
            "3fff::1",
            "5f00::1",
            "fe80::5efe:8.8.8.8",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
