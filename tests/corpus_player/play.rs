//! Plays one case against one server and judges what came of it.

use std::time::{Duration, Instant};

use policy_corpus::exchange::Played;
use policy_corpus::{judge, talk};

use crate::corpus_player::case::{Case, Expect, Request};
use crate::corpus_player::client::{Client, Manner};
use crate::corpus_player::policy_alone::PolicyAlone;
use crate::corpus_player::server::Server;
use crate::corpus_player::upstream::Plan;
use crate::corpus_player::{compared, served};

/// What a busy machine adds to the time that a case allows.
const BUSY: Duration = Duration::from_secs(5);

/// What plays the cases of one batch.
pub(crate) struct Player<'a> {
    pub(crate) server: &'a Server,
    /// Whether another model ends an answer.
    pub(crate) strict: bool,
    /// What decides the same without the binary, where that is compared.
    pub(crate) alone: Option<&'a PolicyAlone>,
}

/// What one case came to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// What differs from what the case expects.
    pub(crate) differences: Vec<String>,
    /// What differs between the binary and the policy alone.
    pub(crate) alone: Vec<String>,
    took: Duration,
}

impl Player<'_> {
    pub(crate) fn play(&self, case: &Case, mode: &str) -> Outcome {
        let expect = case.expect(mode);
        let mut outcome = Outcome::default();
        let mut kept = None;
        if case.request.steps.is_empty() {
            self.exchange(case, (&case.request, expect), &mut kept, &mut outcome);
        } else {
            assert_eq!(case.request.steps.len(), expect.steps.len(), "{}", case.id);
            for step in case.request.steps.iter().zip(&expect.steps) {
                self.exchange(case, step, &mut kept, &mut outcome);
            }
        }
        let most = case.max_ms.map(Duration::from_millis);
        let (differences, took) = (&mut outcome.differences, outcome.took);
        if most.is_some_and(|most| took > most + BUSY) {
            differences.push(format!("took {took:?}"));
        }
        if case
            .max_rss_mb
            .is_some_and(|most| self.server.peak() > most)
        {
            differences.push(format!("{} MiB of memory", self.server.peak()));
        }
        differences.extend(self.server.panicked());
        outcome
    }

    fn exchange(
        &self,
        case: &Case,
        (request, expect): (&Request, &Expect),
        kept: &mut Option<Client>,
        outcome: &mut Outcome,
    ) {
        let server = self.server;
        let receipts = served::receipts(server);
        server.upstream.begin(Plan {
            response: case.upstream_response.clone(),
            behaviour: case.upstream_behaviour.clone(),
        });
        let reused = kept.take().filter(|client| !client.answers.is_closed);
        let mut client = reused.unwrap_or_else(|| Client::connect(server.address));
        let began = Instant::now();
        send(&mut client, case, request);
        outcome.took += began.elapsed();
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
        let found = &mut outcome.differences;
        if self.strict {
            found.extend(served::ended(&played));
            return;
        }
        found.extend(if request.handshake.is_some() {
            talk::differences(&played)
        } else {
            judge::differences(&played)
        });
        found.extend(served::differences(server, &receipts, expect));
        if let Some(alone) = self.alone {
            outcome.alone.extend(compared::differences(&played, alone));
        }
    }
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
