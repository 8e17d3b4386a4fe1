//! Which of several operations is meant: the first of those that rank highest, and how near a path is to a pattern.

/// Returns the first of those with the highest rank.
pub(super) fn first_most<T, R: Ord>(
    all: impl Iterator<Item = T>,
    rank: impl Fn(&T) -> R,
) -> Option<T> {
    all.reduce(|first, next| {
        if rank(&next) > rank(&first) {
            next
        } else {
            first
        }
    })
}

/// Returns how many of the leading segments of a path a pattern has too. `*` and a segment with `{model}` stand for
/// any.
pub(super) fn shared_segments(pattern: &str, path: &str) -> usize {
    let wanted = pattern.split('/').skip(1);
    let given = path.split('/').skip(1);
    let alike = |(want, have): &(&str, &str)| {
        !have.is_empty() && (want == have || *want == "*" || want.contains("{model}"))
    };
    wanted.zip(given).take_while(alike).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_of_the_highest_is_taken() {
        let all = [(1, 'a'), (2, 'b'), (2, 'c'), (0, 'd')];
        assert_eq!(
            first_most(all.into_iter(), |(rank, _)| *rank),
            Some((2, 'b'))
        );
        assert_eq!(first_most([].into_iter(), |rank: &u8| *rank), None);
    }

    #[test]
    fn leading_segments_are_counted() {
        for (pattern, path, count) in [
            ("/v1/models/{model}:go", "/v1/models/m:other", 3),
            ("/v1/files/*", "/v1/files", 2),
            ("/v1/files/*/content", "/v1/files/f/other", 3),
            ("/v2/files", "/v1/files", 0),
            ("/*", "/", 0),
            ("//ws/x", "/", 0),
        ] {
            assert_eq!(shared_segments(pattern, path), count, "{pattern} {path}");
        }
    }
}
