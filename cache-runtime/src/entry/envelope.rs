//! Writes and reads the stored envelope: one line of text that describes the payload, then the
//! payload (ENTRIES.md).

use crate::entry::codec::form::Form;
use crate::error::Error;
use bytes::Bytes;
use memchr::memchr;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first bytes of every entry: the magic and the version of the format.
const MAGIC: &str = "cache/1";

/// The first bytes of every lease. The lease's token follows.
const LEASE: &str = "cache/1 lease ";

/// The first bytes of every lock of a warm-up. The lock's token follows.
const LOCK: &str = "cache/1 lock ";

/// The number of hexadecimal digits in a token.
const TOKEN_DIGITS: usize = 32;

/// The number of random bits in a token. The other bits tell the end of a refresh that is under
/// way.
const RANDOM_BITS: u32 = 80;

/// The number of hexadecimal digits in a checksum.
const CHECKSUM_DIGITS: usize = 8;

/// The number of fields in front of the token in an entry's header.
const TOKEN_FIELD: usize = 5;

/// The longest header, in bytes. A longer first line is not of this crate.
pub(crate) const MAX_HEADER: usize = 256;

/// The content of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) form: Form,
    /// The time when the entry was made, in milliseconds since the Unix epoch.
    pub(crate) created: u64,
    /// The time until which the entry is fresh, in milliseconds since the Unix epoch. `None` means
    /// without end.
    pub(crate) fresh_until: Option<u64>,
    /// The time that the load took.
    pub(crate) cost: Duration,
    /// The token of the lease under which the entry was stored. Zero means none.
    pub(crate) token: u128,
    /// The epochs of the key's scopes when the load began, as one number. Zero means that the entry
    /// was stored without epochs.
    pub(crate) scopes: u128,
}

/// The reason why bytes are not an entry that this version can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// The bytes were not written by this crate.
    Foreign,
    /// The format or the codec is of another version.
    Unknown,
    /// The header is incomplete or damaged.
    Header,
    /// The payload is shorter or longer than the header states.
    Length,
    /// The payload differs from the checksum.
    Checksum,
}

impl Header {
    /// Describes an entry that is made now. A `token` of zero means none.
    pub(crate) fn new(form: Form, ttl: Option<Duration>, cost: Duration, token: u128) -> Self {
        let created = unix_ms();
        let fresh_until = ttl.map(|time| created.saturating_add(millis(time)));
        Self { form, created, fresh_until, cost, token, scopes: 0 }
    }

    /// Returns the header with the epochs of the key's scopes.
    pub(crate) fn within(self, scopes: u128) -> Self {
        Self { scopes, ..self }
    }

    /// Returns the time for which the entry was to be fresh, independent of the writer's clock.
    /// Returns `None` for an entry without end.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let until = self.fresh_until?;
        Some(Duration::from_millis(until.saturating_sub(self.created)))
    }

    /// Tells whether a clock that is ahead wrote the entry. The entry's times are then of no use.
    pub(crate) fn is_ahead_of(&self, now: u64) -> bool {
        self.fresh_until.is_some() && self.created > now
    }

    /// Returns the time until which a caller refreshes the entry, in milliseconds since the Unix
    /// epoch. Returns zero if no caller does.
    pub(crate) fn claimed_until(&self) -> u64 {
        // The remaining 48 bits fit.
        u64::try_from(self.token >> RANDOM_BITS).unwrap_or(u64::MAX)
    }

    /// Puts header and payload together.
    pub(crate) fn encode(&self, payload: &[u8]) -> Bytes {
        let mut header = String::with_capacity(128);
        self.write(&mut header, payload);
        let mut entry = Vec::with_capacity(header.len() + payload.len());
        entry.extend_from_slice(header.as_bytes());
        entry.extend_from_slice(payload);
        entry.into()
    }

    fn write(&self, out: &mut String, payload: &[u8]) {
        // A write to a `String` cannot fail.
        let _ = write!(out, "{MAGIC} {} {} ", self.form, self.created);
        let _ = match self.fresh_until {
            Some(time) => write!(out, "{time} "),
            None => write!(out, "- "),
        };
        let _ = write!(out, "{} ", self.cost.as_micros());
        for number in [self.token, self.scopes] {
            let _ = match number {
                0 => write!(out, "- "),
                number => write!(out, "{number:032x} "),
            };
        }
        let _ = writeln!(out, "{} {:08x}", payload.len(), crc32fast::hash(payload));
    }

    fn parse(line: &[u8]) -> Result<(Self, usize, u32), Malformed> {
        let mut fields = Fields(line);
        let magic = fields.text();
        if magic != MAGIC.as_bytes() {
            return Err(unknown(magic));
        }
        fields.space()?;
        let form = Form::parse(fields.text()).ok_or(Malformed::Unknown)?;
        let created = fields.next(Fields::number)?;
        let fresh_until = fields.next(|fields| fields.absent_or(Fields::number))?;
        let cost = Duration::from_micros(fields.next(Fields::number)?);
        let token = fields.next(|fields| fields.absent_or(Fields::digits::<TOKEN_DIGITS>))?;
        let scopes = fields.next(|fields| fields.absent_or(Fields::digits::<TOKEN_DIGITS>))?;
        let length = fields.next(Fields::number)?;
        let checksum = fields.next(Fields::digits::<CHECKSUM_DIGITS>)?;
        if !fields.0.is_empty() {
            return Err(Malformed::Header);
        }
        let (token, scopes) = (token.unwrap_or(0), scopes.unwrap_or(0));
        let header = Self { form, created, fresh_until, cost, token, scopes };
        let length = usize::try_from(length).map_err(|_| Malformed::Length)?;
        Ok((header, length, u32::try_from(checksum).map_err(|_| Malformed::Header)?))
    }
}

/// The rest of a header. Every hit reads nine fields. Each field is read in one pass, which costs a
/// third of searching for its end first.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Reads the field behind the next space.
    fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        self.space()?;
        read(self)
    }

    fn space(&mut self) -> Result<(), Malformed> {
        self.0 = self.0.strip_prefix(b" ").ok_or(Malformed::Header)?;
        Ok(())
    }

    /// Takes off the next `length` bytes.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Reads up to a space, or to the end.
    fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b' ');
        self.take(end.unwrap_or(self.0.len()))
    }

    /// Reads a decimal number with at least one digit.
    fn number(&mut self) -> Result<u64, Malformed> {
        let (mut number, mut length) = (0u64, 0);
        while let Some(digit @ b'0'..=b'9') = self.0.get(length) {
            let longer =
                number.checked_mul(10).and_then(|tens| tens.checked_add((digit - b'0').into()));
            number = longer.ok_or(Malformed::Header)?;
            length += 1;
        }
        self.take(length);
        if length > 0 { Ok(number) } else { Err(Malformed::Header) }
    }

    /// Reads `DIGITS` hexadecimal digits.
    fn digits<const DIGITS: usize>(&mut self) -> Result<u128, Malformed> {
        hexadecimal::<DIGITS>(self.take(DIGITS))
    }

    /// Reads a dash as `None`, or reads a value.
    fn absent_or<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.0.strip_prefix(b"-") {
            Some(rest) => self.0 = rest,
            None => return read(self).map(Some),
        }
        Ok(None)
    }
}

fn unknown(magic: &[u8]) -> Malformed {
    if magic.starts_with(b"cache/") { Malformed::Unknown } else { Malformed::Foreign }
}

/// Reads `DIGITS` hexadecimal digits.
fn hexadecimal<const DIGITS: usize>(field: &[u8]) -> Result<u128, Malformed> {
    if field.len() != DIGITS {
        return Err(Malformed::Header);
    }
    // The digits are read in two halves, because sums of 128 bits are slow.
    let (high, low) = field.split_at(DIGITS.saturating_sub(16));
    Ok(u128::from(half(high)?) << 64 | u128::from(half(low)?))
}

/// Reads up to 16 hexadecimal digits.
fn half(digits: &[u8]) -> Result<u64, Malformed> {
    let (mut number, mut seen) = (0, 0);
    for &byte in digits {
        let value = VALUES[usize::from(byte)];
        number = number << 4 | u64::from(value);
        seen |= value;
    }
    if seen < 16 { Ok(number) } else { Err(Malformed::Header) }
}

/// The value of each byte as a hexadecimal digit. The value 16 marks a byte that is no digit.
const VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        values[digit as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    values
};

/// Splits an entry into header and payload, and checks that the payload is complete.
pub(crate) fn decode(entry: &[u8]) -> Result<(Header, &[u8]), Malformed> {
    let end = line_end(entry).ok_or_else(|| unfinished(entry))?;
    let (header, length, checksum) = Header::parse(&entry[..end])?;
    let payload = &entry[end + 1..];
    if payload.len() != length {
        return Err(Malformed::Length);
    }
    // mutant: the checksum is not compared
    if crc32fast::hash(payload) != checksum {
        return Err(Malformed::Checksum);
    }
    Ok((header, payload))
}

/// Returns the epochs that an entry carries, or zero, from its beginning alone. Returns `None` if
/// the bytes begin no entry.
pub(crate) fn scopes(head: &[u8]) -> Option<u128> {
    let (header, ..) = Header::parse(&head[..line_end(head)?]).ok()?;
    Some(header.scopes)
}

/// Returns the end of the header line, if there is one.
fn line_end(entry: &[u8]) -> Option<usize> {
    memchr(b'\n', &entry[..entry.len().min(MAX_HEADER)])
}

fn unfinished(entry: &[u8]) -> Malformed {
    if entry.starts_with(b"cache/") { Malformed::Header } else { Malformed::Foreign }
}

/// Returns a unique number for a load or an epoch: 128 random bits.
pub(crate) fn token() -> Result<u128, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::unreachable("the system gave no randomness"))?;
    // Zero stands for no token.
    // mutant: all loads have one token
    Ok(u128::from_ne_bytes(bytes).max(1))
}

/// Returns a token for one load: 80 random bits.
pub(crate) fn load_token() -> Result<u128, Error> {
    Ok(unclaimed(token()?).max(1))
}

/// Returns a load's token with the time until which the load refreshes a stored value, in
/// milliseconds since the Unix epoch.
pub(crate) fn claimed(token: u128, until: u64) -> u128 {
    unclaimed(token) | u128::from(until) << RANDOM_BITS
}

/// Returns a load's token without the time of a claim.
pub(crate) fn unclaimed(token: u128) -> u128 {
    token & ((1 << RANDOM_BITS) - 1)
}

/// Returns the value of a key during its first load: a lease. The lease carries the epochs of the
/// key's scopes, unless they are zero.
pub(crate) fn lease(token: u128, scopes: u128) -> Bytes {
    match scopes {
        0 => format!("{LEASE}{token:032x}\n").into(),
        scopes => format!("{LEASE}{token:032x} {scopes:032x}\n").into(),
    }
}

/// Returns the value of the key of a warm-up's lock.
pub(crate) fn lock(token: u128) -> Bytes {
    format!("{LOCK}{token:032x}\n").into()
}

/// Tells whether these first bytes of a value are the whole value, because they are a lease or a
/// lock. The [`fingerprint`] of a longer value is neither.
pub(crate) fn stands_alone(bytes: &[u8]) -> bool {
    is_lease(bytes) || is_lock(bytes)
}

fn is_lock(bytes: &[u8]) -> bool {
    let token = bytes.strip_prefix(LOCK.as_bytes()).and_then(|rest| rest.strip_suffix(b"\n"));
    token.is_some_and(|token| hexadecimal::<TOKEN_DIGITS>(token).is_ok())
}

/// Tells whether bytes are a lease, whoever holds it.
pub(crate) fn is_lease(bytes: &[u8]) -> bool {
    lease_scopes(bytes).is_some()
}

/// Returns the epochs that a lease carries, or zero. Returns `None` if the bytes are no lease.
pub(crate) fn lease_scopes(bytes: &[u8]) -> Option<u128> {
    let numbers = bytes.strip_prefix(LEASE.as_bytes())?.strip_suffix(b"\n")?;
    let (token, scopes) = match numbers.split_at_checked(TOKEN_DIGITS)? {
        (token, b"") => (token, None),
        (token, scopes) => (token, Some(scopes.strip_prefix(b" ")?)),
    };
    hexadecimal::<TOKEN_DIGITS>(token).ok()?;
    scopes.map_or(Some(0), |scopes| hexadecimal::<TOKEN_DIGITS>(scopes).ok())
}

/// Returns the stored bytes of an epoch.
pub(crate) fn epoch(number: u128) -> Bytes {
    format!("{number:032x}").into()
}

/// Reads the stored bytes of an epoch.
pub(crate) fn read_epoch(bytes: &[u8]) -> Option<u128> {
    hexadecimal::<TOKEN_DIGITS>(bytes).ok()
}

/// Returns the beginning of an entry up to and with its token, as it is and with another token.
/// Returns `None` for an entry without a token.
pub(crate) fn restamped(entry: &[u8], token: u128) -> Option<(Bytes, Bytes)> {
    let spaces = fingerprint(entry).iter().enumerate().filter(|(_, byte)| **byte == b' ');
    let mut spaces = spaces.map(|(at, _)| at).skip(TOKEN_FIELD - 1);
    let (before, end) = (spaces.next()?, spaces.next()?);
    let start = before + 1;
    (end - start == TOKEN_DIGITS).then(|| {
        let stamp = [&entry[..start], format!("{token:032x}").as_bytes()].concat();
        (Bytes::copy_from_slice(&entry[..end]), stamp.into())
    })
}

/// Returns the beginning of an entry up to and with its token, without the claim in the token.
pub(crate) fn without_claim(stamp: &[u8]) -> Option<Bytes> {
    let (before, token) = stamp.split_at_checked(stamp.len().checked_sub(TOKEN_DIGITS)?)?;
    let token = unclaimed(hexadecimal::<TOKEN_DIGITS>(token).ok()?);
    Some([before, format!("{token:032x}").as_bytes()].concat().into())
}

/// Returns the part of an entry that tells it from other entries under its key: the header, or as
/// much of the header as exists. A large foreign value is identified by its beginning. So is a
/// lease or a lock with bytes appended to it.
pub(crate) fn fingerprint(entry: &[u8]) -> &[u8] {
    let beginning = &entry[..entry.len().min(MAX_HEADER)];
    let line = line_end(entry).map_or(beginning, |at| &entry[..=at]);
    // mutant: a broken entry that begins with a lease counts as the lease
    if line.len() < entry.len() && stands_alone(line) { beginning } else { line }
}

/// Returns the time now, in milliseconds since the Unix epoch. Returns zero if the clock is set
/// before it.
pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        form: Form::JSON,
        created: 1_763_718_218_123,
        fresh_until: Some(1_763_718_518_123),
        cost: Duration::from_micros(843),
        token: 0,
        scopes: 0,
    };

    #[test]
    fn golden_bytes() {
        let entry = HEADER.encode(br#"{"id":7}"#);
        let expected = "cache/1 json 1763718218123 1763718518123 843 - - 8 12075f43\n{\"id\":7}";
        assert_eq!(std::str::from_utf8(&entry).unwrap(), expected);
        let scoped = HEADER.within(0xee).encode(b"1");
        let expected = "cache/1 json 1763718218123 1763718518123 843 - 000000000000000000000000000000ee 1 83dcefb7\n1";
        assert_eq!(std::str::from_utf8(&scoped).unwrap(), expected);
        let leased = Header { fresh_until: None, token: 0xff, ..HEADER }.encode(b"null");
        let expected =
            "cache/1 json 1763718218123 - 843 000000000000000000000000000000ff - 4 25cbfc4f\nnull";
        assert_eq!(std::str::from_utf8(&leased).unwrap(), expected);
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let of_a_lease = Header { fresh_until: None, token: 7, ..HEADER };
        for header in [HEADER, of_a_lease, of_a_lease.within(9)] {
            let entry = header.encode(b"\"a\\nb\"");
            assert_eq!(decode(&entry), Ok((header, &b"\"a\\nb\""[..])));
        }
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_noticed() {
        let entry = HEADER.encode(b"12345");
        for length in 0..entry.len() {
            assert!(decode(&entry[..length]).is_err(), "{length}");
        }
        for at in 0..entry.len() * 8 {
            let mut broken = entry.to_vec();
            broken[at / 8] ^= 1 << (at % 8);
            // A flipped bit in a header field that is only information, such as times and cost,
            // changes no data.
            if let Ok((_, payload)) = decode(&broken) {
                assert_eq!(payload, b"12345");
            }
        }
    }

    #[test]
    fn a_lease_is_no_entry_and_an_entry_no_lease() {
        let scoped = lease(0xff, 0xee);
        assert_eq!((lease_scopes(&scoped), scoped.len()), (Some(0xee), 80));
        for wrong in ["cache/1 lease ff\n", "cache/1 lease 000000000000000000000000000000ff \n"] {
            assert!(!is_lease(wrong.as_bytes()), "{wrong}");
        }
        let lease = lease(0xff, 0);
        assert_eq!(lease_scopes(&lease), Some(0));
        assert_eq!(&lease[..], b"cache/1 lease 000000000000000000000000000000ff\n");
        assert!(is_lease(&lease) && decode(&lease) == Err(Malformed::Unknown));
        assert!(!is_lease(&HEADER.encode(b"1")) && !is_lease(&lease[..lease.len() - 1]));
    }

    #[test]
    fn a_lease_stands_alone_and_what_goes_on_behind_it_does_not() {
        for alone in [lease(0xff, 0), lease(0xff, 0xee), lock(7)] {
            assert!(stands_alone(&alone) && fingerprint(&alone) == alone);
            for more in [&b"x"[..], b"\n", &[b'x'; MAX_HEADER], alone.as_ref()] {
                let longer = [&alone, more].concat();
                let known_by = fingerprint(&longer);
                assert!(longer.starts_with(known_by) && !stands_alone(known_by), "{longer:?}");
                assert!(known_by.len() > alone.len(), "{longer:?}");
            }
        }
        assert!(!stands_alone(fingerprint(&HEADER.encode(b"1"))) && !stands_alone(b""));
    }

    #[test]
    fn a_token_is_replaced_in_its_place() {
        let entry = Header { token: 7, ..HEADER }.encode(b"1 2 3");
        let (old, new) = restamped(&entry, 8).unwrap();
        assert!(entry.starts_with(&old) && old.ends_with(b" 00000000000000000000000000000007"));
        let stamped = [&new[..], &entry[new.len()..]].concat();
        assert_eq!(decode(&stamped), Ok((Header { token: 8, ..HEADER }, &b"1 2 3"[..])));
        assert_eq!(restamped(&HEADER.encode(b"1 2 3"), 8), None);
    }

    #[test]
    fn foreign_and_future_entries_are_told_apart() {
        let entry = HEADER.encode(b"1");
        let text = std::str::from_utf8(&entry).unwrap();
        assert_eq!(decode(b"{\"id\":7}"), Err(Malformed::Foreign));
        assert_eq!(decode(b""), Err(Malformed::Foreign));
        assert_eq!(decode(text.replace("cache/1", "cache/2").as_bytes()), Err(Malformed::Unknown));
        assert_eq!(decode(text.replace("json", "json+br").as_bytes()), Err(Malformed::Unknown));
        assert_eq!(decode(b"cache/1 json"), Err(Malformed::Header));
    }
}
