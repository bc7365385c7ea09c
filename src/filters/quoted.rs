//! Paths in quotes, as git prints unusual ones (`core.quotePath` in git-config(1)).

/// `path` as it is, if git quoted it: in double quotes with C's escapes. None if the quotes are not git's.
pub(super) fn unquoted(path: &[u8]) -> Option<Vec<u8>> {
    let Some(rest) = path.strip_prefix(b"\"") else { return Some(path.to_vec()) };
    let inner = rest.strip_suffix(b"\"")?;
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => plain.push(escaped(&mut bytes)?),
            _ => plain.push(byte),
        }
    }
    Some(plain)
}

/// The character after a backslash: a letter of C's, a quote, a backslash, or three octal digits.
fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    Some(match bytes.next()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        byte @ (b'"' | b'\\') => byte,
        first @ b'0'..=b'3' => {
            let digit = |byte: u8| (b'0'..=b'7').contains(&byte).then(|| byte - b'0');
            let (second, third) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            (first - b'0') << 6 | second << 3 | third
        }
        _ => return None,
    })
}
