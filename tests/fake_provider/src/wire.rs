//! HTTP/1.1 requests out of a stream of bytes, as they come (RFC 9112).
//!
//! Strict where strictness shows a fault of the sender: anything odd ends the connection.

/// One request as it was framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Framed {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a stream holds so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A request, and how many bytes of the stream it took.
    Whole(Framed, usize),
    /// More has to come.
    Partial,
    /// No request.
    Broken,
}

/// Reads the first request of a stream.
pub(crate) fn first(stream: &[u8]) -> Progress {
    let Some(end) = find(stream, b"\r\n\r\n") else {
        return Progress::Partial;
    };
    let Some((head, rest)) = stream.split_at_checked(end + 4) else {
        return Progress::Partial;
    };
    let Some(mut framed) = parse_head(head) else {
        return Progress::Broken;
    };
    match body(&framed, rest) {
        Body::Whole(body, taken) => {
            framed.body = body;
            Progress::Whole(framed, head.len() + taken)
        }
        Body::Partial => Progress::Partial,
        Body::Broken => Progress::Broken,
    }
}

/// The place of a text in another.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// The first field of this name, which has to be given in lower case.
pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn parse_head(head: &[u8]) -> Option<Framed> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    if words.next() != Some("HTTP/1.1") || words.next().is_some() {
        return None;
    }
    let mut fields = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        fields.push((
            name.to_ascii_lowercase(),
            value.trim_matches([' ', '\t']).to_owned(),
        ));
    }
    Some(Framed {
        method,
        target,
        fields,
        body: Vec::new(),
    })
}

enum Body {
    Whole(Vec<u8>, usize),
    Partial,
    Broken,
}

fn body(framed: &Framed, rest: &[u8]) -> Body {
    let length = field(&framed.fields, "content-length");
    match (field(&framed.fields, "transfer-encoding"), length) {
        (Some("chunked"), None) => chunked(rest),
        (None, Some(length)) => {
            let Ok(length) = length.parse() else {
                return Body::Broken;
            };
            rest.split_at_checked(length)
                .map_or(Body::Partial, |(b, _)| Body::Whole(b.to_vec(), length))
        }
        (None, None) => Body::Whole(Vec::new(), 0),
        _ => Body::Broken,
    }
}

fn chunked(stream: &[u8]) -> Body {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = stream.get(at..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else {
            return Body::Partial;
        };
        let digits = rest.get(..line).unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|d| usize::from_str_radix(d, 16).ok());
        let Some(size) = size else {
            return Body::Broken;
        };
        let from = line + 2;
        let Some(data) = rest.get(from..from + size + 2) else {
            return Body::Partial;
        };
        let Some(data) = data.strip_suffix(b"\r\n") else {
            return Body::Broken;
        };
        body.extend_from_slice(data);
        at += from + size + 2;
        if size == 0 {
            return Body::Whole(body, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_length_frames_a_request() {
        let stream = b"POST /v1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET";
        for cut in 0..44 {
            let partial = first(&stream[..cut.min(stream.len() - 4)]);
            assert_eq!(partial, Progress::Partial, "{cut}");
        }
        let Progress::Whole(framed, taken) = first(stream) else {
            panic!("whole")
        };
        assert_eq!(
            (framed.body.as_slice(), taken),
            (b"abc".as_slice(), stream.len() - 3)
        );
    }

    #[test]
    fn chunked_coding_frames_a_request() {
        let stream =
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        let Progress::Whole(framed, taken) = first(stream) else {
            panic!("whole")
        };
        assert_eq!(
            (framed.body.as_slice(), taken),
            (b"abcd".as_slice(), stream.len())
        );
    }

    #[test]
    fn request_with_two_framings_is_broken() {
        let stream =
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n0\r\n\r\n";
        assert_eq!(first(stream), Progress::Broken);
    }
}
