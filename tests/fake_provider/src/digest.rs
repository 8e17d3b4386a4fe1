//! SHA-1 and base64, as the WebSocket handshake needs them (RFC 6455 section 4.2.2). For tests only.

/// The SHA-1 digest of a text (RFC 3174).
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [
        0x6745_2301_u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        round(&mut state, block);
    }
    let mut out = [0; 20];
    for (to, from) in out
        .iter_mut()
        .zip(state.iter().flat_map(|word| word.to_be_bytes()))
    {
        *to = from;
    }
    out
}

fn round(state: &mut [u32; 5], block: &[u8]) {
    let mut words: Vec<u32> = block
        .chunks(4)
        .map(|c| c.iter().fold(0, |word, b| word << 8 | u32::from(*b)))
        .collect();
    while words.len() < 80 {
        let back = |n: usize| words.iter().rev().nth(n - 1).copied().unwrap_or_default();
        words.push((back(3) ^ back(8) ^ back(14) ^ back(16)).rotate_left(1));
    }
    let mut turn = *state;
    for (index, word) in words.iter().enumerate() {
        let [one, two, three, four, five] = turn;
        let (mixed, constant) = match index / 20 {
            0 => ((two & three) | (!two & four), 0x5a82_7999_u32),
            1 => (two ^ three ^ four, 0x6ed9_eba1),
            2 => ((two & three) | (two & four) | (three & four), 0x8f1b_bcdc),
            _ => (two ^ three ^ four, 0xca62_c1d6),
        };
        let parts = [mixed, five, constant, *word];
        let sum = parts
            .iter()
            .fold(one.rotate_left(5), |sum, part| sum.wrapping_add(*part));
        turn = [sum, one, two.rotate_left(30), three, four];
    }
    for (to, from) in state.iter_mut().zip(turn) {
        *to = to.wrapping_add(from);
    }
}

/// Base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| {
            bits << 8 | u32::from(chunk.get(i).copied().unwrap_or(0))
        });
        for i in 0..4 {
            let index = (bits >> (18 - 6 * i) & 63) as usize;
            let symbol = ALPHABET.get(index).copied().filter(|_| i <= chunk.len());
            out.push(char::from(symbol.unwrap_or(b'=')));
        }
    }
    out
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_of_the_standard_example_is_correct() {
        let key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        assert_eq!(
            base64(&sha1(key.as_bytes())),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
    }
}
