//! What vendors' answers mean by the words of their connector files, from the vendors' documentation.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crosswalk_connector::Registry;
use crosswalk_connector::file::ErrorClass::{self, *};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::fault::{Call, answer_scope, classify, words};
use crate::wait;

type Headers = &'static [(&'static str, &'static str)];

fn headers(pairs: Headers) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

/// An answer of a vendor's, and what it means.
struct Case(&'static str, Call, u16, Headers, &'static str, ErrorClass);

const NO: Headers = &[];

const CASES: &[Case] = &[
    Case(
        "accelo",
        Call::List,
        401,
        NO,
        r#"{"response":null,"meta":{"status":"invalid_client"}}"#,
        Unauthorized,
    ),
    Case(
        "accelo",
        Call::List,
        403,
        NO,
        r#"{"response":null,"meta":{"status":"invalid_permission"}}"#,
        Forbidden,
    ),
    Case(
        "accelo",
        Call::Get,
        400,
        NO,
        r#"{"response":null,"meta":{"status":"invalid_request"}}"#,
        NotFound,
    ),
    Case(
        "accelo",
        Call::List,
        400,
        NO,
        r#"{"response":null,"meta":{"status":"invalid_request"}}"#,
        Invalid,
    ),
    Case(
        "accelo",
        Call::List,
        429,
        NO,
        r#"{"response":null,"meta":{"status":"too_many_requests"}}"#,
        RateLimited,
    ),
    Case(
        "accelo",
        Call::List,
        401,
        NO,
        r#"{"response":null,"meta":{"status":"too_many_failed_logins"}}"#,
        QuotaExceeded,
    ),
    Case(
        "accelo",
        Call::List,
        500,
        NO,
        r#"{"response":null,"meta":{"status":"server_error"}}"#,
        Unavailable,
    ),
    Case(
        "activecampaign",
        Call::List,
        403,
        NO,
        r#"{"message":"Forbidden"}"#,
        Unauthorized,
    ),
    Case(
        "activecampaign",
        Call::Get,
        403,
        NO,
        r#"{"message":"No Result found for User with id 999"}"#,
        NotFound,
    ),
    Case(
        "activecampaign",
        Call::Get,
        404,
        NO,
        r#"{"message":"No Result found for User with id 999"}"#,
        NotFound,
    ),
    Case(
        "activecampaign",
        Call::List,
        422,
        NO,
        r#"{"errors":[{"title":"x"}]}"#,
        Invalid,
    ),
    Case(
        "attio",
        Call::List,
        401,
        NO,
        r#"{"type":"auth_error","code":"unauthorized"}"#,
        Unauthorized,
    ),
    Case(
        "attio",
        Call::List,
        403,
        NO,
        r#"{"type":"auth_error","code":"billing_error"}"#,
        Forbidden,
    ),
    Case(
        "attio",
        Call::Get,
        404,
        NO,
        r#"{"type":"invalid_request_error","code":"not_found"}"#,
        NotFound,
    ),
    Case(
        "capsule",
        Call::List,
        401,
        NO,
        r#"{"error":"invalid_token"}"#,
        Unauthorized,
    ),
    Case(
        "capsule",
        Call::List,
        403,
        NO,
        r#"{"error":"insufficient_scope"}"#,
        Forbidden,
    ),
    Case(
        "capsule",
        Call::List,
        429,
        NO,
        r#"{"error":"rate limit reached"}"#,
        RateLimited,
    ),
    Case(
        "close",
        Call::List,
        402,
        NO,
        r#"{"error":"Upgrade your plan."}"#,
        Forbidden,
    ),
    Case(
        "close",
        Call::Get,
        404,
        NO,
        r#"{"error":"Empty query: {}"}"#,
        NotFound,
    ),
    Case(
        "close",
        Call::List,
        400,
        NO,
        r#"{"error":"_limit must be an integer"}"#,
        Invalid,
    ),
    Case(
        "freshsales",
        Call::List,
        401,
        NO,
        r#"{"errors":{"code":401,"message":["x"]}}"#,
        Unauthorized,
    ),
    Case(
        "freshsales",
        Call::List,
        403,
        NO,
        r#"{"errors":{"code":403,"message":["x"]}}"#,
        Forbidden,
    ),
    Case(
        "highlevel",
        Call::List,
        401,
        NO,
        r#"{"statusCode":401,"message":"Invalid JWT"}"#,
        Unauthorized,
    ),
    Case(
        "highlevel",
        Call::List,
        401,
        NO,
        r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#,
        Unauthorized,
    ),
    Case(
        "highlevel",
        Call::Get,
        401,
        NO,
        r#"{"message":"The user does not exist.","error":"Unauthorized","statusCode":401}"#,
        NotFound,
    ),
    Case(
        "highlevel",
        Call::List,
        401,
        NO,
        r#"{"message":"The token is not authorized for this scope."}"#,
        Forbidden,
    ),
    Case(
        "highlevel",
        Call::List,
        401,
        NO,
        r#"{"message":"version header was not found."}"#,
        Failed,
    ),
    Case(
        "highlevel",
        Call::List,
        403,
        NO,
        r#"{"message":"The token does not have access to this location."}"#,
        Forbidden,
    ),
    Case(
        "highlevel",
        Call::List,
        422,
        NO,
        r#"{"message":["companyId must be a string"]}"#,
        Invalid,
    ),
    Case(
        "highlevel",
        Call::List,
        429,
        &[("x-ratelimit-daily-remaining", "199000")],
        "{}",
        RateLimited,
    ),
    Case(
        "highlevel",
        Call::List,
        429,
        &[("x-ratelimit-daily-remaining", "0")],
        "{}",
        QuotaExceeded,
    ),
    Case(
        "hubspot",
        Call::List,
        401,
        NO,
        r#"{"category":"EXPIRED_AUTHENTICATION"}"#,
        Unauthorized,
    ),
    Case(
        "hubspot",
        Call::List,
        530,
        NO,
        "<html>error code: 1016</html>",
        Unauthorized,
    ),
    Case(
        "hubspot",
        Call::List,
        403,
        NO,
        r#"{"category":"MISSING_SCOPES"}"#,
        Forbidden,
    ),
    Case(
        "hubspot",
        Call::List,
        429,
        NO,
        r#"{"policyName":"TEN_SECONDLY_ROLLING"}"#,
        RateLimited,
    ),
    Case(
        "hubspot",
        Call::List,
        429,
        NO,
        r#"{"policyName":"DAILY"}"#,
        QuotaExceeded,
    ),
    Case(
        "hubspot",
        Call::Get,
        400,
        NO,
        r#"{"category":"VALIDATION_ERROR"}"#,
        NotFound,
    ),
    Case(
        "insightly",
        Call::List,
        401,
        NO,
        r#"{"Message":"Authorization has been denied for this request."}"#,
        Unauthorized,
    ),
    Case(
        "insightly",
        Call::List,
        403,
        NO,
        "API User does not have access to Users.",
        Forbidden,
    ),
    Case(
        "insightly",
        Call::List,
        404,
        NO,
        "API User does not have access to Users.",
        Forbidden,
    ),
    Case("insightly", Call::Get, 404, NO, "No User with ID = 5", NotFound),
    Case(
        "insightly",
        Call::List,
        429,
        &[("x-ratelimit-remaining", "12")],
        "slow down",
        RateLimited,
    ),
    Case(
        "insightly",
        Call::List,
        429,
        &[("x-ratelimit-remaining", "0")],
        "slow down",
        QuotaExceeded,
    ),
    Case(
        "keap",
        Call::List,
        401,
        NO,
        r#"{"fault":{"faultstring":"Invalid Access Token"}}"#,
        Unauthorized,
    ),
    Case(
        "keap",
        Call::Get,
        404,
        NO,
        r#"{"code":404,"message":"x","status":"NOT_FOUND"}"#,
        NotFound,
    ),
    Case(
        "keap",
        Call::Get,
        400,
        NO,
        "<html>malformed or illegal request</html>",
        Invalid,
    ),
    Case(
        "keap",
        Call::List,
        429,
        &[
            ("x-keap-product-quota-available", "29000"),
            ("x-keap-tenant-throttle-available", "0|249000"),
        ],
        "{}",
        RateLimited,
    ),
    Case(
        "keap",
        Call::List,
        429,
        &[("x-keap-product-quota-available", "0")],
        "{}",
        QuotaExceeded,
    ),
    Case(
        "keap",
        Call::List,
        429,
        &[("x-keap-tenant-throttle-available", "9000|0")],
        "{}",
        QuotaExceeded,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"data":{"users":[]},"extensions":{"request_id":"x"}}"#,
        Ok,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"data":{"users":[]},"errors":null}"#,
        Ok,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"data":{"users":[]},"errors":[]}"#,
        Ok,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"x","extensions":{"code":"missingRequiredPermissions"}}]}"#,
        Forbidden,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"x","extensions":{"code":"UserUnauthorizedException"}}]}"#,
        Forbidden,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"x","extensions":{"code":"tooManyRequests"}}]}"#,
        RateLimited,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"x","extensions":{"code":"DAILY_LIMIT_EXCEEDED"}}]}"#,
        QuotaExceeded,
    ),
    Case(
        "mondaycrm",
        Call::List,
        429,
        NO,
        r#"{"errors":[{"message":"x","extensions":{"code":"DAILY_LIMIT_EXCEEDED"}}]}"#,
        QuotaExceeded,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":["Not Authenticated"]}"#,
        Unauthorized,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"Parse error"}]}"#,
        Failed,
    ),
    Case(
        "mondaycrm",
        Call::List,
        200,
        NO,
        r#"{"errors":[{"message":"x"}],"data":{"users":[]}}"#,
        Failed,
    ),
    Case(
        "mondaycrm",
        Call::List,
        503,
        NO,
        r#"{"errors":[{"extensions":{"code":"TIMEOUT_EXCEEDED"}}]}"#,
        Unavailable,
    ),
    Case(
        "nutshell",
        Call::List,
        200,
        NO,
        r#"{"result":[],"error":null,"id":"list"}"#,
        Ok,
    ),
    Case(
        "nutshell",
        Call::List,
        401,
        NO,
        "<html>An Error Occurred: Unauthorized</html>",
        Unauthorized,
    ),
    Case(
        "nutshell",
        Call::List,
        200,
        NO,
        r#"{"result":null,"error":{"code":-32602,"message":"bad params"}}"#,
        Failed,
    ),
    Case(
        "nutshell",
        Call::Get,
        200,
        NO,
        r#"{"result":null,"error":{"code":1003,"message":"no such user"}}"#,
        NotFound,
    ),
    Case(
        "nutshell",
        Call::Get,
        200,
        NO,
        r#"{"error":{"code":null,"message":"no such user"}}"#,
        NotFound,
    ),
    Case(
        "nutshell",
        Call::Get,
        200,
        NO,
        r#"{"error":{"code":-32601,"message":"unknown method"}}"#,
        Failed,
    ),
];

#[test]
fn every_documented_answer_is_understood() {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let mut wrong = Vec::new();
    for Case(vendor, call, status, given, body, expected) in CASES {
        let connector = registry.get(vendor).unwrap();
        let unified = &connector.file.unified["crm/users"];
        let layout = match call {
            Call::List => connector
                .list_call(unified.resource.get())
                .map(|(_, layout)| layout),
            _ => None,
        };
        let class = classify(
            &connector.file.errors,
            *call,
            *status,
            &headers(given),
            body.as_bytes(),
            layout,
        );
        if class != *expected {
            wrong.push(format!(
                "{vendor} {status} {given:?} {body}: {class:?}, not {expected:?}"
            ));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_documented_wait_is_read() {
    let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let cases: &[(&str, Headers, &str, Option<u64>)] = &[
        (
            "accelo",
            &[("x-ratelimit-reset", "1772533230")],
            "{}",
            Some(30_000),
        ),
        ("accelo", NO, "{}", None),
        (
            "attio",
            &[("retry-after", "Tue, 03 Mar 2026 10:20:30 GMT")],
            "{}",
            Some(30_000),
        ),
        (
            "capsule",
            &[("x-ratelimit-reset", "1772533230")],
            "{}",
            Some(30_000),
        ),
        (
            "close",
            &[("ratelimit", "limit=100, remaining=0, reset=5")],
            "{}",
            Some(5_000),
        ),
        (
            "close",
            &[("ratelimit", "limit=240; remaining=0; reset=0.6")],
            "{}",
            Some(600),
        ),
        (
            "close",
            &[
                ("ratelimit", "limit=100, remaining=0, reset=5"),
                ("retry-after", "6"),
            ],
            "{}",
            Some(6_000),
        ),
        ("close", NO, "{}", None),
        (
            "highlevel",
            &[("x-ratelimit-interval-milliseconds", "10000")],
            "{}",
            Some(10_000),
        ),
        (
            "highlevel",
            &[
                ("x-ratelimit-daily-remaining", "0"),
                ("x-ratelimit-daily-reset", "3600000"),
            ],
            "{}",
            Some(3_600_000),
        ),
        (
            "highlevel",
            &[
                ("x-ratelimit-daily-remaining", "0"),
                ("x-ratelimit-daily-reset", "1772533230000"),
            ],
            "{}",
            Some(30_000),
        ),
        (
            "hubspot",
            &[("x-hubspot-ratelimit-interval-milliseconds", "10000")],
            "{}",
            Some(10_000),
        ),
        (
            "hubspot",
            &[("x-hubspot-ratelimit-interval-milliseconds", "9000")],
            r#"{"policyName":"SECONDLY"}"#,
            Some(9_000),
        ),
        (
            "mondaycrm",
            NO,
            r#"{"errors":[{"extensions":{"code":"MINUTE_RATE_LIMIT_EXCEEDED","retry_in_seconds":58}}]}"#,
            Some(58_000),
        ),
        ("keap", NO, "{}", None),
    ];
    for (vendor, given, body, expected) in cases {
        let connector = registry.get(vendor).unwrap();
        let scope = answer_scope(Call::List, 429, &headers(given), body.as_bytes());
        let wait = wait::asked(&connector.file.rate_limit, &scope, now).map(|wait| wait.time);
        assert_eq!(
            wait,
            expected.map(Duration::from_millis),
            "{vendor} {given:?} {body}"
        );
    }
}

#[test]
fn a_spent_day_is_not_over_in_ten_seconds() {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let limits = &registry.get("hubspot").unwrap().file.rate_limit;
    let given = headers(&[("x-hubspot-ratelimit-interval-milliseconds", "10000")]);
    let scope = answer_scope(Call::List, 429, &given, br#"{"policyName":"DAILY"}"#);
    let wait = wait::asked(limits, &scope, Timestamp::UNIX_EPOCH);
    assert!(wait.is_none_or(|wait| wait.spelling.is_none()));
}

#[test]
fn vendors_words_are_found() {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    for (vendor, body, expected) in [
        (
            "accelo",
            r#"{"response":null,"meta":{"status":"x","message":"Not allowed."}}"#,
            "Not allowed.",
        ),
        (
            "accelo",
            r#"{"error":"invalid_grant","error_description":"Grant was not found."}"#,
            "Grant was not found.",
        ),
        ("activecampaign", r#"{"message":"Forbidden"}"#, "Forbidden"),
        (
            "activecampaign",
            r#"{"errors":[{"status":403,"title":"Forbidden","detail":"No right."}]}"#,
            "No right.",
        ),
        (
            "activecampaign",
            r#"{"errors":[{"title":"The limit is wrong."}]}"#,
            "The limit is wrong.",
        ),
        (
            "capsule",
            r#"{"error":"rate limit reached"}"#,
            "rate limit reached",
        ),
        (
            "close",
            r#"{"errors":["_limit is wrong"],"field-errors":{}}"#,
            "_limit is wrong",
        ),
        (
            "freshsales",
            r#"{"errors":{"code":403,"message":["Kein Zugriff"]}}"#,
            "Kein Zugriff",
        ),
        (
            "highlevel",
            r#"{"message":["companyId must be a string"],"error":"x"}"#,
            "companyId must be a string",
        ),
        (
            "insightly",
            r#"{"Message":"Authorization has been denied."}"#,
            "Authorization has been denied.",
        ),
        (
            "insightly",
            "API User does not have access to Users.",
            "API User does not have access to Users.",
        ),
        (
            "keap",
            r#"{"fault":{"faultstring":"Invalid Access Token"}}"#,
            "Invalid Access Token",
        ),
        (
            "keap",
            r#"{"error":"invalid_request","error_description":"Invalid Refresh Token"}"#,
            "Invalid Refresh Token",
        ),
        (
            "mondaycrm",
            r#"{"errors":[{"message":"Not Authenticated"}]}"#,
            "Not Authenticated",
        ),
        (
            "mondaycrm",
            r#"{"errors":["Not Authenticated"]}"#,
            "Not Authenticated",
        ),
        (
            "nutshell",
            r#"{"result":null,"error":{"code":-1,"message":"No."}}"#,
            "No.",
        ),
    ] {
        let connector = registry.get(vendor).unwrap();
        assert_eq!(
            words(&connector.file.errors, body.as_bytes()).as_deref(),
            Some(expected),
            "{vendor} {body}"
        );
    }
}
