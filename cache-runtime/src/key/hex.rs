//! Writes lower-case hexadecimal.

/// Appends two digits for each byte.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    for part in bytes.chunks(16) {
        let mut digits = [[0; 2]; 16];
        for (digits, byte) in digits.iter_mut().zip(part) {
            *digits = [byte >> 4, byte & 15].map(digit);
        }
        // All digits are ASCII.
        text.push_str(str::from_utf8(&digits.as_flattened()[..2 * part.len()]).unwrap_or_default());
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in [0, 1, 15, 16, 17, 256] {
            let mut text = "=".to_owned();
            push(&mut text, &bytes[..length]);
            let digits = bytes[..length].iter().map(|byte| format!("{byte:02x}"));
            assert_eq!(text, "=".to_owned() + &digits.collect::<String>());
        }
    }
}
