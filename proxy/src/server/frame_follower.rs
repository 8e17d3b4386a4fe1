//! The frames of a client that speaks HTTP/2 (RFC 9113, section 4), as far as to know whether one has begun that has not
//! arrived to its end.

/// The length of a frame's head.
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows frames without keeping any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameFollower {
    /// The bytes of the preface that are left.
    preface: usize,
    head: [u8; HEAD],
    /// The bytes of the head that have arrived, and the bytes of the payload that are left.
    arrived: usize,
    left: usize,
    /// `true` between a header section and its end.
    is_in_section: bool,
    /// `true` once the first frame, the settings of the client, has arrived.
    is_settled: bool,
    /// The number of header sections, and of other frames, that have arrived.
    whole: u64,
}

impl FrameFollower {
    /// Begins before a preface of so many bytes.
    pub(crate) fn new(preface: usize) -> Self {
        Self {
            preface,
            head: [0; HEAD],
            arrived: 0,
            left: 0,
            is_in_section: false,
            is_settled: false,
            whole: 0,
        }
    }

    /// Returns true while a client owes the rest of its settings, of a header section, or of any frame but one with
    /// content, whose time is limited by the request that it belongs to.
    pub(crate) fn is_open(&self) -> bool {
        let is_content = self.arrived == HEAD && self.kind() == DATA;
        let is_in_frame = self.arrived > 0 && !is_content;
        !self.is_settled || self.is_in_section || is_in_frame
    }

    /// Returns how much has arrived to its end: a number that grows with each frame, and not within a header section.
    pub(crate) fn whole(&self) -> u64 {
        self.whole
    }

    /// Follows bytes.
    pub(crate) fn follow(&mut self, mut bytes: &[u8]) {
        bytes = bytes
            .get(take(&mut self.preface, bytes.len())..)
            .unwrap_or_default();
        while let Some(byte) = bytes.first() {
            if let Some(next) = self.head.get_mut(self.arrived) {
                *next = *byte;
                self.arrived += 1;
                bytes = bytes.get(1..).unwrap_or_default();
                if self.arrived == HEAD {
                    self.begin();
                }
            } else {
                bytes = bytes
                    .get(take(&mut self.left, bytes.len())..)
                    .unwrap_or_default();
            }
            if self.arrived == HEAD && self.left == 0 {
                (self.arrived, self.is_settled) = (0, true);
                self.whole += u64::from(!self.is_in_section);
            }
        }
    }

    fn begin(&mut self) {
        let [a, b, c, kind, flags, ..] = self.head;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if matches!(kind, HEADERS | CONTINUATION) {
            self.is_in_section = flags & END_HEADERS == 0;
        }
    }

    fn kind(&self) -> u8 {
        let [_, _, _, kind, ..] = self.head;
        kind
    }
}

/// Takes as much as there is, and returns it.
fn take(from: &mut usize, most: usize) -> usize {
    let taken = most.min(*from);
    *from -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

    /// Returns whether something is owed after these bytes, which arrive one by one, behind the settings.
    fn is_open_after(bytes: &[u8]) -> bool {
        let mut frames = FrameFollower::new(3);
        for byte in [b"PRI", SETTINGS, bytes].concat() {
            frames.follow(&[byte]);
        }
        let mut whole = FrameFollower::new(3);
        whole.follow(&[b"PRI", SETTINGS, bytes].concat());
        assert_eq!(frames.is_open(), whole.is_open());
        whole.is_open()
    }

    #[test]
    fn frame_that_has_begun_is_owed_to_its_end() {
        let mut lone = FrameFollower::new(3);
        lone.follow(b"PRI");
        assert!(lone.is_open(), "settings");
        for (bytes, is_open) in [
            (&b""[..], false),
            (b"\0", true),
            (b"\0\0\x02\x01\x04\0\0\0\x01", true),
            (b"\0\0\x02\x01\x04\0\0\0\x01ab", false),
            (b"\0\0\x02\x01\0\0\0\0\x01ab", true),
            (b"\0\0\x02\x01\0\0\0\0\x01ab\0\0\x01\x09\0\0\0\0\x01a", true),
            (
                b"\0\0\x02\x01\0\0\0\0\x01ab\0\0\x01\x09\x04\0\0\0\x01a",
                false,
            ),
            (b"\0\0\x02\0\0\0\0\0\x01a", false),
            (b"\0\0\x02\x06\0\0\0\0\0a", true),
        ] {
            assert_eq!(is_open_after(bytes), is_open, "{bytes:?}");
        }
    }
}
