//! HTTP/2 without TLS, by prior knowledge (RFC 9113 section 3.3), as plain as it can be written.

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::HttpClient;
use fake_provider::json::Json;

use crate::PIN;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

struct Http2 {
    client: HttpClient,
}

/// The end of one stream: the status as the static table writes it, and the content.
struct Ended {
    status: u8,
    body: Vec<u8>,
}

/// Indexes of `:status` in the static table (RFC 7541 appendix A), with the bit that says "indexed".
const STATUS_200: u8 = 0x88;
const STATUS_400: u8 = 0x8c;

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// A literal field that is not indexed and not packed (RFC 7541 section 6.2.2); short texts only.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

impl Http2 {
    fn connect(fixture: &Fixture) -> Self {
        let mut client = fixture.client();
        client.send(&[PREFACE, &frame(SETTINGS, 0, 0, b"")].concat());
        Self { client }
    }

    fn post(&mut self, stream: u32, path: &str, body: &[u8]) {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", path),
            ("content-type", "application/json"),
        ];
        let block: Vec<u8> = fields
            .iter()
            .flat_map(|(name, value)| field(name, value))
            .collect();
        self.client.send(&frame(HEADERS, 4, stream, &block));
        self.client.send(&frame(DATA, 1, stream, body));
    }

    /// Reads frames until a stream has ended.
    fn ended(&mut self, stream: u32) -> Ended {
        let mut ended = Ended {
            status: 0,
            body: Vec::new(),
        };
        loop {
            let head = self.client.take(9);
            let length =
                usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let content = self.client.take(length);
            let (kind, flags) = (head[3], head[4]);
            let of = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
            match kind {
                SETTINGS if flags & 1 == 0 => self.client.send(&frame(SETTINGS, 1, 0, b"")),
                HEADERS if of == stream => ended.status = content[0],
                DATA if of == stream => ended.body.extend_from_slice(&content),
                RST_STREAM | GOAWAY => panic!("frame {kind}: {content:?}"),
                _ => {}
            }
            if of == stream && flags & 1 == 1 && (kind == HEADERS || kind == DATA) {
                return ended;
            }
        }
    }
}

#[test]
fn force_over_http2_runs_the_approved_model() {
    let fixture = fixture!("force", &[]);
    let mut http2 = Http2::connect(&fixture);
    http2.post(1, "/v1/responses", br#"{"a":1,"model":"other"}"#);
    let ended = http2.ended(1);
    assert_eq!(ended.status, STATUS_200);
    assert_eq!(
        Json::parse(&ended.body).unwrap().text_at(&["model"]),
        Some(PIN)
    );
    assert_eq!(fixture.arrived(), br#"{"a":1,"model":"gpt-5.5"}"#);
}

#[test]
fn reject_over_http2_refuses_and_keeps_the_connection() {
    let fixture = fixture!("reject", &[]);
    let mut http2 = Http2::connect(&fixture);
    http2.post(1, "/v1/responses", br#"{"model":"other"}"#);
    let ended = http2.ended(1);
    assert_eq!(ended.status, STATUS_400);
    let error = Json::parse(&ended.body).unwrap();
    assert_eq!(error.text_at(&["error", "code"]), Some("model_locked"));
    fixture.assert_nothing_arrived("reject");

    http2.post(3, "/v1/chat/completions", br#"{"model":"gpt-5.5"}"#);
    assert_eq!(http2.ended(3).status, STATUS_200);
    assert_eq!(fixture.arrived(), br#"{"model":"gpt-5.5"}"#);
}
