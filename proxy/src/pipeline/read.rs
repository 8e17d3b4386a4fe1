//! A request's content, whole, up to the limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use lockpolicy::{Reason, Rejection};

use crate::config::Limits;
use crate::error::Stop;

/// The most that is set aside on a client's word alone.
const TRUST: u64 = 1 << 20;

/// Reads a content to its end before anything is sent on: what is refused leaves no trace upstream.
///
/// # Errors
///
/// Too large, too slow, cut off, or there although the operation takes none.
pub(super) async fn whole(
    mut body: Incoming,
    wanted: bool,
    announced: Option<u64>,
    limits: &Limits,
) -> Result<Bytes, Stop> {
    let cap = if wanted { limits.body } else { 0 };
    let too_large = || match wanted {
        true => Stop::from(Rejection::whole(Reason::TooLarge, "content")),
        false => Stop::from(Rejection::whole(Reason::Malformed, "content where none belongs")),
    };
    if announced.is_some_and(|length| length > cap as u64) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = tokio::time::timeout(limits.body_time, body.frame()).await.map_err(|_| Stop::Slow)? {
        let Ok(data) = frame.map_err(|_| Stop::Half)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > cap {
            return Err(too_large());
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            let expected = usize::try_from(announced.unwrap_or(0).min(TRUST)).unwrap_or(0);
            rest.reserve(expected.max(first.len() + data.len()));
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}
