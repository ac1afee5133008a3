//! The stored envelope: one line of text that describes the payload, then the payload (ENTRIES.md).

use crate::entry::codec::form::Form;
use crate::error::Error;
use bytes::Bytes;
use memchr::memchr;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first bytes of every entry: magic and format version.
const MAGIC: &str = "cache/1";

/// The first bytes of every lease; its token follows.
const LEASE: &str = "cache/1 lease ";

/// The first bytes of every lock of a warm-up; its token follows.
const LOCK: &str = "cache/1 lock ";

/// How many hexadecimal digits a token has.
const TOKEN_DIGITS: usize = 32;

/// How many bits of a token are random; the others say until when a refresh is under way.
const RANDOM_BITS: u32 = 80;

/// How many hexadecimal digits a checksum has.
const CHECKSUM_DIGITS: usize = 8;

/// How many fields stand before the token in an entry's header.
const TOKEN_FIELD: usize = 5;

/// No header is longer than this; a longer first line is not ours.
pub(crate) const MAX_HEADER: usize = 256;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) form: Form,
    /// When the entry was made, in milliseconds since the Unix epoch.
    pub(crate) created: u64,
    /// Until when it is fresh, on the same clock; `None`: without end.
    pub(crate) fresh_until: Option<u64>,
    /// How long the load took.
    pub(crate) cost: Duration,
    /// The lease under which it was stored; zero: none.
    pub(crate) token: u128,
    /// The epochs of its key's scopes when its load began, as one number; zero: it was stored without.
    pub(crate) scopes: u128,
}

/// Why bytes are not an entry that this version can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not written by this crate.
    Foreign,
    /// A format or codec of another version.
    Unknown,
    /// A header that is not whole.
    Header,
    /// The payload is shorter or longer than the header says.
    Length,
    /// The payload is not what was written.
    Checksum,
}

impl Header {
    /// Describes an entry made now; zero is no token.
    pub(crate) fn new(form: Form, ttl: Option<Duration>, cost: Duration, token: u128) -> Self {
        let created = unix_ms();
        let fresh_until = ttl.map(|time| created.saturating_add(millis(time)));
        Self { form, created, fresh_until, cost, token, scopes: 0 }
    }

    /// The same with the epochs of its key's scopes.
    pub(crate) fn within(self, scopes: u128) -> Self {
        Self { scopes, ..self }
    }

    /// How long it was to be fresh, whatever clock it was written by; `None`: without end.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let until = self.fresh_until?;
        Some(Duration::from_millis(until.saturating_sub(self.created)))
    }

    /// Whether a clock that is ahead has written it: its times say nothing then.
    pub(crate) fn is_ahead_of(&self, now: u64) -> bool {
        self.fresh_until.is_some() && self.created > now
    }

    /// Until when somebody loads the entry anew, in milliseconds since the Unix epoch; zero: nobody does.
    pub(crate) fn claimed_until(&self) -> u64 {
        // What is left are 48 bits.
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
        // Writing to a String cannot fail.
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

/// What is left of a header. Every hit reads nine fields: each is read where it stands, in one pass, which costs a third of what it does to look for
/// its end first.
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

    /// Takes so many bytes off.
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

    /// Reads a decimal number, of one digit at least.
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

    /// Reads that many hexadecimal digits.
    fn digits<const DIGITS: usize>(&mut self) -> Result<u128, Malformed> {
        hexadecimal::<DIGITS>(self.take(DIGITS))
    }

    /// Reads a dash, or a value.
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

/// Reads that many hexadecimal digits.
fn hexadecimal<const DIGITS: usize>(field: &[u8]) -> Result<u128, Malformed> {
    if field.len() != DIGITS {
        return Err(Malformed::Header);
    }
    // In halves: sums of 128 bits are dear.
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

/// What each byte is worth as a hexadecimal digit; 16: it is none.
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

/// Takes an entry apart, and checks that the payload is whole.
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

/// The epochs that an entry carries, or zero, by its beginning alone; `None`: it is none.
pub(crate) fn scopes(head: &[u8]) -> Option<u128> {
    let (header, ..) = Header::parse(&head[..line_end(head)?]).ok()?;
    Some(header.scopes)
}

/// Where the header ends, if there is one.
fn line_end(entry: &[u8]) -> Option<usize> {
    memchr(b'\n', &entry[..entry.len().min(MAX_HEADER)])
}

fn unfinished(entry: &[u8]) -> Malformed {
    if entry.starts_with(b"cache/") { Malformed::Header } else { Malformed::Foreign }
}

/// A number that nobody else has: 128 random bits, for a load or an epoch.
pub(crate) fn token() -> Result<u128, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::unreachable("the system gave no randomness"))?;
    // Zero means none.
    // mutant: all loads have one token
    Ok(u128::from_ne_bytes(bytes).max(1))
}

/// A token for one load: 80 random bits.
pub(crate) fn load_token() -> Result<u128, Error> {
    Ok(unclaimed(token()?).max(1))
}

/// The token of a load with the time until which it replaces a stored value, in milliseconds since the Unix epoch.
pub(crate) fn claimed(token: u128, until: u64) -> u128 {
    unclaimed(token) | u128::from(until) << RANDOM_BITS
}

/// The token without that time.
pub(crate) fn unclaimed(token: u128) -> u128 {
    token & ((1 << RANDOM_BITS) - 1)
}

/// What stands at a key while it is loaded for the first time; with the epochs of the key's scopes, or zero.
pub(crate) fn lease(token: u128, scopes: u128) -> Bytes {
    match scopes {
        0 => format!("{LEASE}{token:032x}\n").into(),
        scopes => format!("{LEASE}{token:032x} {scopes:032x}\n").into(),
    }
}

/// What stands at the key of a warm-up's lock.
pub(crate) fn lock(token: u128) -> Bytes {
    format!("{LOCK}{token:032x}\n").into()
}

/// Whether a key that holds a value which begins with these bytes holds nothing more: they are a
/// lease or a lock. No [`fingerprint`] of a longer value is one.
pub(crate) fn stands_alone(bytes: &[u8]) -> bool {
    is_lease(bytes) || is_lock(bytes)
}

fn is_lock(bytes: &[u8]) -> bool {
    let token = bytes.strip_prefix(LOCK.as_bytes()).and_then(|rest| rest.strip_suffix(b"\n"));
    token.is_some_and(|token| hexadecimal::<TOKEN_DIGITS>(token).is_ok())
}

/// Whether bytes are a lease, whoever holds it.
pub(crate) fn is_lease(bytes: &[u8]) -> bool {
    lease_scopes(bytes).is_some()
}

/// The epochs that a lease carries, or zero; `None`: it is none.
pub(crate) fn lease_scopes(bytes: &[u8]) -> Option<u128> {
    let numbers = bytes.strip_prefix(LEASE.as_bytes())?.strip_suffix(b"\n")?;
    let (token, scopes) = match numbers.split_at_checked(TOKEN_DIGITS)? {
        (token, b"") => (token, None),
        (token, scopes) => (token, Some(scopes.strip_prefix(b" ")?)),
    };
    hexadecimal::<TOKEN_DIGITS>(token).ok()?;
    scopes.map_or(Some(0), |scopes| hexadecimal::<TOKEN_DIGITS>(scopes).ok())
}

/// An epoch as it is stored.
pub(crate) fn epoch(number: u128) -> Bytes {
    format!("{number:032x}").into()
}

/// The epoch that bytes are.
pub(crate) fn read_epoch(bytes: &[u8]) -> Option<u128> {
    hexadecimal::<TOKEN_DIGITS>(bytes).ok()
}

/// The beginning of an entry up to its token, and the same with another token; `None` for an entry without.
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

/// The beginning of an entry up to its token without the claim in it.
pub(crate) fn without_claim(stamp: &[u8]) -> Option<Bytes> {
    let (before, token) = stamp.split_at_checked(stamp.len().checked_sub(TOKEN_DIGITS)?)?;
    let token = unclaimed(hexadecimal::<TOKEN_DIGITS>(token).ok()?);
    Some([before, format!("{token:032x}").as_bytes()].concat().into())
}

/// The part of an entry that tells it from every other one under its key: the header, or as much as there is of it.
/// Something large and foreign is known by its beginning, as is a lease or a lock behind which something has been appended.
pub(crate) fn fingerprint(entry: &[u8]) -> &[u8] {
    let beginning = &entry[..entry.len().min(MAX_HEADER)];
    let line = line_end(entry).map_or(beginning, |at| &entry[..=at]);
    // mutant: a broken entry that begins with a lease counts as the lease
    if line.len() < entry.len() && stands_alone(line) { beginning } else { line }
}

/// The time now, in milliseconds since the Unix epoch; zero on a clock set before it.
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
            // A flipped bit in a header field that is free text for us (times, cost) changes no data.
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
