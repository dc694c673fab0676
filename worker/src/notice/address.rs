//! Where messages may go: receivers of the internet over TLS, never an address of a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// Why an address is not sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is not a URL of https.
    #[error("the address is not an https URL")]
    NotHttps,
    /// It names a user or password.
    #[error("the address names a user")]
    User,
    /// It is an address of a private network.
    #[error("the address is private, and messages go to public ones only")]
    Private,
}

/// Checks the receiver at `url`, before its name is resolved; `allow_loopback`: a receiver on this machine may be sent to without TLS.
///
/// # Errors
/// Why it is not sent to. A name may still resolve to a private address: hosts check that with [`is_public`].
pub fn check_url(url: &str, allow_loopback: bool) -> Result<(), Refused> {
    let (scheme, rest) = url.split_once("://").ok_or(Refused::NotHttps)?;
    // Parsers of URLs differ on these.
    if url.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
        return Err(Refused::NotHttps);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refused::User);
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return Err(Refused::NotHttps);
    }
    let address = host.parse::<IpAddr>().ok();
    let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    if allow_loopback && is_loopback && matches!(scheme, "http" | "https") {
        return Ok(());
    }
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(Refused::NotHttps);
    }
    // Numbers in other notations (0x7f.1, 2130706433) are addresses to some resolvers: no name of the internet is a number.
    let is_number = host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let is_private = match address {
        Some(address) => !is_public(address),
        None => is_number || host == "localhost" || host.ends_with(".localhost") || !host.contains('.'),
    };
    if is_private { Err(Refused::Private) } else { Ok(()) }
}

/// Whether `address` is one of the internet: not private, link-local, loopback, shared, reserved or of a group.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public_v4(inner),
            // 2000::/3 is what is given out; of it, 2001:db8::/32 is for documents.
            None => {
                let [first, second, ..] = address.segments();
                first & 0xe000 == 0x2000 && !(first == 0x2001 && second == 0x0db8)
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    let is_protocol = a == 192 && b == 0 && c == 0;
    !(a == 0
        || a >= 224
        || is_shared
        || is_benchmark
        || is_protocol
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

/// The IPv4 address that an IPv6 address stands for: mapped, of NAT64, of 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(inner) = address.to_ipv4_mapped() {
        return Some(inner);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => Some(of(g, h)),
        (0x2002, _) => Some(of(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_public_receivers_over_tls() {
        for (url, expected) in [
            ("https://hooks.slack.com/services/T/B/x", Ok(())),
            ("https://example.com:8443/hook?x=1", Ok(())),
            ("https://1.1.1.1/hook", Ok(())),
            ("https://[2606:4700::1111]/hook", Ok(())),
            ("http://example.com/hook", Err(Refused::NotHttps)),
            ("ftp://example.com/hook", Err(Refused::NotHttps)),
            ("example.com/hook", Err(Refused::NotHttps)),
            ("https://", Err(Refused::NotHttps)),
            ("https://me:secret@example.com/", Err(Refused::User)),
            ("https://example.com\\@10.0.0.1/", Err(Refused::NotHttps)),
            ("https://localhost/", Err(Refused::Private)),
            ("https://metadata/", Err(Refused::Private)),
            ("https://10.1.2.3/", Err(Refused::Private)),
            ("https://169.254.169.254/latest", Err(Refused::Private)),
            ("https://127.0.0.1:8080/", Err(Refused::Private)),
            ("https://0x7f.1/", Err(Refused::Private)),
            ("https://2130706433/", Err(Refused::Private)),
            ("https://[::1]/", Err(Refused::Private)),
            ("https://[::ffff:10.0.0.1]/", Err(Refused::Private)),
            ("https://[fe80::1]/", Err(Refused::Private)),
            ("https://[64:ff9b::a00:1]/", Err(Refused::Private)),
        ] {
            assert_eq!(check_url(url, false), expected, "{url}");
        }
        for url in ["http://127.0.0.1:9000/hook", "http://localhost/hook", "http://[::1]:9000/", "https://example.com/"] {
            assert_eq!(check_url(url, true), Ok(()), "{url}");
        }
        for url in ["http://10.0.0.1/hook", "http://example.com/hook", "https://192.168.1.1/"] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_told_from_all_others() {
        for private in [
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.1.2.3",
            "169.254.1.1",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2002:101:101::"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
