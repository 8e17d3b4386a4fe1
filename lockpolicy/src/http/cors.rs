//! What the page of an allowed origin needs to read a response: the fields of the CORS protocol (Fetch section 3.3).
//!
//! A page of any other origin gets none: its request was rejected, and its browser shows it nothing.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::request::RequestHead;
use super::request_host::HostRules;

/// The fields of a response that are its page's to read.
pub type CorsFields = Vec<(&'static str, String)>;

/// The methods of the operations that the tables list.
const METHODS: &str = "DELETE, GET, PATCH, POST, PUT";

/// The seconds for which a browser may remember a preflight.
const MAX_AGE: &str = "600";

/// The length of the longest list of header names that a preflight may ask for.
const NAMES_CAP: usize = 1024;

/// The fields of a response that a browser shows a page only where they are listed.
const EXPOSED: &str = "*";

/// Returns the fields of the response to a preflight besides [`cors_fields()`]: a browser asks whether a page may call,
/// before it calls. It is answered here, since a preflight has no credential and no content. `None` where the request is
/// no preflight of an allowed origin, or asks for header names that are none.
pub fn preflight(rules: &HostRules, head: &RequestHead<'_>) -> Option<CorsFields> {
    let asks = head.method == "OPTIONS" && head.field("access-control-request-method").is_some();
    let names = head
        .field("access-control-request-headers")
        .unwrap_or_default();
    let is_list = names.len() <= NAMES_CAP && names.bytes().all(is_in_names);
    let passes = asks && is_list && !cors_fields(rules, head).is_empty();
    passes.then(|| {
        vec![
            // A field that no table lists is dropped later, as from every client.
            ("access-control-allow-headers", names.to_owned()),
            ("access-control-allow-methods", METHODS.to_owned()),
            ("access-control-max-age", MAX_AGE.to_owned()),
        ]
    })
}

/// Returns the fields with which a browser lets a page read the response; none where no allowed origin calls. They
/// replace the provider's, which are about its own pages.
pub fn cors_fields(rules: &HostRules, head: &RequestHead<'_>) -> CorsFields {
    let mut origins = head.values("origin");
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return Vec::new();
    };
    if !rules.passes_origin(origin) {
        return Vec::new();
    }
    vec![
        ("access-control-allow-origin", origin.to_owned()),
        ("access-control-expose-headers", EXPOSED.to_owned()),
    ]
}

/// Returns whether a byte may stand in a list of header names.
fn is_in_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_, ".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::request_host::AllowedOrigin;
    use super::*;

    const PAGE: (&str, &str) = ("origin", "https://app.example");
    const ASKS: (&str, &str) = ("access-control-request-method", "POST");

    fn rules() -> HostRules {
        HostRules {
            origins: vec![AllowedOrigin::parse(PAGE.1).unwrap()],
            ..HostRules::default()
        }
    }

    fn answer(method: &str, fields: &[(&str, &str)]) -> Option<CorsFields> {
        preflight(
            &rules(),
            &RequestHead {
                method,
                fields,
                ..RequestHead::default()
            },
        )
    }

    #[test]
    fn preflight_of_an_allowed_origin_gets_its_names_back() {
        let names = (
            "access-control-request-headers",
            "authorization,content-type",
        );
        let fields = answer("OPTIONS", &[PAGE, ASKS, names]).unwrap();
        assert!(fields.contains(&("access-control-allow-headers", names.1.to_owned())));
        assert!(answer("OPTIONS", &[PAGE, ASKS]).is_some());
    }

    #[test]
    fn request_that_is_no_preflight_of_an_allowed_origin_is_not_answered() {
        let evil = ("origin", "https://evil.example");
        let names = ("access-control-request-headers", "a:b\u{fffd}");
        let long = "a".repeat(NAMES_CAP + 1);
        let long = ("access-control-request-headers", long.as_str());
        for (method, fields) in [
            ("OPTIONS", &[PAGE][..]),
            ("OPTIONS", &[ASKS]),
            ("OPTIONS", &[evil, ASKS]),
            ("OPTIONS", &[PAGE, evil, ASKS]),
            ("OPTIONS", &[PAGE, ASKS, names]),
            ("OPTIONS", &[PAGE, ASKS, long]),
            ("POST", &[PAGE, ASKS]),
        ] {
            assert_eq!(answer(method, fields), None, "{method} {fields:?}");
        }
    }
}
