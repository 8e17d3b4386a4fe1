//! The clients that a listener serves: each has a name and a token, and says the token with every request.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq as _;

use super::credentials::CLIENT_TOKEN_FIELD;
use super::request::RequestHead;
use super::secrets::Secrets;
use crate::dialect::Credential;
use crate::{Problem, Problems, Reason, Rejection};

/// A client that is known by its token.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// The name, for logs and records.
    pub name: String,
    /// The groups that the operator has put it into.
    pub groups: Vec<String>,
    token: String,
}

/// The token is never shown.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Client");
        shown
            .field("name", &self.name)
            .field("groups", &self.groups);
        shown.finish_non_exhaustive()
    }
}

/// The clients of a listener. Where there are none, nobody is served.
#[derive(Clone, Debug, Default)]
pub struct ClientTokens {
    clients: Vec<Arc<Client>>,
    secrets: Secrets,
}

impl ClientTokens {
    /// Reads one client from each line: `NAME TOKEN` or `NAME TOKEN GROUP,GROUP`. Blank lines and lines that start
    /// with `#` are left out.
    ///
    /// # Errors
    ///
    /// [`Problems`] holds everything that is wrong, by the file's name and the line, without a token's text: a name
    /// or a token that occurs twice, a token of fewer than [`SHORTEST_TOKEN`] characters, no client at all.
    pub fn from_file(file: &str, text: &str) -> Result<Self, Problems> {
        let mut read = Reading::default();
        for (index, line) in text.lines().enumerate() {
            if let Err((place, what)) = read.line(line.trim()) {
                read.problems
                    .push(problem(file, Some(index + 1), place, what));
            }
        }
        if read.clients.is_empty() && read.problems.is_empty() {
            let what = "no client: one `name token` in each line expected";
            read.problems.push(problem(file, None, "client", what));
        }
        if read.problems.is_empty() {
            Ok(Self {
                secrets: Secrets::new(read.clients.iter().map(|client| client.token.as_str())),
                clients: read.clients,
            })
        } else {
            Err(Problems(read.problems))
        }
    }

    /// Finds the client that a request states a token of: in [`CLIENT_TOKEN_FIELD`], in the field of the dialect's
    /// credential, or as `authorization: Bearer TOKEN`, which every API takes.
    ///
    /// How long it takes depends on the lengths of the tokens, and on nothing else of them.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownClient`] where none of them is a token of a client.
    pub fn authenticate(
        &self,
        head: &RequestHead<'_>,
        credential: &Credential,
    ) -> Result<Arc<Client>, Rejection> {
        let own = head.values(CLIENT_TOKEN_FIELD);
        let stated = head.values(&credential.field);
        let stated = stated.filter_map(|value| after_prefix(value, &credential.prefix));
        let bearer = head.values("authorization");
        let bearer = bearer.filter_map(|value| after_prefix(value, BEARER));
        let mut all = own.chain(stated).chain(bearer);
        let client = all.find_map(|token| self.find(token.as_bytes()));
        client.ok_or_else(|| Rejection::whole(Reason::UnknownClient, ""))
    }

    /// Returns true if there is no client.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Returns what finds the tokens of all clients in a text.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Looks at every client, also behind the one that it finds.
    fn find(&self, token: &[u8]) -> Option<Arc<Client>> {
        let mut found = None;
        for client in &self.clients {
            if bool::from(client.token.as_bytes().ct_eq(token)) {
                found = Some(client);
            }
        }
        found.cloned()
    }
}

/// The fewest characters of a token.
pub const SHORTEST_TOKEN: usize = 16;

const BEARER: &str = "Bearer ";

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// A scheme is the same in upper and lower case (RFC 9110 section 11.1).
fn after_prefix<'v>(value: &'v str, prefix: &str) -> Option<&'v str> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[derive(Default)]
struct Reading {
    clients: Vec<Arc<Client>>,
    problems: Vec<Problem>,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), (&'static str, &'static str)> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut words = line.split_ascii_whitespace();
        let name = words.next().filter(|name| is_name(name));
        let name = name.ok_or((
            "name",
            "up to 64 letters, digits and `.`, `_`, `-`, `@` expected",
        ))?;
        let token = words.next().filter(|token| is_token(token));
        let token = token.ok_or(("token", "at least 16 visible ASCII characters expected"))?;
        let groups: Vec<&str> = words
            .next()
            .map(|groups| groups.split(',').collect())
            .unwrap_or_default();
        if !groups.iter().all(|group| is_name(group)) {
            return Err((
                "groups",
                "names separated by commas, without blanks, expected",
            ));
        }
        if words.next().is_some() {
            return Err((
                "line",
                "`name token group,group` expected, and nothing behind it",
            ));
        }
        if self.clients.iter().any(|known| known.name == name) {
            return Err(("name", "another line has this name"));
        }
        if self.clients.iter().any(|known| known.token == token) {
            return Err(("token", "another line has this token"));
        }
        self.clients.push(Arc::new(Client {
            name: name.to_owned(),
            groups: groups.into_iter().map(str::to_owned).collect(),
            token: token.to_owned(),
        }));
        Ok(())
    }
}

/// Nothing else could be a field of a log without an escape.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain)
}

fn is_token(token: &str) -> bool {
    token.len() >= SHORTEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn problem(file: &str, line: Option<usize>, place: &str, what: &str) -> Problem {
    Problem {
        file: Some(file.to_owned()),
        line,
        ..Problem::new(place, what)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use super::*;

    const FILE: &str = "# ours\n\n alice  0123456789abcdef\tdev,ops\nbob fedcba9876543210\n";

    /// The token of `alice`, and that of `bob`.
    const TOKENS: [&str; 2] = ["0123456789abcdef", "fedcba9876543210"];

    /// Returns the name of the client, or the reason why there is none. Each field is `NAME: VALUE`.
    fn name(fields: &[&str], credential: &Credential) -> String {
        let fields = fields.iter().map(|field| field.split_once(": ").unwrap());
        let fields: Vec<(&str, &str)> = fields.collect();
        let head = RequestHead {
            fields: &fields,
            ..RequestHead::default()
        };
        let clients = ClientTokens::from_file("f", FILE).unwrap();
        let client = clients.authenticate(&head, credential);
        client.map_or_else(|no| no.reason.to_string(), |client| client.name.clone())
    }

    #[test]
    fn client_is_found_by_its_token_in_each_place() {
        let bearer = Credential::default();
        let own = Credential {
            field: "x-api-key".into(),
            prefix: String::new(),
        };
        let [alice, bob] = TOKENS;
        for credential in [&bearer, &own] {
            for scheme in ["Bearer", "bearer"] {
                let field = format!("authorization: {scheme} {alice}");
                assert_eq!(name(&[&field], credential), "alice");
            }
            let field = format!("x-model-lock-token: {bob}");
            assert_eq!(name(&[&field, "x-api-key: sk-other"], credential), "bob");
        }
        let field = format!("x-api-key: {bob}");
        assert_eq!(name(&[&field], &own), "bob");
        assert_eq!(name(&[&field], &bearer), "unknown_client");
    }

    #[test]
    fn client_without_its_whole_token_is_not_found() {
        for value in [
            "0123456789abcdef",
            "Basic 0123456789abcdef",
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcde",
            "Bearer  0123456789abcdef",
            "Bearer ",
        ] {
            let field = format!("authorization: {value}");
            let found = name(&[&field], &Credential::default());
            assert_eq!(found, "unknown_client", "{value}");
        }
        assert_eq!(name(&[], &Credential::default()), "unknown_client");
        let fields = [("authorization", "Bearer ")];
        let head = RequestHead {
            fields: &fields,
            ..RequestHead::default()
        };
        let nobody = ClientTokens::default();
        assert!(nobody.authenticate(&head, &Credential::default()).is_err());
    }

    #[test]
    fn clients_of_a_file_know_the_tokens_of_all_of_them() {
        let clients = ClientTokens::from_file("f", FILE).unwrap();
        assert!(!clients.is_empty() && ClientTokens::default().is_empty());
        for token in TOKENS {
            assert!(clients.secrets().are_stated_in(token.as_bytes()));
        }
        assert!(!clients.secrets().are_stated_in(b"0123456789abcdeg"));
    }

    #[test]
    fn groups_are_kept_and_the_token_is_not_shown() {
        let clients = ClientTokens::from_file("f", FILE).unwrap();
        assert_eq!(clients.clients[0].groups, ["dev", "ops"]);
        assert!(clients.clients[1].groups.is_empty());
        let shown = format!("{clients:?}");
        assert!(
            shown.contains("alice") && !shown.contains("0123456789abcdef"),
            "{shown}"
        );
    }

    #[test]
    fn line_that_is_wrong_is_reported_with_file_and_line_without_its_token() {
        for (text, want) in [
            ("", "f: client: no client"),
            ("# a\n", "f: client: no client"),
            ("a", "f: line 1: token: at least 16"),
            ("\na 0123456789abcde", "f: line 2: token: at least 16"),
            ("a!b 0123456789abcdef", "f: line 1: name: up to 64"),
            ("a 0123456789abcdef x,,y", "f: line 1: groups: names"),
            ("a 0123456789abcdef x y", "f: line 1: line: `name token"),
            (
                "a 0123456789abcdef\na fedcba9876543210",
                "f: line 2: name: another line",
            ),
            (
                "a 0123456789abcdef\nb 0123456789abcdef",
                "f: line 2: token: another line",
            ),
            ("a 0123456789abcd\u{e9}f", "f: line 1: token: at least 16"),
        ] {
            let problems = ClientTokens::from_file("f", text).unwrap_err().to_string();
            assert!(problems.starts_with(want), "{text:?}: {problems}");
            assert!(!problems.contains("0123456789"), "{problems}");
        }
        let two = ClientTokens::from_file("f", "a\nb").unwrap_err();
        assert_eq!(two.0.len(), 2);
    }
}
