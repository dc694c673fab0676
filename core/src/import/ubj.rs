//! A strict reader of Universal Binary JSON (draft 12), as XGBoost writes it and beyond: typed and counted containers, every
//! number type but high precision. Counts are checked against the remaining bytes, so a file cannot request more memory than
//! it could fill.

use std::borrow::Cow;

use super::document::{Elements, Kind, Limits, Node};
use super::error::ImportError;

/// Reads one UBJ document.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Node<'_>, ImportError> {
    let mut reader = Reader { bytes, at: 0, depth: 0, values: 0, limits };
    let marker = reader.marker()?;
    let node = reader.value(marker)?;
    if reader.at < bytes.len() {
        return Err(reader.error("unexpected data after the end of the document"));
    }
    Ok(node)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    values: usize,
    limits: Limits,
}

/// `$` and `#` of a container.
struct Header {
    kind: Option<u8>,
    count: Option<usize>,
}

impl<'a> Reader<'a> {
    fn error(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Syntax { offset: self.at, reason: reason.into() }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], ImportError> {
        let bytes = self.at.checked_add(n).and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.error(format!("expected {n} more bytes, found {}", self.left())))?;
        self.at += n;
        Ok(bytes)
    }

    fn array_of<const N: usize>(&mut self) -> Result<[u8; N], ImportError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.error("truncated number"))
    }

    /// The next marker that is not a no-op.
    fn marker(&mut self) -> Result<u8, ImportError> {
        loop {
            let [marker] = self.array_of::<1>()?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn unknown(&self, marker: u8) -> ImportError {
        ImportError::Syntax { offset: self.at.saturating_sub(1), reason: format!("unknown type marker {:?}", char::from(marker)) }
    }

    fn value(&mut self, marker: u8) -> Result<Node<'a>, ImportError> {
        match marker {
            b'Z' => Ok(Node::Null),
            b'T' => Ok(Node::Bool(true)),
            b'F' => Ok(Node::Bool(false)),
            b'd' => Ok(Node::Float(f32::from_be_bytes(self.array_of()?))),
            b'D' => Ok(Node::Float(f64::from_be_bytes(self.array_of()?) as f32)),
            b'S' => self.text().map(|t| Node::Text(Cow::Borrowed(t))),
            b'C' => {
                let byte = self.take(1)?;
                std::str::from_utf8(byte)
                    .map(|t| Node::Text(Cow::Borrowed(t)))
                    .map_err(|_| self.error("a character is not ASCII"))
            }
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'i' | b'U' | b'I' | b'l' | b'L' => self.int(marker).map(Node::Int),
            b'H' => Err(self.error("high-precision numbers are not supported")),
            other => Err(self.unknown(other)),
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Result<Node<'a>, ImportError>) -> Result<Node<'a>, ImportError> {
        if self.depth == self.limits.depth {
            return Err(ImportError::Limit {
                place: format!("byte {}", self.at),
                what: "the nesting",
                setting: "depth",
                limit: self.limits.depth,
            });
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn int(&mut self, marker: u8) -> Result<i64, ImportError> {
        match marker {
            b'i' => Ok(i64::from(i8::from_be_bytes(self.array_of()?))),
            b'U' => Ok(i64::from(u8::from_be_bytes(self.array_of()?))),
            b'I' => Ok(i64::from(i16::from_be_bytes(self.array_of()?))),
            b'l' => Ok(i64::from(i32::from_be_bytes(self.array_of()?))),
            b'L' => Ok(i64::from_be_bytes(self.array_of()?)),
            other => Err(ImportError::Syntax {
                offset: self.at.saturating_sub(1),
                reason: format!("expected an integer type, found {:?}", char::from(other)),
            }),
        }
    }

    /// A count, checked against the remaining bytes at `width` bytes each.
    fn length(&mut self, width: usize) -> Result<usize, ImportError> {
        let [marker] = self.array_of::<1>()?;
        let n = self.int(marker)?;
        let fits = usize::try_from(n).ok().filter(|n| n.checked_mul(width).is_some_and(|bytes| bytes <= self.left()));
        fits.ok_or_else(|| self.error(format!("length {n}, but only {} bytes remain", self.left())))
    }

    fn text(&mut self) -> Result<&'a str, ImportError> {
        let n = self.length(1)?;
        let bytes = self.take(n)?;
        std::str::from_utf8(bytes).map_err(|e| ImportError::Syntax {
            offset: self.at - n + e.valid_up_to(),
            reason: "the string is not valid UTF-8".to_owned(),
        })
    }

    fn header(&mut self) -> Result<Header, ImportError> {
        let kind = if self.eat(b'$') { Some(self.array_of::<1>().map(|[k]| k)?) } else { None };
        if matches!(kind, Some(b'Z' | b'T' | b'F' | b'N')) {
            return Err(self.error("a container whose values take no bytes could be of any size"));
        }
        let count = if self.eat(b'#') {
            let width = kind.and_then(number).map_or(1, Kind::width);
            Some(self.length(width)?)
        } else if kind.is_some() {
            return Err(self.error("a typed container without a count"));
        } else {
            None
        };
        Ok(Header { kind, count })
    }

    /// Whether another element follows; eats the end marker of an uncounted container.
    fn more(&mut self, read: usize, count: Option<usize>, end: u8) -> bool {
        match count {
            Some(count) => read < count,
            None => {
                while self.eat(b'N') {}
                !self.eat(end)
            }
        }
    }

    fn object(&mut self) -> Result<Node<'a>, ImportError> {
        let header = self.header()?;
        let mut entries = Vec::new();
        while self.more(entries.len(), header.count, b'}') {
            let key = Cow::Borrowed(self.text()?);
            let marker = header.kind.map_or_else(|| self.marker(), Ok)?;
            let node = self.value(marker)?;
            self.count()?;
            entries.push((key, node));
        }
        Ok(Node::Map(entries))
    }

    fn array(&mut self) -> Result<Node<'a>, ImportError> {
        let header = self.header()?;
        if let (Some(kind), Some(count)) = (header.kind.and_then(number), header.count) {
            return Ok(Node::Packed(kind, self.take(count * kind.width())?));
        }
        let mut elements = Elements::new();
        let mut read = 0;
        while self.more(read, header.count, b']') {
            let start = self.at;
            let marker = header.kind.map_or_else(|| self.marker(), Ok)?;
            let node = self.value(marker)?;
            if !matches!(node, Node::Int(_) | Node::Float(_) | Node::Bool(_)) {
                self.count()?;
            }
            if !elements.push(node) {
                return Err(ImportError::Syntax { offset: start, reason: "an array mixes numbers and other values".to_owned() });
            }
            read += 1;
        }
        Ok(elements.finish())
    }

    fn count(&mut self) -> Result<(), ImportError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(ImportError::Limit {
                place: format!("byte {}", self.at),
                what: "the number of values",
                setting: "values",
                limit: self.limits.values,
            });
        }
        Ok(())
    }
}

/// The number type of a marker.
fn number(marker: u8) -> Option<Kind> {
    match marker {
        b'i' => Some(Kind::I8),
        b'U' => Some(Kind::U8),
        b'I' => Some(Kind::I16),
        b'l' => Some(Kind::I32),
        b'L' => Some(Kind::I64),
        b'd' => Some(Kind::F32),
        b'D' => Some(Kind::F64),
        _ => None,
    }
}
