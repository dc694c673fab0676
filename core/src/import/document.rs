//! One tree of values for JSON and UBJ, and access to it that knows the path for messages.
//!
//! Long arrays of numbers stay packed: as they are in the file (UBJ), or as a vector of one number type (JSON). So a document
//! never takes more than a small multiple of its file.

use std::borrow::Cow;
use std::fmt;

use super::error::{ImportError, excerpt};
use crate::model::{MAX_COLUMNS, MAX_SET_WORDS};

/// How large a model file may be in its parts: settings, against files crafted to exhaust memory or stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers inside containers.
    pub depth: usize,
    /// Values that are not inside an array of numbers. A tree of XGBoost has about 20.
    pub values: usize,
    /// Columns of the model.
    pub columns: usize,
    /// Bytes of all category sets together: a set takes a bit for each code up to its largest.
    pub category_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 32, values: 32_000_000, columns: MAX_COLUMNS, category_bytes: 1 << 26 }
    }
}

impl Limits {
    /// The key of each setting, and the most it can be.
    pub const SETTINGS: [(&'static str, usize); 4] =
        [("depth", 128), ("values", 1 << 30), ("columns", MAX_COLUMNS), ("category-bytes", MAX_SET_WORDS * 4)];

    /// Sets the limit called `key`.
    ///
    /// # Errors
    /// There is no such limit, or it cannot be as large.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::import::Limits;
    /// let mut limits = Limits::default();
    /// assert_eq!(limits.set("category-bytes", 256 << 20), Ok(()));
    /// assert!(limits.set("category-bytes", usize::MAX).is_err() && limits.set("trees", 5).is_err());
    /// ```
    pub fn set(&mut self, key: &str, value: usize) -> Result<(), String> {
        let keys = || Limits::SETTINGS.map(|(key, _)| key).join(", ");
        let (_, most) = Limits::SETTINGS
            .into_iter()
            .find(|(known, _)| *known == key)
            .ok_or_else(|| format!("no limit is called {key}; there are {}", keys()))?;
        if value > most {
            return Err(format!("{key} can be at most {most}"));
        }
        match key {
            "depth" => self.depth = value,
            "values" => self.values = value,
            "columns" => self.columns = value,
            _ => self.category_bytes = value,
        }
        Ok(())
    }
}

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// null
    Null,
    /// true or false
    Bool(bool),
    /// A number without point or exponent.
    Int(i64),
    /// Any other number; XGBoost has f32 only.
    Float(f32),
    /// Text.
    Text(Cow<'a, str>),
    /// An array of whole numbers.
    Ints(Vec<i64>),
    /// An array of numbers.
    Floats(Vec<f32>),
    /// A typed array of UBJ, big-endian.
    Packed(Kind, &'a [u8]),
    /// Any other array.
    List(Vec<Node<'a>>),
    /// An object.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Type of the numbers in a packed array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    I8,
    U8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Kind {
    /// Bytes per number.
    pub fn width(self) -> usize {
        match self {
            Kind::I8 | Kind::U8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::I64 | Kind::F64 => 8,
        }
    }
}

/// The numbers of `bytes`, `N` bytes each.
fn unpack<const N: usize, T>(bytes: &[u8], convert: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok()).map(convert).collect()
}

/// A value (of a document that lives for `'d`) and the path to it (on the stack, for `'p`).
#[derive(Clone, Copy)]
pub(super) struct At<'p, 'd> {
    node: &'d Node<'d>,
    parent: Option<&'p At<'p, 'd>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl fmt::Display for At<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) if self.parent.is_some_and(|p| matches!(p.step, Step::Root)) => f.write_str(key),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(i) => write!(f, "[{i}]"),
        }
    }
}

impl<'p, 'd> At<'p, 'd> {
    /// The root of a document.
    pub fn root(node: &'d Node<'d>) -> Self {
        At { node, parent: None, step: Step::Root }
    }

    /// An error at this place.
    pub fn error(&self, reason: impl Into<String>) -> ImportError {
        let path = match self.step {
            Step::Root => "the document".to_owned(),
            _ => self.to_string(),
        };
        ImportError::Value { path, reason: reason.into() }
    }

    /// The value under `key`, or none when absent. If a key is repeated, the last one counts.
    pub fn find<'s>(&'s self, key: &'s str) -> Option<At<'s, 'd>> {
        let Node::Map(entries) = self.node else { return None };
        let (_, node) = entries.iter().rev().find(|(k, _)| k == key)?;
        Some(At { node, parent: Some(self), step: Step::Key(key) })
    }

    /// The value under `key`.
    pub fn get<'s>(&'s self, key: &'s str) -> Result<At<'s, 'd>, ImportError> {
        if !matches!(self.node, Node::Map(_)) {
            return Err(self.expected("an object"));
        }
        self.find(key).ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    /// The elements of an array.
    pub fn items<'s>(&'s self) -> Result<Vec<At<'s, 'd>>, ImportError> {
        match self.node {
            Node::List(nodes) => {
                let at = |(i, node)| At { node, parent: Some(self), step: Step::Index(i) };
                Ok(nodes.iter().enumerate().map(at).collect())
            }
            Node::Ints(v) if v.is_empty() => Ok(Vec::new()),
            _ => Err(self.expected("an array of objects or strings")),
        }
    }

    /// A text.
    pub fn text(&self) -> Result<&'d str, ImportError> {
        match self.node {
            Node::Text(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }

    /// A whole number; XGBoost writes most of them as texts.
    pub fn int(&self) -> Result<i64, ImportError> {
        match self.node {
            Node::Int(i) => Ok(*i),
            Node::Bool(b) => Ok(i64::from(*b)),
            Node::Text(text) => text.trim().parse().map_err(|_| self.expected("a whole number")),
            _ => Err(self.expected("a whole number")),
        }
    }

    /// A whole number in `0..=limit`.
    pub fn count(&self, limit: usize) -> Result<usize, ImportError> {
        let i = self.int()?;
        usize::try_from(i).ok().filter(|n| *n <= limit).ok_or_else(|| self.error(format!("{i} is outside 0..={limit}")))
    }

    /// An array of whole numbers (or of flags).
    pub fn ints(&self) -> Result<Cow<'d, [i64]>, ImportError> {
        match self.node {
            Node::Ints(v) => Ok(Cow::Borrowed(v)),
            Node::Packed(kind, bytes) => Ok(Cow::Owned(match kind {
                Kind::I8 => unpack(bytes, |b| i64::from(i8::from_be_bytes(b))),
                Kind::U8 => unpack(bytes, |b| i64::from(u8::from_be_bytes(b))),
                Kind::I16 => unpack(bytes, |b| i64::from(i16::from_be_bytes(b))),
                Kind::I32 => unpack(bytes, |b| i64::from(i32::from_be_bytes(b))),
                Kind::I64 => unpack(bytes, i64::from_be_bytes),
                Kind::F32 | Kind::F64 if bytes.is_empty() => Vec::new(),
                Kind::F32 | Kind::F64 => return Err(self.expected("an array of whole numbers")),
            })),
            _ => Err(self.expected("an array of whole numbers")),
        }
    }

    /// An array of numbers.
    pub fn floats(&self) -> Result<Cow<'d, [f32]>, ImportError> {
        match self.node {
            Node::Floats(v) => Ok(Cow::Borrowed(v)),
            Node::Packed(Kind::F32, bytes) => Ok(Cow::Owned(unpack(bytes, f32::from_be_bytes))),
            Node::Packed(Kind::F64, bytes) => Ok(Cow::Owned(unpack(bytes, |b| f64::from_be_bytes(b) as f32))),
            Node::Ints(_) | Node::Packed(..) => Ok(Cow::Owned(self.ints()?.iter().map(|i| *i as f32).collect())),
            _ => Err(self.expected("an array of numbers")),
        }
    }

    /// An array of `n` whole numbers (or flags).
    pub fn ints_of(&self, n: usize) -> Result<Cow<'d, [i64]>, ImportError> {
        self.ints().and_then(|v| if v.len() == n { Ok(v) } else { Err(self.wrong_length(v.len(), n)) })
    }

    /// An array of `n` numbers.
    pub fn floats_of(&self, n: usize) -> Result<Cow<'d, [f32]>, ImportError> {
        self.floats().and_then(|v| if v.len() == n { Ok(v) } else { Err(self.wrong_length(v.len(), n)) })
    }

    fn wrong_length(&self, found: usize, expected: usize) -> ImportError {
        self.error(format!("expected {expected} entries, found {found}"))
    }

    fn expected(&self, what: &str) -> ImportError {
        let found = match self.node {
            Node::Null => "null".to_owned(),
            Node::Bool(b) => b.to_string(),
            Node::Int(i) => i.to_string(),
            Node::Float(x) => x.to_string(),
            Node::Text(t) => format!("the string {:?}", excerpt(t)),
            Node::Ints(v) => format!("an array of {} whole numbers", v.len()),
            Node::Floats(v) => format!("an array of {} numbers", v.len()),
            Node::Packed(kind, bytes) => format!("an array of {} numbers", bytes.len() / kind.width()),
            Node::List(v) => format!("an array of {}", v.len()),
            Node::Map(v) => format!("an object of {} entries", v.len()),
        };
        self.error(format!("expected {what}, found {found}"))
    }
}

/// Collects the elements of an array, packed for as long as they are all numbers.
pub(super) enum Elements<'a> {
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Nodes(Vec<Node<'a>>),
}

impl<'a> Elements<'a> {
    pub fn new() -> Self {
        Elements::Ints(Vec::new())
    }

    /// Adds an element; false when its type differs from the others (numbers mixed with objects).
    pub fn push(&mut self, node: Node<'a>) -> bool {
        match (&mut *self, node) {
            (Elements::Ints(v), Node::Int(i)) => v.push(i),
            (Elements::Ints(v), Node::Bool(b)) => v.push(i64::from(b)),
            (Elements::Floats(v), Node::Float(x)) => v.push(x),
            (Elements::Floats(v), Node::Int(i)) => v.push(i as f32),
            (Elements::Ints(v), Node::Float(x)) => {
                let mut floats: Vec<f32> = v.iter().map(|i| *i as f32).collect();
                floats.push(x);
                *self = Elements::Floats(floats);
            }
            (_, Node::Int(_) | Node::Float(_) | Node::Bool(_)) => return false,
            (Elements::Nodes(v), node) => v.push(node),
            (Elements::Ints(v), node) if v.is_empty() => *self = Elements::Nodes(vec![node]),
            _ => return false,
        }
        true
    }

    pub fn finish(self) -> Node<'a> {
        match self {
            Elements::Ints(v) => Node::Ints(v),
            Elements::Floats(v) => Node::Floats(v),
            Elements::Nodes(v) => Node::List(v),
        }
    }
}
