//! The content of a response on its way to the client, and what it says about the model that served it.

pub(crate) mod bodies;
pub(crate) mod delay_error_body;
pub(crate) mod line_rewrite_body;
pub(crate) mod observed_body;
pub(crate) mod served_model;
pub(crate) mod stream_decoder;
