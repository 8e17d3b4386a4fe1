//! Back to the client: the response as it came, except for what rule 12 changes.

use std::sync::Arc;

use bytes::Bytes;
use http::header;
use http::{Response, response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use lockpolicy::Surface;
use lockpolicy::http::{
    Approved, BodyFormat, Fault, RequestOutcome, ResponseHandling, ResponseHead, Route,
    ServedCheck, content_coding, model_list, response_edits, response_handling,
};

use crate::call::Call;
use crate::error::RequestError;
use crate::fields;
use crate::response::bodies::ResponseBody;
use crate::response::line_rewrite_body::LineRewriteBody;
use crate::response::observed_body::{ObservedBody, ResponseObserver as _};
use crate::response::served_model::{ServedModelObserver, served_names};
use crate::response::stream_decoder::{TextReader, decoder_of};
use crate::upstream::segmented_body::SegmentedBody;

/// The longest list of models that is reduced.
const LIST_CAP: usize = 16 << 20;

/// The longest response that is held back until it has named its model.
const HOLD_CAP: usize = 4 << 20;

/// Passes a response on.
///
/// # Errors
///
/// A response that must not be passed on: a list of models that cannot be read, a redirect, which would
/// send the client past the lock, a change of protocol that was not requested.
pub(super) async fn pass(
    call: &Arc<Call>,
    route: &Route<'_>,
    approved: &Approved,
    response: Response<Incoming>,
) -> Result<Response<ResponseBody>, RequestError> {
    let (mut head, body) = response.into_parts();
    let own = fields::as_text(&head.headers);
    let text = ResponseHead {
        status: head.status.as_u16(),
        fields: &own,
    };
    let handling = response_handling(&call.policy, route, approved, &text)?;
    let edits = response_edits(&call.policy, approved, &text, handling);
    let named = served_names(&head.headers);
    fields::apply(edits, &mut head.headers);
    let body = match handling {
        ResponseHandling::CutModelList => reduced_model_list(call, body).await?,
        ResponseHandling::Pass => ResponseBody::Upstream(body),
        ResponseHandling::Observe => {
            observed_body(call, approved, &mut head, (named, body)).await?
        }
    };
    Ok(Response::from_parts(head, body))
}

/// Returns the body of a model's response, which is observed, and ended if another model served and the policy
/// says so (rule 13). No model served an error.
async fn observed_body(
    call: &Arc<Call>,
    approved: &Approved,
    head: &mut response::Parts,
    (named, body): (Vec<String>, Incoming),
) -> Result<ResponseBody, RequestError> {
    let kind = head.headers.get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap_or_default());
    let format = BodyFormat::of(kind).filter(|_| head.status.is_success());
    let choice = approved.choice.clone();
    let check = ServedCheck::new(&call.policy, Surface::Http, approved.source, choice);
    let status = head.status.as_u16();
    let mut observer =
        ServedModelObserver::new(call, check, status, format.unwrap_or(BodyFormat::Json));
    if head.status.is_success() && named.iter().any(|name| observer.served_by(name)) {
        return mismatch_response(&observer, format, head);
    }
    let edits = approved.outcome == RequestOutcome::Forced && format == Some(BodyFormat::Sse);
    let pin = edits.then(|| call.policy.pin().to_owned());
    let coding = head.headers.get(header::CONTENT_ENCODING);
    let coding = content_coding(coding.map(|coding| coding.to_str().unwrap_or("?"))).ok();
    let Some(decoder) = coding.and_then(|coding| decoder_of(coding).ok()) else {
        return Ok(ResponseBody::Upstream(body));
    };
    match format {
        None => Ok(ResponseBody::Upstream(body)),
        Some(BodyFormat::Sse | BodyFormat::JsonLines)
            if decoder.is_none() && (pin.is_some() || observer.is_strict()) =>
        {
            head.headers.remove(header::CONTENT_LENGTH);
            let lines = LineRewriteBody::new(body, pin, observer);
            Ok(ResponseBody::LineRewrite(Box::new(lines)))
        }
        Some(BodyFormat::Json) if observer.is_strict() => {
            buffered(body, TextReader::new(BodyFormat::Json, decoder), observer).await
        }
        Some(format) => {
            let reader = TextReader::new(format, decoder);
            Ok(ResponseBody::Observed(Box::new(ObservedBody::new(
                body, reader, observer,
            ))))
        }
    }
}

/// Returns what replaces a response whose head names another model: a stream is ended as a stream, since codex
/// tries again after any status of a failed upstream.
fn mismatch_response(
    observer: &ServedModelObserver,
    format: Option<BodyFormat>,
    head: &mut response::Parts,
) -> Result<ResponseBody, RequestError> {
    match format {
        Some(BodyFormat::Sse | BodyFormat::JsonLines) => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.remove(header::CONTENT_ENCODING);
            Ok(ResponseBody::whole(observer.last_event()))
        }
        Some(BodyFormat::Json) | None => Err(observer.fault().into()),
    }
}

/// Holds a response back until it has named its model. One that is longer than the cap is passed on, and broken
/// off at its end if it has to be.
async fn buffered(
    mut body: Incoming,
    mut reader: TextReader,
    mut observer: ServedModelObserver,
) -> Result<ResponseBody, RequestError> {
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut length = 0;
    let mut end = false;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(RequestError::upstream)?.into_data() else {
            continue;
        };
        reader.push(&data, &mut |text| end |= observer.observe_text(text).1);
        length += data.len();
        pieces.push(data);
        if length > HOLD_CAP {
            let rest = Box::new(ObservedBody::new(body, reader, observer));
            return Ok(ResponseBody::Prefixed(SegmentedBody::new(pieces), rest));
        }
    }
    reader.finish(&mut |text| end |= observer.observe_text(text).1);
    if end {
        return Err(observer.fault().into());
    }
    let rest = Box::new(ObservedBody::new(body, reader, observer));
    debug_assert!(rest.is_end_stream());
    Ok(ResponseBody::Prefixed(SegmentedBody::new(pieces), rest))
}

async fn reduced_model_list(call: &Call, body: Incoming) -> Result<ResponseBody, RequestError> {
    let unreadable = || Fault::BadResponse("the upstream's list of models cannot be read");
    let whole = Limited::new(body, LIST_CAP)
        .collect()
        .await
        .map_err(RequestError::upstream)?
        .to_bytes();
    let cut = model_list::only_pinned(&call.policy, &whole).map_err(|_| unreadable())?;
    Ok(ResponseBody::whole(cut))
}
