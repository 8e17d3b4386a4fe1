//! Closed lists of words: an enum, and the word of each of its values, written once.
//!
//! Metric labels, log fields, the audit file and the settings take their words from these lists, so no
//! text of a request can become one of them.

/// A closed list of words.
pub trait Label: Copy + 'static {
    /// The words, in the order of the values.
    const WORDS: &'static [&'static str];

    /// Returns the position of the value among [`Self::WORDS`].
    fn index(self) -> usize;

    /// Returns the value at a position.
    fn at(index: usize) -> Option<Self>;
}

/// Defines an enum in which each value has a word.
///
/// The enum gets `ALL` (its values), `WORDS`, `as_str`, `parse`, `Display`, [`Label`], and it is serialized
/// by serde as its word.
#[macro_export]
macro_rules! label_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $value:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$doc])* $value,)+
        }

        impl $name {
            /// Every value, in the order of the words.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            /// Returns the word that logs, metric labels and settings use.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// Returns the value of exactly this word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$value),)+
                    _ => None,
                }
            }
        }

        impl $crate::Label for $name {
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn index(self) -> usize {
                self as usize
            }

            fn at(index: usize) -> Option<Self> {
                Self::ALL.get(index).copied()
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = <$crate::alloc::borrow::Cow<'de, str>>::deserialize(from)?;
                let unknown = || <D::Error as $crate::serde::de::Error>::unknown_variant(
                    &word,
                    <Self as $crate::Label>::WORDS,
                );
                Self::parse(&word).ok_or_else(unknown)
            }
        }
    };
}
