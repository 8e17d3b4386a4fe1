//! The end of a chunked content, whose framing has to have one reading (RFC 9112 section 7.1).

/// Follows a chunked content byte by byte without keeping any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunks {
    state: State,
    left: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Digits,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    LastCr,
    LastLf,
    Done,
}

/// A chunk that some reader would delimit in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadChunk;

impl Chunks {
    /// Returns true if the last chunk has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Follows the bytes up to the end of the content and says how many belong to it.
    ///
    /// Extensions, trailers, bare line feeds and signs are refused: no client of these APIs sends any,
    /// and each has been read differently by some server.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<usize, BadChunk> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.is_done() {
                break;
            }
            if self.state == State::Data {
                at += self.data(bytes.len() - at);
                continue;
            }
            self.step(*byte)?;
            at += 1;
        }
        Ok(at)
    }

    fn data(&mut self, have: usize) -> usize {
        let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(have);
        self.left -= take as u64;
        if self.left == 0 {
            self.state = State::DataCr;
        }
        take
    }

    fn step(&mut self, byte: u8) -> Result<(), BadChunk> {
        self.state = match (self.state, byte) {
            (State::Size, _) => self.digit(0, byte)?,
            (State::Digits, b'\r') => State::SizeEnd,
            (State::Digits, _) => self.digit(self.left, byte)?,
            (State::SizeEnd, b'\n') if self.left == 0 => State::LastCr,
            (State::SizeEnd, b'\n') => State::Data,
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size,
            (State::LastCr, b'\r') => State::LastLf,
            (State::LastLf, b'\n') => State::Done,
            _ => return Err(BadChunk),
        };
        Ok(())
    }

    fn digit(&mut self, so_far: u64, byte: u8) -> Result<State, BadChunk> {
        let digit = char::from(byte).to_digit(16).ok_or(BadChunk)?;
        if so_far >> 40 != 0 {
            return Err(BadChunk);
        }
        self.left = so_far << 4 | u64::from(digit);
        Ok(State::Digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunked_content_cut_anywhere_ends_at_its_end() {
        let text = b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nGET /";
        for cut in 0..text.len() {
            let mut chunks = Chunks::default();
            let first = chunks.follow(&text[..cut]).unwrap();
            let second = chunks.follow(&text[first..]).unwrap();
            assert!(chunks.is_done());
            assert_eq!(first + second, text.len() - 5, "cut at {cut}");
        }
    }

    #[test]
    fn chunk_in_another_spelling_is_refused() {
        for bad in [
            "5;x=y\r\n",
            "+5\r\n",
            "0x5\r\n",
            " 5\r\n",
            "5 \r\n",
            "5\n",
            "\r\n",
            "1\r\nab",
            "0\r\nX: y\r\n\r\n",
            "fffffffffffffffff\r\n",
        ] {
            assert_eq!(
                Chunks::default().follow(bad.as_bytes()),
                Err(BadChunk),
                "{bad:?}"
            );
        }
    }
}
