//! Small Parquet files: every type the reader takes, plain and dictionary pages, the codecs, several row groups.

use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message leads {
    optional int32 small; required int64 large; optional float single; optional double wide; optional boolean flag;
    optional binary text (UTF8); optional int32 day (DATE); optional int64 moment (TIMESTAMP(MILLIS, true));
    optional int32 price (DECIMAL(9, 2)); optional group tags (LIST) { repeated group list { optional binary element (UTF8); } } }";

/// The files.
pub(super) fn files() -> Vec<Vec<u8>> {
    let codecs = [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())];
    let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    let mut files = Vec::new();
    for codec in codecs {
        for version in versions {
            files.push(file(codec, version, codec != Compression::SNAPPY).expect("a file in memory is written"));
        }
    }
    files
}

fn file(codec: Compression, version: WriterVersion, dictionary: bool) -> Result<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(codec).set_writer_version(version);
    let properties = Arc::new(properties.set_dictionary_enabled(dictionary).build());
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, properties)?;
    for _ in 0..2 {
        let mut group = writer.next_row_group()?;
        let mut place = 0;
        while let Some(mut column) = group.next_column()? {
            let levels = Some(&[1, 0, 1][..]);
            match column.untyped() {
                ColumnWriter::Int32ColumnWriter(w) => w.write_batch(&[7, -20_000], levels, None)?,
                ColumnWriter::Int64ColumnWriter(w) if place == 1 => w.write_batch(&[1, 1 << 40, -3], None, None)?,
                ColumnWriter::Int64ColumnWriter(w) => w.write_batch(&[1_700_000_000_123, -1], levels, None)?,
                ColumnWriter::FloatColumnWriter(w) => w.write_batch(&[0.5, f32::NAN], levels, None)?,
                ColumnWriter::DoubleColumnWriter(w) => w.write_batch(&[0.1, -0.0], levels, None)?,
                ColumnWriter::BoolColumnWriter(w) => w.write_batch(&[true, false], levels, None)?,
                ColumnWriter::ByteArrayColumnWriter(w) if place == 9 => {
                    let texts = [ByteArray::from("x"), ByteArray::from("y")];
                    w.write_batch(&texts, Some(&[3, 3, 0, 1]), Some(&[0, 1, 0, 0]))?
                }
                ColumnWriter::ByteArrayColumnWriter(w) => {
                    w.write_batch(&[ByteArray::from("Référral"), ByteArray::from("")], levels, None)?
                }
                _ => 0,
            };
            column.close()?;
            place += 1;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(out)
}
