//! What to ask each dialect: taken from its table, so that a new dialect is asked too.

use lockpolicy::Capability;
use lockpolicy::dialect::{Content, Credential, Dialect, ModelAt, Operation, Table, names};

/// One operation of a dialect, approved by the pin.
pub(crate) struct CaseRequest {
    pub(crate) dialect: String,
    pub(crate) credential: Credential,
    pub(crate) target: String,
    /// The target that opens a WebSocket, where there is one.
    pub(crate) socket: Option<String>,
    pub(crate) body: &'static str,
    pub(crate) takes_query_key: bool,
}

/// Returns an operation of each dialect that takes a key.
pub(crate) fn with_key() -> Vec<CaseRequest> {
    let table = Table::of(names()).unwrap();
    let dialects = table.dialects().iter().filter(|dialect| dialect.takes_key);
    let all: Vec<CaseRequest> = dialects.map(request).collect();
    assert!(all.len() >= 15, "{}", all.len());
    all
}

fn request(dialect: &Dialect) -> CaseRequest {
    let is_call = |operation: &&Operation| {
        operation.method == "POST"
            && operation.content == Content::Json
            && operation.capability == Some(Capability::Generation)
    };
    let mut operations = dialect.operations.iter().filter(is_call);
    // One with a `key` in its query, if there is one.
    let with_key = operations.clone().find(|operation| takes_key(operation));
    let call = with_key.or_else(|| operations.next()).expect(&dialect.name);
    let socket = dialect.operations.iter().find(|operation| {
        operation.content == Content::WebSocket && matches!(operation.model, ModelAt::Nowhere)
    });
    CaseRequest {
        dialect: dialect.name.clone(),
        credential: dialect.credential.clone(),
        target: target(call),
        socket: socket.map(target),
        body: match call.model {
            ModelAt::Content(_) => r#"{"model":"gpt-5.5"}"#,
            ModelAt::Nowhere | ModelAt::Path | ModelAt::Query(_) => "{}",
        },
        takes_query_key: takes_key(call),
    }
}

fn takes_key(operation: &Operation) -> bool {
    operation.query.iter().any(|name| name == "key")
}

fn target(operation: &Operation) -> String {
    operation
        .pattern
        .replace("{model}", "gpt-5.5")
        .replace('*', "x")
}
