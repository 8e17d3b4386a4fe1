//! `GET /models` shows what may be used, and nothing else.

use fake_provider::fixture;
use fake_provider::json::Json;

use crate::PIN;

#[test]
fn model_list_is_reduced_to_the_approved_model() {
    for mode in ["force", "reject"] {
        let fixture = fixture!(mode, &[]);
        let answer = fixture
            .client()
            .call(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(answer.status, 200);
        let list = Json::parse(&answer.body).unwrap();
        let ids: Vec<_> = list
            .get("data")
            .unwrap()
            .items()
            .iter()
            .filter_map(|m| m.text_at(&["id"]))
            .collect();
        assert_eq!(ids, [PIN], "{mode}");
    }
}
