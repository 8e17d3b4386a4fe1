//! The admission of a request: what it states of its site, its host and its client.

use lockpolicy::Rejection;
use lockpolicy::dialect::Credential;
use lockpolicy::http::{RequestHead, Routing};

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
    let ClientAccess { hosts, clients, .. } = &call.state.access;
    hosts.check(head)?;
    let Some(clients) = clients else {
        return Ok(());
    };
    let default = Credential::default();
    let dialect = routing.dialect;
    let credential = dialect.map_or(&default, |dialect| &dialect.credential);
    let client = clients.load().authenticate(head, credential)?;
    if let Err(rejection) = client.check(head) {
        // The path is logged.
        call.path.clear();
        return Err(rejection);
    }
    call.client = Some(client);
    Ok(())
}
