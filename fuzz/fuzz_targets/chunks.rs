//! However a connection's bytes are cut into reads, the same bytes and verdicts come out of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::fuzzing::validate;

const HEAD: &[u8] = b"POST /v1/responses HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";

fuzz_target!(|given: (Vec<u8>, Vec<u8>)| {
    let (content, cuts) = given;
    let whole = [HEAD, &content].concat();
    let mut reads = Vec::new();
    let mut rest = whole.as_slice();
    for cut in cuts {
        let (read, behind) = rest.split_at(usize::from(cut).min(rest.len()));
        reads.push(read.to_vec());
        rest = behind;
    }
    reads.push(rest.to_vec());
    let (one, other) = (validate(vec![whole.clone()]), validate(reads));
    assert_eq!((&one.1, one.2), (&other.1, other.2));
    // Where the content is malformed, what passed before that was seen depends on the reads.
    assert!(one.0 == other.0 || !one.2, "{one:?} {other:?}");
    let naive = naive_length(&content);
    if let Some(length) = naive {
        assert!(one.0.starts_with(&whole[..HEAD.len() + length]), "{one:?}");
    }
});

/// Returns the length of a chunked content in the plain form of RFC 9112: no extension, no trailer.
fn naive_length(content: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = content.get(at..)?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let digits = std::str::from_utf8(&rest[..end]).ok()?;
        if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let size = usize::from_str_radix(digits, 16).ok()?;
        let data = at + end + 2;
        at = data + size + 2;
        if content.get(data + size..at)? != b"\r\n" {
            return None;
        }
        if size == 0 {
            return Some(at);
        }
    }
}
