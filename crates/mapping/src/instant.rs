//! Instants as vendors write them.

use crosswalk_model::Instant;

/// What a text says of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// This one.
    At(Instant),
    /// None: an empty text, or a date of zeros.
    Never,
    /// Something else.
    Garbage,
}

/// Reads an ISO 8601 instant in the spellings vendors use: `T` or a space, 0 to 9 fractional digits (cut
/// off after three), `Z`, `+00:00`, `+0000`, `+00` or no zone at all, which is then `offset` seconds east of
/// UTC. A date alone is midnight.
pub(crate) fn read(text: &str, offset: i64) -> Read {
    if let Some(millis) = usual(text.as_bytes()) {
        return Read::At(Instant(millis));
    }
    let bytes = text.trim().as_bytes();
    if bytes.is_empty() {
        return Read::Never;
    }
    match parse(bytes, offset) {
        Some(Some(millis)) => Read::At(Instant(millis)),
        Some(None) => Read::Never,
        None => Read::Garbage,
    }
}

/// `+05:30` in seconds; `Z` is none.
pub(crate) fn read_offset(text: &str) -> Option<i64> {
    zone(text.as_bytes(), 0)
}

/// The two spellings that nearly all vendors use: `2021-04-17T09:31:05.118Z`, with or without the fraction.
fn usual(bytes: &[u8]) -> Option<i64> {
    let (head, millis) = match bytes.split_first_chunk::<19>()? {
        (head, b"Z") => (head, 0),
        (head, &[b'.', a, b, c, b'Z']) => (head, number(&[a, b, c])?),
        _ => return None,
    };
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = head
    else {
        return None;
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    // Dates of zeros, leap seconds and what is wrong are judged where everything else is.
    let fits = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    fits.then(|| {
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        seconds * 1000 + millis
    })
}

/// Decimal digits.
fn number<const N: usize>(digits: &[u8; N]) -> Option<i64> {
    let mut value = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(i64::from(value))
}

fn parse(bytes: &[u8], offset: i64) -> Option<Option<i64>> {
    let year = digits(bytes, 0, 4)?;
    let month = separated(bytes, 4, b'-')?;
    let day = separated(bytes, 7, b'-')?;
    if (year, month, day) == (0, 0, 0) {
        return Some(None);
    }
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * 86_400_000;
    let Some(separator) = bytes.get(10) else {
        return Some(Some(midnight - offset * 1000));
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let hour = digits(bytes, 11, 2)?;
    let minute = separated(bytes, 13, b':')?;
    let (second, mut at) = if bytes.get(16) == Some(&b':') {
        (digits(bytes, 17, 2)?, 19)
    } else {
        (0, 16)
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut millis = 0;
    if matches!(bytes.get(at), Some(b'.' | b',')) {
        let start = at + 1;
        at = start;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at == start {
            return None;
        }
        for place in 0..3 {
            let digit = bytes
                .get(start + place)
                .filter(|_| start + place < at)
                .map_or(0, |digit| i64::from(digit - b'0'));
            millis = millis * 10 + digit;
        }
    }
    let zone = zone(bytes.get(at..)?, offset)?;
    Some(Some(
        midnight + ((hour * 60 + minute) * 60 + second) * 1000 + millis - zone * 1000,
    ))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i64> {
    let mut value = 0;
    for byte in bytes.get(at..at + count)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(value)
}

fn separated(bytes: &[u8], at: usize, separator: u8) -> Option<i64> {
    (bytes.get(at) == Some(&separator))
        .then(|| digits(bytes, at + 1, 2))
        .flatten()
}

/// Seconds east of UTC; the whole rest has to be a zone.
fn zone(rest: &[u8], otherwise: i64) -> Option<i64> {
    let rest = rest.trim_ascii();
    let sign = match rest.first() {
        None => return Some(otherwise),
        Some(b'Z' | b'z') if rest.len() == 1 => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return None,
    };
    let hours = digits(rest, 1, 2)?;
    let minutes = match rest.len() {
        3 => 0,
        5 => digits(rest, 3, 2)?,
        6 if rest[3] == b':' => digits(rest, 4, 2)?,
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 (Howard Hinnant's `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        match read(text, 0) {
            Read::At(at) => at.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_spelling_of_the_dossiers() {
        assert_eq!(shown("2021-04-17T09:31:05.118Z"), "2021-04-17T09:31:05.118Z");
        assert_eq!(shown("2023-11-02T16:44:50Z"), "2023-11-02T16:44:50.000Z");
        assert_eq!(shown("2024-05-06T07:08:09.000+0000"), "2024-05-06T07:08:09.000Z");
        assert_eq!(
            shown("2024-05-06T07:08:09.123456000Z"),
            "2024-05-06T07:08:09.123Z"
        );
        assert_eq!(shown("2024-05-06T07:08:09.9999Z"), "2024-05-06T07:08:09.999Z");
        assert_eq!(shown("1969-12-31T23:59:59.9999Z"), "1969-12-31T23:59:59.999Z");
        assert_eq!(shown("2018-03-09 14:05:51"), "2018-03-09T14:05:51.000Z");
        assert_eq!(
            shown("2024-02-11 16:40:03.120455+00:00"),
            "2024-02-11T16:40:03.120Z"
        );
        assert_eq!(shown("2021-03-14T01:59:26+05:30"), "2021-03-13T20:29:26.000Z");
        assert_eq!(shown("2024-05-06"), "2024-05-06T00:00:00.000Z");
        assert_eq!(shown("0000-00-00 00:00:00"), "Never");
        assert_eq!(shown(" "), "Never");
        for garbage in [
            "soon",
            "2024-13-01",
            "2023-02-29",
            "2024-05-06T25:00:00Z",
            "2024-05-06T07:08:09.Z",
            "2024-05-06X",
            "2024-05-06T07:08:09Q",
        ] {
            assert_eq!(shown(garbage), "Garbage", "{garbage}");
        }
        assert_eq!(
            read("2024-01-01T00:00:00", 3600),
            Read::At(Instant(1_704_063_600_000))
        );
    }

    proptest! {
        #[test]
        fn what_the_model_writes_is_read(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
            prop_assert_eq!(read(&Instant(millis).to_string(), 0), Read::At(Instant(millis)));
        }

        #[test]
        fn nothing_makes_it_panic(text in ".{0,40}") {
            let _ = read(&text, 0);
        }
    }
}
