//! The boundary that a form's media type names.

/// The most bytes of a boundary (RFC 2046 section 5.1.1).
const LONGEST: usize = 70;

/// Returns the boundary of `multipart/form-data; boundary=TOKEN`, quoted or not; `None` where anything else stands
/// there.
///
/// Outside of quotes it is made of characters that every parser takes for a part of a token. It has a letter or a
/// digit: one of dashes alone could not be told from the end of the form.
pub(super) fn boundary(media: &str) -> Option<&str> {
    let (kind, parameter) = media.split_once(';')?;
    let (key, value) = parameter.trim().split_once('=')?;
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let taken: &[u8] = match quoted {
        Some(_) => b"'()+_,-./:=?",
        None => b"+_-.",
    };
    let value = quoted.unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || taken.contains(&byte);
    let proper = kind.trim().eq_ignore_ascii_case("multipart/form-data")
        && key.eq_ignore_ascii_case("boundary")
        && value.len() <= LONGEST
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
