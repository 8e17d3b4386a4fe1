//! The request target: a model in the path, or in the query.

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Range;

use super::request::Request;
use crate::dialect::{ModelAt, model_in_path};
use crate::finds::{EditSpan, Finds};
use crate::{Capability, Policy, SelectorValue, Setting};

/// The model that the path names; a pin is written in plain characters.
pub(super) fn path<'a>(request: &Request<'a>) -> Finds<'a> {
    match (&request.found.operation.model, request.found.model.clone()) {
        (ModelAt::Path, Some(range)) => {
            let text = request.path.get(range.clone()).unwrap_or_default();
            let stated = SelectorValue::Text(model_in_path(text));
            one(request, "path", stated, range, String::new())
        }
        _ => Finds::default(),
    }
}

/// The model that the query names, or has no name for. Where the API takes none in it, the messages name one; all the same
/// the capability is used, so that its pin stands for the name.
pub(super) fn query<'a>(policy: &'a Policy, request: &Request<'a>) -> Finds<'a> {
    let ModelAt::Query(name) = &request.found.operation.model else {
        return Finds::default();
    };
    let mut at = 0;
    for pair in request.query.split('&') {
        let behind = pair.strip_prefix(name.as_str());
        if let Some(text) = behind.and_then(|rest| rest.strip_prefix('=')) {
            let start = at + name.len() + 1;
            let stated = SelectorValue::Text(Cow::Borrowed(text));
            return one(
                request,
                name,
                stated,
                start..start + text.len(),
                String::new(),
            );
        }
        at += pair.len() + 1;
    }
    if request.found.operation.names_no_model(request.query) {
        let capability = request.found.operation.capability;
        let pin = capability.and_then(|capability| policy.pin_of(capability));
        let stated = SelectorValue::Text(Cow::Borrowed(pin.unwrap_or_default()));
        return one(request, name, stated, 0..0, String::new());
    }
    let end = request.query.len();
    let and = if end == 0 { "" } else { "&" };
    let before = [and, name, "="].concat();
    one(request, name, SelectorValue::Missing, end..end, before)
}

fn one<'a>(
    request: &Request<'a>,
    place: &'a str,
    stated: SelectorValue<'a>,
    value: Range<usize>,
    before: String,
) -> Finds<'a> {
    let capability = request.found.operation.capability;
    let capability = capability.unwrap_or(Capability::Generation);
    let mut finds = Finds::default();
    let span = EditSpan {
        value: value.clone(),
        wrapper: (before, String::new()),
        whole: value,
        ..EditSpan::default()
    };
    finds.push(Setting::Model(capability), stated, place, span);
    finds
}
