//! The texts of a policy that have a grammar of their own.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::value::KeyValue;
use super::words::{EFFORTS, TIERS};
use crate::path::{is_plain_path, path_matches};
use crate::text::escape_for_log;

/// A text of a policy that only a check tells from any other.
macro_rules! checked_text {
    ($(#[doc = $doc:literal])* $name:ident: $check:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl KeyValue for $name {
            type Ref<'a> = &'a str;

            fn parse(text: &str) -> Result<Self, String> {
                $check(text).map(|()| Self(text.to_owned()))
            }

            fn get(&self) -> &str {
                &self.0
            }

            fn write(&self) -> Vec<String> {
                alloc::vec![self.0.clone()]
            }
        }
    };
}

checked_text! {
    /// A reasoning effort: one of [`EFFORTS`].
    Effort: check_effort
}

checked_text! {
    /// A service tier: one of [`TIERS`].
    Tier: check_tier
}

checked_text! {
    /// The name of a request header in lower case; a `*` at the end stands for any rest.
    HeaderPattern: check_header_pattern
}

checked_text! {
    /// The type of a tool, as an API spells it: `x_search`, `openrouter:web_search`.
    ToolTypeName: check_tool_type
}

checked_text! {
    /// A path or an address that only this machine can check.
    Line: check_line
}

/// Returns whether a text has some bytes, and only those that pass.
fn is_made_of(text: &str, passes: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(passes)
}

fn check_effort(text: &str) -> Result<(), String> {
    check_word(text, &EFFORTS)
}

fn check_tier(text: &str) -> Result<(), String> {
    check_word(text, &TIERS)
}

fn check_word(text: &str, known: &[&str]) -> Result<(), String> {
    let what = || format!("one of {}", known.join(", "));
    expected(known.contains(&text), text, &what())
}

fn check_header_pattern(text: &str) -> Result<(), String> {
    let prefix = text.strip_suffix('*').unwrap_or(text);
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_pattern = is_made_of(prefix, plain);
    expected(is_pattern, text, "a header's name in lower case")
}

fn check_tool_type(text: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    expected(
        is_made_of(text, plain),
        text,
        "a type of tool like `x_search`",
    )
}

/// Returns an error that quotes a text, unless it `is_right`.
fn expected(is_right: bool, text: &str, what: &str) -> Result<(), String> {
    let wrong = || format!("`{}`: {what} expected", escape_for_log(text));
    is_right.then_some(()).ok_or_else(wrong)
}

fn check_line(text: &str) -> Result<(), String> {
    if !is_made_of(text, |b| b.is_ascii_graphic()) {
        return Err("printable characters without spaces expected".to_owned());
    }
    // The policy is shown to whoever may read it.
    if text.contains('@') {
        return Err("no credentials expected: a policy holds no secret".to_owned());
    }
    Ok(())
}

/// One operation that the operator lets through without a judgement: `GET /v1/files/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOperation {
    method: String,
    path: String,
}

impl AllowedOperation {
    /// Returns whether a request is the operation. A `*` stands for exactly one path segment, `**` at
    /// the end for the rest.
    pub fn covers(&self, method: &str, path: &str) -> bool {
        self.method == method && path_matches(&self.path, path)
    }
}

impl fmt::Display for AllowedOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl KeyValue for AllowedOperation {
    type Ref<'a> = &'a Self;

    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(' ').filter(|(method, path)| {
            let is_method = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
            is_method && path.starts_with('/') && is_plain_path(path)
        });
        let Some((method, path)) = parts else {
            let text = escape_for_log(text);
            return Err(format!("`{text}`: expected like `GET /v1/files/*`"));
        };
        Ok(Self {
            method: method.to_owned(),
            path: path.to_owned(),
        })
    }

    fn get(&self) -> &Self {
        self
    }

    fn write(&self) -> Vec<String> {
        alloc::vec![self.to_string()]
    }
}

/// The proxy that codex is pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySetting {
    /// None: the command line alone is locked.
    Off,
    /// The base URL of a running proxy.
    Url(String),
}

impl KeyValue for ProxySetting {
    type Ref<'a> = &'a Self;

    fn parse(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if !is_server_url(text) {
            let text = escape_for_log(text);
            return Err(format!(
                "`{text}`: `off` or a URL like `http://127.0.0.1:8383` expected"
            ));
        }
        Ok(Self::Url(text.to_owned()))
    }

    fn get(&self) -> &Self {
        self
    }

    fn write(&self) -> Vec<String> {
        let text = match self {
            Self::Off => "off",
            Self::Url(url) => url,
        };
        alloc::vec![text.to_owned()]
    }
}

/// Returns whether a text is the plain URL of a server: a scheme, a host, perhaps a port and a path, and
/// nothing that a reader could take for another host.
fn is_server_url(text: &str) -> bool {
    let schemes = ["http://", "https://"];
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]/".contains(&b);
    !host.is_empty() && !host.starts_with(':') && rest.bytes().all(plain) && !rest.contains("..")
}
