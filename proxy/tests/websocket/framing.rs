//! Frames, fragments and control frames (RFC 6455 section 5; Autobahn groups 1 to 6).

use proxy::Limits;

use super::peer::{BINARY, CLOSE, FIN, Frame, PING, PONG, Stack, TEXT};

fn message(size: usize) -> Vec<u8> {
    let head = br#"{"type":"response.create","model":"pin","input":""#;
    let pad = size.saturating_sub(head.len() + 2);
    [head.as_slice(), &vec![b'x'; pad], b"\"}"].concat()
}

#[test]
fn message_of_each_length_encoding_arrives_whole() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    for size in [60, 125, 126, 127, 128, 65_535, 65_536, 1 << 20] {
        let sent = message(size);
        client.send(FIN | TEXT, &sent);
        assert!(
            provider.next() == Some(Frame(FIN | TEXT, sent)),
            "{size} bytes up"
        );
        for kind in [TEXT, BINARY] {
            let answer = vec![b'y'; size];
            provider.send(FIN | kind, &answer);
            assert!(
                client.next() == Some(Frame(FIN | kind, answer)),
                "{size} bytes down"
            );
        }
    }
}

#[test]
fn fragmented_message_with_control_frames_between_is_reassembled() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    let sent = message(200);
    let (first, rest) = sent.split_at(40);
    client.send(TEXT, first);
    client.send(FIN | PING, b"between");
    client.send(0, b"");
    client.send(FIN, rest);
    assert_eq!(
        provider.next(),
        Some(Frame(FIN | PING, b"between".to_vec()))
    );
    assert_eq!(provider.next(), Some(Frame(FIN | TEXT, sent)));
}

#[test]
fn provider_frames_are_relayed_unchanged() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    let frames = [
        (TEXT, &b"{\"a\":"[..]),
        (FIN | PING, b"p"),
        (0, b""),
        (FIN, b"1}"),
        (FIN | PONG, b""),
        (BINARY, b"\xff"),
        (FIN, b"\xfe"),
    ];
    for (first, payload) in frames {
        provider.send(first, payload);
        assert_eq!(client.next(), Some(Frame(first, payload.to_vec())));
    }
}

#[test]
fn ping_and_pong_are_relayed_and_not_answered() {
    let stack = Stack::start("model='pin'", Limits::default());
    let (mut client, mut provider) = stack.open();
    for payload in [&b""[..], b"\x00\xff", &[b'p'; 125]] {
        client.send(FIN | PING, payload);
        assert_eq!(provider.next(), Some(Frame(FIN | PING, payload.to_vec())));
        provider.send(FIN | PONG, payload);
        assert_eq!(client.next(), Some(Frame(FIN | PONG, payload.to_vec())));
    }
}

/// Frames to send: the first byte, the payload, whether it is masked.
type Act<'a> = &'a [(u8, &'a [u8], bool)];

/// What a client may not do, and the code it is told.
#[test]
fn client_violating_the_protocol_gets_the_close_code() {
    let stack = Stack::start(
        "model='pin'",
        Limits {
            max_body: 1000,
            ..Limits::default()
        },
    );
    let long = vec![b'x'; 1001];
    let cases: [(&str, Act<'_>, u16); 13] = [
        ("unmasked", &[(FIN | TEXT, b"{}", false)], 1002),
        ("rsv1", &[(FIN | 0x40 | TEXT, b"{}", true)], 1002),
        ("rsv3", &[(FIN | 0x10 | TEXT, b"{}", true)], 1002),
        ("opcode 3", &[(FIN | 3, b"", true)], 1002),
        ("opcode 11", &[(FIN | 0xb, b"", true)], 1002),
        ("fragmented ping", &[(PING, b"", true)], 1002),
        ("ping of 126", &[(FIN | PING, &[0; 126], true)], 1002),
        ("continuation of nothing", &[(FIN, b"x", true)], 1002),
        (
            "a message inside a message",
            &[(TEXT, b"{", true), (FIN | TEXT, b"{}", true)],
            1002,
        ),
        ("close with one byte", &[(FIN | CLOSE, b"x", true)], 1002),
        (
            "close with code 1005",
            &[(FIN | CLOSE, &[3, 237], true)],
            1002,
        ),
        ("no UTF-8", &[(FIN | TEXT, b"\xce\xba\xe1\xbd", true)], 1007),
        ("too long", &[(FIN | TEXT, &long, true)], 1009),
    ];
    for (name, frames, code) in cases {
        let (mut client, mut provider) = stack.open();
        for (first, payload, masked) in frames {
            client.send_as(*first, payload, *masked);
        }
        assert_eq!(client.closed(), Some(code), "{name}");
        assert_eq!(client.next(), None, "{name}: the connection ends");
        assert_eq!(
            provider.closed(),
            Some(1001),
            "{name}: the provider is told that it is over"
        );
        assert_eq!(provider.next(), None, "{name}");
    }
}

#[test]
fn provider_violating_the_protocol_ends_the_connection() {
    let stack = Stack::start("model='pin'", Limits::default());
    for (name, first, payload, masked) in [
        ("masked", FIN | TEXT, &b"{}"[..], true),
        ("rsv1", FIN | 0x40 | TEXT, b"{}", false),
        ("opcode 3", FIN | 3, b"", false),
        ("continuation of nothing", FIN, b"", false),
        ("long pong", FIN | PONG, &[0; 126], false),
    ] {
        let (mut client, mut provider) = stack.open();
        provider.send_as(first, payload, masked);
        assert_eq!(provider.closed(), Some(1002), "{name}");
        assert_eq!(client.closed(), Some(1001), "{name}");
    }
}
