//! A request's content, whole, up to the limit.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use lockpolicy::http::{Fault, Refusal, Route};
use tokio::time::{Instant, timeout_at};

use crate::call::Call;
use crate::cost::Lease;

/// The most that is set aside on a client's word alone. `announced` has been held against the limit.
const TRUST: usize = 1 << 20;

/// Reads a content to its end before anything is sent on: what is refused leaves no trace upstream.
///
/// # Errors
///
/// Too large, too slow, cut off, no memory left for it, or there although the operation takes none.
pub(super) async fn whole(
    call: &Call,
    route: &Route<'_>,
    (mut body, announced): (Incoming, Option<u64>),
    lease: &mut Lease,
) -> Result<Bytes, Refusal> {
    let limits = &call.state.limits;
    let cap = if route.takes_content() {
        limits.max_body
    } else {
        0
    };
    let too_large = || call.reject(&route.too_large());
    if announced.is_some_and(|length| length > cap as u64) {
        return Err(too_large());
    }
    // Whoever waits for memory holds none of it, so none waits for another one that waits.
    let whole = announced.and_then(|length| usize::try_from(length).ok());
    let memory = lease.grow(whole.unwrap_or_default()).await;
    memory.map_err(|fault| call.fail(fault))?;
    let mut gathered = Gathered::default();
    let mut now = Instant::now();
    let last = now + limits.body_deadline;
    while let Some(frame) = timeout_at(last.min(now + limits.body_timeout), body.frame())
        .await
        .map_err(|_| call.fail(Fault::BodyTimeout))?
    {
        let Ok(data) = frame
            .map_err(|_| call.fail(Fault::BodyIncomplete))?
            .into_data()
        else {
            continue;
        };
        let length = gathered.length() + data.len();
        if length > cap {
            return Err(too_large());
        }
        let memory = lease.grow(length).await;
        memory.map_err(|fault| call.fail(fault))?;
        gathered.add(data, announced);
        now = Instant::now();
    }
    Ok(gathered.whole())
}

/// Lets a short content go by that nobody wants, so that the connection can be used again after the refusal. Bounded in
/// size and time; what goes on longer is refused while it is sent, and loses the connection.
pub(super) async fn past(mut body: Incoming) {
    const MOST: usize = 1 << 20;
    const LONGEST: Duration = Duration::from_secs(2);
    if body.size_hint().lower() > MOST as u64 {
        return;
    }
    let reading = async {
        let mut left = MOST;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    if tokio::time::timeout(LONGEST, reading).await.is_err() {
        tracing::debug!("a refused content went on");
    }
}

/// Pieces that become one. A content that comes in one piece is not copied.
#[derive(Debug, Default)]
struct Gathered {
    first: Bytes,
    rest: BytesMut,
}

impl Gathered {
    fn length(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn add(&mut self, data: Bytes, announced: Option<u64>) {
        if self.length() == 0 {
            self.first = data;
            return;
        }
        if self.rest.is_empty() {
            self.rest
                .reserve(self.room(announced, self.first.len() + data.len()));
            self.rest
                .extend_from_slice(&std::mem::take(&mut self.first));
        } else if self.rest.capacity() < self.rest.len() + data.len() {
            // What came so far speaks for the rest that was announced.
            self.rest.reserve(self.room(announced, data.len()));
        }
        self.rest.extend_from_slice(&data);
    }

    /// Returns the bytes to set aside: what was announced, as far as it is believed, and what is needed.
    fn room(&self, announced: Option<u64>, needed: usize) -> usize {
        let believed = if self.length() < TRUST {
            TRUST
        } else {
            usize::MAX
        };
        let announced = usize::try_from(announced.unwrap_or(0)).unwrap_or(usize::MAX);
        needed.max(announced.min(believed).saturating_sub(self.rest.len()))
    }

    fn whole(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_content_keep_their_order() {
        for count in 0..6_u8 {
            let mut gathered = Gathered::default();
            (0..count).for_each(|byte| gathered.add(Bytes::from(vec![byte]), Some(6)));
            assert_eq!(gathered.whole(), (0..count).collect::<Vec<u8>>());
        }
    }
}
