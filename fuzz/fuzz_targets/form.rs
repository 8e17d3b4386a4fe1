//! A form that passes is read by another parser, and every part named `model` holds the pin.
#![no_main]

use std::sync::LazyLock;

use futures_util::stream;
use libfuzzer_sys::fuzz_target;
use lockpolicy::dialect::Table;
use lockpolicy::http::{Request, judge_request};
use lockpolicy::{Decision, Source, edit};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(["openai"]).expect("known"));

const PATH: &str = "/v1/audio/transcriptions";
const MEDIA: &str = "multipart/form-data; boundary=B";

fuzz_target!(|body: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for mode in ["force", "reject"] {
        let policy = oracles::policy(mode, "pins = { audio = 'a' }");
        let request = Request {
            found: &TABLE.find("POST", PATH).expect("listed"),
            path: PATH,
            query: "",
            headers: &[("content-type", MEDIA)],
            content: body,
            source: Source::User,
        };
        let judged = judge_request(&policy, request);
        let sent = match judged.verdict.decision {
            Decision::Reject(_) => continue,
            Decision::Pass => body.to_vec(),
            Decision::Rewrite(_) => edit::apply(body, judged.content),
        };
        runtime.block_on(check(sent));
    }
});

async fn check(sent: Vec<u8>) {
    let shown = String::from_utf8_lossy(&sent).into_owned();
    let content = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(sent))]);
    let mut form = multer::Multipart::new(content, "B");
    let mut models = 0;
    while let Some(field) = form.next_field().await.unwrap_or_else(|error| panic!("{error}: {shown:?}")) {
        let is_model = field.name() == Some("model");
        let value = field.bytes().await.expect("whole");
        if is_model {
            models += 1;
            assert_eq!(value, "a", "{shown:?}");
        }
    }
    assert_eq!(models, 1, "{shown:?}");
}
