//! Instants, to the millisecond, in UTC.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

const DAY: i64 = 86_400_000;
/// No spelling of an instant is longer, in bytes.
const LONGEST: usize = 80;

/// Milliseconds since 1970-01-01T00:00:00Z. Shown as `YYYY-MM-DDTHH:MM:SS.mmmZ`; years before 0 and after 9999
/// have a sign and at least six digits, as ISO 8601 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads a query's instant: ISO 8601 with any offset (`Z`, `+02:00`, `+0200`, `+02`); a date alone is
    /// midnight UTC. A `+` that form decoding made a space of is understood. Digits finer than milliseconds are
    /// cut off. `None` for anything else, a time without its offset included: it could mean any zone.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let is_date = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+'));
        if is_date {
            let date: Date = text.parse().ok()?;
            let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
            return midnight.map_or_else(
                |_| Self::last(date),
                |midnight| Some(Self::from_timestamp(midnight)),
            );
        }
        let text = without_finest_digits(with_plus(text));
        text.parse().map_or_else(
            |_| {
                let pieces = Pieces::parse(text.as_bytes()).ok()?;
                pieces.time().zip(pieces.to_numeric_offset())?;
                Self::last(pieces.date())
            },
            |time| Some(Self::from_timestamp(time)),
        )
    }

    /// The last instant that can be told, for those hours of the year 9999 that lie behind it: they stand for "no
    /// end".
    fn last(date: Date) -> Option<Self> {
        (date.year() == 9999).then(|| Self::from_timestamp(Timestamp::MAX))
    }

    fn from_timestamp(time: Timestamp) -> Self {
        // Cut towards the past, so that the digits shown are those that were given.
        Self(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Appends it as it is shown: 24 bytes for a year of four digits.
    pub fn write(self, out: &mut Vec<u8>) {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let millis = self.0.rem_euclid(DAY) as u32;
        let (second, milli) = (millis / 1000, millis % 1000);
        let mut shown = *b"0000-00-00T00:00:00.000Z";
        two(&mut shown, 5, month);
        two(&mut shown, 8, day);
        two(&mut shown, 11, second / 3600);
        two(&mut shown, 14, second / 60 % 60);
        two(&mut shown, 17, second % 60);
        shown[20] = b'0' + (milli / 100) as u8;
        two(&mut shown, 21, milli % 100);
        if (0..=9999).contains(&year) {
            let year = year as u32;
            two(&mut shown, 0, year / 100);
            two(&mut shown, 2, year % 100);
            out.extend_from_slice(&shown);
        } else {
            out.extend_from_slice(format!("{year:+07}").as_bytes());
            out.extend_from_slice(&shown[4..]);
        }
    }
}

/// The offset's `+` where form decoding made a space of it.
fn with_plus(text: &str) -> Cow<'_, str> {
    match text.rsplit_once(' ') {
        // A space before a time stands for the `T`: an offset has a time before it.
        Some((time, offset))
            if time.contains(':') && offset.starts_with(|first: char| first.is_ascii_digit()) =>
        {
            Cow::Owned(format!("{time}+{offset}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// At most nine digits of a second, which is what the parser takes.
fn without_finest_digits(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(at) = text.find(['.', ',']) else {
        return text;
    };
    let count = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
    if count <= 9 {
        return text;
    }
    Cow::Owned(format!("{}{}", &text[..at + 10], &text[at + 1 + count..]))
}

/// The two digits of every number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// Writes a number below 100 as two digits.
#[inline]
fn two(shown: &mut [u8; 24], at: usize, value: u32) {
    let [tens, ones] = PAIRS[value as usize % 100];
    shown[at] = tens;
    shown[at + 1] = ones;
}

/// The civil date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u32;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 {
        month_shifted + 3
    } else {
        month_shifted - 9
    };
    let year = i64::from(year_of_era) + era * 400 + i64::from(month <= 2);
    (year, month, day)
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

    /// What the parser can hold: the years -9999 to 9999, some hours short for offsets.
    const RANGE: std::ops::Range<i64> = -377_705_023_200_000..253_402_207_200_000;

    #[test]
    fn the_end_of_time_is_no_end() {
        for text in [
            "9999-12-31",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999-23:59",
        ] {
            let end = Instant::parse(text).unwrap();
            assert!(end > Instant::parse("9999-12-30T21:59:59Z").unwrap(), "{text}");
        }
        for text in [
            "9999-12-32",
            "9999-12-31T23:59:59",
            "9999-12-31T25:00:00Z",
            "10000-01-01",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in RANGE) {
            let instant = Instant(millis);
            prop_assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        }

        #[test]
        fn what_is_written_is_what_jiff_writes(millis in RANGE) {
            let time = Timestamp::from_millisecond(millis).unwrap();
            prop_assert_eq!(Instant(millis).to_string(), format!("{time:.3}"));
        }

        #[test]
        fn offsets_name_the_same_instant(millis in -60_000_000_000_000_i64..253_000_000_000_000, hours in 0_i64..24, minutes in 0_i64..60) {
            let shifted = Instant(millis + (hours * 60 + minutes) * 60_000).to_string();
            let local = shifted.strip_suffix('Z').unwrap();
            for offset in [format!("+{hours:02}:{minutes:02}"), format!("+{hours:02}{minutes:02}"), format!(" {hours:02}:{minutes:02}")] {
                prop_assert_eq!(Instant::parse(&format!("{local}{offset}")), Some(Instant(millis)));
            }
        }

        #[test]
        fn later_is_greater(a in 0_i64..253_402_300_800_000, b in 0_i64..253_402_300_800_000) {
            prop_assert_eq!(Instant(a).to_string().cmp(&Instant(b).to_string()), a.cmp(&b));
        }

        #[test]
        fn nothing_makes_it_panic(text in prop_oneof!["(?s).{0,40}", "[-+0-9TZ:., ]{0,30}"], millis: i64) {
            let _ = Instant::parse(&text);
            let _ = Instant(millis).to_string();
        }
    }

    #[test]
    fn every_form_of_the_contract_is_read() {
        for (given, shown) in [
            ("2024-05-06", "2024-05-06T00:00:00.000Z"),
            ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09.000Z"),
            ("2024-05-06T07:08:09 02:00", "2024-05-06T05:08:09.000Z"),
            ("2024-05-06 07:08:09 0200", "2024-05-06T05:08:09.000Z"),
            ("2024-05-06T07:08:09+0200", "2024-05-06T05:08:09.000Z"),
            ("2024-05-06T07:08:09+02", "2024-05-06T05:08:09.000Z"),
            ("2024-05-06T07:08:09-02:30", "2024-05-06T09:38:09.000Z"),
            ("2024-05-06T07:08Z", "2024-05-06T07:08:00.000Z"),
            (" 2024-05-06t07:08:09z ", "2024-05-06T07:08:09.000Z"),
            ("2024-05-06T07:08:09.1Z", "2024-05-06T07:08:09.100Z"),
            ("2024-05-06T07:08:09.123999Z", "2024-05-06T07:08:09.123Z"),
            ("2024-05-06T07:08:09.1239999999999Z", "2024-05-06T07:08:09.123Z"),
            ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
            ("20240506T070809Z", "2024-05-06T07:08:09.000Z"),
        ] {
            let read = Instant::parse(given).map(|instant| instant.to_string());
            assert_eq!(read.as_deref(), Some(shown), "{given}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for given in [
            "",
            "yesterday",
            "2024",
            "1714979289",
            "2024-13-01",
            "2024-02-30",
            "2024-05-06T",
            "2024-05-06T07:08:09",
            "2024-05-06 07:08",
            "20240506T07",
            "2024-05-06T25:00:00Z",
        ] {
            assert_eq!(Instant::parse(given), None, "{given}");
        }
    }

    #[test]
    fn years_beyond_four_digits_have_a_sign() {
        assert_eq!(
            Instant(253_402_300_800_000).to_string(),
            "+010000-01-01T00:00:00.000Z"
        );
        assert_eq!(
            Instant(-62_167_219_200_001).to_string(),
            "-000001-12-31T23:59:59.999Z"
        );
        assert_eq!(Instant(i64::MAX).to_string(), "+292278994-08-17T07:12:55.807Z");
    }
}
