//! A head that passes is read by `httparse` too, with the same framing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::fuzzing::head;

fuzz_target!(|text: &[u8]| {
    let Some(framing) = head(text) else {
        return;
    };
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(text).expect("what passes is HTTP/1");
    assert_eq!(status, httparse::Status::Complete(text.len()));
    let values = |name: &str| {
        let own = request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        own.map(|field| field.value).collect::<Vec<_>>()
    };
    assert_eq!(values("host").len(), 1);
    let length: Vec<u64> = values("content-length")
        .into_iter()
        .map(|value| std::str::from_utf8(value).expect("text").parse().expect("a number"))
        .collect();
    match framing.as_str() {
        "Chunked" => assert!(length.is_empty() && values("transfer-encoding").len() == 1),
        "Upgrade" => assert!(!values("upgrade").is_empty()),
        plain => {
            assert_eq!(plain, format!("Length({})", length.first().unwrap_or(&0)));
            assert!(length.len() < 2 && values("transfer-encoding").is_empty());
        }
    }
});
