//! Numbers as people read them.

/// Three significant digits, in plain notation where that is short: `0.0142`, `8.01e-7`, `1`.
#[must_use]
pub fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if (1e-3..1e5).contains(&size) {
        let decimals = (0..=5).find(|&decimals| size >= 10_f64.powi(2 - decimals)).unwrap_or(5);
        let decimals = usize::try_from(decimals).unwrap_or(0);
        let fixed = format!("{value:.decimals$}");
        if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed }
    } else {
        format!("{value:.2e}")
    }
}

/// The shortest text that reads back as the same number: `0.499`, `1e-300`.
#[must_use]
pub fn exact(value: f64) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if plain.len() <= scientific.len() { plain } else { scientific }
}

/// A message with its long numbers made short: the library writes `1e-300` with all of its zeros.
#[must_use]
pub fn shortened(message: &str) -> String {
    const LONGEST: usize = 17;
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+-._/\\".contains(character);
    let mut text = String::new();
    let mut rest = message;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|character| !is_part(character)).unwrap_or(word.len()));
        let number = word.trim_end_matches(['.', '-']);
        text.push_str(before);
        match number.parse::<f64>() {
            Ok(value) if number.len() > LONGEST => {
                // Neither infinite nor 0 if it was written with digits of another size.
                text.push_str(&if value.is_normal() { exact(value) } else { cut(number) });
                text.push_str(&word[number.len()..]);
            }
            _ => text.push_str(word),
        }
        rest = after;
    }
    text + rest
}

/// The first digits of a text, and how many there are.
fn cut(digits: &str) -> String {
    format!("{}… ({} characters)", &digits[..12], digits.len())
}

/// [`short`] for a page: `8.01 × 10⁻⁷`.
#[must_use]
pub fn html(value: f64) -> String {
    let text = short(value);
    let minus = |part: &str| part.replace('-', "\u{2212}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            format!("{}\u{a0}×\u{a0}10<sup>{}</sup>", minus(mantissa), minus(exponent))
        }
        None => minus(&text),
    }
}

/// A ratio: three decimals where it is near 1, where [`short`] would show a bare `1`.
#[must_use]
pub fn ratio(value: f64) -> String {
    if (0.5..2.0).contains(&value) { format!("{value:.3}") } else { short(value) }
}

/// [`ratio`] for a page.
#[must_use]
pub fn html_ratio(value: f64) -> String {
    if (0.5..2.0).contains(&value) { ratio(value) } else { html(value) }
}

/// A count with its thousands set apart: `10,000`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 step`, `2 steps`.
#[must_use]
pub fn plural(count: u64, noun: &str) -> String {
    let number = grouped(count);
    if count == 1 { format!("{number} {noun}") } else { format!("{number} {noun}s") }
}

/// A loss: its changes are small, so six decimals of it.
#[must_use]
pub fn loss(value: f64) -> String {
    if value < 1e6 { format!("{value:.6}") } else { short(value) }
}

/// A duration in seconds, in the unit that suits it.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds < 1e-6 {
        format!("{:.0} ns", seconds * 1e9)
    } else if seconds < 1e-3 {
        format!("{:.2} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

/// The name of a small count, as prose has it.
#[must_use]
pub fn count(value: usize) -> String {
    const WORDS: [&str; 10] =
        ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(value).map_or_else(|| value.to_string(), |&word| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(10_000), "10,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn long_numbers_in_messages_are_short() {
        let zeros = "0".repeat(299);
        assert_eq!(
            shortened(&format!("theta 0.{zeros}1 is outside (0, 1).")),
            "theta 1e-300 is outside (0, 1)."
        );
        assert_eq!(shortened(&format!("'-1{zeros}' and 1{zeros}.")), "'-1e299' and 1e299.");
        assert_eq!(shortened(&format!("[1{zeros}0000000000]")), "[100000000000… (310 characters)]");
        assert_eq!(shortened("0.1 + 0.30000000000000004 = 2/5"), "0.1 + 0.30000000000000004 = 2/5");
        let path = format!("out/1{zeros}/x-1{zeros} is there");
        assert_eq!(shortened(&path), path);
    }

    #[test]
    fn three_digits_are_kept() {
        assert_eq!(short(0.014_234), "0.0142");
        assert_eq!(short(0.002), "0.002");
        assert_eq!(short(0.249_5), "0.249");
        assert_eq!(short(12.345), "12.3");
        assert_eq!(short(1.0), "1");
        assert_eq!(short(100.0), "100");
        assert_eq!(short(8.012e-7), "8.01e-7");
        assert_eq!(html(-8.012e-7), "\u{2212}8.01\u{a0}×\u{a0}10<sup>\u{2212}7</sup>");
    }
}
