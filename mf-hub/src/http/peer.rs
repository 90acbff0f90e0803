//! Where a request comes from.

use std::net::IpAddr;

use axum::http::request::Parts;

use crate::hub::Hub;

/// The address at the other end of a connection, which [`super::serve`] puts
/// into every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Addresses that may say for whom they ask: `trusted_proxies` of `hub.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<(IpAddr, u8)>);

impl Proxies {
    /// Reads addresses and networks such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// One of them is neither; the sentence names it.
    pub fn read(texts: &[String]) -> Result<Self, String> {
        texts.iter().map(|text| network(text)).collect::<Result<_, _>>().map(Self)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, bits)| contains(*network, *bits, address))
    }
}

/// Who asks. What a proxy says counts only when it is trusted, and of what it
/// says only the last address that is no trusted proxy's: everything before
/// that is anybody's claim.
///
/// Without a connection, in a test of the router alone, it is `0.0.0.0`.
pub fn of(hub: &Hub, parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    behind(&hub.proxies, peer.to_canonical(), parts)
}

fn behind(proxies: &Proxies, peer: IpAddr, parts: &Parts) -> IpAddr {
    if !proxies.trust(peer) {
        return peer;
    }
    let said = parts.headers.get_all("x-forwarded-for").into_iter();
    let said: Vec<&str> = said.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    let mut asks = peer;
    for text in said.into_iter().rev() {
        let Ok(address) = text.trim().parse::<IpAddr>() else { break };
        asks = address.to_canonical();
        if !proxies.trust(asks) {
            break;
        }
    }
    asks
}

fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let wrong =
        || format!("trusted_proxies: {text:?} is no address and no network like 10.0.0.0/8");
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) => bits.trim().parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
        None => most,
    };
    Ok((address, bits))
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(n), IpAddr::V4(a)) => (u128::from(u32::from(n)), u128::from(u32::from(a)), 32),
        (IpAddr::V6(n), IpAddr::V6(a)) => (u128::from(n), u128::from(a), 128),
        _ => return false,
    };
    // A shift by the whole width would overflow: no bits, everything fits.
    bits == 0 || (network ^ address) >> (width - u32::from(bits)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(said: &[&str]) -> Parts {
        let mut request = axum::http::Request::builder();
        for value in said {
            request = request.header("x-forwarded-for", *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        let proxies = Proxies::read(&["10.0.0.0/8".into(), "::1".into()]).unwrap();
        let asks = |peer: &str, said: &[&str]| {
            behind(&proxies, peer.parse().unwrap(), &parts(said)).to_string()
        };
        assert_eq!(asks("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "not trusted");
        assert_eq!(asks("10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(asks("::1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7", "the last claim");
        assert_eq!(asks("10.1.2.3", &["198.51.100.7, 10.9.9.9"]), "198.51.100.7", "two proxies");
        assert_eq!(asks("10.1.2.3", &["198.51.100.7", "10.9.9.9"]), "198.51.100.7");
        assert_eq!(asks("10.1.2.3", &["nonsense"]), "10.1.2.3");
        assert_eq!(asks("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn networks_are_read_and_compared() {
        for text in ["10.0.0.0/33", "host", "::/129", "1.2.3.4/x", ""] {
            assert!(Proxies::read(&[text.into()]).unwrap_err().contains(text), "{text}");
        }
        let trusts = |network: &str, address: &str| {
            Proxies::read(&[network.into()]).unwrap().trust(address.parse().unwrap())
        };
        assert!(trusts("0.0.0.0/0", "8.8.8.8") && !trusts("0.0.0.0/0", "::1"));
        assert!(
            trusts("2001:db8::/32", "2001:db8:1::1") && !trusts("2001:db8::/32", "2001:db9::1")
        );
        assert!(trusts("192.0.2.7", "192.0.2.7") && !trusts("192.0.2.7", "192.0.2.8"));
    }
}
