//! The error response to a request that is refused, as the server itself would write it.

use alloc::format;
use alloc::string::String;

use crate::Rejection;
use crate::json::encode;

/// A code of the range that JSON-RPC leaves to servers.
const CODE: &str = "-32001";

/// Returns one line with its end: an error for the request with this id, which is repeated as it was written.
///
/// Clients look for `thread not found:` in errors and open the thread again with the model that they
/// remember, so the line never contains it, whatever was requested.
pub(super) fn error_line(id: &str, rejection: &Rejection) -> String {
    let message = encode(&plain(&format!("model_lock_rejected: {rejection}")));
    format!("{{\"id\":{id},\"error\":{{\"code\":{CODE},\"message\":{message}}}}}\n")
}

fn plain(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower.contains("thread not found") {
        lower.replace("thread not found", "thread-not-found")
    } else {
        text.into()
    }
}
