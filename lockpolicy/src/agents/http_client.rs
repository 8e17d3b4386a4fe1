//! A program that calls models over HTTP, and how often it calls until it takes a rejection.
//!
//! The numbers were measured with the real programs: one prompt, a provider that answers every call with one status and
//! an error in the shape of its API. A rejection gets the status at which a program calls least, so that one wish is one
//! call and one attempt. A user agent can be forged, so it decides nothing else.

/// A program that calls models over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpClient {
    /// The name, as people know it.
    pub name: &'static str,
    /// The version that was measured.
    pub version: &'static str,
    /// The starts of its `user-agent`.
    pub user_agents: &'static [&'static str],
    /// The number of its calls for one prompt, by the status of the rejections.
    pub calls: &'static [(u16, u32)],
}

/// What a rejection may be answered with instead of its own status, the first one first.
const OTHERS: [u16; 2] = [400, 403];

impl HttpClient {
    /// Returns the status that the program takes at once, or with the fewest calls: the usual one unless another one is
    /// better. A status that was not measured stays.
    pub fn status(&self, usual: u16) -> u16 {
        let Some(calls) = self.calls_at(usual) else {
            return usual;
        };
        let mut best = (calls, usual);
        for other in OTHERS {
            if let Some(calls) = self.calls_at(other).filter(|calls| *calls < best.0) {
                best = (calls, other);
            }
        }
        best.1
    }

    fn calls_at(&self, status: u16) -> Option<u32> {
        let mut rows = self.calls.iter();
        let (_, calls) = rows.find(|(measured, _)| *measured == status)?;
        Some(*calls)
    }
}
