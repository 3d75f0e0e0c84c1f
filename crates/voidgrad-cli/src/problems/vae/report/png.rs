//! Pixels as the text of a picture inside a page.

/// A colour: red, green and blue.
pub(super) type Colour = [u8; 3];

/// The address of a picture, which holds the picture itself: a PNG file in rows of `width` pixels.
pub(super) fn address(pixels: &[Colour], width: usize) -> String {
    format!("data:image/png;base64,{}", base64(&file(pixels, width)))
}

/// The file.
fn file(pixels: &[Colour], width: usize) -> Vec<u8> {
    let height = pixels.len() / width.max(1);
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    // Eight bits a channel, three channels.
    chunk(&mut bytes, *b"IHDR", &[&size(width)[..], &size(height), &[8, 2, 0, 0, 0]].concat());
    let mut rows = Vec::new();
    for row in pixels.chunks(width.max(1)) {
        // A row that is not filtered.
        rows.push(0);
        rows.extend(row.as_flattened());
    }
    chunk(&mut bytes, *b"IDAT", &stored(&rows));
    chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

fn chunk(bytes: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    bytes.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
    let start = bytes.len();
    bytes.extend(kind);
    bytes.extend(content);
    bytes.extend(cyclic_redundancy(&bytes[start..]).to_be_bytes());
}

/// A zlib stream that is not compressed: the pictures here are small.
fn stored(content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x78, 0x01];
    let mut blocks = content.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        bytes.push(u8::from(blocks.peek().is_none()));
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(block);
    }
    bytes.extend(adler(content).to_be_bytes());
    bytes
}

/// The checksum of a zlib stream.
fn adler(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let add = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    };
    let (a, b) = bytes.iter().fold((1, 0), add);
    b << 16 | a
}

/// The checksum of a chunk.
fn cyclic_redundancy(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for triple in bytes.chunks(3) {
        let number =
            (0..3).fold(0_u32, |number, i| number << 8 | u32::from(triple.get(i).copied().unwrap_or(0)));
        for digit in 0..4 {
            let place = (number >> (18 - 6 * digit) & 63) as usize;
            text.push(if digit <= triple.len() { char::from(DIGITS[place]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_their_definitions() {
        assert_eq!(cyclic_redundancy(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn three_bytes_are_four_letters() {
        let texts: [(&[u8], &str); 4] = [(b"Man", "TWFu"), (b"Ma", "TWE="), (b"M", "TQ=="), (b"", "")];
        for (bytes, text) in texts {
            assert_eq!(base64(bytes), text);
        }
    }

    #[test]
    fn a_file_has_its_pixels_after_its_size() {
        let bytes = file(&[[1, 2, 3], [4, 5, 6]], 1);
        assert_eq!(bytes[16..24], [0, 0, 0, 1, 0, 0, 0, 2]);
        let rows = [0, 1, 2, 3, 0, 4, 5, 6];
        assert!(bytes.windows(rows.len()).any(|window| window == rows));
    }
}
