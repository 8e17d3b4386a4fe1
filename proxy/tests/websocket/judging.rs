//! What the policy makes of messages, and what the client is told.

use proxy::Limits;

use super::peer::{BINARY, FIN, Frame, Peer, Stack, TEXT};

fn create(model: &str) -> String {
    format!(r#"{{"type":"response.create","model":"{model}","input":[]}}"#)
}

fn text(peer: &mut Peer) -> String {
    let Some(Frame(first, payload)) = peer.next() else {
        panic!("the connection ended")
    };
    assert_eq!(first, FIN | TEXT);
    String::from_utf8(payload).unwrap()
}

#[test]
fn force_changes_only_the_model_of_each_message() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    for model in ["other", "pin", "openai/pin"] {
        client.send(FIN | TEXT, create(model).as_bytes());
        assert_eq!(text(&mut provider), create("pin"));
    }
    client.send(FIN | BINARY, create("other").as_bytes());
    assert_eq!(
        provider.next(),
        Some(Frame(FIN | BINARY, create("pin").into_bytes()))
    );
}

#[test]
fn model_split_across_fragments_is_detected() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    let sent = create("other");
    for cut in 1..sent.len() - 1 {
        client.send(TEXT, &sent.as_bytes()[..cut]);
        client.send(FIN, &sent.as_bytes()[cut..]);
        assert_eq!(text(&mut provider), create("pin"), "cut at {cut}");
    }
}

#[test]
fn reject_answers_with_one_error_and_keeps_the_connection() {
    let stack = Stack::start("model='pin'\nmode='reject'", Limits::default());
    let (mut client, mut provider) = stack.open();
    client.send(FIN | TEXT, create("other").as_bytes());
    let output = text(&mut client);
    assert!(
        output.starts_with(r#"{"type":"error","status":400,"error":{"#),
        "{output}"
    );
    assert!(
        output.contains("model_locked") && output.contains("`other`"),
        "{output}"
    );
    assert!(
        !output.contains("status_code") && !output.contains("`pin`"),
        "{output}"
    );
    client.send(FIN | TEXT, create("pin").as_bytes());
    assert_eq!(
        text(&mut provider),
        create("pin"),
        "nothing of the refused message went ahead"
    );
}

#[test]
fn undecidable_message_is_refused_in_each_mode() {
    for mode in ["force", "reject", "report_only"] {
        let stack = Stack::start(&format!("model='pin'\nmode='{mode}'"), Limits::default());
        let (mut client, mut provider) = stack.open();
        for bad in [
            r#"{"type":"response.create","model":"pin","model":"other"}"#,
            r#"{"type":"response.inject","input":[]}"#,
            r#"{"type":"response.create","Model":"other","model":"pin"}"#,
            "[]",
            "",
        ] {
            client.send(FIN | TEXT, bad.as_bytes());
            assert!(
                text(&mut client).contains(r#""status":400"#),
                "{mode}: {bad}"
            );
        }
        client.send(FIN | TEXT, create("pin").as_bytes());
        assert_eq!(text(&mut provider), create("pin"), "{mode}");
    }
}

#[test]
fn attempt_after_a_reload_has_the_hash_of_the_policy_that_judged_it() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    let second = stack.reload("model='second'");
    client.send(FIN | TEXT, create("other").as_bytes());
    assert_eq!(text(&mut provider), create("second"));
    let third = stack.reload("model='third'");
    client.send(FIN | TEXT, create("other").as_bytes());
    assert_eq!(text(&mut provider), create("third"));
    assert_eq!(stack.attempts(), [second, third]);
}

/// codex takes the pin's name for a security downgrade where it asked for another model.
#[test]
fn approved_model_header_is_removed_on_forced_connections_only() {
    let event = r#"{"type":"response.created","response":{"id":"r","headers":{"openai-model":"pin","x":"1"}}}"#;
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    provider.send(FIN | TEXT, event.as_bytes());
    assert_eq!(text(&mut client), event, "nothing was forced yet");
    client.send(FIN | TEXT, create("other").as_bytes());
    assert_eq!(text(&mut provider), create("pin"));
    provider.send(FIN | TEXT, event.as_bytes());
    assert_eq!(
        text(&mut client),
        event.replace(r#""openai-model":"pin","#, "")
    );
    let rerouted = event.replace("pin", "third");
    provider.send(FIN | TEXT, rerouted.as_bytes());
    assert_eq!(text(&mut client), rerouted, "a true reroute passes");
}
