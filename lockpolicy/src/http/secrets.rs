//! Texts that stand neither in what goes on nor in what is logged: the tokens of clients, and keys that are held.

use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;

use aho_corasick::AhoCorasick;

use super::credentials::{is_credential_parameter, query_without};
use super::request::RequestHead;
use super::spellings::any_spelling;
use crate::{Reason, Rejection};

/// Finds secret texts in others, in one pass for all of them.
#[derive(Clone, Default)]
pub struct Secrets {
    texts: Vec<Vec<u8>>,
    /// Finds them; `None` where they are so many that every text is taken to state one.
    finder: Option<AhoCorasick>,
}

/// The secrets are never shown.
impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Returns what finds these texts.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        let texts: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).collect();
        let finder = AhoCorasick::new(&texts).ok();
        Self { texts, finder }
    }

    /// Returns true if a text has a secret in it, in a spelling that a server may decode.
    pub fn are_stated_in(&self, text: &[u8]) -> bool {
        let is_stated = |finder: &AhoCorasick| any_spelling(text, |text| finder.is_match(text));
        !self.texts.is_empty() && self.finder.as_ref().is_none_or(is_stated)
    }

    /// Returns true if a text that was escaped for a log has a secret in it, or ends with so much of one as was not cut
    /// off.
    pub fn are_logged_in(&self, text: &str) -> bool {
        let ends_in = |text: &[u8]| self.texts.iter().any(|secret| ends_in(text, secret));
        let is_cut = |cut: &str| any_spelling(cut.as_bytes(), ends_in);
        !self.texts.is_empty()
            && (self.are_stated_in(text.as_bytes()) || text.strip_suffix("...").is_some_and(is_cut))
    }

    /// Returns true if a parameter of a query has a secret in it.
    pub fn are_stated_in_parameter(&self, name: &str, value: &str) -> bool {
        self.are_stated_in(name.as_bytes()) || self.are_stated_in(value.as_bytes())
    }

    /// Checks that no token stands where it would go on or be taken for something else: a field that states one is
    /// taken out, and so is a parameter of the query that is there for a credential. The rest of a target is not.
    ///
    /// # Errors
    ///
    /// A token in the path, in another parameter or across several, or in a field that opens a WebSocket.
    pub fn check(&self, head: &RequestHead<'_>) -> Result<(), Rejection> {
        let rest = head.query.map(|query| {
            let is_out = |name: &str, _: &str| is_credential_parameter(name);
            query_without(query, is_out).unwrap_or_else(|| query.to_owned())
        });
        let handshake = HANDSHAKE.iter().flat_map(|name| head.values(name));
        let mut kept = rest
            .as_deref()
            .into_iter()
            .chain([head.path])
            .chain(handshake);
        if kept.any(|text| self.are_stated_in(text.as_bytes())) {
            let place = "the token of a client outside of a header or a parameter of its own";
            return Err(Rejection::whole(Reason::Malformed, place));
        }
        Ok(())
    }
}

/// Returns true if a text ends with the beginning of a secret.
fn ends_in(text: &[u8], secret: &[u8]) -> bool {
    let begins = |length| secret.get(..length).is_some_and(|it| text.ends_with(it));
    (LEGIBLE..secret.len()).any(begins)
}

/// The fewest characters of a secret that are too many in a log.
const LEGIBLE: usize = 8;

/// The fields of a handshake that go on, and that the proxy answers by.
const HANDSHAKE: [&str; 2] = ["sec-websocket-key", "sec-websocket-protocol"];

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn text_that_holds_a_secret_is_known() {
        let [one, other] = ["0123456789abcdef", "fedcba9876543210"];
        let secrets = Secrets::new([one, "", other]);
        for text in [one, other] {
            assert!(secrets.are_stated_in(text.as_bytes()));
            assert!(secrets.are_stated_in(["a=1&key=", text, "&b"].concat().as_bytes()));
            assert!(secrets.are_stated_in_parameter("a", text));
            assert!(secrets.are_stated_in_parameter(text, "a"));
        }
        for text in ["", "0123456789abcde", "edcba9876543210"] {
            assert!(!secrets.are_stated_in(text.as_bytes()), "{text}");
            assert!(!secrets.are_stated_in_parameter(text, text), "{text}");
        }
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }

    #[test]
    fn secret_that_the_cut_of_a_log_divides_is_known_by_its_beginning() {
        let secrets = Secrets::new(["0123456789abcdef"]);
        for (before, known) in [
            (100, true),
            (112, true),
            (113, true),
            (120, true),
            (121, false),
        ] {
            let text = ["x".repeat(before).as_str(), "0123456789abcdef", "tail"].concat();
            let logged = crate::escape_for_log(&text);
            assert_eq!(secrets.are_logged_in(&logged), known, "{logged}");
        }
        assert!(!secrets.are_logged_in("01234567"));
    }

    #[test]
    fn where_there_is_no_secret_none_is_stated() {
        for secrets in [Secrets::default(), Secrets::new([]), Secrets::new([""])] {
            assert!(!secrets.are_stated_in(b"anything"));
        }
    }

    #[test]
    fn token_that_would_go_on_in_a_target_is_rejected() {
        let secrets = Secrets::new(["fedcba9876543210", "%30/&12345;6789abcdef"]);
        let passes = |path, query, fields: &[(&str, &str)]| {
            let head = RequestHead {
                path,
                query,
                fields,
                ..RequestHead::default()
            };
            secrets.check(&head).is_ok()
        };
        assert!(passes(
            "/v1/files",
            None,
            &[("authorization", "%30/&12345;6789abcdef")]
        ));
        for query in [
            "key=%2530%2F%2612345%3B6789abcdef",
            "a=1&api_key=%2530%2f%2612345%3b6789abcdef&b=c",
        ] {
            assert!(passes("/v1/files", Some(query), &[]), "{query}");
        }
        for query in [
            "a=%2530%2F%2612345%3B6789abcdef",
            "%2530%2f%2612345%3b6789abcdef=1&b=c",
            "model=%2530%2F%2612345%3B6789abcdef",
            "a=%30/&12345;6789abcdef",
            "%2530/%26=1&b=%30/&12345;6789abcdef",
        ] {
            assert!(!passes("/v1/files", Some(query), &[]), "{query}");
        }
        for path in [
            "/%30/&12345;6789abcdef",
            "/v1/%2530%2F%2612345%3B6789abcdef/x",
        ] {
            assert!(!passes(path, None, &[]), "{path}");
        }
        let protocol = [(
            "sec-websocket-protocol",
            "openai-project.%30/&12345;6789abcdef",
        )];
        assert!(!passes("/v1/realtime", None, &protocol));
    }
}
