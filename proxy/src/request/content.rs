//! A request's content from its first byte to what goes on: read, decoded and judged, within its share of memory.

use std::time::Instant;

use bytes::Bytes;
use hyper::body::Incoming;
use lockpolicy::http::{Approved, DecodedLimits, Refusal, RequestHead, Route, content_coding};

use super::decode::Decoding;
use super::{decide, read};
use crate::call::Call;
use crate::cost::{Lease, WorkKind, judging_weight};
use crate::upstream::segmented_body::SegmentedBody;

/// The bytes that are decoded at once, before the next request has its turn.
const PIECE: usize = 1 << 20;

/// The bytes that are decoded at first: most contents end there.
const FIRST: usize = 64 << 10;

/// A content that was approved.
pub(super) struct Content {
    pub(super) approved: Approved,
    /// The body that goes on, with the memory that it holds.
    pub(super) body: SegmentedBody,
    /// When the last byte had come.
    pub(super) whole: Instant,
}

/// Reads, decodes and judges a content.
pub(super) async fn take(
    call: &Call,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    body: Incoming,
) -> Result<Content, Refusal> {
    let mut lease = call.state.cost.memory.lease();
    let announced = head.field("content-length");
    let announced = announced.and_then(|length| length.parse().ok());
    let content = read::whole(call, route, (body, announced), &mut lease).await?;
    let whole = Instant::now();
    call.in_flight.bytes_received(content.len() as u64);
    let content = decoded(call, head, content, &mut lease).await?;
    let judge = || {
        let mut approved = decide::judge(call, route, head, &content)?;
        let body = decide::approved_content(&mut approved, &content);
        Ok::<_, Refusal>((approved, body))
    };
    let work = &call.state.cost.work;
    let weight = judging_weight(&content);
    let (approved, body) = work.run((WorkKind::Judging, weight), judge).await?;
    let memory = lease.grow(body.length()).await;
    memory.map_err(|fault| call.fail(fault))?;
    Ok(Content {
        approved,
        body: body.holding(lease),
        whole,
    })
}

/// Takes the coding off a content: at once what is short, the rest piece by piece beside the threads that serve.
async fn decoded(
    call: &Call,
    head: &RequestHead<'_>,
    content: Bytes,
    lease: &mut Lease,
) -> Result<Bytes, Refusal> {
    let reject = |rejection| call.reject(&rejection);
    let coding = content_coding(head.field("content-encoding")).map_err(reject)?;
    let limits = DecodedLimits {
        bytes: call.state.limits.max_decoded,
        ratio: call.state.limits.max_expansion,
    };
    let Some(mut decoding) = Decoding::begin(coding, &content, limits).map_err(reject)? else {
        return Ok(content);
    };
    let (mut length, mut next) = (content.len(), FIRST);
    drop(content);
    loop {
        let memory = lease.grow(decoding.memory(next)).await;
        memory.map_err(|fault| call.fail(fault))?;
        let work = &call.state.cost.work;
        let step = work.run((WorkKind::Decoding, length), || decoding.step(next));
        if step.await.map_err(reject)? {
            break;
        }
        (length, next) = (PIECE, PIECE);
    }
    let content = decoding.finish();
    lease.shrink(content.len());
    Ok(content)
}
