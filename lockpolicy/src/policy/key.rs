//! A key of the policy, and the macro that makes the policy of the table of keys.

use super::value::ValueKind;

/// A key of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name in the policy file; a dot stands between a table and a key in it.
    pub key: &'static str,
    /// The environment variable that states the same, if there is one.
    pub variable: Option<&'static str>,
    /// The form of the value.
    pub kind: ValueKind,
    /// The value that holds where none is stated; empty for none.
    pub default: &'static str,
    /// A line of a policy file.
    pub example: &'static str,
    /// The description for operators.
    pub doc: &'static str,
}

/// Makes the table of keys, the struct `Policy` with a getter for each key, and the step from what is
/// stated to a policy and back.
macro_rules! policy_keys {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty {
        key: $key:expr,
        variable: $variable:expr,
        $(default: $default:literal,)?
        example: $example:expr,
    })+) => {
        /// Every key of the policy.
        pub static KEYS: [Key; [$(stringify!($field)),+].len()] = [$(Key {
            key: $key,
            variable: $variable,
            kind: <$type as KeyValue>::KIND,
            default: concat!($($default)?),
            example: $example,
            doc: concat!($($doc),+).trim_ascii_start(),
        }),+];

        /// Describes what is approved, and what is done about everything else.
        ///
        /// A `Policy` is complete and valid by construction: [`crate::PolicyConfig::build`] is the only
        /// way to one. It never changes; a reload makes another.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Policy {
            $(pub(super) $field: $type,)+
            pub(super) hash: String,
        }

        impl Policy {
            $($(#[doc = $doc])+
            pub fn $field(&self) -> <$type as KeyValue>::Ref<'_> {
                KeyValue::get(&self.$field)
            })+

            /// Makes a policy of what is stated. All problems are left in `values`.
            pub(super) fn read(values: &mut Values) -> Option<Self> {
                let [$($field),+] = &KEYS;
                $(let $field = values.read::<$type>($field);)+
                Some(Self { $($field: $field?,)+ hash: String::new() })
            }

            /// Returns the name of each key with the texts that state its value.
            pub(super) fn stated(&self) -> Vec<(&'static str, Vec<String>)> {
                let [$($field),+] = &KEYS;
                vec![$(($field.key, self.$field.write()),)+]
            }
        }
    };
}

pub(super) use policy_keys;
