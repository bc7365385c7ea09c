//! The deltas of packs (gitformat-pack(5)): an object as pieces of another one, and new ones in between.

/// What `delta` makes of `base`; none if it is not a delta of it, or would be larger than `size_max`.
pub(super) fn applied(delta: &[u8], base: &[u8], size_max: usize) -> Option<Vec<u8>> {
    let mut rest = delta;
    let base_size = size(&mut rest)?;
    let size = size(&mut rest).filter(|size| *size <= size_max)?;
    if base_size != base.len() {
        return None;
    }
    let mut object = Vec::with_capacity(size);
    while let Some((&instruction, after)) = rest.split_first() {
        rest = after;
        if instruction & 0x80 == 0 {
            // The next bytes themselves, at least one.
            let (new, after) =
                rest.split_at_checked(usize::from(instruction)).filter(|(new, _)| !new.is_empty())?;
            object.extend_from_slice(new);
            rest = after;
        } else {
            let mut number = |bits: std::ops::Range<u32>| {
                let mut number = 0;
                for (place, bit) in bits.enumerate() {
                    if instruction >> bit & 1 == 1 {
                        let (&byte, after) = rest.split_first()?;
                        rest = after;
                        number |= usize::from(byte) << (8 * place);
                    }
                }
                Some(number)
            };
            let (from, length) = (number(0..4)?, number(4..7)?);
            let length = if length == 0 { 0x1_0000 } else { length };
            object.extend_from_slice(base.get(from..from.checked_add(length)?)?);
        }
        if object.len() > size {
            return None;
        }
    }
    (object.len() == size).then_some(object)
}

/// The number that `rest` begins with, seven bits a byte, lowest first.
fn size(rest: &mut &[u8]) -> Option<usize> {
    let (mut size, mut shift) = (0_usize, 0_u32);
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        size |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 56)?;
        if byte & 0x80 == 0 {
            return Some(size);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::applied;
    use proptest::prelude::*;

    #[test]
    fn pieces_of_the_base_and_new_ones_are_joined() {
        let base = b"0123456789";
        // "345", "ab", "0123456789"
        let delta = [10, 15, 0x91, 3, 3, 2, b'a', b'b', 0x90, 10];
        assert_eq!(applied(&delta, base, 100).as_deref(), Some(&b"345ab0123456789"[..]));
        assert_eq!(applied(&delta, base, 14), None, "too large");
        assert_eq!(applied(&delta, b"012345678", 100), None, "another base");
        assert_eq!(applied(&[10, 3, 0x91, 9, 3], base, 100), None, "beyond the end");
        assert_eq!(applied(&[10, 1, 0], base, 100), None, "reserved");
        let long = vec![7; 0x1_0000];
        assert_eq!(applied(&[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], &long, 1 << 20).as_deref(), Some(&*long));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(delta: Vec<u8>, base in prop::collection::vec(any::<u8>(), 0..40)) {
            let sized = [&[base.len() as u8, 20][..], &delta].concat();
            for delta in [&delta, &sized] {
                let object = applied(delta, &base, 64);
                prop_assert!(object.is_none_or(|object| object.len() <= 64));
            }
        }
    }
}
