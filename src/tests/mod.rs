//! Tests of what no single module holds: the documentation's tables.

mod dashboards;
pub(crate) mod docs;
mod page_api;
