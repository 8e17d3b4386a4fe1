//! Items of the Responses API inside a request: codex sends them to the provider as they are, so they are
//! judged as the `input` of such a request, by the same table.

use alloc::string::String;
use core::ops::Range;

use super::finder::{Finder, Unclear};
use crate::dialect::{Operation, Table};
use crate::finds::EditSpan;
use crate::http::json_body;
use crate::{Occurrence, SelectorValue};

/// Finds what a list of items states.
pub(super) fn find(finder: &mut Finder<'_>, at: &Range<usize>, place: &str) -> Result<(), Unclear> {
    if finder.value(at) == SelectorValue::Null {
        return Ok(());
    }
    let items = finder.input.get(at.clone()).unwrap_or_default();
    let body = [BEFORE.as_bytes(), items, b"}"].concat();
    with_operation(|operation| {
        let found = json_body::finds(&operation.places, &body).map_err(|_| Unclear)?;
        for (occurrence, span) in found.occurrences.into_iter().zip(found.places) {
            if let Some(rest) = below(&occurrence.place) {
                let place = [place, rest].concat();
                push(finder, (occurrence.into_owned(), span), place, at.start);
            }
        }
        Ok(())
    })
}

/// Returns the rest of a pointer that leads into the items; `None` for any other.
pub(super) fn below(pointer: &str) -> Option<&str> {
    let rest = pointer.strip_prefix(MEMBER)?;
    rest.starts_with('/').then_some(rest)
}

/// Calls `with` with the operation that the items go to.
pub(super) fn with_operation<T>(
    with: impl FnOnce(&Operation) -> Result<T, Unclear>,
) -> Result<T, Unclear> {
    let table = Table::of(["openai"]).map_err(|_| Unclear)?;
    let found = table.find("POST", "/v1/responses").ok_or(Unclear)?;
    with(found.operation)
}

/// Adds an occurrence that was found in the body, at its place in the line.
fn push(
    finder: &mut Finder<'_>,
    (occurrence, span): (Occurrence<'static>, EditSpan),
    place: String,
    start: usize,
) {
    let moved = |range: Range<usize>| {
        let at = |at: usize| at.saturating_sub(BEFORE.len()).saturating_add(start);
        at(range.start)..at(range.end)
    };
    let span = EditSpan {
        value: moved(span.value),
        whole: moved(span.whole),
        ..span
    };
    let Occurrence {
        setting, stated, ..
    } = occurrence;
    finder.finds.push(setting, stated, place, span);
}

const MEMBER: &str = "/input";
const BEFORE: &str = "{\"input\":";
