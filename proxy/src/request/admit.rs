//! The admission of a request: what it states of its site, its host and its client.

use std::sync::Arc;

use lockpolicy::Rejection;
use lockpolicy::dialect::Credential;
use lockpolicy::http::{Client, RequestHead, Routing};

use crate::call::Call;

/// Checks that a request may be served. Returns its client, where clients have a token.
///
/// # Errors
///
/// The rejection of an origin, of a host, of a client that is not known, or of one that states a token where it would
/// go on.
pub(super) fn admit(
    call: &Call,
    head: &RequestHead<'_>,
    routing: &Routing<'_>,
) -> Result<Option<Arc<Client>>, Rejection> {
    call.state.access.hosts.check(head)?;
    let Some(clients) = &call.clients else {
        return Ok(None);
    };
    let default = Credential::default();
    let dialect = routing.dialect;
    let credential = dialect.map_or(&default, |dialect| &dialect.credential);
    let client = clients.authenticate(head, credential)?;
    clients.secrets().check(head)?;
    Ok(Some(client))
}
