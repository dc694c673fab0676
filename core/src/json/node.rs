//! A JSON text as a tree, and typed reading of it: what a bundle's header is read with.

use super::{ByName, Cursor, MAX_SAFE_INTEGER, Stop, Token};

/// Reads a value of one kind; the key is for the misfit.
pub(crate) type Read<T> = fn(&Node, &'static str, &mut Misfit) -> T;

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

/// Notes the first value that is absent, or of another kind than its place takes. Reading goes on with an empty value: code that
/// may stop at any member has to take apart what it made so far, and would be twice the size.
#[derive(Debug, Default)]
pub(crate) struct Misfit(Option<&'static str>);

impl Misfit {
    pub(crate) fn note(&mut self, key: &'static str) {
        self.0.get_or_insert(key);
    }

    /// What `read` made, unless it noted something.
    ///
    /// # Errors
    /// A sentence that names the place.
    pub(crate) fn unless<T>(read: impl FnOnce(&mut Misfit) -> T) -> Result<T, String> {
        let mut misfit = Misfit::default();
        let value = read(&mut misfit);
        match misfit.0 {
            Some(key) => Err(["the value of `", key, "` is missing or has the wrong type"].concat()),
            None => Ok(value),
        }
    }
}

static NULL: Node = Node::Null;

impl Node {
    /// Parses `text`; at most 64 levels deep. Of equal keys in an object the first counts.
    pub(crate) fn parse(text: &str) -> Result<Node, &'static str> {
        let mut cursor = Cursor::new(text);
        let what = |stop| match stop {
            Stop::Malformed(what) => what,
            Stop::TooDeep => "nested deeper than 64 levels",
        };
        let node = read(&mut cursor, 64).map_err(what)?;
        cursor.skip_space();
        if cursor.is_at_end() { Ok(node) } else { Err("unexpected data after the value") }
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
    pub(crate) fn text(&self, key: &'static str, misfit: &mut Misfit) -> String {
        self.get(key).as_text(key, misfit)
    }

    /// The text at `key`; empty when absent.
    pub(crate) fn text_or_empty(&self, key: &'static str, misfit: &mut Misfit) -> String {
        if *self.get(key) == Node::Null { String::new() } else { self.text(key, misfit) }
    }

    /// The flag at `key`; false when absent.
    pub(crate) fn flag(&self, key: &'static str, misfit: &mut Misfit) -> bool {
        match self.get(key) {
            Node::Null => false,
            Node::Flag(flag) => *flag,
            _ => {
                misfit.note(key);
                false
            }
        }
    }

    /// The number at `key`.
    pub(crate) fn number(&self, key: &'static str, misfit: &mut Misfit) -> f64 {
        self.get(key).as_number(key, misfit)
    }

    /// The number at `key`, if it is there.
    pub(crate) fn optional_number(&self, key: &'static str, misfit: &mut Misfit) -> Option<f64> {
        if *self.get(key) == Node::Null { None } else { Some(self.number(key, misfit)) }
    }

    /// The whole number at `key`, not negative, at most 2⁵³ − 1: what was written with more digits could not be read again.
    pub(crate) fn whole(&self, key: &'static str, misfit: &mut Misfit) -> u64 {
        let x = self.number(key, misfit);
        if !(x >= 0.0 && x <= MAX_SAFE_INTEGER as f64 && x as u64 as f64 == x) {
            misfit.note(key);
        }
        x as u64
    }

    /// The items at `key`; none when absent.
    pub(crate) fn items(&self, key: &'static str, misfit: &mut Misfit) -> &[Node] {
        self.get(key).as_items(key, misfit)
    }

    /// The texts at `key`; none when absent.
    pub(crate) fn texts(&self, key: &'static str, misfit: &mut Misfit) -> Vec<String> {
        self.get(key).as_texts(key, misfit)
    }

    /// The members of the object at `key`, which must come in order of their names; none when absent.
    pub(crate) fn by_name<T>(&self, key: &'static str, misfit: &mut Misfit, read: Read<T>) -> ByName<T> {
        let mut found = ByName::default();
        let members = match self.get(key) {
            Node::Object(members) => members.as_slice(),
            Node::Null => &[],
            _ => {
                misfit.note(key);
                &[]
            }
        };
        // In order: so that no file can make the look-up of places slow.
        let mut last = "";
        for (name, node) in members {
            if name.as_str() < last {
                misfit.note(key);
                break;
            }
            last = name;
            found.insert(name.clone(), read(node, key, misfit));
        }
        found
    }

    /// This value, a text.
    pub(crate) fn as_text(&self, key: &'static str, misfit: &mut Misfit) -> String {
        if let Node::Text(text) = self {
            return text.clone();
        }
        misfit.note(key);
        String::new()
    }

    /// This value, a number.
    pub(crate) fn as_number(&self, key: &'static str, misfit: &mut Misfit) -> f64 {
        if let Node::Number(x) = self {
            return *x;
        }
        misfit.note(key);
        0.0
    }

    /// This value, a list; empty when absent.
    pub(crate) fn as_items(&self, key: &'static str, misfit: &mut Misfit) -> &[Node] {
        match self {
            Node::List(items) => return items,
            Node::Null => {}
            _ => misfit.note(key),
        }
        &[]
    }

    /// This value, a list of texts; empty when absent.
    pub(crate) fn as_texts(&self, key: &'static str, misfit: &mut Misfit) -> Vec<String> {
        self.as_items(key, misfit).iter().map(|node| node.as_text(key, misfit)).collect()
    }

    /// This value, a list of numbers.
    pub(crate) fn as_numbers(&self, key: &'static str, misfit: &mut Misfit) -> Vec<f64> {
        if *self == Node::Null {
            misfit.note(key);
        }
        self.as_items(key, misfit).iter().map(|node| node.as_number(key, misfit)).collect()
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
                cursor.expect(b':', "expected a colon")?;
                members.push((key, read(cursor, depth - 1)?));
                Ok(())
            })?;
            Ok(Node::Object(members))
        }
        b'-' | b'0'..=b'9' => match cursor.number()? {
            Ok(x) => Ok(Node::Number(x)),
            Err(_) => Err(Stop::Malformed("number out of range")),
        },
        _ => Err(Stop::Malformed("expected a value")),
    }
}
