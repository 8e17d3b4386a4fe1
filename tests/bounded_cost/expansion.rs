//! Contents that become large, or that state much, and how much memory they take.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::{HttpClient, Response, post};

use crate::{MIB, PIN, peak, small};

/// Returns an object whose array `name` has elements up to a size.
fn array(name: &str, element: &str, size: usize) -> Vec<u8> {
    let one = [element, ","].concat();
    let mut body = format!(r#"{{"model":"{PIN}","{name}":["#).into_bytes();
    while body.len() + one.len() < size {
        body.extend_from_slice(one.as_bytes());
    }
    body.extend_from_slice(element.as_bytes());
    body.extend_from_slice(b"]}");
    body
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "br" => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 5, 22);
            encoder.write_all(body).unwrap();
            encoder.into_inner()
        }
        "gzip" => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::stream::encode_all(body, 1).unwrap(),
        other => panic!("no coding {other}"),
    }
}

fn call(fixture: &Fixture, path: &str, coding: &str, body: &[u8]) -> Response {
    let field = format!("content-encoding: {coding}\r\n");
    let field = if coding.is_empty() { "" } else { &field };
    fixture.client().call(&post(path, field, body))
}

/// The arrays that hold selectors, with the smallest element that states one, and its operation.
const ARRAYS: [(&str, &str, &str); 4] = [
    ("/v1/responses", "tools", r#"{"type":"function"}"#),
    ("/v1/responses", "tools", r#"{"model":"x"}"#),
    (
        "/v1/responses",
        "input",
        r#"{"tools":[{"type":"function"}]}"#,
    ),
    ("/v1/chat/completions", "tools", r#"{"type":"function"}"#),
];

#[test]
fn small_content_that_becomes_large_is_refused_within_little_memory() {
    let mut fixture = fixture!("force");
    fixture.restart_proxy_in(&[], &[("OPENCLAW_IMAGE_MODEL", "image-pin")]);
    assert_eq!(fixture.client().call(&small()).status, 200);
    let before = peak(&mut fixture);
    let arrived = fixture.provider.bytes_received();
    for (path, name, element) in ARRAYS {
        let body = array(name, element, 84 * MIB);
        for coding in ["br", "zstd"] {
            let bomb = coded(coding, &body);
            let response = call(&fixture, path, coding, &bomb);
            let sent = bomb.len();
            assert_eq!(response.status, 413, "{sent} bytes of {coding}: {element}");
            let message = response.error("message");
            assert!(
                message.contains("200 times"),
                "{sent} bytes of {coding}: {message}"
            );
        }
    }
    let long = format!(r#"{{"model":"{PIN}","input":"{}"}}"#, "a".repeat(120 * MIB));
    for coding in ["br", "gzip", "zstd"] {
        let bomb = coded(coding, long.as_bytes());
        let response = call(&fixture, "/v1/responses", coding, &bomb);
        assert_eq!(response.status, 413, "{coding}");
    }
    let grown = peak(&mut fixture) - before;
    assert!(grown < 192 * MIB, "{} MiB", grown / MIB);
    assert_eq!(fixture.provider.bytes_received(), arrived);
}

#[test]
fn content_that_states_too_much_is_refused_within_little_more_memory_than_its_own() {
    let mut fixture = fixture!("force");
    fixture.restart_proxy_in(&[], &[("OPENCLAW_IMAGE_MODEL", "image-pin")]);
    assert_eq!(fixture.client().call(&small()).status, 200);
    let before = peak(&mut fixture);
    for (path, name, element) in ARRAYS {
        let body = array(name, element, 20 * MIB);
        let response = call(&fixture, path, "", &body);
        assert_eq!(response.status, 413, "{element}");
        assert!(response.error("message").contains("65536 places"));
    }
    let grown = peak(&mut fixture) - before;
    assert!(grown < 96 * MIB, "{} MiB", grown / MIB);
}

#[test]
fn content_with_as_many_places_as_may_be_is_forced() {
    let fixture = fixture!("force", &["--max-locations", "1000"]);
    let places = |count: usize| {
        let tools = vec![r#"{"type":"function","name":"f"}"#; count].join(",");
        format!(r#"{{"model":"other","tools":[{tools}]}}"#)
    };
    // Besides the tools' types there is the model.
    let body = places(999);
    assert_eq!(fixture.post(body.as_bytes()).status, 200);
    let forced = body.replace("other", PIN);
    assert_eq!(fixture.arrived(), forced.as_bytes());
    assert_eq!(fixture.post(places(1001).as_bytes()).status, 413);
}

#[test]
fn compressible_content_below_the_ratio_arrives_decoded() {
    let fixture = fixture!("force", &[]);
    let mut text = String::new();
    for line in 0..400_000 {
        text.extend([
            line.to_string().as_str(),
            " of a log that compresses well; ",
        ]);
    }
    let body = format!(r#"{{"model":"{PIN}","input":"{text}"}}"#);
    assert!(body.len() > 12 * MIB);
    for coding in ["br", "gzip", "zstd"] {
        let response = call(
            &fixture,
            "/v1/responses",
            coding,
            &coded(coding, body.as_bytes()),
        );
        assert_eq!(response.status, 200, "{coding}");
    }
    let requests = fixture.provider.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.body == body.as_bytes())
    );
}

/// Numbers that no coding makes shorter than their entropy.
fn noise(size: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = String::with_capacity(size + 16);
    while text.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.extend([state.to_string().as_str()]);
    }
    text
}

#[test]
fn others_are_served_while_large_contents_are_decoded() {
    let fixture = fixture!("force", &["--memory-budget", "2GiB"]);
    let body = format!(r#"{{"model":"{PIN}","input":"{}"}}"#, noise(12 * MIB));
    let request = post(
        "/v1/responses",
        "content-encoding: br\r\n",
        &coded("br", body.as_bytes()),
    );
    let address = fixture.address();
    let large = 2 * thread::available_parallelism().unwrap().get();
    let (finished, mut served) = (AtomicUsize::new(0), 0);
    thread::scope(|scope| {
        for _ in 0..large {
            scope.spawn(|| {
                let response = HttpClient::connect(address).call(&request);
                finished.fetch_add(1, Ordering::SeqCst);
                assert_eq!(response.status, 200);
            });
        }
        let mut client = fixture.client();
        while finished.load(Ordering::SeqCst) == 0 {
            assert_eq!(client.call(&small()).status, 200);
            served += 1;
        }
    });
    assert!(
        served >= 10,
        "{served} small requests while {large} large ones were decoded"
    );
}
