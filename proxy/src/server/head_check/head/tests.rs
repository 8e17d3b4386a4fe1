//! Heads that are accepted, and heads that are refused.

use super::*;

fn head(lines: &str) -> Result<Framing, HeadError> {
    check(format!("POST /v1/responses HTTP/1.1\r\nHost: a.b:80\r\n{lines}\r\n").as_bytes())
}

#[test]
fn head_of_real_clients_is_accepted() {
    assert_eq!(head(""), Ok(Framing::Length(0)));
    assert_eq!(
        head("content-length: 32\r\nAccept: */*\r\nAccept: x\r\n"),
        Ok(Framing::Length(32))
    );
    assert_eq!(head("Transfer-Encoding: chunked\r\n"), Ok(Framing::Chunked));
    assert!(check(b"GET /v1/models HTTP/1.0\r\nHost: [::1]:80\r\n\r\n").is_ok());
    assert!(check(b"GET http://a:1/v1/models HTTP/1.1\r\nHost: a:1\r\n\r\n").is_ok());
    assert_eq!(
        head("connection: Upgrade\r\nupgrade: h2c\r\ncontent-length: 5\r\n"),
        Ok(Framing::Length(5))
    );
}

#[test]
fn head_with_two_readings_is_refused() {
    let cases = [
        (
            "content-length: 1\r\ncontent-length: 1\r\n",
            HeadError::Duplicate,
        ),
        ("content-length: 1, 1\r\n", HeadError::Framing),
        ("content-length: +1\r\n", HeadError::Framing),
        ("content-length: 0x1\r\n", HeadError::Framing),
        (
            "content-length: 1\r\ntransfer-encoding: chunked\r\n",
            HeadError::Framing,
        ),
        ("transfer-encoding: xchunked\r\n", HeadError::Framing),
        ("transfer-encoding: gzip, chunked\r\n", HeadError::Framing),
        ("transfer-encoding : chunked\r\n", HeadError::Line),
        ("x: a\r\n folded\r\n", HeadError::Line),
        ("x: a\nb: c\r\n", HeadError::Line),
        ("x: a\rb\r\n", HeadError::Line),
        ("x: \0\r\n", HeadError::Line),
        ("nocolon\r\n", HeadError::Line),
        ("host: b\r\n", HeadError::Duplicate),
        ("content-type: a, b\r\n", HeadError::List),
        ("content-encoding: gzip, gzip\r\n", HeadError::Codings),
    ];
    for (lines, error) in cases {
        assert_eq!(head(lines), Err(error), "{lines:?}");
    }
}

#[test]
fn request_line_or_host_with_two_readings_is_refused() {
    for start in [
        "POST https://a/ HTTP/1.1",
        "POST http:///x HTTP/1.1 x",
        "POST http://a HTTP/1.1",
        "post / HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.2",
        "GET /",
        "CONNECT a:1 HTTP/1.1",
    ] {
        assert_eq!(
            check(format!("{start}\r\nHost: a\r\n\r\n").as_bytes()),
            Err(HeadError::Start),
            "{start}"
        );
    }
    for host in ["", "a b", "u@a", "a:b", "a:", "a/b", "a,b", "::1"] {
        assert!(
            check(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).is_err(),
            "{host}"
        );
    }
    assert_eq!(check(b"GET / HTTP/1.1\r\n\r\n"), Err(HeadError::Host));
    for host in ["b", "a:80", "A", "u@a", ""] {
        assert_eq!(
            check(format!("GET http://{host}/ HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()),
            Err(HeadError::Host),
            "{host}"
        );
    }
    assert_eq!(
        check(b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Err(HeadError::Framing)
    );
}
