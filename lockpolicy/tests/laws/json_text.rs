//! JSON as it is written: names and values byte for byte, before any rule is applied.

/// A text to be written, right or wrong.
#[derive(Clone, Debug)]
pub(crate) enum JsonText {
    /// Written as it stands.
    Leaf(String),
    List(Vec<Self>),
    /// Members with their names as they stand between the quotes.
    Object(Vec<(String, Self)>),
}

impl JsonText {
    pub(crate) fn leaf(text: &str) -> Self {
        Self::Leaf(text.into())
    }

    /// A plain text in quotes.
    pub(crate) fn quoted(text: &str) -> Self {
        Self::Leaf(format!("\"{text}\""))
    }

    /// Writes it; `blanks` are spread over the places where blanks may stand, again and again.
    pub(crate) fn write(&self, blanks: &[&str]) -> Vec<u8> {
        let mut pen = Pen {
            out: String::new(),
            blanks: blanks.iter().cycle(),
        };
        pen.blank();
        pen.value(self);
        pen.blank();
        pen.out.into_bytes()
    }

    /// The members of the `index`th object, counted from the root inwards and around.
    pub(crate) fn object(&mut self, index: usize) -> Option<&mut Vec<(String, Self)>> {
        let count = self.objects();
        let mut left = index.checked_rem(count)?;
        self.nth(&mut left)
    }

    fn objects(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::List(items) => items.iter().map(Self::objects).sum(),
            Self::Object(members) => 1 + members.iter().map(|(_, v)| v.objects()).sum::<usize>(),
        }
    }

    fn nth(&mut self, left: &mut usize) -> Option<&mut Vec<(String, Self)>> {
        match self {
            Self::Leaf(_) => None,
            Self::List(items) => items.iter_mut().find_map(|item| item.nth(left)),
            Self::Object(members) => {
                if *left == 0 {
                    return Some(members);
                }
                *left -= 1;
                members.iter_mut().find_map(|(_, value)| value.nth(left))
            }
        }
    }
}

struct Pen<'a> {
    out: String,
    blanks: core::iter::Cycle<core::slice::Iter<'a, &'a str>>,
}

impl Pen<'_> {
    fn blank(&mut self) {
        self.out.push_str(self.blanks.next().copied().unwrap_or(""));
    }

    fn value(&mut self, json_text: &JsonText) {
        match json_text {
            JsonText::Leaf(text) => self.out.push_str(text),
            JsonText::List(items) => {
                self.all('[', items, Self::value);
                self.out.push(']');
            }
            JsonText::Object(members) => {
                self.all('{', members, |pen, (name, value)| {
                    pen.out.extend(["\"", name, "\""]);
                    pen.blank();
                    pen.out.push(':');
                    pen.blank();
                    pen.value(value);
                });
                self.out.push('}');
            }
        }
    }

    fn all<T>(&mut self, open: char, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        self.blank();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
                self.blank();
            }
            write(self, item);
            self.blank();
        }
    }
}
