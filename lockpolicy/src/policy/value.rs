//! The types of value that a key can have: how each is read and written.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::de::DeValue;

use crate::label_enum;

label_enum! {
    /// The form in which a value is stated.
    pub enum ValueKind {
        /// `true` or `false`.
        Boolean = "boolean",
        /// Several texts. A variable separates them by commas.
        List = "list",
        /// One text.
        Text = "text",
    }
}

impl ValueKind {
    /// Returns the texts that a variable states.
    pub(super) fn texts_of_variable(self, text: &str) -> Vec<String> {
        match self {
            Self::Boolean | Self::Text => alloc::vec![text.to_owned()],
            Self::List => text.split(',').map(ToOwned::to_owned).collect(),
        }
    }

    /// Returns the texts that a file states.
    ///
    /// # Errors
    ///
    /// The form that is expected instead.
    pub(super) fn texts_of_toml(self, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
        let one = |text: String| alloc::vec![text];
        let text = |value: &DeValue<'_>| value.as_str().map(ToOwned::to_owned);
        match self {
            Self::Boolean => {
                let flag = value.as_bool().map(|flag| one(flag.to_string()));
                flag.ok_or(BOOLEAN)
            }
            Self::Text => text(value).map(one).ok_or("a string expected"),
            Self::List => {
                let items = value.as_array().and_then(|items| {
                    let texts = items.iter().map(|item| text(item.get_ref()));
                    texts.collect()
                });
                items.ok_or("a list of strings expected")
            }
        }
    }
}

const BOOLEAN: &str = "`true` or `false` expected";

/// A type of value that a key can have.
pub trait KeyValue: Sized {
    /// The form in which it is stated.
    const KIND: ValueKind = ValueKind::Text;

    /// The problem where a value is required and none is stated.
    const MISSING: &'static str = "not set";

    /// The type that a getter of the policy returns.
    type Ref<'a>
    where
        Self: 'a;

    /// Reads a value from one text.
    ///
    /// # Errors
    ///
    /// The description of what is wrong with the text.
    fn parse(text: &str) -> Result<Self, String>;

    /// Reads a value from the texts that are stated; there are none where nothing is stated.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the texts.
    fn read(texts: &[String]) -> Result<Self, Vec<String>> {
        let missing = || Err(Self::MISSING.to_owned());
        let value = texts.first().map_or_else(missing, |text| Self::parse(text));
        value.map_err(|what| alloc::vec![what])
    }

    /// Returns the value as a getter does.
    fn get(&self) -> Self::Ref<'_>;

    /// Returns the texts that [`Self::read`] makes the same value of.
    fn write(&self) -> Vec<String>;
}

/// A value that may be left out.
impl<T: KeyValue> KeyValue for Option<T> {
    const KIND: ValueKind = T::KIND;

    type Ref<'a>
        = Option<T::Ref<'a>>
    where
        Self: 'a;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn read(texts: &[String]) -> Result<Self, Vec<String>> {
        let stated = !texts.is_empty();
        stated.then(|| T::read(texts)).transpose()
    }

    fn get(&self) -> Self::Ref<'_> {
        self.as_ref().map(T::get)
    }

    fn write(&self) -> Vec<String> {
        self.iter().flat_map(T::write).collect()
    }
}

impl<T: KeyValue> KeyValue for Vec<T> {
    const KIND: ValueKind = ValueKind::List;

    type Ref<'a>
        = &'a [T]
    where
        Self: 'a;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(|value| alloc::vec![value])
    }

    fn read(texts: &[String]) -> Result<Self, Vec<String>> {
        let (mut values, mut wrong) = (Self::new(), Vec::new());
        for text in texts {
            match Self::parse(text) {
                Ok(value) => values.extend(value),
                Err(what) => wrong.push(what),
            }
        }
        if wrong.is_empty() {
            Ok(values)
        } else {
            Err(wrong)
        }
    }

    fn get(&self) -> &[T] {
        self
    }

    fn write(&self) -> Vec<String> {
        self.iter().flat_map(T::write).collect()
    }
}

impl KeyValue for bool {
    const KIND: ValueKind = ValueKind::Boolean;

    type Ref<'a> = Self;

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| BOOLEAN.to_owned())
    }

    fn get(&self) -> Self {
        *self
    }

    fn write(&self) -> Vec<String> {
        alloc::vec![self.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::Effort;
    use super::*;

    /// The value that a variable states is one text.
    #[test]
    fn value_that_may_be_left_out_and_list_are_read_from_one_text() {
        let text = |effort: Effort| effort.get().to_owned();
        let one = <Option<Effort> as KeyValue>::parse("low").map(|it| it.map(text));
        assert_eq!(one, Ok(Some("low".to_owned())));
        assert!(<Option<Effort> as KeyValue>::parse("x").is_err());
        let list = <Vec<Effort> as KeyValue>::parse("low").map(|it| it.len());
        assert_eq!(list, Ok(1));
        assert!(<Vec<Effort> as KeyValue>::parse("x").is_err());
    }
}
