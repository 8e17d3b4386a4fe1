//! Plays one case against one server and judges what came of it.

use std::time::{Duration, Instant};

use crate::corpus_player::case::{Case, Expect, Request};
use crate::corpus_player::client::{Answers, Client, Manner};
use crate::corpus_player::server::Server;
use crate::corpus_player::upstream::{Connection, Plan};
use crate::corpus_player::{judge, served, talk};

/// One exchange as both sides saw it.
pub(crate) struct Played<'a> {
    pub(crate) case: &'a Case,
    pub(crate) request: &'a Request,
    pub(crate) expect: &'a Expect,
    pub(crate) answers: Answers,
    pub(crate) connections: Vec<Connection>,
}

/// What a busy machine adds to the time that a case allows.
const BUSY: Duration = Duration::from_secs(5);

/// What differs from what the case expects.
pub(crate) fn play(server: &Server, case: &Case, mode: &str, strict: bool) -> Vec<String> {
    let expect = case.expect(mode);
    let mut took = Duration::ZERO;
    let mut differences = if case.request.steps.is_empty() {
        exchange(
            (server, strict),
            case,
            (&case.request, expect),
            &mut None,
            &mut took,
        )
    } else {
        assert_eq!(case.request.steps.len(), expect.steps.len(), "{}", case.id);
        let mut kept = None;
        let steps = case.request.steps.iter().zip(&expect.steps);
        steps
            .flat_map(|step| exchange((server, strict), case, step, &mut kept, &mut took))
            .collect()
    };
    if case
        .max_ms
        .is_some_and(|most| took > Duration::from_millis(most) + BUSY)
    {
        differences.push(format!("took {took:?}"));
    }
    if case.max_rss_mb.is_some_and(|most| server.peak() > most) {
        differences.push(format!("{} MiB of memory", server.peak()));
    }
    differences.extend(server.panicked());
    differences
}

fn exchange(
    (server, strict): (&Server, bool),
    case: &Case,
    (request, expect): (&Request, &Expect),
    kept: &mut Option<Client>,
    took: &mut Duration,
) -> Vec<String> {
    let receipts = served::receipts(server);
    server.upstream.begin(Plan {
        response: case.upstream_response.clone(),
        behaviour: case.upstream_behaviour.clone(),
    });
    let reused = kept.take().filter(|client| !client.answers.is_closed);
    let mut client = reused.unwrap_or_else(|| Client::connect(server.address));
    let began = Instant::now();
    send(&mut client, case, request);
    *took += began.elapsed();
    if expect.connection.as_deref() == Some("close") {
        client.closed();
    }
    let answers = std::mem::take(&mut client.answers);
    if case.same_connection {
        *kept = Some(client);
    } else {
        drop(client);
    }
    let played = Played {
        case,
        request,
        expect,
        answers,
        connections: server.upstream.end(),
    };
    if strict {
        return served::ended(&played);
    }
    let mut found = if request.handshake.is_some() {
        talk::differences(&played)
    } else {
        judge::differences(&played)
    };
    found.extend(served::told(server, &receipts, expect));
    found
}

fn send(client: &mut Client, case: &Case, request: &Request) {
    if let Some(handshake) = &request.handshake {
        client.websocket(&handshake.wire(), &request.frames(), case.same_segment);
        return;
    }
    let bytes = request.wire();
    // One case says the preface of HTTP/2 where HTTP/1.1 is expected.
    if request.transport.as_deref() == Some("h2c") || bytes.starts_with(b"PRI * HTTP/2.0\r\n") {
        client.http2(&bytes, case.half_close);
        return;
    }
    let manner = Manner {
        half_close: case.half_close,
        answers: case.pipelined.unwrap_or(1),
        is_raw: request.raw_base64.is_some(),
        is_head: bytes.starts_with(b"HEAD "),
    };
    client.http1(&bytes, manner);
}
