//! ZIP archives whose bytes depend on nothing but their files.

use super::{Package, PackageError, Packed};
use aws_lc_rs::digest;
use std::{
    borrow::Cow,
    io::{Cursor, Write as _},
};
use zeroize::Zeroizing;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A file as it goes into an archive.
pub(super) struct File<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) bytes: &'a [u8],
    pub(super) mode: u32,
}

/// Packs the files into one folder, as they are: they are small or compressed already, and need no
/// crate that compresses.
pub(super) fn pack(folder: &'static str, files: &[File<'_>]) -> Result<Package, PackageError> {
    // The room is taken at once: growing would leave a copy of a key behind.
    let room = files.iter().map(|file| file.bytes.len() + HEADERS).sum::<usize>() + HEADERS;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let mut archive = ZipWriter::new(Cursor::new(&mut *bytes));
    for File { name, bytes, mode } in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(time(bytes))
            .unix_permissions(*mode);
        archive.start_file(format!("{folder}/{name}"), options)?;
        archive.write_all(bytes).map_err(zip::result::ZipError::Io)?;
    }
    archive.finish()?;
    let files = files.iter().map(packed).collect();
    Ok(Package { sha256: hash(&bytes), bytes, folder, files })
}

/// What `sha256sum --check` reads: a line for each file.
pub(super) fn sums(files: &[File<'_>]) -> String {
    let line = |file| {
        let Packed { name, sha256 } = packed(file);
        format!("{sha256}  {name}\n")
    };
    files.iter().map(line).collect()
}

fn packed(file: &File<'_>) -> Packed {
    Packed { name: file.name.to_string(), sha256: hash(file.bytes) }
}

/// A moment of 1980 that only these bytes have. Python takes what it compiled for current while
/// time and length of the source stay the same, so a key that replaces another must bring another
/// time.
fn time(bytes: &[u8]) -> DateTime {
    let hash = digest::digest(&digest::SHA256, bytes);
    let [month, day, hour, minute, second] = hash.as_ref().first_chunk().copied().unwrap_or([0; 5]);
    let (month, day) = (month % 12 + 1, day % 28 + 1);
    let time = DateTime::from_date_and_time(1980, month, day, hour % 24, minute % 60, second % 60);
    time.unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// More than what an archive says of one file in two places, and at its end.
const HEADERS: usize = 512;
