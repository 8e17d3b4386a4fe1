//! JSON as strictly as it can be read (RFC 8259 and 7493), in the plainest way. It shares no code
//! with what it judges.

use std::collections::BTreeSet;

#[derive(Debug, PartialEq)]
pub enum Tree {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Text(String),
    Number,
    Bool,
    Null,
}

/// More than any sender of this test nests.
const DEPTH: usize = 600;

/// The one document that the bytes are, or why they are none.
pub fn parse(bytes: &[u8]) -> Result<Tree, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let mut reader = Reader {
        left: text.chars().peekable(),
    };
    let tree = reader.value(0)?;
    reader.space();
    match reader.left.next() {
        None => Ok(tree),
        Some(c) => Err(format!("{c:?} after the end")),
    }
}

struct Reader<'a> {
    left: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.left.next_if(|c| " \t\r\n".contains(*c)).is_some() {}
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.left.next() {
            Some(c) if c == wanted => Ok(()),
            other => Err(format!("{other:?} where {wanted:?} belongs")),
        }
    }

    fn word(&mut self, word: &str, tree: Tree) -> Result<Tree, String> {
        word.chars().try_for_each(|c| self.expect(c)).map(|()| tree)
    }

    fn value(&mut self, depth: usize) -> Result<Tree, String> {
        if depth > DEPTH {
            return Err("too deep".to_owned());
        }
        self.space();
        match self.left.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => self.text().map(Tree::Text),
            Some('t') => self.word("true", Tree::Bool),
            Some('f') => self.word("false", Tree::Bool),
            Some('n') => self.word("null", Tree::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Tree, String> {
        self.expect('{')?;
        let (mut members, mut names) = (Vec::new(), BTreeSet::new());
        self.space();
        if self.left.next_if_eq(&'}').is_some() {
            return Ok(Tree::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            if !names.insert(name.clone()) {
                return Err(format!("{name:?} twice"));
            }
            self.space();
            self.expect(':')?;
            members.push((name, self.value(depth + 1)?));
            self.space();
            if self.left.next_if_eq(&',').is_none() {
                return self.expect('}').map(|()| Tree::Object(members));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Tree, String> {
        self.expect('[')?;
        let mut items = Vec::new();
        self.space();
        if self.left.next_if_eq(&']').is_some() {
            return Ok(Tree::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.left.next_if_eq(&',').is_none() {
                return self.expect(']').map(|()| Tree::Array(items));
            }
        }
    }

    fn text(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            match self.left.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) if c >= ' ' => text.push(c),
                other => return Err(format!("{other:?} in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        Ok(match self.left.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('u') => return self.unicode(),
            other => return Err(format!("escape {other:?}")),
        })
    }

    fn unicode(&mut self) -> Result<char, String> {
        let first = self.four()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| "half a character".to_owned());
        }
        self.expect('\\')?;
        self.expect('u')?;
        let second = self.four()?;
        let second = second
            .checked_sub(0xdc00)
            .filter(|second| *second < 0x400)
            .ok_or_else(|| "half a character".to_owned())?;
        Ok(char::from_u32(0x10000 + ((first - 0xd800) << 10) + second).unwrap())
    }

    fn four(&mut self) -> Result<u32, String> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.left.next().and_then(|c| c.to_digit(16));
            number = number * 16 + digit.ok_or_else(|| "no hexadecimal digit".to_owned())?;
        }
        Ok(number)
    }

    fn digits(&mut self) -> Result<usize, String> {
        let mut count = 0;
        while self.left.next_if(char::is_ascii_digit).is_some() {
            count += 1;
        }
        if count == 0 {
            return Err(format!("{:?} where a value belongs", self.left.peek()));
        }
        Ok(count)
    }

    fn number(&mut self) -> Result<Tree, String> {
        self.left.next_if_eq(&'-');
        let is_zero = self.left.peek() == Some(&'0');
        if self.digits()? > 1 && is_zero {
            return Err("a zero too many".to_owned());
        }
        if self.left.next_if_eq(&'.').is_some() {
            self.digits()?;
        }
        if self.left.next_if(|c| "eE".contains(*c)).is_some() {
            self.left.next_if(|c| "+-".contains(*c));
            self.digits()?;
        }
        Ok(Tree::Number)
    }
}

#[test]
fn parse_of_invalid_json_is_an_error() {
    for text in [
        "",
        "{",
        "{}x",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[01]",
        "[1.]",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\u{1}\"",
        "[1,]",
        "{,}",
        "nul",
        "+1",
        "\u{feff}{}",
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    let tree = parse(br#" {"a":[1e5,-0.5,true,null,"\ud83d\ude00\n"],"b":{}} "#).unwrap();
    let list = [
        Tree::Number,
        Tree::Number,
        Tree::Bool,
        Tree::Null,
        Tree::Text("😀\n".into()),
    ];
    let members = [
        ("a", Tree::Array(list.into())),
        ("b", Tree::Object(Vec::new())),
    ];
    assert_eq!(
        tree,
        Tree::Object(members.map(|(k, v)| (k.into(), v)).into())
    );
}
