//! Tests of what no single module holds: the documentation's tables.

pub(crate) mod docs;
