//! The answer to a request that is refused, as the server itself would give it.

use alloc::string::String;

use crate::Rejection;
use crate::json::encode;

/// A code of the range that is the server's own.
const CODE: &str = "-32001";

/// One line with its end: an error for the request with this id, which stands there as it was written.
///
/// Clients look for `thread not found:` in errors and open the thread anew, with the model that they
/// remember; so that never stands there, whatever was asked for.
pub(super) fn answer(id: &str, rejection: &Rejection) -> String {
    let text = plain(&alloc::format!("model_lock_rejected: {rejection}"));
    [
        "{\"id\":",
        id,
        ",\"error\":{\"code\":",
        CODE,
        ",\"message\":",
        &encode(&text),
        "}}\n",
    ]
    .concat()
}

fn plain(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower.contains("thread not found") {
        lower.replace("thread not found", "thread-not-found")
    } else {
        text.into()
    }
}
