//! What the pages of a Parquet file claim about themselves, read before the `parquet` crate believes them: it reserves as many bytes
//! as a page header says the page has unpacked, and a header of ten bytes can say two gigabytes.
//!
//! Only sizes are read. A header that is not laid out as the format lays it out is refused, so that this reader and the crate's
//! never see different pages.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

use parquet::file::metadata::RowGroupMetaData;

use crate::Failure;

/// The most bytes a page may have unpacked, unless it has a part of them packed.
const PAGE_LIMIT: u64 = 128 << 20;
/// The largest ratio of unpacked to packed bytes of a page above that limit.
const RATIO: u64 = 64;
/// The most values of a dictionary: what others write ends at a megabyte.
const DICTIONARY_LIMIT: i64 = 1 << 22;
/// Structs within structs.
const DEEPEST: usize = 8;

/// Refuses the row group if a page of it claims more than a page may.
pub(super) fn check(file: &File, place: &str, group: &RowGroupMetaData) -> Result<(), Failure> {
    let shared = file.try_clone().map_err(Failure::read(place))?;
    let mut input = Pages { input: BufReader::with_capacity(4096, shared), at: 0 };
    for column in group.columns() {
        let name = || column.column_path().string();
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let (Ok(start), Ok(length)) = (u64::try_from(start), u64::try_from(column.compressed_size())) else {
            return Err(refused(place, "INPUT_NOT_PARQUET", format!("column {} has an invalid offset", name())));
        };
        let end = start.saturating_add(length);
        input.seek(start).map_err(Failure::read(place))?;
        while input.at < end {
            let sizes = match input.header(end) {
                Ok(sizes) => sizes,
                Err(e) if matches!(e.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
                    return Err(refused(place, "INPUT_NOT_PARQUET", format!("column {}: {e}", name())));
                }
                Err(e) => return Err(Failure::read(place)(e)),
            };
            let most = PAGE_LIMIT.max(sizes.packed.saturating_mul(RATIO));
            if sizes.unpacked > most {
                let message = format!(
                    "column {}: a page of {} bytes claims {} bytes when decompressed; the limit is {most}",
                    name(),
                    sizes.packed,
                    sizes.unpacked
                );
                return Err(refused(place, "INPUT_PAGE_TOO_LARGE", message));
            }
            if sizes.dictionary > DICTIONARY_LIMIT || sizes.dictionary > 0 && sizes.dictionary as u64 > sizes.unpacked {
                let message = format!(
                    "column {}: a dictionary of {} bytes claims {} values; the limit is {DICTIONARY_LIMIT}, with at least one byte each",
                    name(),
                    sizes.unpacked,
                    sizes.dictionary
                );
                return Err(refused(place, "INPUT_PAGE_TOO_LARGE", message));
            }
            input.skip(sizes.packed).map_err(Failure::read(place))?;
        }
    }
    Ok(())
}

fn refused(place: &str, code: &'static str, message: String) -> Failure {
    Failure::input(place.to_owned(), code, message)
}

/// What a page header claims.
#[derive(Debug, Default, PartialEq)]
struct Sizes {
    unpacked: u64,
    packed: u64,
    /// Values of a dictionary page, 0 of others.
    dictionary: i64,
}

/// Page headers in a file, in Thrift's compact protocol.
struct Pages<R> {
    input: BufReader<R>,
    at: u64,
}

/// Types of fields in the compact protocol.
const BOOLS: [u8; 2] = [1, 2];
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

/// Fields of a page header: its sizes, and the headers within it with as many leading whole numbers each.
const UNPACKED: i64 = 2;
const PACKED: i64 = 3;
const CHECKSUM: i64 = 4;
const DATA: (i64, i64) = (5, 4);
const DICTIONARY: (i64, i64) = (7, 2);
const DATA_V2: (i64, i64) = (8, 6);

impl<R: Read + Seek> Pages<R> {
    fn seek(&mut self, to: u64) -> io::Result<()> {
        self.at = self.input.seek(SeekFrom::Start(to))?;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        // A jump beyond the end is found by the next read.
        let by = i64::try_from(bytes).map_err(|_| unknown())?;
        self.at = self.at.checked_add(bytes).ok_or_else(unknown)?;
        self.input.seek_relative(by)
    }

    /// The sizes of the page that begins here and ends before `end`; after it the page's own bytes come.
    fn header(&mut self, end: u64) -> io::Result<Sizes> {
        let (mut sizes, mut id) = (Sizes::default(), 0);
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (UNPACKED, I32) => sizes.unpacked = u64::try_from(self.number()?).map_err(|_| unknown())?,
                (PACKED, I32) => sizes.packed = u64::try_from(self.number()?).map_err(|_| unknown())?,
                (..=CHECKSUM, I32) => drop(self.number()?),
                (..=CHECKSUM, _) => return Err(unknown()),
                (_, STRUCT) => {
                    let within = [DATA, DICTIONARY, DATA_V2].into_iter().find(|(own, _)| *own == id);
                    let first = self.numbers(within.map_or(0, |(_, numbers)| numbers), DEEPEST)?;
                    if id == DICTIONARY.0 {
                        sizes.dictionary = first;
                    }
                }
                _ => return Err(unknown()),
            }
            if self.at > end {
                return Err(unknown());
            }
        }
        if self.at.saturating_add(sizes.packed) > end {
            return Err(io::Error::new(ErrorKind::InvalidData, "a page is longer than its column"));
        }
        Ok(sizes)
    }

    /// Passes over a struct and gives its first field when that is a number. Its first `count` fields have to be whole numbers.
    fn numbers(&mut self, count: i64, depth: usize) -> io::Result<i64> {
        let depth = depth.checked_sub(1).ok_or_else(unknown)?;
        let (mut first, mut id) = (0, 0);
        while let Some(kind) = self.field(&mut id)? {
            match kind {
                I32 => {
                    let number = self.number()?;
                    if id == 1 {
                        first = number;
                    }
                }
                _ if (1..=count).contains(&id) => return Err(unknown()),
                kind if BOOLS.contains(&kind) => {}
                BYTE => drop(self.byte()?),
                I16 | I64 => drop(self.varint()?),
                DOUBLE => self.skip(8)?,
                BINARY => {
                    let length = self.varint()?;
                    self.skip(length)?;
                }
                STRUCT => drop(self.numbers(0, depth)?),
                _ => return Err(unknown()),
            }
        }
        Ok(first)
    }

    /// The type of the next field, its number in `id`; `None` at the end of the struct.
    fn field(&mut self, id: &mut i64) -> io::Result<Option<u8>> {
        let byte = self.byte()?;
        let (kind, step) = (byte & 15, byte >> 4);
        if kind == 0 {
            return Ok(None);
        }
        *id = if step == 0 { zigzag(self.varint()?) } else { *id + i64::from(step) };
        if (1..=i64::from(i16::MAX)).contains(id) { Ok(Some(kind)) } else { Err(unknown()) }
    }

    /// A whole number of 32 bits.
    fn number(&mut self) -> io::Result<i64> {
        let number = zigzag(self.varint()?);
        i32::try_from(number).map(i64::from).map_err(|_| unknown())
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(unknown())
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.input.read_exact(&mut byte)?;
        self.at += 1;
        Ok(byte[0])
    }
}

fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn unknown() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a page header is not valid Parquet")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn header(bytes: &[u8]) -> Option<Sizes> {
        let mut pages = Pages { input: BufReader::new(Cursor::new(bytes.to_vec())), at: 0 };
        pages.header(1 << 20).ok()
    }

    /// A dictionary page of 200 bytes, 100 packed, with three values.
    const HEADER: [u8; 14] = [0x15, 0x04, 0x15, 0x90, 0x03, 0x15, 0xc8, 0x01, 0x4c, 0x15, 0x06, 0x15, 0x00, 0x00];

    #[test]
    fn sizes_are_read_and_what_is_laid_out_otherwise_is_refused() {
        let whole = [HEADER.as_slice(), &[0]].concat();
        assert_eq!(header(&whole), Some(Sizes { unpacked: 200, packed: 100, dictionary: 3 }));
        assert_eq!(header(&HEADER), None);
        // A field of another type in the place of a size or of the number of values; a list; a size below zero.
        for (at, byte) in [(2, 0x18), (9, 0x18), (8, 0x49), (6, 0x01)] {
            let mut other = whole.clone();
            other[at] = byte;
            if byte == 0x01 {
                other[7] = 0x4c;
            }
            assert_eq!(header(&other), None, "{at}");
        }
    }
}
