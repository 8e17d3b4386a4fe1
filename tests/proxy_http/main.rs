//! The proxy on raw sockets: what arrives upstream byte by byte, and what does not.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod coding;
mod http2;
mod lifecycle;
mod metrics;
mod models;
mod refused;
mod served;
mod stream;
mod traces;
mod untouched;

use fake_provider::client::{self, Answer, Client};
use fake_provider::fixture::{Lock, Proxy};
use fake_provider::{FakeProvider, Statsd};
use std::time::Duration;

/// The approved model.
const PIN: &str = "gpt-5.5";
/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

/// A proxy before a provider.
struct Bench {
    provider: FakeProvider,
    proxy: Proxy,
    statsd: Statsd,
}

impl Bench {
    fn new(mode: &str) -> Self {
        Self::with(mode, &[])
    }

    fn with(mode: &str, flags: &[&str]) -> Self {
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        let proxy = Proxy::start(&lock(mode, &statsd), &provider.url(), flags).unwrap();
        Self {
            provider,
            proxy,
            statsd,
        }
    }

    fn client(&self) -> Client {
        Client::connect(self.proxy.address())
    }

    /// Sends a JSON body to `/v1/responses` on a connection of its own.
    fn post(&self, body: &[u8]) -> Answer {
        self.client().call(&client::post("/v1/responses", "", body))
    }

    /// The content of the only request that reached the provider.
    fn arrived(&self) -> Vec<u8> {
        let mut requests = self.provider.wait_for(1, SOON).unwrap();
        assert_eq!(requests.len(), 1);
        requests.remove(0).body
    }

    /// Nothing at all reached the provider.
    fn assert_nothing_arrived(&self, case: &str) {
        assert_eq!(self.provider.connections(), [], "{case}");
    }
}

fn lock(mode: &str, statsd: &Statsd) -> Lock {
    Lock {
        program: env!("CARGO_BIN_EXE_model-lock").into(),
        model: PIN.into(),
        mode: mode.into(),
        statsd: statsd.address(),
    }
}
