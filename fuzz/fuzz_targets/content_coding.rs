//! What was coded is decoded to the same bytes; behind it nothing may stand, and no result exceeds the cap.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use lockpolicy::http::{ContentCoding, content_coding};
use proxy::fuzzing::decode;

const CAP: usize = 1 << 20;
/// The codings, and `deflate` without the zlib format around it.
const NAMES: [&str; 5] = ["gzip", "deflate", "br", "zstd", "alone"];

fn coded(name: &str, text: &[u8]) -> Vec<u8> {
    match name {
        "gzip" => {
            let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            coder.write_all(text).expect("memory");
            coder.finish().expect("memory")
        }
        "deflate" => {
            let mut coder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            coder.write_all(text).expect("memory");
            coder.finish().expect("memory")
        }
        "alone" => {
            let mut coder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            coder.write_all(text).expect("memory");
            coder.finish().expect("memory")
        }
        "br" => {
            let mut out = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams { quality: 1, ..Default::default() };
            brotli::BrotliCompress(&mut &*text, &mut out, &parameters).expect("memory");
            out
        }
        _ => zstd::encode_all(text, 1).expect("memory"),
    }
}

fn run(coding: ContentCoding, content: &[u8]) -> Option<Vec<u8>> {
    let decoded = decode(coding, content.to_vec(), CAP);
    assert!(decoded.as_ref().is_none_or(|text| text.len() <= CAP));
    decoded
}

fuzz_target!(|given: (u8, Vec<u8>, Vec<u8>)| {
    let (name, text, tail) = given;
    let name = NAMES[usize::from(name) % NAMES.len()];
    let stated = if name == "alone" { "deflate" } else { name };
    let coding = content_coding(Some(stated)).expect("known");
    run(coding, &text);
    let mut content = coded(name, &text);
    assert_eq!(run(coding, &content).as_deref(), Some(&text[..]));
    if !tail.is_empty() {
        content.extend(&tail);
        assert_eq!(run(coding, &content), None, "{name} with a tail");
    }
});
