//! Compresses payloads, and decompresses them within bounds.

use super::Payload;
use super::form::{Compression, Form};
use bytes::Bytes;

/// The reason why a stored payload is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The payload is larger than the handle's `max_entry_size`.
    TooLarge,
    /// The payload is damaged, or was written by a build with more features.
    Broken,
}

/// Returns the form in which a payload is stored, and its bytes. The payload is compressed if it
/// has at least `from` bytes and becomes smaller.
pub(crate) fn compress(payload: &Payload, from: Option<usize>) -> (Form, Bytes) {
    let form = Form { encoding: payload.encoding, compression: Compression::None };
    let smaller = from.filter(|from| payload.bytes.len() >= *from);
    match smaller.and_then(|_| compressed(&payload.bytes)) {
        Some(bytes) => (Form { compression: Compression::Zstd, ..form }, bytes),
        None => (form, payload.bytes.clone()),
    }
}

/// Decompresses a stored payload, into `max_entry_size` bytes at most. Returns `None` if the
/// payload is stored uncompressed.
pub(crate) fn decompress(
    form: Form,
    stored: &[u8],
    max_entry_size: usize,
) -> Result<Option<Bytes>, Unusable> {
    match form.compression {
        Compression::None if stored.len() > max_entry_size => Err(Unusable::TooLarge),
        Compression::None => Ok(None),
        Compression::Zstd => decompressed(stored, max_entry_size).map(Some),
    }
}

/// Returns the number of bytes from which on values are compressed. The option `compress` calls
/// this function, which a build without the feature `zstd` lacks.
#[cfg(feature = "zstd")]
#[must_use]
pub const fn zstd_from(bytes: usize) -> usize {
    bytes
}

/// The level at which zstd costs about as much time as the encoding itself.
#[cfg(feature = "zstd")]
const LEVEL: i32 = 1;

#[cfg(feature = "zstd")]
fn compressed(bytes: &[u8]) -> Option<Bytes> {
    let smaller = zstd::bulk::compress(bytes, LEVEL).ok()?;
    (smaller.len() < bytes.len()).then(|| smaller.into())
}

#[cfg(not(feature = "zstd"))]
fn compressed(_bytes: &[u8]) -> Option<Bytes> {
    None
}

/// Decompresses a frame into as much memory as the frame declares. If that exceeds
/// `max_entry_size`, no memory is taken.
#[cfg(feature = "zstd")]
fn decompressed(frame: &[u8], max_entry_size: usize) -> Result<Bytes, Unusable> {
    let size = zstd::zstd_safe::get_frame_content_size(frame).map_err(|_| Unusable::Broken)?;
    // Every entry of this crate declares its size.
    let size = size.ok_or(Unusable::Broken)?;
    let size = usize::try_from(size).map_err(|_| Unusable::TooLarge)?;
    // mutant: decompression has no bound
    if size > max_entry_size {
        return Err(Unusable::TooLarge);
    }
    let bytes = zstd::bulk::decompress(frame, size).map_err(|_| Unusable::Broken)?;
    if bytes.len() == size { Ok(bytes.into()) } else { Err(Unusable::Broken) }
}

#[cfg(not(feature = "zstd"))]
fn decompressed(_frame: &[u8], _largest: usize) -> Result<Bytes, Unusable> {
    Err(Unusable::Broken)
}

#[cfg(all(test, feature = "zstd"))]
mod tests {
    use super::super::form::Encoding;
    use super::*;

    fn payload(bytes: &[u8]) -> Payload {
        Payload { encoding: Encoding::JSON, bytes: Bytes::copy_from_slice(bytes) }
    }

    const ZSTD: Form = Form { encoding: Encoding::JSON, compression: Compression::Zstd };

    #[test]
    fn what_is_large_enough_gets_smaller_and_comes_back() {
        let (form, stored) = compress(&payload(&[b'7'; 5000]), Some(5000));
        assert_eq!(form, ZSTD);
        assert!(stored.len() < 100, "{}", stored.len());
        assert_eq!(decompress(form, &stored, 5000).unwrap().as_deref(), Some(&[b'7'; 5000][..]));
    }

    #[test]
    fn what_is_small_or_gets_no_smaller_stays_as_it_is() {
        for (bytes, from) in [(&[b'7'; 5000][..], Some(5001)), (b"[7]", Some(0)), (b"[7]", None)] {
            let (form, stored) = compress(&payload(bytes), from);
            assert_eq!((form.compression, &stored[..]), (Compression::None, bytes));
        }
    }

    #[test]
    fn what_is_too_large_takes_no_memory() {
        let (form, stored) = compress(&payload(&vec![0; 1 << 26]), Some(0));
        assert!(stored.len() < 10_000);
        assert_eq!(decompress(form, &stored, 1 << 20).unwrap_err(), Unusable::TooLarge);
        // The frame now declares a size that is too small.
        let mut lying = stored.to_vec();
        lying[5..9].copy_from_slice(&1000u32.to_le_bytes());
        assert_eq!(decompress(form, &lying, 1 << 20).unwrap_err(), Unusable::Broken);
    }

    #[test]
    fn what_is_no_frame_is_broken() {
        let (_, stored) = compress(&payload(&[b'7'; 5000]), Some(0));
        for length in 0..stored.len() {
            assert_eq!(decompress(ZSTD, &stored[..length], 5000).unwrap_err(), Unusable::Broken);
        }
        let twice = [&stored[..], &stored].concat();
        assert_eq!(decompress(ZSTD, &twice, 1 << 20).unwrap_err(), Unusable::Broken);
    }
}
