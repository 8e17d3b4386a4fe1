//! The overrides in a call that begins a conversation of its own.
//!
//! `codex mcp-server` reads the configuration again for each call and ignores its own command line
//! then, so the call itself has to contain the overrides that send it to a proxy.

use alloc::string::String;
use alloc::vec::Vec;

use super::envelope::Envelope;
use super::members::{Member, members};
use super::methods::Server;
use crate::agents::codex::config::Override;
use crate::edit::{Edit, apply};
use crate::json::encode;

/// Returns the line, as it was judged, with the overrides in it; `None` where it needs none: the server
/// respects them on its command line, or the line begins no conversation.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::config::{Layer, Providers, ProxyTarget};
/// use lockpolicy::agents::codex::app_server::{Server, with_overrides};
///
/// let overrides = Providers::default().overrides(ProxyTarget::Routes("http://h/t"));
/// let line = br#"{"id":1,"method":"tools/call","params":{"name":"codex","arguments":{"prompt":"hi"}}}"#;
/// let line = with_overrides(Server::Mcp, line, &overrides).unwrap();
/// assert!(line.ends_with(br#""arguments":{"config":{"model_provider":"openai","openai_base_url":"http://h/t/openai"},"prompt":"hi"}}}"#));
/// ```
pub fn with_overrides(server: Server, line: &[u8], overrides: &[Override]) -> Option<Vec<u8>> {
    if server != Server::Mcp || overrides.is_empty() {
        return None;
    }
    let envelope = Envelope::read(line)?;
    if envelope.method.as_deref() != Some("tools/call") || envelope.is_reply(line) {
        return None;
    }
    let params = envelope.params?;
    let arguments = named(members(line, &params)?, "arguments")?;
    let inside = members(line, &arguments.value)?;
    let empty = inside.is_empty();
    let edit = match named(inside, "config") {
        Some(config) => Edit {
            text: config_of(line, &config, overrides),
            at: config.value,
        },
        None => Edit {
            at: arguments.value.start.saturating_add(1)..arguments.value.start.saturating_add(1),
            text: [
                "\"config\":{",
                &entries(overrides),
                if empty { "}" } else { "}," },
            ]
            .concat(),
        },
    };
    Some(apply(line, Vec::from([edit])))
}

/// Returns the last member of a name, which is the one that counts.
fn named<'a>(members: Vec<Member<'a>>, name: &str) -> Option<Member<'a>> {
    members.into_iter().rev().find(|member| member.name == name)
}

/// Returns a config map with the overrides in it. Members about the same keys go: the judge has left
/// nothing of them but `null`.
fn config_of(line: &[u8], config: &Member<'_>, overrides: &[Override]) -> String {
    let own = |member: &Member<'_>| {
        let first = member.name.split('.').next();
        overrides.iter().any(|own| first == Some(own.key))
    };
    let members = members(line, &config.value).unwrap_or_default();
    let kept = members.iter().filter(|member| !own(member));
    let kept = kept.filter_map(|member| core::str::from_utf8(line.get(member.whole())?).ok());
    let mut texts: Vec<&str> = kept.collect();
    let entries = entries(overrides);
    texts.push(&entries);
    ["{", &texts.join(","), "}"].concat()
}

fn entries(overrides: &[Override]) -> String {
    let entry = |own: &Override| [&encode(own.key), ":", &own.json].concat();
    let entries: Vec<String> = overrides.iter().map(entry).collect();
    entries.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::{Layer, Providers, ProxyTarget};
    use alloc::format;

    const OVERRIDES: &str = r#""model_provider":"a","openai_base_url":"http://h/t/openai","model_providers":{"a":{"base_url":"http://h/t/p0"},"n":{"name":"n","base_url":"http://h/t/nowhere"}}"#;

    fn overrides() -> Vec<Override> {
        let own = "model_provider='a'\n[model_providers.a]\nbase_url='http://a'";
        let layers = [Layer::Own(own), Layer::Project("[model_providers.n]")];
        Providers::read(layers)
            .unwrap()
            .overrides(ProxyTarget::Routes("http://h/t"))
    }

    fn call(arguments: &str) -> String {
        format!(
            r#"{{"id":1,"method":"tools/call","params":{{"name":"codex","arguments":{arguments}}}}}"#
        )
    }

    fn written(line: &str) -> Option<String> {
        let line = with_overrides(Server::Mcp, line.as_bytes(), &overrides())?;
        Some(String::from_utf8(line).unwrap())
    }

    #[test]
    fn call_gets_the_overrides_whatever_its_config_states() {
        for (arguments, expected) in [
            ("{}", "{\"config\":{OVERRIDES}}"),
            (
                r#"{"prompt":"x"}"#,
                r#"{"config":{OVERRIDES},"prompt":"x"}"#,
            ),
            (r#"{"config":null}"#, r#"{"config":{OVERRIDES}}"#),
            (r#"{"config":{}}"#, r#"{"config":{OVERRIDES}}"#),
            (
                r#"{"config":{"model":"p","model_provider":null},"prompt":"x"}"#,
                r#"{"config":{"model":"p",OVERRIDES},"prompt":"x"}"#,
            ),
            (
                r#"{"config":{"model_providers":null,"model_providers.a.base_url":null,"b":1}}"#,
                r#"{"config":{"b":1,OVERRIDES}}"#,
            ),
        ] {
            let expected = call(&expected.replace("OVERRIDES", OVERRIDES));
            assert_eq!(written(&call(arguments)), Some(expected), "{arguments}");
        }
    }

    #[test]
    fn other_line_gets_no_overrides() {
        let reply =
            r#"{"id":1,"method":"tools/call","params":{"name":"codex-reply","arguments":{}}}"#;
        for line in [
            reply,
            r#"{"id":1,"method":"tools/list","params":{}}"#,
            r#"{"id":1,"method":"tools/call","params":{"name":"codex"}}"#,
            r#"{"id":1,"result":{}}"#,
        ] {
            assert_eq!(written(line), None, "{line}");
        }
        let line = call("{}");
        assert_eq!(
            with_overrides(Server::App, line.as_bytes(), &overrides()),
            None
        );
        assert_eq!(with_overrides(Server::Mcp, line.as_bytes(), &[]), None);
    }
}
