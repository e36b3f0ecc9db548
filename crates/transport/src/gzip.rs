//! Decodes bodies that come compressed, within a size.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Uri};

use crate::body::too_large;
use crate::egress::EgressUrl;
use crate::error::TransportError;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As it stands. Also what a server calls by a name that is no compression (`utf-8`, `none`).
    Plain,
    /// gzip.
    Gzip,
    /// Compressed in a way that was not asked for.
    Unknown,
}

impl Coding {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut coding = Self::Plain;
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.as_bytes().split(|byte| *byte == b',') {
                let name = name.trim_ascii().to_ascii_lowercase();
                coding = match (name.as_slice(), coding) {
                    (b"gzip" | b"x-gzip", Self::Plain) => Self::Gzip,
                    (b"gzip" | b"x-gzip" | b"br" | b"deflate" | b"zstd" | b"compress" | b"x-compress", _) => {
                        Self::Unknown
                    }
                    (_, before) => before,
                };
            }
        }
        coding
    }
}

/// Whether compression is asked for: it pays over the internet; next door it only costs time.
pub(crate) fn is_wanted(url: &Uri, egress: Option<&EgressUrl>) -> bool {
    egress.map_or_else(|| url.scheme_str() == Some("https"), EgressUrl::is_https)
}

/// A gzip body, decoded within the same size as any other.
pub(crate) fn decode(body: &[u8], limit: usize, host: &str) -> Result<Bytes, TransportError> {
    let mut out = Vec::with_capacity(announced(body).min(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body)
        .take(most)
        .read_to_end(&mut out)
        .map_err(|_| TransportError::Encoding {
            host: host.to_owned(),
        })?;
    if out.len() > limit {
        return Err(too_large(host, limit));
    }
    Ok(Bytes::from(out))
}

/// The decoded length that the trailer announces, believed up to what JSON compresses to. One byte more
/// lets the decoder see the end without growing the buffer.
fn announced(body: &[u8]) -> usize {
    let length = body
        .last_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes));
    usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(body.len().saturating_mul(32))
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn encode(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(body: Vec<u8>) {
            prop_assert_eq!(&decode(&encode(&body), 1 << 16, "h").unwrap()[..], &body[..]);
        }

        #[test]
        fn any_bytes_decode_or_fail_but_do_not_panic(body: Vec<u8>) {
            let _ = decode(&body, 100, "h");
        }

        #[test]
        fn a_cut_body_does_not_decode(body: Vec<u8>, cut in 1_usize..8) {
            let mut encoded = encode(&body);
            encoded.truncate(encoded.len() - cut);
            prop_assert!(decode(&encoded, 1 << 16, "h").is_err());
        }
    }

    #[test]
    fn the_limit_is_of_the_decoded_body() {
        let bomb = encode(&vec![b' '; 1 << 20]);
        assert!(bomb.len() < 1 << 14);
        assert_eq!(
            decode(&bomb, (1 << 20) - 1, "h").unwrap_err(),
            too_large("h", (1 << 20) - 1)
        );
        assert_eq!(decode(&bomb, 1 << 20, "h").unwrap().len(), 1 << 20);
    }

    #[test]
    fn members_one_after_another_are_one_body() {
        let both = [encode(b"[1,"), encode(b"2]")].concat();
        assert_eq!(&decode(&both, 100, "h").unwrap()[..], b"[1,2]");
    }

    #[test]
    fn codings_are_known_by_name() {
        for (value, expected) in [
            ("gzip", Coding::Gzip),
            ("X-GZIP", Coding::Gzip),
            ("identity, gzip", Coding::Gzip),
            ("gzip, gzip", Coding::Unknown),
            ("br", Coding::Unknown),
            ("gzip, br", Coding::Unknown),
            ("", Coding::Plain),
            ("identity", Coding::Plain),
            ("UTF-8", Coding::Plain),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(Coding::of(&headers), expected, "{value}");
        }
    }

    #[test]
    fn compression_is_asked_for_over_tls() {
        let url = Uri::from_static("https://api.example/");
        let plain = "http://127.0.0.1:9000".parse().unwrap();
        let secure = "https://proxy.example".parse().unwrap();
        assert!(is_wanted(&url, None));
        assert!(is_wanted(&url, Some(&secure)));
        assert!(!is_wanted(&url, Some(&plain)));
        assert!(!is_wanted(&Uri::from_static("http://127.0.0.1/"), None));
    }
}
