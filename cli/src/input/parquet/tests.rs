//! Rows and columns of one file are the same cells, and each declared type is read as it should be.

use std::sync::Arc;

use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use plumbline_core::table::{Kind, Kinds, Scalar};
use serde_json::json;

use super::*;
use crate::input::{Records, Source, Step};

const SCHEMA: &str = "message rows {
    optional fixed_len_byte_array(2) half (FLOAT16); optional int64 clock (TIME(MICROS, true)); optional int32 clock_ms (TIME_MILLIS);
    optional int64 hash (INTEGER(64, false)); optional int32 small (INTEGER(32, false)); optional binary raw; optional binary text (UTF8);
    optional fixed_len_byte_array(16) uuid (UUID); optional fixed_len_byte_array(12) span (INTERVAL);
    optional fixed_len_byte_array(9) key (DECIMAL(20, 0)); optional int64 price (DECIMAL(18, 2)); optional int32 day (DATE);
    optional int64 seen (TIMESTAMP(NANOS, false)); required boolean won;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    optional group sizes (LIST) { repeated group list { optional int64 element; } }
    optional group address { optional binary city (UTF8); optional int32 zip; } }";

/// A file of three rows: one of ordinary values, one of extreme ones, one of nothing.
fn file(properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let fixed = |rows: &[&[u8]]| rows.iter().map(|row| FixedLenByteArray::from(row.to_vec())).collect::<Vec<_>>();
    let mut key = [0u8; 9];
    key[1..].copy_from_slice(&u64::MAX.to_be_bytes());
    let mut small_key = [0u8; 9];
    small_key[8] = 7;
    let uuid: Vec<u8> = (0..16).collect();
    let there: &[i16] = &[1, 1, 0];
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let byte_rows = |rows: &[&[u8]]| rows.iter().map(|row| ByteArray::from(row.to_vec())).collect::<Vec<_>>();
        match (column.untyped(), at) {
            (ColumnWriter::FixedLenByteArrayColumnWriter(w), 0) => {
                w.write_batch(&fixed(&[&[0, 0x3c], &[0, 0x7e]]), Some(there), None)
            }
            (ColumnWriter::Int64ColumnWriter(w), 1) => w.write_batch(&[47_109_500_000, 0], Some(there), None),
            (ColumnWriter::Int32ColumnWriter(w), 2) => w.write_batch(&[1_000, 86_399_999], Some(there), None),
            (ColumnWriter::Int64ColumnWriter(w), 3) => w.write_batch(&[5, -1], Some(there), None),
            (ColumnWriter::Int32ColumnWriter(w), 4) => w.write_batch(&[5, -1], Some(there), None),
            (ColumnWriter::ByteArrayColumnWriter(w), 5) => w.write_batch(&byte_rows(&[b"ok", &[0xff, 0]]), Some(there), None),
            (ColumnWriter::ByteArrayColumnWriter(w), 6) => w.write_batch(&byte_rows(&[b" 007 ", b""]), Some(there), None),
            (ColumnWriter::FixedLenByteArrayColumnWriter(w), 7) => {
                w.write_batch(&fixed(&[&uuid, &[0xff; 16]]), Some(there), None)
            }
            (ColumnWriter::FixedLenByteArrayColumnWriter(w), 8) => {
                w.write_batch(&fixed(&[&[0xfe; 12], &[0xff; 12]]), Some(there), None)
            }
            (ColumnWriter::FixedLenByteArrayColumnWriter(w), 9) => w.write_batch(&fixed(&[&small_key, &key]), Some(there), None),
            (ColumnWriter::Int64ColumnWriter(w), 10) => w.write_batch(&[1234, -5], Some(there), None),
            (ColumnWriter::Int32ColumnWriter(w), 11) => w.write_batch(&[1, -1], Some(there), None),
            (ColumnWriter::Int64ColumnWriter(w), 12) => w.write_batch(&[1_000_001, -1], Some(there), None),
            (ColumnWriter::BoolColumnWriter(w), 13) => w.write_batch(&[true, false, true], None, None),
            // Two items, of which one is missing; an empty list; no list.
            (ColumnWriter::ByteArrayColumnWriter(w), 14) => {
                w.write_batch(&byte_rows(&[b"a"]), Some(&[3, 2, 1, 0]), Some(&[0, 1, 0, 0]))
            }
            (ColumnWriter::Int64ColumnWriter(w), 15) => w.write_batch(&[1, 2], Some(&[3, 3, 1, 0]), Some(&[0, 1, 0, 0])),
            (ColumnWriter::ByteArrayColumnWriter(w), 16) => w.write_batch(&byte_rows(&[b"Bonn"]), Some(&[2, 1, 0]), None),
            (ColumnWriter::Int32ColumnWriter(w), 17) => w.write_batch(&[], Some(&[1, 1, 0]), None),
            _ => panic!("column {at} has another type"),
        }
        .unwrap();
        column.close().unwrap();
        at += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

/// The cells of each row, as rows and as columns give them.
fn both(bytes: &[u8]) -> (Vec<Vec<Scalar>>, Vec<Vec<Scalar>>, Vec<Kind>) {
    let mut rows = ParquetRows::open(&mut Source::of_bytes(bytes.to_vec()).unwrap()).unwrap();
    let mut by_row = Vec::new();
    while matches!(rows.advance().unwrap(), Step::Record) {
        by_row.push((0..rows.names().len()).map(|at| rows.cell(at).own()).collect());
    }
    let table = ParquetTable::open(&mut Source::of_bytes(bytes.to_vec()).unwrap()).unwrap();
    let mut kinds = vec![Kinds::default(); table.names().len()];
    table.see(&mut kinds).unwrap();
    let kinds: Vec<Kind> = kinds.into_iter().map(Kinds::kind).collect();
    let wanted: Vec<bool> = table.names().iter().map(|name| name != "address").collect();
    let mut by_column = Vec::new();
    table
        .each(&kinds, &wanted, &mut |rows, columns| {
            by_column.extend((0..rows).map(|row| columns.iter().map(|column| column.cell(row).own()).collect()));
            true
        })
        .unwrap();
    (by_row, by_column, kinds)
}

#[test]
fn rows_and_columns_are_the_same_cells() {
    for statistics in [true, false] {
        let level = if statistics {
            parquet::file::properties::EnabledStatistics::Page
        } else {
            parquet::file::properties::EnabledStatistics::None
        };
        let (rows, columns, kinds) = both(&file(WriterProperties::builder().set_statistics_enabled(level).build()));
        let text = |text: &str| Scalar::Text(text.to_owned());
        let list = |value| Scalar::Other(value);
        let expected = [
            vec![
                Scalar::Float(1.0),
                text("13:05:09.500000"),
                text("00:00:01"),
                Scalar::Int(5),
                Scalar::Int(5),
                text("ok"),
                text(" 007 "),
                text("00010203-0405-0607-0809-0a0b0c0d0e0f"),
                list(json!("0xfefefefefefefefefefefefe")),
                Scalar::Int(7),
                Scalar::Float(12.34),
            ],
            vec![
                Scalar::Missing,
                text("00:00:00"),
                text("23:59:59.999000"),
                Scalar::UInt(u64::MAX),
                Scalar::Int(u32::MAX.into()),
                list(json!("0xff00")),
                text(""),
                text("ffffffff-ffff-ffff-ffff-ffffffffffff"),
                list(json!("0xffffffffffffffffffffffff")),
                Scalar::UInt(u64::MAX),
                Scalar::Float(-0.05),
            ],
        ];
        for (row, expected) in rows.iter().zip(&expected) {
            assert_eq!(&row[..expected.len()], &expected[..]);
        }
        assert_eq!(rows[0][14..], [list(json!(["a", null])), list(json!([1, 2])), list(json!(null))]);
        assert_eq!(rows[1][14..], [list(json!([])), list(json!([])), list(json!(null))]);
        assert!(rows[2].iter().enumerate().all(|(at, cell)| at == 13 || *cell == Scalar::Missing), "{:?}", rows[2]);
        assert_eq!(rows.len(), 3);
        for (row, column) in rows.iter().zip(&columns) {
            let same = |at: usize| match kinds[at] {
                // Whole numbers with gaps are numbers in a column, as pandas holds them.
                Kind::Float => row[at].cell().numeric() == column[at].cell().numeric(),
                _ => row[at] == column[at],
            };
            assert!((0..16).all(same), "{row:?}\n{column:?}");
        }
        // Beside a gap no type of numbers holds 64 bits without a sign.
        assert_eq!(
            [kinds[3], kinds[9], kinds[5], kinds[8], kinds[6]],
            [Kind::Mixed, Kind::Mixed, Kind::Mixed, Kind::Mixed, Kind::Text]
        );
    }
}

#[test]
fn bytes_in_a_column_declared_as_text_are_refused_by_name() {
    let schema = Arc::new(parse_message_type("message rows { required binary name (UTF8); }").unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    if let ColumnWriter::ByteArrayColumnWriter(writer) = column.untyped() {
        writer.write_batch(&[ByteArray::from(vec![0xff])], None, None).unwrap();
    }
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let table = ParquetTable::open(&mut Source::of_bytes(bytes).unwrap()).unwrap();
    let refused = table.each(&[Kind::Text], &[true], &mut |_, _| true).unwrap_err();
    assert!(refused.to_string().contains("column name is declared as text"), "{refused}");
}
