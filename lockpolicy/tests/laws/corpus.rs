//! The attack corpus, as far as it is about bodies, judged without a proxy around.

use lockpolicy::{Decision, Source, edit};
use serde::Deserialize;

use crate::generated_request::{GeneratedRequest, Rules};
use crate::{PIN, decoders, judged, oracle, sent};

#[derive(Deserialize)]
struct Case {
    id: String,
    request: CaseRequest,
    expect: Expect,
}

#[derive(Deserialize)]
struct CaseRequest {
    target: Option<String>,
    body_base64: Option<String>,
    #[serde(default)]
    body_parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    base64: String,
    repeat: usize,
}

#[derive(Deserialize)]
struct Expect {
    force: Expected,
    reject: Expected,
}

#[derive(Deserialize)]
struct Expected {
    outcome: String,
    upstream_body: Option<String>,
    upstream_body_base64: Option<String>,
    #[serde(default)]
    upstream_body_parts: Vec<Part>,
}

const FILES: [&str; 2] = [
    include_str!("../../../tests/corpus/json-body.json"),
    include_str!("../../../tests/corpus/secondary-models.json"),
];

/// The cases whose expectation the design does not share.
const EXCEPTIONS: &str = include_str!("../../../tests/corpus-exceptions.toml");

/// Decodes base64 (RFC 4648 section 4).
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let six = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6 | u32::try_from(six).unwrap()) & 0xfff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    out
}

fn parts(parts: &[Part]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| base64(&part.base64).repeat(part.repeat))
        .collect()
}

impl CaseRequest {
    fn body(&self) -> Vec<u8> {
        self.body_base64
            .as_deref()
            .map_or_else(|| parts(&self.body_parts), base64)
    }
}

fn request(mode: &'static str, case: &Case) -> Option<GeneratedRequest> {
    let target = case.request.target.as_deref()?;
    let path = crate::PATHS.into_iter().find(|path| *path == target)?;
    let rules = Rules::plain(mode);
    Some(GeneratedRequest {
        rules,
        path,
        source: Source::User,
        body: case.request.body(),
    })
}

/// What is wrong with what becomes of a case, if anything.
fn fault(request: &GeneratedRequest, expected: &Expected) -> Option<String> {
    let judged = judged(request);
    let sent = sent(request, &judged);
    let fits = match expected.outcome.as_str() {
        "refuse" => sent.is_none(),
        "forward" => sent.is_some(),
        _ => true,
    };
    if !fits {
        return Some(format!(
            "{} expected, not {:?}",
            expected.outcome, judged.verdict.decision
        ));
    }
    let sent = sent?;
    let unsafe_ = decoders::models(&sent)
        .into_iter()
        .find(|(_, model)| model.as_deref() != Some(PIN))
        .map(|(decoder, model)| format!("{decoder} reads {model:?}"));
    let left =
        decoders::secondary(&sent, request.path, None, None).map(|name| format!("{name} is left"));
    unsafe_
        .or(left)
        .or_else(|| body_fault(request, &sent, expected))
}

fn body_fault(request: &GeneratedRequest, sent: &[u8], expected: &Expected) -> Option<String> {
    let want = match expected.upstream_body.as_deref() {
        Some("identical") => request.body.clone(),
        Some("span") => base64(expected.upstream_body_base64.as_deref()?),
        Some("span-large") => parts(&expected.upstream_body_parts),
        _ => return None,
    };
    (sent != want).then(|| "another body than expected".into())
}

#[test]
fn corpus_case_gets_its_verdict() {
    let mut faults = Vec::new();
    let mut count = 0;
    for case in FILES
        .iter()
        .flat_map(|text| serde_json::from_str::<Vec<Case>>(text).unwrap())
    {
        for (mode, expected) in [
            ("force", &case.expect.force),
            ("reject", &case.expect.reject),
        ] {
            let Some(request) = request(mode, &case) else {
                continue;
            };
            count += 1;
            let is_listed = EXCEPTIONS.contains(&format!("id = \"{}\"", case.id));
            if !is_listed && let Some(fault) = fault(&request, expected) {
                faults.push(format!("{} {mode}: {fault}", case.id));
            }
            if request.body.len() < 1 << 18
                && let Err(error) = oracle::agree(&request)
            {
                let text: String = error.to_string().chars().take(300).collect();
                faults.push(format!("{} {mode}: {text}", case.id));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    assert!(count >= 250, "only {count} cases were judged");
}

/// A refusal in the corpus is for what it says, not for a typing error in the case.
#[test]
fn corpus_case_refused_in_force_differs_from_a_passing_one() {
    let plain = GeneratedRequest {
        rules: Rules::plain("force"),
        path: "/v1/responses",
        source: Source::User,
        body: br#"{"model":"other-model","input":"hi"}"#.to_vec(),
    };
    let judged = judged(&plain);
    assert!(matches!(judged.verdict.decision, Decision::Rewrite(_)));
    assert_eq!(
        edit::apply(&plain.body, judged.content),
        br#"{"model":"gpt-5.5","input":"hi"}"#
    );
}
