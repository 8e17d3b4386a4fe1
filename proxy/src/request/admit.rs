//! The admission of a request: what it states of its site, its host and its client.

use std::sync::Arc;

use lockpolicy::Rejection;
use lockpolicy::dialect::Credential;
use lockpolicy::http::{Client, RequestHead, Routing};

use crate::call::Call;
use crate::client_access::ClientAccess;

/// Checks that a request may be served, and notes its client.
///
/// # Errors
///
/// The rejection of an origin, of a host, of a client that is not known, or of one that states its token where it would
/// go on.
pub(super) fn admit(
    call: &mut Call,
    head: &RequestHead<'_>,
    routing: &Routing<'_>,
) -> Result<(), Rejection> {
    let admitted = check(&call.state.access, head, routing);
    call.client = admitted.inspect_err(|_| hide_tokens(call))?;
    if let Some(client) = &call.client
        && client.is_stated_in(call.user_agent.as_bytes())
    {
        call.user_agent.clear();
    }
    Ok(())
}

fn check(
    access: &ClientAccess,
    head: &RequestHead<'_>,
    routing: &Routing<'_>,
) -> Result<Option<Arc<Client>>, Rejection> {
    access.hosts.check(head)?;
    let Some(clients) = &access.clients else {
        return Ok(None);
    };
    let default = Credential::default();
    let dialect = routing.dialect;
    let credential = dialect.map_or(&default, |dialect| &dialect.credential);
    let client = clients.load().authenticate(head, credential)?;
    client.check(head)?;
    Ok(Some(client))
}

/// Takes out of what is logged about a request that is not served what states the token of a client.
pub(super) fn hide_tokens(call: &mut Call) {
    let Some(clients) = &call.state.access.clients else {
        return;
    };
    let clients = clients.load_full();
    for text in [&mut call.method, &mut call.path, &mut call.user_agent] {
        if clients.are_stated_in(text.as_bytes()) {
            text.clear();
        }
    }
}
