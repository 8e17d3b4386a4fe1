//! The admission of a request: what it states of its site, its host and its client.

use lockpolicy::Rejection;
use lockpolicy::dialect::{Credential, Dialect};
use lockpolicy::http::{RequestHead, Routing};

use crate::call::Call;
use crate::client_access::ClientAccess;

/// Checks that a request may be served, and notes its client.
///
/// # Errors
///
/// The rejection of an origin, of a host, or of a client that is not known.
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
    let dialect = dialect(call, head, routing);
    let default = Credential::default();
    let credential = dialect.map_or(&default, |dialect| &dialect.credential);
    let client = clients.load().authenticate(head, credential)?;
    call.client = Some(client);
    Ok(())
}

/// Returns the dialect that a request belongs to, also where it is rejected.
fn dialect<'a>(
    call: &'a Call,
    head: &RequestHead<'_>,
    routing: &'a Routing<'_>,
) -> Option<&'a Dialect> {
    let table = &call.state.table;
    match &routing.route {
        Ok(route) => route.dialect(table, head.path),
        Err(_) => table.nearest_dialect(head.path),
    }
}
