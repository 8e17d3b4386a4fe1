//! The page of clients: how often each calls until it takes a rejection, and the status that it gets.

use lockpolicy::agents::{HTTP_CLIENTS, HttpClient};

use super::docs::{compare, table};

/// The statuses of rejections.
const STATUSES: [u16; 6] = [400, 401, 403, 404, 413, 415];

fn cell(client: &HttpClient, status: u16) -> String {
    let mut measured = client.calls.iter();
    let calls = measured
        .find(|(at, _)| *at == status)
        .map(|(_, calls)| *calls);
    let calls = calls.map_or_else(|| "–".to_owned(), |calls| calls.to_string());
    match client.status(status) {
        same if same == status => calls,
        other => format!("{calls} → {other}"),
    }
}

#[test]
fn page_of_clients_equals_the_measured_rows() {
    let statuses = STATUSES.map(|status| status.to_string());
    let head = ["Client", "Version", "`user-agent`"].map(str::to_owned);
    let head: Vec<&str> = head.iter().chain(&statuses).map(String::as_str).collect();
    let rows = HTTP_CLIENTS.iter().map(|client| {
        let starts = client.user_agents.iter().map(|start| format!("`{start}…`"));
        let starts = starts.collect::<Vec<_>>().join(", ");
        let own = [client.name.to_owned(), client.version.to_owned(), starts];
        let calls = STATUSES.map(|status| cell(client, status));
        own.into_iter().chain(calls).collect()
    });
    compare("reference/clients.md", "rejections", &table(&head, rows));
}
