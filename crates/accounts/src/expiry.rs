//! Reading `expires_at` as people and vendors write it.

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

/// Last second of the year 9999: a larger number is not Unix seconds.
const LATEST_SECOND: i64 = 253_402_300_799;

/// An `expires_at` that is neither of the two forms.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`expires_at` must be an ISO 8601 instant such as 2030-01-31T12:00:00Z, or Unix seconds{hint}")]
pub struct ExpiryProblem {
    hint: &'static str,
}

/// Reads an ISO 8601 instant with an offset, or Unix seconds as a number or as text.
/// Null and empty text mean unknown. Answers milliseconds since the epoch; parts of
/// a millisecond are cut off.
///
/// # Errors
/// Anything else, in words for the caller of the API.
pub fn parse_expires_at(value: &Value) -> Result<Option<i64>, ExpiryProblem> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => seconds(number.as_f64().unwrap_or(f64::NAN)).map(Some),
        Value::String(text) => {
            let text = text.trim();
            if text.is_empty() {
                return Ok(None);
            }
            if let Ok(number) = text.parse::<f64>() {
                return seconds(number).map(Some);
            }
            match text.parse::<Timestamp>() {
                Ok(instant) => Ok(Some(instant.as_millisecond())),
                Err(_) => Err(ExpiryProblem { hint: "" }),
            }
        }
        _ => Err(ExpiryProblem { hint: "" }),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn seconds(number: f64) -> Result<i64, ExpiryProblem> {
    if !number.is_finite() || number < 0.0 {
        return Err(ExpiryProblem { hint: "" });
    }
    if number > LATEST_SECOND as f64 {
        return Err(ExpiryProblem {
            hint: " (this number is too large for seconds; is it milliseconds?)",
        });
    }
    Ok((number * 1000.0).floor() as i64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_and_neither() {
        let noon = 1_704_110_400_000;
        for good in [
            json!("2024-01-01T12:00:00Z"),
            json!("2024-01-01T14:00:00+02:00"),
            json!("2024-01-01T12:00:00.000999Z"),
            json!(1_704_110_400),
            json!("1704110400"),
            json!(1_704_110_400.0),
        ] {
            assert_eq!(parse_expires_at(&good), Ok(Some(noon)), "{good}");
        }
        for none in [json!(null), json!(""), json!("  ")] {
            assert_eq!(parse_expires_at(&none), Ok(None));
        }
        for bad in [
            json!("soon"),
            json!("2024-01-01T12:00:00"),
            json!(-1),
            json!("NaN"),
            json!("inf"),
            json!([]),
            json!(true),
        ] {
            assert!(parse_expires_at(&bad).is_err(), "{bad}");
        }
        let millis = parse_expires_at(&json!(1_704_110_400_000_i64)).unwrap_err();
        assert!(millis.to_string().contains("milliseconds?"), "{millis}");
    }

    proptest! {
        #[test]
        fn text_and_number_mean_the_same(second in 0..LATEST_SECOND) {
            let number = parse_expires_at(&json!(second));
            prop_assert_eq!(&number, &Ok(Some(second * 1000)));
            prop_assert_eq!(&number, &parse_expires_at(&json!(second.to_string())));
            let iso = Timestamp::from_second(second).unwrap().to_string();
            prop_assert_eq!(&number, &parse_expires_at(&json!(iso)));
        }

        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            let _ = parse_expires_at(&json!(text));
        }
    }
}
