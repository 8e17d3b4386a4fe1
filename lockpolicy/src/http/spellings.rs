//! The texts that a server may read in one text: as it stands, with its escapes of a URL and of JSON decoded, also more
//! than once, and what the scheme `Basic` hides.

use alloc::vec::Vec;

use crate::path::escaped_byte;

/// The most escapes in one another that are looked into. What has more is taken to hide anything.
const ROUNDS: usize = 8;

/// Returns true if a test holds for a text, or for what a server may decode it to.
pub(super) fn any_spelling(text: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    if holds(text, &test) {
        return true;
    }
    let mut text = text.to_vec();
    for _ in 0..ROUNDS {
        let plain = decoded(&text);
        if plain == text {
            return false;
        }
        if holds(&plain, &test) {
            return true;
        }
        text = plain;
    }
    true
}

/// Returns true if a test holds for a text, or for the user and password in it (RFC 7617).
fn holds(text: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    let basic = text
        .split_at_checked(BASIC.len())
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BASIC));
    test(text) || basic.is_some_and(|(_, rest)| test(&from_base64(rest)))
}

const BASIC: &[u8] = b"Basic ";

/// Returns a text with its escapes decoded once: `%41` (RFC 3986 section 2.1), `%u0041` as some servers read it, and
/// those of a JSON text in a field (RFC 8259 section 7). What is no escape stays.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let escape = match first {
            b'%' => url_escape(behind),
            b'\\' => json_escape(behind),
            _ => None,
        };
        let (byte, behind) = escape.unwrap_or((*first, behind));
        plain.push(byte);
        rest = behind;
    }
    plain
}

/// Returns the byte that stands behind a percent sign, and what follows it.
fn url_escape(behind: &[u8]) -> Option<(u8, &[u8])> {
    let wide = behind.strip_prefix(b"u00").or(behind.strip_prefix(b"U00"));
    hexadecimal(wide.unwrap_or(behind))
}

/// Returns the visible character that stands behind a backslash, and what follows it. Logs write an apostrophe so.
fn json_escape(behind: &[u8]) -> Option<(u8, &[u8])> {
    if let Some(digits) = behind.strip_prefix(b"u00") {
        return hexadecimal(digits);
    }
    let (first, rest) = behind.split_first()?;
    br#""'\/"#.contains(first).then_some((*first, rest))
}

fn hexadecimal(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    Some((escaped_byte(digits)?, rest))
}

/// Returns the bytes of a text in base64, in either alphabet; what belongs to none is passed over.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for value in text.iter().copied().filter_map(sextet) {
        bits = ((bits << 6) + value) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count & 0xff).ok());
        }
    }
    bytes
}

fn sextet(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(text: &[u8], token: &[u8]) -> bool {
        any_spelling(text, |text| memchr::memmem::find(text, token).is_some())
    }

    #[test]
    fn token_is_found_in_each_spelling_that_a_server_decodes() {
        let token = b"0123456789abcdef";
        for text in [
            "0123456789abcdef",
            "a0123456789abcdefb",
            "%30123456789abcdef",
            "0123456789abcde%66",
            "%2530123456789abcdef",
            "%25%33%30123456789abcdef",
            "%u0030123456789abcdef",
            "Basic dTowMTIzNDU2Nzg5YWJjZGVm",
            "basic MDEyMzQ1Njc4OWFiY2RlZjo=",
            "Basic%20dTowMTIzNDU2Nzg5YWJjZGVm",
            "%2525252525252525252525x",
            r#"{"turn":"\u0030123456789abcd\u0065f"}"#,
            r#"{"turn":"{\"id\":\"\\u0030123456789abcdef\"}"}"#,
            r"\u005c\u0075003012\u0033456789abcdef",
        ] {
            assert!(states(text.as_bytes(), token), "{text}");
        }
        for text in [
            "",
            "123456789abcdef",
            "%3123456789abcdef",
            "0123456789ABCDEF",
            "100%",
            "%zz%u00",
            "%25252525x",
            "Bearer dTowMTIzNDU2Nzg5YWJjZGVm",
        ] {
            assert!(!states(text.as_bytes(), token), "{text}");
        }
    }

    #[test]
    fn token_with_a_slash_a_quote_or_a_backslash_is_found_in_json() {
        let token = br#"01234567/"\abcdef"#;
        assert!(states(br#"{"a":"01234567\/\"\\abcdef"}"#, token));
        assert!(!states(br#"{"a":"01234567\/\"\\bbcdef"}"#, token));
    }

    #[test]
    fn token_with_an_apostrophe_or_a_quote_is_found_as_a_log_writes_it() {
        let token = b"it's-a-\"token\"-0001";
        let text = core::str::from_utf8(token).unwrap();
        let logged = crate::escape_for_log(text);
        assert_ne!(logged, text);
        for text in [&logged, &crate::escape_for_log(&logged)] {
            assert!(states(text.as_bytes(), token), "{text}");
        }
    }

    #[test]
    fn token_is_found_in_either_alphabet_of_base64() {
        let token = b"?>?>?>?>?>?>?>?>~~";
        for text in [
            "Basic dTo/Pj8+Pz4/Pj8+Pz4/Pj8+fn4=",
            "Basic dTo_Pj8-Pz4_Pj8-Pz4_Pj8-fn4=",
        ] {
            assert!(states(text.as_bytes(), token), "{text}");
        }
    }

    #[test]
    fn token_with_a_percent_sign_is_found_as_it_stands_and_escaped() {
        let token = b"%41%42%43%44+/=&x";
        assert!(states(token, token));
        assert!(states(b"%2541%2542%2543%2544+/=&x", token));
    }
}
