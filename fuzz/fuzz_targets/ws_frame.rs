//! Frames are read as RFC 6455 writes them: a second, naive reader finds the same ones.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::fuzzing::frames;

fuzz_target!(|given: (bool, Vec<u8>)| {
    let (masked, bytes) = given;
    assert_eq!(frames(&bytes, masked), naive(&bytes, masked));
});

/// Returns whether each frame is the last of its message, its operation code and its payload.
fn naive(mut bytes: &[u8], masked: bool) -> Vec<(bool, u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = frame(bytes, masked) {
        frames.push(frame);
        bytes = rest;
    }
    frames
}

type Frame = (bool, u8, Vec<u8>);

fn frame(bytes: &[u8], masked: bool) -> Option<(Frame, &[u8])> {
    let [first, second, rest @ ..] = bytes else {
        return None;
    };
    let (last, reserved, code) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let (length, rest) = match second & 0x7f {
        126 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (u64::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            (u64::from_be_bytes(*length), rest)
        }
        short => (u64::from(short), rest),
    };
    let control = code >= 8;
    let known = matches!(code, 0..=2 | 8..=10);
    if reserved != 0 || !known || (second & 0x80 != 0) != masked || (control && (!last || length > 125)) {
        return None;
    }
    let (mask, rest) = if masked {
        let (mask, rest) = rest.split_first_chunk::<4>()?;
        (*mask, rest)
    } else {
        ([0; 4], rest)
    };
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
    Some(((last, code, payload.collect()), rest))
}
