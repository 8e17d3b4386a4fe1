//! W3C trace context goes on to the provider as it came (Trace Context sections 3.2 and 3.3).

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::post;

use crate::SOON;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const STATE: &str = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

fn fields() -> String {
    format!("traceparent: {PARENT}\r\ntracestate: {STATE}\r\n")
}

fn assert_trace_arrived(fixture: &Fixture, count: usize) {
    let requests = fixture.provider.wait_for(count, SOON).unwrap();
    let last = requests.last().unwrap();
    assert_eq!(last.field("traceparent"), Some(PARENT), "{last:?}");
    assert_eq!(last.field("tracestate"), Some(STATE), "{last:?}");
}

#[test]
fn trace_context_of_request_and_handshake_is_forwarded() {
    let fixture = fixture!("force", &[]);
    for (count, model) in [(1, "gpt-5.5"), (2, "other")] {
        let body = format!(r#"{{"model":"{model}"}}"#);
        let request = post("/v1/responses", &fields(), body.as_bytes());
        assert_eq!(fixture.client().call(&request).status, 200);
        assert_trace_arrived(&fixture, count);
    }
    fixture.provider.take_websockets(true);
    let mut client = fixture.client();
    let handshake = format!(
        "GET /v1/responses HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
        fields()
    );
    client.send(handshake.as_bytes());
    assert_eq!(client.head().0, 101);
    assert_trace_arrived(&fixture, 3);
}

#[test]
fn trace_context_of_an_allowed_operation_is_forwarded() {
    let fixture = fixture!("force").with_policy("allow = ['GET /v1/extra']");
    let fixture = fixture.with_proxy(&[]);
    let request = format!("GET /v1/extra HTTP/1.1\r\nhost: a\r\n{}\r\n", fields());
    fixture.client().call(request.as_bytes());
    assert_trace_arrived(&fixture, 1);
}
