//! Tests of what no single module holds: the documentation's tables.

mod clients;
mod dashboards;
pub(crate) mod docs;
mod limits;
mod log_page;
mod page_api;
