//! Which addresses are public, and ranges that the operator allows besides.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of addresses such as `10.0.0.0/8` or `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    network: IpAddr,
    prefix: u32,
}

/// Not an address or range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an address or a range such as 10.0.0.0/8")]
pub struct IpRangeError(String);

impl IpRange {
    /// The loopback addresses, for development.
    pub const LOOPBACK: [IpRange; 2] = [
        IpRange { network: IpAddr::V4(Ipv4Addr::LOCALHOST), prefix: 8 },
        IpRange { network: IpAddr::V6(Ipv6Addr::LOCALHOST), prefix: 128 },
    ];

    /// Whether the address lies in the range.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.network, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => same_prefix(
                u128::from(u32::from(network)) << 96,
                u128::from(u32::from(ip)) << 96,
                self.prefix,
            ),
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                same_prefix(u128::from(network), u128::from(ip), self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for IpRange {
    type Err = IpRangeError;

    fn from_str(text: &str) -> Result<Self, IpRangeError> {
        let refused = || IpRangeError(text.to_owned());
        let (network, prefix) = text.split_once('/').map_or((text, None), |(n, p)| (n, Some(p)));
        let network: IpAddr = network.parse().map_err(|_| refused())?;
        let width = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(width), |p| p.parse().map_err(|_| refused()))?;
        if prefix > width { Err(refused()) } else { Ok(Self { network, prefix }) }
    }
}

/// Whether the first `prefix` bits, counted from the top of 128, are equal.
fn same_prefix(a: u128, b: u128, prefix: u32) -> bool {
    (a ^ b).checked_shr(128 - prefix).unwrap_or(0) == 0
}

/// Ranges that are not the public internet (IANA special-purpose registries), by hand because the standard library's
/// list is not stable yet.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // Everything outside of global unicast, 2000::/3: loopback, mapped, NAT64, ULA, link-local, multicast.
    "::/3",
    "4000::/2",
    "8000::/1",
    // Inside of it: Teredo and 6to4 carry IPv4 addresses, documentation carries nothing.
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// Whether an address, in its canonical form, is on the public internet.
pub(super) fn is_public(ip: IpAddr) -> bool {
    // A range that could not be read would be a hole; the test below reads them all.
    SPECIAL.iter().all(|range| range.parse::<IpRange>().is_ok_and(|range| !range.contains(ip)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r25_only_public_addresses_are_called() {
        assert!(SPECIAL.iter().all(|range| range.parse::<IpRange>().is_ok()));
        let public = |text: &str| is_public(text.parse::<IpAddr>().unwrap().to_canonical());
        for ip in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(public(ip), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2002:7f00:1::",
        ] {
            assert!(!public(ip), "{ip}");
        }
    }

    #[test]
    fn ranges_are_read_or_refused() {
        let range: IpRange = "10.0.0.0/8".parse().unwrap();
        assert!(
            range.contains("10.255.0.1".parse().unwrap()) && !range.contains("11.0.0.1".parse().unwrap())
        );
        assert!(IpRange::LOOPBACK.iter().any(|r| r.contains("127.9.9.9".parse().unwrap())));
        assert!("0.0.0.0/0".parse::<IpRange>().unwrap().contains("8.8.8.8".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "::/129", "a/8", "10.0.0.0/", "10.0.0.0/x"] {
            assert_eq!(bad.parse::<IpRange>(), Err(IpRangeError(bad.into())));
        }
    }
}
