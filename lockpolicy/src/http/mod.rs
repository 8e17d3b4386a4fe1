//! One HTTP exchange, independent of the transport: what a request states, and what a response says.

mod content_type;
mod fields;
pub(crate) mod json_body;
mod judge_request;
pub mod model_list;
mod multipart;
mod path_and_query;
mod request;
pub mod response_edit;
pub mod served_names;
pub mod ws_message;

pub use judge_request::{Judged, judge_request, passes, unknown_operation};
pub use request::Request;
