//! One HTTP exchange, independent of the transport: the rules for a request, what it states, and what a
//! response says.

mod admin_access;
mod body_format;
mod client_tokens;
mod content_coding;
mod content_type;
mod cors;
mod credentials;
mod decide;
mod exchange;
mod fields;
mod forwarded_fields;
mod gate;
mod handshake;
pub(crate) mod json_body;
mod judge_request;
mod last_event;
pub mod model_list;
mod multipart;
mod path_and_query;
mod query;
mod refusal;
mod request;
mod request_host;
mod request_route;
mod resource;
pub mod response_edit;
mod response_head;
mod secrets;
mod served_check;
pub mod served_names;
mod spellings;
pub mod ws_message;

pub use admin_access::{AdminAccess, AdminRefusal, IsToken};
pub use body_format::BodyFormat;
pub use client_tokens::{Client, ClientTokens, SHORTEST_TOKEN};
pub use content_coding::{ContentCoding, DecodedLimits, content_coding};
pub use cors::{CorsFields, cors_fields, preflight};
pub use credentials::{
    CLIENT_TOKEN_FIELD, is_credential_field, is_credential_parameter, query_without,
};
pub use decide::{Approved, Decided, RequestOutcome, decide};
pub use exchange::{Exchange, Forwarded, decide_exchange};
pub(crate) use fields::names_selector;
pub use forwarded_fields::{ForwardedField, forwarded_fields};
pub use gate::{Routing, route, wants_upgrade};
pub use handshake::check_declined;
pub use judge_request::{Judged, judge_request};
pub use multipart::PART_CAP;
pub use refusal::{Fault, Refusal, RefusalContext, WebSocketRefusal};
pub use request::{BaseMatch, Request, RequestHead};
pub use request_host::{AllowedHost, AllowedOrigin, HostRules, NotAllowable};
pub use request_route::Route;
pub use resource::Resource;
pub use response_head::{
    HeadEdits, ResponseHandling, ResponseHead, handshake_edits, response_edits, response_handling,
};
pub use secrets::Secrets;
pub use served_check::ServedCheck;

use judge_request::{passes, passes_unjudged, unknown_operation};
