//! The descriptors that this process may have open, and how many connections they are enough for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The descriptors for everything but connections of clients and the upstreams behind them: files, the admin port, and
/// connections that are told that there are too many.
const RESERVE: u64 = 128;

/// The fewest connections, where next to no descriptors are allowed.
const FEWEST: u64 = 8;

/// Asks for as many descriptors as may be had, and returns how many connections can be served with them: each may need
/// another one to its upstream.
pub(crate) fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.or(limit.current);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let had = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => most,
        Err(_) => limit.current,
    };
    had.map_or(usize::MAX, enough_for)
}

fn enough_for(descriptors: u64) -> usize {
    let connections = descriptors.saturating_sub(RESERVE) / 2;
    usize::try_from(connections.max(FEWEST)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        for (descriptors, connections) in [(16, 8), (256, 64), (1024, 448), (1 << 20, 524_224)] {
            assert_eq!(enough_for(descriptors), connections);
        }
    }
}
