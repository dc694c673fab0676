//! A JSON text as a tree, and typed reading of it: what a bundle's header is read with.

use std::collections::BTreeMap;
use std::fmt;

use super::{Cursor, MAX_SAFE_INTEGER, Stop, Token};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order written.
    Object(Vec<(String, Node)>),
}

/// A value that is absent, or of another kind than its place takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Misfit(pub(crate) &'static str);

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value of ")?;
        f.write_str(self.0)?;
        f.write_str(" is absent or of another kind")
    }
}

static NULL: Node = Node::Null;

impl Node {
    /// Parses `text`; at most 64 levels deep. Of equal keys in an object the first counts.
    pub(crate) fn parse(text: &str) -> Result<Node, &'static str> {
        let mut cursor = Cursor::new(text);
        let what = |stop| match stop {
            Stop::Malformed(what) => what,
            Stop::TooDeep => "it is nested deeper than 64 levels",
        };
        let node = read(&mut cursor, 64).map_err(what)?;
        cursor.skip_space();
        if cursor.is_at_end() { Ok(node) } else { Err("more than one value") }
    }

    /// The value of `key`; `Null` when there is none.
    pub(crate) fn get(&self, key: &str) -> &Node {
        let Node::Object(members) = self else { return &NULL };
        members.iter().find(|(name, _)| name == key).map_or(&NULL, |(_, node)| node)
    }

    pub(crate) fn members(&self) -> &[(String, Node)] {
        if let Node::Object(members) = self { members } else { &[] }
    }

    /// The text at `key`.
    pub(crate) fn text(&self, key: &'static str) -> Result<String, Misfit> {
        match self.get(key) {
            Node::Text(text) => Ok(text.clone()),
            _ => Err(Misfit(key)),
        }
    }

    /// The text at `key`; empty when absent.
    pub(crate) fn text_or_empty(&self, key: &'static str) -> Result<String, Misfit> {
        if *self.get(key) == Node::Null { Ok(String::new()) } else { self.text(key) }
    }

    /// The flag at `key`; false when absent.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, Misfit> {
        match self.get(key) {
            Node::Null => Ok(false),
            Node::Flag(flag) => Ok(*flag),
            _ => Err(Misfit(key)),
        }
    }

    /// The number at `key`.
    pub(crate) fn number(&self, key: &'static str) -> Result<f64, Misfit> {
        self.optional_number(key)?.ok_or(Misfit(key))
    }

    /// The number at `key`, if it is there.
    pub(crate) fn optional_number(&self, key: &'static str) -> Result<Option<f64>, Misfit> {
        match self.get(key) {
            Node::Null => Ok(None),
            Node::Number(x) => Ok(Some(*x)),
            _ => Err(Misfit(key)),
        }
    }

    /// The whole number at `key`, not negative, at most 2⁵³ − 1: what was written with more digits could not be read again.
    pub(crate) fn whole(&self, key: &'static str) -> Result<u64, Misfit> {
        let x = self.number(key)?;
        if x >= 0.0 && x <= MAX_SAFE_INTEGER as f64 && x as u64 as f64 == x { Ok(x as u64) } else { Err(Misfit(key)) }
    }

    /// The items at `key`; none when absent.
    pub(crate) fn items(&self, key: &'static str) -> Result<&[Node], Misfit> {
        match self.get(key) {
            Node::Null => Ok(&[]),
            Node::List(items) => Ok(items),
            _ => Err(Misfit(key)),
        }
    }

    /// This value, a list of texts.
    pub(crate) fn as_texts(&self, key: &'static str) -> Result<Vec<String>, Misfit> {
        let Node::List(items) = self else { return Err(Misfit(key)) };
        let text = |node: &Node| if let Node::Text(text) = node { Ok(text.clone()) } else { Err(Misfit(key)) };
        items.iter().map(text).collect()
    }

    /// This value, a list of numbers.
    pub(crate) fn as_numbers(&self, key: &'static str) -> Result<Vec<f64>, Misfit> {
        let Node::List(items) = self else { return Err(Misfit(key)) };
        let number = |node: &Node| if let Node::Number(x) = node { Ok(*x) } else { Err(Misfit(key)) };
        items.iter().map(number).collect()
    }

    /// The texts at `key`; none when absent.
    pub(crate) fn texts(&self, key: &'static str) -> Result<Vec<String>, Misfit> {
        if *self.get(key) == Node::Null { Ok(Vec::new()) } else { self.get(key).as_texts(key) }
    }

    /// The texts by name at `key`; none when absent.
    pub(crate) fn texts_by_name(&self, key: &'static str) -> Result<BTreeMap<String, String>, Misfit> {
        let text = |(name, node): &(String, Node)| match node {
            Node::Text(text) => Ok((name.clone(), text.clone())),
            _ => Err(Misfit(key)),
        };
        self.get(key).members().iter().map(text).collect()
    }

    /// The numbers by name at `key`; none when absent.
    pub(crate) fn numbers_by_name(&self, key: &'static str) -> Result<BTreeMap<String, f64>, Misfit> {
        let number = |(name, node): &(String, Node)| match node {
            Node::Number(x) => Ok((name.clone(), *x)),
            _ => Err(Misfit(key)),
        };
        self.get(key).members().iter().map(number).collect()
    }

    /// Which alternative this is, and its content: `"name"`, or `{"name": content}`.
    pub(crate) fn variant(&self) -> (&str, &Node) {
        match self {
            Node::Text(name) => (name, &NULL),
            Node::Object(members) => match &members[..] {
                [(name, content)] => (name, content),
                _ => ("", &NULL),
            },
            _ => ("", &NULL),
        }
    }
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, Stop> {
    let mut buffer = String::new();
    Ok(match cursor.string(&mut buffer)? {
        Token::Plain(text) => text.to_owned(),
        Token::Unescaped => buffer,
    })
}

fn read(cursor: &mut Cursor<'_>, depth: u32) -> Result<Node, Stop> {
    cursor.skip_space();
    match cursor.peek() {
        b'"' => text(cursor).map(Node::Text),
        b't' => cursor.literal("true").map(|()| Node::Flag(true)),
        b'f' => cursor.literal("false").map(|()| Node::Flag(false)),
        b'n' => cursor.literal("null").map(|()| Node::Null),
        b'[' | b'{' if depth == 0 => Err(Stop::TooDeep),
        b'[' => {
            cursor.advance();
            let mut items = Vec::new();
            cursor.items(b']', &mut |cursor| {
                items.push(read(cursor, depth - 1)?);
                Ok(())
            })?;
            Ok(Node::List(items))
        }
        b'{' => {
            cursor.advance();
            let mut members: Vec<(String, Node)> = Vec::new();
            cursor.items(b'}', &mut |cursor| {
                let key = text(cursor)?;
                cursor.expect(b':', "a colon was expected")?;
                members.push((key, read(cursor, depth - 1)?));
                Ok(())
            })?;
            Ok(Node::Object(members))
        }
        b'-' | b'0'..=b'9' => match cursor.number()? {
            Ok(x) => Ok(Node::Number(x)),
            Err(_) => Err(Stop::Malformed("a number is too large")),
        },
        _ => Err(Stop::Malformed("a value was expected")),
    }
}
