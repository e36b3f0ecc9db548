//! Instants, to the millisecond, in UTC.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

/// Milliseconds since 1970-01-01T00:00:00Z. Shown as `YYYY-MM-DDTHH:MM:SS.mmmZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads a query's instant: ISO 8601 with any offset; a date alone is midnight UTC. Digits finer than
    /// milliseconds are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Self::from_timestamp(time));
        }
        if text.len() <= 11
            && let Ok(date) = text.parse::<Date>()
        {
            let midnight = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            return Some(Self::from_timestamp(midnight));
        }
        // `+0100` without a colon, and a `+` that a form decoder made a space of.
        let repaired = match text.rfind(' ') {
            Some(at) if text.contains('T') => format!("{}+{}", &text[..at], &text[at + 1..]),
            _ => text.to_owned(),
        };
        if let Ok(time) = repaired.parse::<Timestamp>() {
            return Some(Self::from_timestamp(time));
        }
        Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", &repaired)
            .ok()
            .map(Self::from_timestamp)
    }

    fn from_timestamp(time: Timestamp) -> Self {
        // Cut towards the past, so that the digits shown are those that were given.
        Self(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Appends the 24 characters of a year with four digits (more digits and a sign otherwise).
    pub fn write(self, out: &mut Vec<u8>) {
        let days = self.0.div_euclid(86_400_000);
        let mut rest = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil(days);
        if (0..=9999).contains(&year) {
            push_digits(out, year.unsigned_abs(), 4);
        } else {
            out.push(if year < 0 { b'-' } else { b'+' });
            push_digits(out, year.unsigned_abs(), 6);
        }
        out.push(b'-');
        push_digits(out, month, 2);
        out.push(b'-');
        push_digits(out, day, 2);
        for (separator, unit) in [(b'T', 3_600_000), (b':', 60_000), (b':', 1000)] {
            out.push(separator);
            push_digits(out, (rest / unit).unsigned_abs(), 2);
            rest %= unit;
        }
        out.push(b'.');
        push_digits(out, rest.unsigned_abs(), 3);
        out.push(b'Z');
    }
}

/// The civil date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 {
        month_shifted + 3
    } else {
        month_shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

fn push_digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(24);
        self.write(&mut out);
        f.write_str(std::str::from_utf8(&out).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in -62_135_596_800_000_i64..253_402_300_799_999) {
            let instant = Instant(millis);
            prop_assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        }

        #[test]
        fn reading_never_panics(text in ".{0,40}") {
            let _ = Instant::parse(&text);
        }
    }

    #[test]
    fn every_form_of_the_contract_is_read() {
        let at = |text: &str| Instant::parse(text).unwrap().to_string();
        assert_eq!(at("2024-05-06"), "2024-05-06T00:00:00.000Z");
        assert_eq!(at("2024-05-06T07:08:09+02:00"), "2024-05-06T05:08:09.000Z");
        assert_eq!(at("2024-05-06T07:08:09 02:00"), "2024-05-06T05:08:09.000Z");
        assert_eq!(at("2024-05-06T07:08:09.123999Z"), "2024-05-06T07:08:09.123Z");
        assert_eq!(at("2024-05-06T07:08:09+0200"), "2024-05-06T05:08:09.000Z");
        assert_eq!(at("1969-12-31T23:59:59.9995Z"), "1969-12-31T23:59:59.999Z");
        assert_eq!(Instant::parse("yesterday"), None);
        assert_eq!(Instant::parse("2024-13-01"), None);
    }
}
