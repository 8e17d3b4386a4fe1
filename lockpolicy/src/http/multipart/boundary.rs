//! The boundary that a form's media type names.

/// The most bytes of a boundary (RFC 2046 section 5.1.1).
const LONGEST: usize = 70;

/// Returns the boundary of `multipart/form-data; boundary=TOKEN`, quoted or not, with or without a charset that reads
/// ASCII as UTF-8 does; `None` where anything else stands there.
///
/// A parser that takes a charset behind it for a part of the boundary finds no part at all. Outside of quotes it is made
/// of characters that every parser takes for a part of a token. It has a letter or a digit: one of dashes alone could not
/// be told from the end of the form.
pub(super) fn boundary(media: &str) -> Option<&str> {
    let (kind, parameters) = media.split_once(';')?;
    // No character of a boundary or a charset ends a parameter.
    let mut found = [None, None];
    for parameter in parameters.split(';').map(str::trim) {
        let (key, value) = match parameter.split_once('=') {
            Some(named) => named,
            None if parameter.is_empty() => continue,
            None => return None,
        };
        let names = ["boundary", "charset"];
        let index = names
            .iter()
            .position(|name| key.eq_ignore_ascii_case(name))?;
        let place = found.get_mut(index)?;
        place.is_none().then(|| *place = Some(value))?;
    }
    let [value, charset] = found;
    let proper_kind = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    (proper_kind && charset.is_none_or(is_like_ascii)).then_some(())?;
    is_boundary(value?)
}

/// Returns true for a charset whose ASCII is that of UTF-8.
fn is_like_ascii(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    let mut known = ["utf-8", "us-ascii", "iso-8859-1"].iter();
    known.any(|known| charset.eq_ignore_ascii_case(known))
}

fn is_boundary(value: &str) -> Option<&str> {
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let taken: &[u8] = match quoted {
        Some(_) => b"'()+_,-./:=?",
        None => b"+_-.",
    };
    let value = quoted.unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || taken.contains(&byte);
    let proper = value.len() <= LONGEST
        && value.bytes().all(plain)
        && value.bytes().any(|byte| byte.is_ascii_alphanumeric());
    proper.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundary_with_one_reading_is_taken() {
        let longest = "B".repeat(LONGEST);
        let long = ["multipart/form-data; boundary=", &longest].concat();
        for (media, expected) in [
            ("multipart/form-data; boundary=B", "B"),
            ("multipart/form-data; boundary=\"B\"", "B"),
            ("Multipart/Form-Data;Boundary=--a_b-1.2+", "--a_b-1.2+"),
            (
                "multipart/form-data; boundary=\"==B:1/2?(3)'\"",
                "==B:1/2?(3)'",
            ),
            ("multipart/form-data; charset=utf-8; boundary=B", "B"),
            ("multipart/form-data; boundary=B; charset=ISO-8859-1", "B"),
            ("multipart/form-data;charset=\"UTF-8\";boundary=\"B\";", "B"),
            (&long, &longest),
        ] {
            assert_eq!(boundary(media), Some(expected), "{media}");
        }
    }

    #[test]
    fn boundary_with_several_readings_is_refused() {
        let long = ["multipart/form-data; boundary=", &"B".repeat(LONGEST + 1)].concat();
        for media in [
            "multipart/form-data",
            "multipart/related; boundary=B",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=B; x=y",
            "multipart/form-data; boundary=B; boundary=B",
            "multipart/form-data; charset=utf-16; boundary=B",
            "multipart/form-data; charset=utf-8; charset=utf-8; boundary=B",
            "multipart/form-data; charset=utf-8",
            "multipart/form-data; x; boundary=B",
            "multipart/form-data; boundary=B/C",
            "multipart/form-data; boundary='B'",
            "multipart/form-data; boundary=B(C)",
            "multipart/form-data; boundary=B=C",
            "multipart/form-data; boundary=----",
            "multipart/form-data; boundary=\"B C\"",
            "multipart/form-data; boundary=\"B",
            "multipart/form-data; boundary*=utf-8''B",
            &long,
        ] {
            assert_eq!(boundary(media), None, "{media}");
        }
    }
}
