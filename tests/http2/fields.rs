//! Requests that are malformed (sections 8.1 to 8.3): an error, or an answer that says so. None of
//! them reaches the provider.

use crate::frame::{DATA, END_HEADERS, END_STREAM, HEADERS, frame};
use crate::peer::{BODY, End, ORDINARY, block, head};
use crate::{Case, PROTOCOL_ERROR, assert_only_ordinary, case, locked, play};

/// What a malformed request may get (section 8.1.1).
const MALFORMED: [End; 3] = [
    End::Reset(PROTOCOL_ERROR),
    End::Gone(PROTOCOL_ERROR),
    End::Answer(400),
];

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn with<'a>(more: &[(&'a str, &'a str)]) -> Fields<'a> {
    [&ORDINARY[..], more].concat()
}

fn without(name: &str) -> Fields<'static> {
    ORDINARY
        .into_iter()
        .filter(|(key, _)| *key != name)
        .collect()
}

fn changed<'a>(name: &str, value: &'a str) -> Fields<'a> {
    let fields = ORDINARY.into_iter();
    fields
        .map(|(key, old)| (key, if key == name { value } else { old }))
        .collect()
}

fn malformed(list: &[(&'static str, Fields<'_>)]) -> Vec<Case> {
    list.iter()
        .map(|(name, fields)| {
            case(
                name,
                [head(1, fields), frame(DATA, END_STREAM, 1, BODY)],
                &MALFORMED,
            )
        })
        .collect()
}

#[test]
fn pseudo_fields_that_are_wrong_are_refused() {
    let fixture = locked();
    let late = [&ORDINARY[4..], &ORDINARY[..4]].concat();
    let middle = [&ORDINARY[..2], &ORDINARY[4..], &ORDINARY[2..4]].concat();
    let cases = malformed(&[
        ("no :method", without(":method")),
        ("no :scheme", without(":scheme")),
        ("no :path", without(":path")),
        ("an empty :path", changed(":path", "")),
        ("a :path that is none", changed(":path", "v1/responses")),
        (":method twice", with(&[(":method", "POST")])),
        (":scheme twice", with(&[(":scheme", "http")])),
        (":path twice", with(&[(":path", "/v1/models")])),
        (":authority twice", with(&[(":authority", "localhost")])),
        ("after the others", late),
        ("among the others", middle),
        ("unknown", [&[(":x", "y")], &ORDINARY[..]].concat()),
        (
            "of an answer",
            [&[(":status", "200")], &ORDINARY[..]].concat(),
        ),
        (
            ":protocol without CONNECT",
            [&[(":protocol", "websocket")], &ORDINARY[..]].concat(),
        ),
    ]);
    play(&fixture, &cases);
    assert_only_ordinary(&fixture);
}

#[test]
fn field_names_and_values_that_are_invalid_are_refused() {
    let fixture = locked();
    let cases = malformed(&[
        ("a name in upper case", with(&[("X-Upper", "1")])),
        ("a name with a space", with(&[("x y", "1")])),
        ("a name with a colon", with(&[("x:y", "1")])),
        ("an empty name", with(&[("", "1")])),
        ("a name with a control character", with(&[("x\u{1}", "1")])),
        ("a value with a line end", with(&[("x-a", "1\r\nx-b: 2")])),
        ("a value with a zero byte", with(&[("x-a", "1\0")])),
        ("connection", with(&[("connection", "keep-alive")])),
        ("keep-alive", with(&[("keep-alive", "timeout=5")])),
        (
            "proxy-connection",
            with(&[("proxy-connection", "keep-alive")]),
        ),
        (
            "transfer-encoding",
            with(&[("transfer-encoding", "chunked")]),
        ),
        ("upgrade", with(&[("upgrade", "h2c")])),
        ("te that is not trailers", with(&[("te", "gzip")])),
    ]);
    play(&fixture, &cases);
    let fine = [
        case(
            "te: trailers",
            [
                head(1, &with(&[("te", "trailers")])),
                frame(DATA, END_STREAM, 1, BODY),
            ],
            &[End::Answer(200)],
        ),
        case(
            "an empty value",
            [
                head(1, &with(&[("x-a", "")])),
                frame(DATA, END_STREAM, 1, BODY),
            ],
            &[End::Answer(200)],
        ),
    ];
    play(&fixture, &fine);
    assert_only_ordinary(&fixture);
}

/// Section 8.1.1.
#[test]
fn content_length_that_differs_from_the_data_is_refused() {
    let fixture = locked();
    let exact = BODY.len().to_string();
    let more = (BODY.len() + 1).to_string();
    let length = |value| head(1, &with(&[("content-length", value)]));
    let body = || frame(DATA, END_STREAM, 1, BODY);
    let nothing = frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        &block(&with(&[("content-length", "5")])),
    );
    let cases = [
        case("exact", [length(&exact), body()], &[End::Answer(200)]),
        case("less than comes", [length("5"), body()], &MALFORMED),
        case("more than comes", [length(&more), body()], &MALFORMED),
        case("no number", [length("x"), body()], &MALFORMED),
        case(
            "two",
            [
                head(
                    1,
                    &with(&[("content-length", &exact), ("content-length", "5")]),
                ),
                body(),
            ],
            &MALFORMED,
        ),
        case("and no content at all", [nothing], &MALFORMED),
    ];
    play(&fixture, &cases);
    assert_only_ordinary(&fixture);
}

/// Section 8.1: fields after the content end the stream, hold no pseudo-field, and go no further.
#[test]
fn trailers_end_the_stream_and_are_not_forwarded() {
    let fixture = locked();
    let body = || frame(DATA, 0, 1, BODY);
    let last = |flags, fields: &[(&str, &str)]| frame(HEADERS, flags, 1, &block(fields));
    let whole = END_HEADERS | END_STREAM;
    let open = || head(1, &ORDINARY);
    let cases = [
        case(
            "as they should be",
            [open(), body(), last(whole, &[("x-t", "1")])],
            &[End::Answer(200)],
        ),
        case(
            "that do not end the stream",
            [open(), body(), last(END_HEADERS, &[("x-t", "1")])],
            &MALFORMED,
        ),
        case(
            "with a pseudo-field",
            [open(), body(), last(whole, &[(":path", "/v1/models")])],
            &MALFORMED,
        )
        .but(End::Answer(200)),
        case(
            "in upper case",
            [open(), body(), last(whole, &[("X-T", "1")])],
            &MALFORMED,
        ),
    ];
    play(&fixture, &cases);
    assert_only_ordinary(&fixture);
    for request in fixture.provider.requests() {
        assert_eq!(request.field("x-t"), None);
    }
}
