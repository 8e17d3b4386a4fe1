//! One request from its head to what goes on: the whole of the decision, without a transport.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::decide::{Approved, decide};
use super::forwarded_fields::{ForwardedField, forwarded_fields};
use super::gate::route;
use super::refusal::Refusal;
use super::request::RequestHead;
use super::request_host::HostRules;
use super::request_route::Route;
use crate::dialect::{ErrorShape, Table};
use crate::edit::apply;
use crate::{Policy, Verdict, refuse};

/// A request as it goes on to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// The path below the provider's base URL.
    pub path: String,
    /// The query, without the question mark.
    pub query: Option<String>,
    /// The fields, without those that the transport adds.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub content: Vec<u8>,
}

/// The whole decision about a request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The shape of the errors that the client reads.
    pub errors: ErrorShape,
    /// The decision.
    pub verdict: Verdict,
    /// The request that goes on, or the refusal that the client gets.
    pub result: Result<Forwarded, Refusal>,
}

/// Decides about one whole request: [`route`], then [`decide`], then [`forwarded_fields`]. A transport that reads the
/// content by itself calls the same three; each needs the result of the one before.
///
/// No origin is allowed here. A transport whose operator allows one checks that by itself, with [`HostRules`], and
/// leaves the field out.
pub fn decide_exchange(
    policy: &Policy,
    table: &Table,
    head: &RequestHead<'_>,
    content: &[u8],
) -> Exchange {
    let routing = route(table, policy, head);
    let errors = routing.errors;
    let admitted = HostRules::default().check(head);
    let checked = admitted.and(routing.route).and_then(|route| {
        let fits = content.is_empty() || route.takes_content();
        if fits {
            Ok(route)
        } else {
            Err(route.too_large())
        }
    });
    let (verdict, result) = match checked {
        Err(rejection) => {
            let refusal = Refusal::from(&rejection).for_client(head.client());
            (refuse(rejection), Err(refusal))
        }
        Ok(route) => {
            let decided = decide(policy, &route, head, content);
            let forward = |approved| forwarded(policy, &route, head, content, approved);
            (decided.verdict, decided.result.map(forward))
        }
    };
    Exchange {
        errors,
        verdict,
        result,
    }
}

fn forwarded(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    content: &[u8],
    approved: Approved,
) -> Forwarded {
    let fields = forwarded_fields(policy, route, head, &approved.fields);
    let own = |field: ForwardedField<'_>| {
        let (name, value) = head.fields.get(field.index)?;
        Some((name.to_string(), field.value.unwrap_or(value).to_string()))
    };
    Forwarded {
        fields: fields.into_iter().filter_map(own).collect(),
        path: approved.path.unwrap_or_else(|| head.path.to_string()),
        query: approved.query.or(head.query.map(ToString::to_string)),
        content: apply(content, approved.content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;
    use crate::http::BaseMatch;

    type Fields<'f> = &'f [(&'f str, &'f str)];

    const PATH: &str = "/v1/responses";

    fn run(mode: &str, head: &RequestHead<'_>, content: &str) -> Exchange {
        let policy = PolicyConfig::from_toml(&["model = 'p'\nmode = '", mode, "'"].concat());
        let table = Table::of(["openai"]).unwrap();
        decide_exchange(&policy.build().unwrap(), &table, head, content.as_bytes())
    }

    fn head(fields: Fields<'_>) -> RequestHead<'_> {
        RequestHead {
            method: "POST",
            path: PATH,
            fields,
            ..RequestHead::default()
        }
    }

    #[test]
    fn forced_request_is_forwarded_with_listed_fields_alone() {
        let fields = [
            ("host", "proxy"),
            ("content-type", "application/json"),
            ("authorization", "Bearer k"),
            ("x-codex-routing-hint", "model=q"),
            ("x-unlisted", "1"),
        ];
        let exchange = run("force", &head(&fields), r#"{"model":"q"}"#);
        let sent = exchange.result.unwrap();
        assert_eq!(sent.content, br#"{"model":"p"}"#);
        let own = |(name, value): &(String, String)| [name, "=", value].concat();
        let fields: Vec<String> = sent.fields.iter().map(own).collect();
        let want = [
            "authorization=Bearer k",
            "x-codex-routing-hint=model=p",
            "content-type=application/json",
        ];
        assert_eq!(fields, want);
    }

    #[test]
    fn field_and_parameter_that_the_provider_adds_go_on_there_alone() {
        let fields = [("content-type", "application/json"), ("x-tenant", "1")];
        let own = [String::from("x-tenant")];
        let added = RequestHead {
            query: Some("tenant=1"),
            base: BaseMatch::Provider {
                query: &[String::from("tenant")],
                fields: &own,
            },
            ..head(&fields)
        };
        let sent = run("force", &added, r#"{"model":"p"}"#).result.unwrap();
        assert_eq!(sent.query.as_deref(), Some("tenant=1"));
        assert!(sent.fields.contains(&(own[0].clone(), String::from("1"))));
        let without = run("force", &head(&fields), r#"{"model":"p"}"#);
        let names = without.result.unwrap().fields.into_iter();
        assert!(names.into_iter().all(|(name, _)| name != "x-tenant"));
        let other = RequestHead {
            base: BaseMatch::Any,
            ..added
        };
        let refused = run("force", &other, r#"{"model":"p"}"#).result;
        assert_eq!(refused.map_err(|refusal| refusal.status), Err(400));
    }

    #[test]
    fn rejected_request_has_the_status_of_its_reason() {
        let json = ("content-type", "application/json");
        let cases: [(Fields<'_>, &str, u16); 6] = [
            (&[json], r#"{"model":"q"}"#, 400),
            (&[], r#"{"model":"p"}"#, 415),
            (&[json, ("content-encoding", "lzma")], "{}", 415),
            (&[json, ("x-original-url", "/")], "{}", 400),
            (&[json, ("upgrade", "websocket")], "{}", 400),
            (&[json, ("expect", "\u{fffd}")], "{}", 400),
        ];
        for (fields, content, want) in cases {
            let exchange = run("reject", &head(fields), content);
            let status = exchange.result.map_err(|refusal| refusal.status);
            assert_eq!(status, Err(want), "{fields:?}");
        }
    }

    #[test]
    fn query_with_another_parameter_or_spelling_is_rejected() {
        let json = [("content-type", "application/json")];
        for (query, passes) in [
            ("beta=true", true),
            ("beta=a%20b", true),
            ("beta=a%26b", false),
            ("beta=a;b", false),
            ("beta=1&beta=1", false),
            ("other=1", false),
        ] {
            let head = RequestHead {
                query: Some(query),
                ..head(&json)
            };
            let result = run("reject", &head, r#"{"model":"p"}"#).result;
            assert_eq!(result.is_ok(), passes, "{query}");
        }
    }
}
