//! A call that begins a conversation of its own, led through a proxy.
//!
//! `codex mcp-server` reads the configuration anew for each call and heeds nothing of its own command line
//! then: what leads it has to stand in the call.

use alloc::string::String;
use alloc::vec::Vec;

use super::Server;
use super::envelope::Envelope;
use super::is_reply;
use super::members::{Member, members};
use crate::agents::codex::config::Override;
use crate::edit::{Edit, apply};
use crate::json::encode;

/// The line with the overrides put into it, given without its line feed and as it was judged; `None` where
/// it needs none: the server heeds them on its command line, or the line begins nothing.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::config::{Layer, Lead, Providers};
/// use lockpolicy::agents::codex::app_server::{Server, led};
///
/// let lead = Providers::default().overrides(Lead::Mounts("http://h/t"));
/// let line = br#"{"id":1,"method":"tools/call","params":{"name":"codex","arguments":{"prompt":"hi"}}}"#;
/// let led = led(Server::Mcp, line, &lead).unwrap();
/// assert!(led.ends_with(br#""arguments":{"config":{"model_provider":"openai","openai_base_url":"http://h/t/openai"},"prompt":"hi"}}}"#));
/// ```
pub fn led(server: Server, line: &[u8], lead: &[Override]) -> Option<Vec<u8>> {
    if server != Server::Mcp || lead.is_empty() {
        return None;
    }
    let envelope = Envelope::read(line)?;
    let params = envelope.params?;
    if envelope.method.as_deref() != Some("tools/call") || is_reply(line, &params) {
        return None;
    }
    let arguments = named(members(line, &params)?, "arguments")?;
    let inside = members(line, &arguments.value)?;
    let empty = inside.is_empty();
    let edit = match named(inside, "config") {
        Some(config) => Edit {
            text: config_of(line, &config, lead),
            at: config.value,
        },
        None => Edit {
            at: arguments.value.start.saturating_add(1)..arguments.value.start.saturating_add(1),
            text: [
                "\"config\":{",
                &entries(lead),
                if empty { "}" } else { "}," },
            ]
            .concat(),
        },
    };
    Some(apply(line, Vec::from([edit])))
}

/// The last member of a name, which is the one that is heeded.
fn named<'a>(members: Vec<Member<'a>>, name: &str) -> Option<Member<'a>> {
    members.into_iter().rev().find(|member| member.name == name)
}

/// A config map with the overrides in it. What says something about the same keys goes: the judge has left
/// nothing of it but `null`.
fn config_of(line: &[u8], config: &Member<'_>, lead: &[Override]) -> String {
    let own = |member: &Member<'_>| {
        let first = member.name.split('.').next();
        lead.iter().any(|override_| first == Some(override_.key))
    };
    let members = members(line, &config.value).unwrap_or_default();
    let kept = members.iter().filter(|member| !own(member));
    let kept = kept.filter_map(|member| core::str::from_utf8(line.get(member.whole())?).ok());
    let mut texts: Vec<&str> = kept.collect();
    let entries = entries(lead);
    texts.push(&entries);
    ["{", &texts.join(","), "}"].concat()
}

fn entries(lead: &[Override]) -> String {
    let entry = |override_: &Override| [&encode(override_.key), ":", &override_.json].concat();
    lead.iter().map(entry).collect::<Vec<String>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::{Layer, Lead, Providers};
    use alloc::format;

    const LEAD: &str = r#""model_provider":"a","openai_base_url":"http://h/t/openai","model_providers":{"a":{"base_url":"http://h/t/p0"},"n":{"name":"n","base_url":"http://h/t/nowhere"}}"#;

    fn lead() -> Vec<Override> {
        let own = "model_provider='a'\n[model_providers.a]\nbase_url='http://a'";
        let layers = [Layer::Own(own), Layer::Project("[model_providers.n]")];
        Providers::read(layers)
            .unwrap()
            .overrides(Lead::Mounts("http://h/t"))
    }

    fn call(arguments: &str) -> String {
        format!(
            r#"{{"id":1,"method":"tools/call","params":{{"name":"codex","arguments":{arguments}}}}}"#
        )
    }

    fn written(line: &str) -> Option<String> {
        let led = led(Server::Mcp, line.as_bytes(), &lead())?;
        Some(String::from_utf8(led).unwrap())
    }

    #[test]
    fn a_call_is_led_whatever_its_config_says() {
        for (arguments, expected) in [
            ("{}", "{\"config\":{LEAD}}"),
            (r#"{"prompt":"x"}"#, r#"{"config":{LEAD},"prompt":"x"}"#),
            (r#"{"config":null}"#, r#"{"config":{LEAD}}"#),
            (r#"{"config":{}}"#, r#"{"config":{LEAD}}"#),
            (
                r#"{"config":{"model":"p","model_provider":null},"prompt":"x"}"#,
                r#"{"config":{"model":"p",LEAD},"prompt":"x"}"#,
            ),
            (
                r#"{"config":{"model_providers":null,"model_providers.a.base_url":null,"b":1}}"#,
                r#"{"config":{"b":1,LEAD}}"#,
            ),
        ] {
            let expected = call(&expected.replace("LEAD", LEAD));
            assert_eq!(written(&call(arguments)), Some(expected), "{arguments}");
        }
    }

    #[test]
    fn nothing_else_is_touched() {
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
        assert_eq!(led(Server::App, line.as_bytes(), &lead()), None);
        assert_eq!(led(Server::Mcp, line.as_bytes(), &[]), None);
    }
}
