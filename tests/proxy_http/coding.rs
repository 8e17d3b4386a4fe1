//! Content codings: taken off before a request is judged, and sent on without.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use fake_provider::fixture;
use fake_provider::http_client::post;

use crate::PIN;

const CODINGS: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "br" => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            encoder.write_all(body).unwrap();
            encoder.into_inner()
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::stream::encode_all(body, 3).unwrap(),
        other => panic!("no coding {other}"),
    }
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    post(
        "/v1/responses",
        &format!("content-encoding: {coding}\r\n"),
        body,
    )
}

#[test]
fn compressed_body_when_forced_is_forwarded_decoded() {
    for coding in CODINGS {
        let fixture = fixture!("force", &[]);
        let body = encode(coding, br#"{"a":1,"model":"other"}"#);
        assert_eq!(
            fixture.client().call(&coded(coding, &body)).status,
            200,
            "{coding}"
        );
        assert_eq!(
            fixture.arrived(),
            br#"{"a":1,"model":"gpt-5.5"}"#,
            "{coding}"
        );
        let request = fixture.provider.requests().remove(0);
        assert_eq!(request.field("content-encoding"), None, "{coding}");
        assert_eq!(request.field("content-length"), Some("25"), "{coding}");
    }
}

#[test]
fn compressed_body_when_approved_is_forwarded_decoded() {
    let plain = format!(r#"{{ "x":1.10, "model":"{PIN}"}} "#).into_bytes();
    for coding in CODINGS {
        for mode in ["force", "reject"] {
            let fixture = fixture!(mode, &[]);
            let body = encode(coding, &plain);
            assert_eq!(
                fixture.client().call(&coded(coding, &body)).status,
                200,
                "{mode} {coding}"
            );
            assert_eq!(fixture.arrived(), plain, "{mode} {coding}");
            assert_eq!(
                fixture.provider.requests()[0].field("content-encoding"),
                None
            );
        }
    }
}

#[test]
fn compressed_body_with_another_model_is_refused_in_each_coding() {
    for coding in CODINGS {
        let fixture = fixture!("reject", &[]);
        let answer = fixture
            .client()
            .call(&coded(coding, &encode(coding, br#"{"model":"other"}"#)));
        assert_eq!(
            (answer.status, answer.error("code").as_str()),
            (400, "model_locked"),
            "{coding}"
        );
        fixture.assert_nothing_arrived(coding);
    }
}

#[test]
fn body_with_unknown_coding_or_corrupt_data_is_refused() {
    let plain = br#"{"model":"gpt-5.5"}"#;
    for (coding, body, status) in [
        ("compress", plain.to_vec(), 415),
        ("gzip, gzip", encode("gzip", &encode("gzip", plain)), 400),
        ("gzip", plain.to_vec(), 400),
        ("gzip", encode("gzip", plain)[..20].to_vec(), 400),
        (
            "gzip",
            [encode("gzip", plain), b"tail".to_vec()].concat(),
            400,
        ),
        ("zstd", encode("gzip", plain), 400),
        ("br", vec![0xff; 40], 400),
        ("deflate", encode("gzip", plain), 400),
    ] {
        let fixture = fixture!("force", &[]);
        let answer = fixture.client().call(&coded(coding, &body));
        assert_eq!(answer.status, status, "{coding}: {answer:?}");
        assert!(!answer.error("message").is_empty());
        fixture.assert_nothing_arrived(coding);
    }
}

#[test]
fn body_with_nested_codings_is_named_in_the_refusal() {
    let fixture = fixture!("force", &[]);
    let body = encode("gzip", &encode("gzip", br#"{"model":"gpt-5.5"}"#));
    let answer = fixture.client().call(&coded("gzip, gzip", &body));
    let output = "no more than one content coding is taken off";
    assert!(answer.error("message").contains(output), "{answer:?}");
}

#[test]
fn decompression_bomb_is_refused_as_too_large() {
    // 8 MiB of blanks in a few hundred bytes, at a limit of 1 MiB.
    let body = [
        br#"{"model":"gpt-5.5","x":""#.as_slice(),
        &vec![b' '; 8 << 20],
        br#""}"#,
    ]
    .concat();
    for coding in CODINGS {
        let fixture = fixture!("force", &["--max-decoded", "1MiB"]);
        let answer = fixture
            .client()
            .call(&coded(coding, &encode(coding, &body)));
        assert_eq!(answer.status, 413, "{coding}: {answer:?}");
        fixture.assert_nothing_arrived(coding);
    }
}
