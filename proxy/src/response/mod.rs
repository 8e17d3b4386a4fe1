//! The content of a response on its way to the client, and what it says about the model that served it.

pub(crate) mod bodies;
pub(crate) mod delay_error;
pub(crate) mod line_rewrite;
pub(crate) mod observer;
pub(crate) mod served_model;
pub(crate) mod stream_decoder;
