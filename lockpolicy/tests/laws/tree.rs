//! A recursive JSON parser that builds the whole document: slow, plain, and sharing no line with the
//! one that it checks.

/// A document. Numbers keep their spelling, objects keep every member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<Member>),
}

/// A member: its name decoded, and as it is written between the quotes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) written: String,
    pub(crate) value: Tree,
}

const DEPTH: usize = 128;

impl Tree {
    /// Parses one whole document; `None` where it is not JSON in UTF-8, or nested too deeply.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text: Vec<char> = core::str::from_utf8(bytes).ok()?.chars().collect();
        let mut parser = Parser { text, at: 0 };
        parser.blanks();
        let tree = parser.value(0)?;
        parser.blanks();
        (parser.at == parser.text.len()).then_some(tree)
    }

    /// Whether some object, however deep, has a name twice.
    pub(crate) fn has_twins(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::has_twins),
            Self::Object(members) => {
                let mut names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
                let all = names.len();
                names.sort_unstable();
                names.dedup();
                names.len() < all || members.iter().any(|m| m.value.has_twins())
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// The same document with the members of each object in the order of their names.
    pub(crate) fn sorted(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let mut members: Vec<Member> = members
                    .into_iter()
                    .map(|m| Member {
                        value: m.value.sorted(),
                        ..m
                    })
                    .collect();
                members.sort();
                Self::Object(members)
            }
            plain @ (Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_)) => plain,
        }
    }

    pub(crate) fn members(&self) -> &[Member] {
        if let Self::Object(members) = self {
            members
        } else {
            &[]
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        if let Self::List(items) = self {
            items
        } else {
            &[]
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.members().iter();
        members.find(|m| m.name == name).map(|m| &m.value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += 1;
        next
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, tree: Tree) -> Option<Tree> {
        word.chars()
            .all(|want| self.next() == Some(want))
            .then_some(tree)
    }

    fn value(&mut self, depth: usize) -> Option<Tree> {
        match self.peek()? {
            '{' if depth < DEPTH => self.object(depth),
            '[' if depth < DEPTH => self.list(depth),
            '"' => Some(Tree::Text(self.string()?.0)),
            'n' => self.word("null", Tree::Null),
            't' => self.word("true", Tree::Bool(true)),
            'f' => self.word("false", Tree::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Tree> {
        let mut members = Vec::new();
        self.at += 1;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Some(Tree::Object(members));
        }
        loop {
            self.blanks();
            let (name, written) = self.string()?;
            self.blanks();
            (self.next()? == ':').then_some(())?;
            self.blanks();
            let value = self.value(depth + 1)?;
            members.push(Member {
                name,
                written,
                value,
            });
            self.blanks();
            match self.next()? {
                ',' => {}
                '}' => return Some(Tree::Object(members)),
                _ => return None,
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Tree> {
        let mut items = Vec::new();
        self.at += 1;
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Some(Tree::List(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.next()? {
                ',' => {}
                ']' => return Some(Tree::List(items)),
                _ => return None,
            }
        }
    }

    /// Returns what a string says, and how it is written.
    fn string(&mut self) -> Option<(String, String)> {
        (self.next()? == '"').then_some(())?;
        let start = self.at;
        let mut units: Vec<u16> = Vec::new();
        loop {
            match self.next()? {
                '"' => break,
                '\\' => units.push(self.escape()?),
                c if c < ' ' => return None,
                c => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        let written = self.text[start..self.at - 1].iter().collect();
        Some((String::from_utf16(&units).ok()?, written))
    }

    fn escape(&mut self) -> Option<u16> {
        let plain = match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    unit = unit * 16 + self.next()?.to_digit(16)?;
                }
                return u16::try_from(unit).ok();
            }
            _ => return None,
        };
        u16::try_from(u32::from(plain)).ok()
    }

    fn number(&mut self) -> Option<Tree> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9' | '-' | '+' | '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.text[start..self.at].iter().collect();
        is_number(&text).then_some(Tree::Number(text))
    }
}

/// RFC 8259 section 6, word by word.
fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let unsigned = |e: &str| digits(e.strip_prefix(['+', '-']).unwrap_or(e));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(unsigned)
}

#[test]
fn naive_parser_reads_json() {
    for good in [
        "{}",
        r#" {"a":[1,-0.5e+3,"\ud83d\ude00",null,true,false]} "#,
        "[[]]",
        "0",
    ] {
        assert!(Tree::parse(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "",
        "{,}",
        "[1,]",
        "01",
        "1.",
        ".5",
        "+1",
        r#""\ud800""#,
        r#""\x""#,
        "{}{}",
        "nul",
        "\"\n\"",
        "{\"a\"}",
    ] {
        assert!(Tree::parse(bad.as_bytes()).is_none(), "{bad}");
    }
}
