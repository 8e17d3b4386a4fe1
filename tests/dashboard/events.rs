//! Events as they come: from the place where a reader was, never more than there is room for.

use std::time::Instant;

use fake_provider::json::Json;

use crate::SOON;
use crate::dashboard::{Dashboard, at};
use fake_provider::http_client::HttpClient;

/// A reader of the stream.
struct Reader {
    client: HttpClient,
    held: String,
}

/// An event: its name, its id, its data.
type Event = (String, String, Json);

impl Reader {
    fn open(dashboard: &Dashboard, resume: &str) -> Self {
        let mut client = HttpClient::connect(dashboard.admin);
        let fields = if resume.is_empty() {
            String::new()
        } else {
            format!("last-event-id: {resume}\r\n")
        };
        client.send(
            format!("GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n").as_bytes(),
        );
        let (status, fields) = client.head();
        assert_eq!(status, 200);
        assert!(
            fields.contains(&("content-type".to_owned(), "text/event-stream".to_owned())),
            "{fields:?}"
        );
        Self {
            client,
            held: String::new(),
        }
    }

    /// The next event of some name.
    fn next(&mut self, name: &str) -> Event {
        let deadline = Instant::now() + SOON;
        loop {
            assert!(Instant::now() < deadline, "waited for an event {name}");
            let event = self.any();
            if event.0 == name {
                return event;
            }
        }
    }

    /// The next event.
    fn any(&mut self) -> Event {
        loop {
            if let Some((block, rest)) = self.held.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.held = rest;
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .to_owned()
                };
                if block.starts_with("event: ") {
                    let data = Json::parse(field("data: ").as_bytes()).unwrap();
                    return (field("event: "), field("id: "), data);
                }
                continue;
            }
            let chunk = self.client.chunk();
            assert!(!chunk.is_empty(), "the stream has ended");
            self.held.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[test]
fn event_stream_sends_the_attempt_and_again_its_served_model() {
    let dashboard = Dashboard::new("force");
    let mut reader = Reader::open(&dashboard, "");
    assert_eq!(at(&reader.next("status").2, &["state"]), "holding");
    dashboard.ask("wished");
    let mut last = reader.next("attempt");
    // Within the quarter of a second, row and answer may come as one.
    if last.2.get("served").is_none() {
        last = reader.next("attempt");
    }
    assert_eq!(at(&last.2, &["requested_model"]), "wished");
    assert_eq!(at(&last.2, &["served"]), "match");
    assert_eq!(at(&reader.next("status").2, &["attempts", "forced"]), "1");
}

#[test]
fn event_stream_resumed_by_id_sends_only_missed_events() {
    let dashboard = Dashboard::new("reject");
    let mut reader = Reader::open(&dashboard, "");
    dashboard.ask("seen");
    let (_, id, seen) = reader.next("attempt");
    assert_eq!(at(&seen, &["requested_model"]), "seen");
    drop(reader);
    for number in 0..3 {
        dashboard.ask(&format!("missed-{number}"));
    }
    let mut reader = Reader::open(&dashboard, &id);
    let missed: Vec<String> = (0..3)
        .map(|_| at(&reader.any().2, &["requested_model"]))
        .collect();
    assert_eq!(missed, ["missed-0", "missed-1", "missed-2"]);
    // The list of attempts says from where on its reader wants events.
    let (output, after) = (dashboard.get_json("attempts"), "after");
    dashboard.ask(after);
    let mut reader = Reader::open(&dashboard, &at(&output, &["last_event_id"]));
    assert_eq!(at(&reader.any().2, &["requested_model"]), after);
}

#[test]
fn event_stream_with_id_of_another_process_starts_anew() {
    let mut dashboard = Dashboard::new("reject");
    dashboard.ask("before");
    let (_, id, _) = Reader::open(&dashboard, "").next("status");
    dashboard.start("127.0.0.1:0", &[]);
    for strange in [id.as_str(), "x", "0-0", "ffffffffffffffff-1"] {
        assert_eq!(
            Reader::open(&dashboard, strange).any().0,
            "reset",
            "{strange}"
        );
    }
}

#[test]
fn event_stream_reports_events_that_are_lost() {
    let dashboard = Dashboard::new("reject");
    let (_, id, _) = Reader::open(&dashboard, "").next("status");
    dashboard.flood(12);
    let mut reader = Reader::open(&dashboard, &id);
    assert_eq!(reader.any().0, "skipped");
    let mut rows = 0;
    while reader.any().0 == "attempt" {
        rows += 1;
    }
    assert_eq!(rows, 100, "the newest of them, and then the status");
}

/// The status that one reader more gets.
fn open_stream(dashboard: &Dashboard) -> u16 {
    let mut client = HttpClient::connect(dashboard.admin);
    client.send(b"GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client.head().0
}

#[test]
fn event_streams_over_the_limit_are_refused() {
    let dashboard = Dashboard::new("force");
    let mut readers: Vec<Reader> = (0..16).map(|_| Reader::open(&dashboard, "")).collect();
    // The status first: an answer that is a stream has no end.
    assert_eq!(open_stream(&dashboard), 503);
    let refused = dashboard.get("/api/v1/events", "");
    assert_eq!(refused.error("code"), "too_many_streams");
    assert_eq!(dashboard.get("/api/v1/status", "").status, 200);
    readers.pop();
    let deadline = Instant::now() + SOON;
    loop {
        if open_stream(&dashboard) == 200 {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "waited for the place of a reader that left"
        );
    }
}
