//! Whether a request may be sent again: only where its provider has certainly not taken it.

use std::error::Error;

use h2::Reason;
use http::Extensions;
use hyper_util::client::legacy::connect::CaptureConnection;

use super::provider_stream::Ending;

/// Returns true if the provider has not taken a request that failed. It has said so (RFC 9113, section 8.7), or it had
/// closed the connection before it had all of the request.
pub(super) fn was_not_taken(error: &(dyn Error + 'static), connection: &CaptureConnection) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<h2::Error>() {
            return is_declined(error);
        }
        next = cause.source();
    }
    is_before_request(connection)
}

/// A stream fails with the GOAWAY of the provider only where it is above the last one that the provider took.
fn is_declined(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (error.is_go_away() || is_refused)
}

fn is_before_request(connection: &CaptureConnection) -> bool {
    let mut of_connection = Extensions::new();
    if let Some(connected) = &*connection.connection_metadata() {
        connected.get_extras(&mut of_connection);
    }
    let ending = of_connection.get::<Ending>();
    ending.is_some_and(Ending::is_before_request)
}
