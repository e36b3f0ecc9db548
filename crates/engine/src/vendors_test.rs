//! What vendors' documents say their answers look like, and what each has to mean.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crosswalk_connector::file::ErrorClass::{
    self, Empty, Failed, Forbidden, Invalid, NotFound, Ok as Fine, QuotaExceeded, RateLimited, Unauthorized,
    Unavailable,
};
use crosswalk_connector::{Connector, Registry};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fault::{Answer, Call, Fault, answer_scope, classify, to_api_error, words};
use crate::wait;

fn connectors() -> Registry {
    Registry::bundled(&crosswalk_model::builtin()).unwrap()
}

fn connector(registry: &Registry, name: &str) -> Arc<Connector> {
    Arc::clone(registry.get(name).unwrap())
}

fn headers(given: &[(&str, &str)]) -> HeaderMap {
    given
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::try_from(*value).unwrap(),
            )
        })
        .collect()
}

/// Calls, status and body as the vendor writes them; an empty text is no body.
#[test]
fn answers_mean_what_the_documents_say() {
    const NONE: &[(&str, &str)] = &[];
    let html = "<html><body>Forbidden</body></html>";
    type Row<'a> = (&'a str, Call, u16, &'a [(&'a str, &'a str)], &'a str, ErrorClass);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        ("dynamics365sales", Call::List, 401, NONE, "HTTP Error 401 - Unauthorized: Access is denied", Unauthorized),
        ("dynamics365sales", Call::List, 403, NONE, r#"{"error":{"code":"0x80072560","message":"The user is not a member of the organization."}}"#, Forbidden),
        ("dynamics365sales", Call::Get, 404, NONE, r#"{"error":{"code":"0x80040217","message":"Entity 'SystemUser' With Id = 1 Does Not Exist"}}"#, NotFound),
        ("dynamics365sales", Call::List, 429, NONE, r#"{"error":{"code":"0x80072322","message":"Number of requests exceeded"}}"#, RateLimited),
        ("onepagecrm", Call::List, 403, NONE, "403 Forbidden (Rate Limit Exceeded)\n", RateLimited),
        ("onepagecrm", Call::List, 403, NONE, "", RateLimited),
        ("onepagecrm", Call::List, 403, NONE, r#"{"status":403,"message":"No","error_name":"forbidden","errors":{}}"#, Forbidden),
        ("onepagecrm", Call::List, 401, NONE, r#"{"status":401,"message":"Authorization data not found"}"#, Unauthorized),
        ("outreach", Call::List, 401, NONE, r#"{"error":"Invalid JWT token.","description":"The JWT token could not be decoded."}"#, Unauthorized),
        ("outreach", Call::List, 403, NONE, r#"{"errors":[{"id":"unauthorizedOauthScope","title":"x","detail":"y"}]}"#, Forbidden),
        ("outreach", Call::List, 422, NONE, r#"{"errors":[{"id":"filterParameter.invalidDatetimeFormat"}]}"#, Invalid),
        ("outreach", Call::List, 503, NONE, r#"{"errors":[{"id":"scheduledServerMaintenance"}]}"#, Unavailable),
        ("outreach", Call::List, 502, NONE, html, Unavailable),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":true,"data":[]}"#, Fine),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":true,"data":null}"#, Fine),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":false,"error":"unauthorized access","errorCode":401}"#, Unauthorized),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":false,"error":"unauthorized access"}"#, Unauthorized),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":false,"error":"Invalid token: access token is invalid"}"#, Unauthorized),
        ("pipedrive", Call::List, 200, NONE, r#"{"success":false,"error":"Something broke"}"#, Failed),
        ("pipedrive", Call::Get, 200, NONE, r#"{"success":false,"error":"User not found or not accessible.","errorCode":404}"#, NotFound),
        ("pipedrive", Call::List, 400, NONE, r#"{"success":false,"error":"Invalid request: malformed authorization header"}"#, Unauthorized),
        ("pipedrive", Call::List, 400, NONE, r#"{"success":false,"error":"Bad request"}"#, Invalid),
        ("pipedrive", Call::List, 403, NONE, html, RateLimited),
        ("pipedrive", Call::List, 403, NONE, r#"{"success":false,"error":"Scope and URL mismatch","errorCode":403}"#, Forbidden),
        ("pipedrive", Call::List, 429, &[("x-daily-ratelimit-token-remaining", "0")], "{}", QuotaExceeded),
        ("pipedrive", Call::List, 429, &[("x-daily-ratelimit-token-remaining", "120")], "{}", RateLimited),
        ("pipedrive", Call::List, 429, NONE, r#"{"success":false,"error":"Request over limit"}"#, RateLimited),
        ("pipeliner", Call::Get, 404, NONE, r#"{"code":2004,"name":"X","http_status":404,"success":false}"#, NotFound),
        ("pipeliner", Call::List, 401, NONE, "", Unauthorized),
        ("planhat", Call::List, 401, NONE, "Unauthorized", Unauthorized),
        ("planhat", Call::List, 403, NONE, "Forbidden", Forbidden),
        ("planhat", Call::Get, 400, NONE, "no such user", NotFound),
        ("planhat", Call::List, 400, NONE, "bad", Invalid),
        ("salesflare", Call::Get, 404, NONE, r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#, NotFound),
        ("salesflare", Call::List, 401, NONE, r#"{"statusCode":401,"error":"Unauthorized","message":"Unauthorized"}"#, Unauthorized),
        ("salesforce", Call::List, 401, NONE, r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#, Unauthorized),
        ("salesforce", Call::List, 401, NONE, r#"[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]"#, Forbidden),
        ("salesforce", Call::List, 403, NONE, r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, QuotaExceeded),
        ("salesforce", Call::List, 403, NONE, r#"[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, RateLimited),
        ("salesforce", Call::List, 403, NONE, r#"[{"message":"no","errorCode":"API_DISABLED_FOR_ORG"}]"#, Forbidden),
        ("salesforce", Call::Check, 403, NONE, "Bad_OAuth_Token", Unauthorized),
        ("salesforce", Call::List, 420, NONE, "", Unavailable),
        ("salesforce", Call::List, 500, NONE, r#"[{"message":"x","errorCode":"QUERY_TIMEOUT"}]"#, Unavailable),
        ("salesforce", Call::List, 400, NONE, r#"[{"message":"x","errorCode":"QUERY_TIMEOUT"}]"#, Unavailable),
        ("salesforce", Call::List, 400, NONE, r#"[{"message":"x","errorCode":"INVALID_FIELD"}]"#, Invalid),
        ("salesforce", Call::Get, 404, NONE, r#"[{"message":"Provided external ID field does not exist","errorCode":"NOT_FOUND"}]"#, NotFound),
        ("salesforce", Call::Get, 400, NONE, r#"[{"message":"malformed id","errorCode":"MALFORMED_ID"}]"#, NotFound),
        ("teamleader", Call::List, 401, NONE, r#"{"errors":[{"title":"The access token is invalid"}]}"#, Unauthorized),
        ("teamleader", Call::List, 403, NONE, r#"{"errors":[{"title":"Forbidden"}]}"#, Forbidden),
        ("teamleader", Call::Get, 404, NONE, r#"{"errors":[{"title":"User not found"}]}"#, NotFound),
        ("wix", Call::List, 403, NONE, "", Forbidden),
        ("wix", Call::List, 428, NONE, r#"{"message":"app not installed"}"#, Forbidden),
        ("wix", Call::List, 401, NONE, "", Unauthorized),
        ("wix", Call::List, 400, NONE, r#"{"message":"x","details":{"applicationError":{"code":"RESOURCE_EXHAUSTED"}}}"#, RateLimited),
        ("wix", Call::Get, 400, NONE, r#"{"message":"x","details":{"applicationError":{"code":"NOT_FOUND"}}}"#, NotFound),
        ("wix", Call::List, 400, NONE, r#"{"message":"Expected an object"}"#, Invalid),
        ("zendesksell", Call::List, 403, NONE, r#"{"errors":[{"error":{"code":"insufficient_scope"}}]}"#, Forbidden),
        ("zendesksell", Call::List, 429, NONE, r#"{"errors":[{"error":{"code":"rate_limit_exceeded"}}]}"#, RateLimited),
        ("zendesksell", Call::Get, 404, NONE, r#"{"errors":[{"error":{"code":"not_found"}}]}"#, NotFound),
        ("zohocrm", Call::List, 401, NONE, r#"{"code":"OAUTH_SCOPE_MISMATCH","message":"invalid oauth scope"}"#, Forbidden),
        ("zohocrm", Call::List, 401, NONE, r#"{"code":"INVALID_TOKEN","message":"invalid oauth token"}"#, Unauthorized),
        ("zohocrm", Call::Token, 400, NONE, r#"{"error":"Access Denied","error_description":"You have made too many requests continuously.","status":"failure"}"#, RateLimited),
        ("zohocrm", Call::List, 204, NONE, "", Empty),
        ("zohocrm", Call::List, 304, NONE, "", Empty),
        ("zohocrm", Call::List, 403, NONE, r#"{"code":"NO_PERMISSION"}"#, Forbidden),
        ("zohocrm", Call::List, 429, NONE, r#"{"code":"TOO_MANY_REQUESTS"}"#, RateLimited),
    ];
    let registry = connectors();
    for (vendor, call, status, given, body, class) in rows {
        let connector = connector(&registry, vendor);
        let found = classify(
            &connector.file.errors,
            *call,
            *status,
            &headers(given),
            body.as_bytes(),
            None,
        );
        assert_eq!(found, *class, "{vendor} {status} {body}");
    }
}

/// The vendor's own words, out of whatever it wraps them in.
#[test]
fn vendors_are_quoted() {
    let registry = connectors();
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", r#"{"error":{"code":"","message":"Resource not found"}}"#, "Resource not found"),
        ("dynamics365sales", r#"{"error":"invalid_grant","error_description":"AADSTS700082: expired"}"#, "AADSTS700082: expired"),
        ("onepagecrm", r#"{"message":"Short","error_message":"Long"}"#, "Long"),
        ("outreach", r#"{"errors":[{"id":"unsupportedMediaType","details":"Send JSON:API"}]}"#, "Send JSON:API"),
        ("outreach", r#"{"error":"invalid_grant","error_description":"The refresh token ended"}"#, "The refresh token ended"),
        ("outreach", r#"{"error":"Invalid JWT token.","description":"Could not be decoded."}"#, "Could not be decoded."),
        ("pipedrive", r#"{"success":false,"message":"Invalid grant: refresh_token is invalid","error":"invalid_grant"}"#, "Invalid grant: refresh_token is invalid"),
        ("pipedrive", r#"{"success":false,"error":"unauthorized access"}"#, "unauthorized access"),
        ("planhat", "Unauthorized", "Unauthorized"),
        ("planhat", r#"{"error":"invalid_grant"}"#, "invalid_grant"),
        ("salesforce", r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#, "Session expired or invalid"),
        ("salesforce", r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#, "expired access/refresh token"),
        ("teamleader", r#"{"errors":[{"title":"Not yours"}]}"#, "Not yours"),
        ("zendesksell", r#"{"errors":[{"error":{"code":"x","message":"short","details":"long"}}]}"#, "long"),
        ("zohocrm", r#"{"code":"INVALID_TOKEN","message":"invalid oauth token"}"#, "invalid oauth token"),
        ("zohocrm", r#"{"error":"invalid_code"}"#, "invalid_code"),
    ];
    for (vendor, body, said) in rows {
        let errors = &connector(&registry, vendor).file.errors;
        assert_eq!(
            words(errors, body.as_bytes()).as_deref(),
            Some(said),
            "{vendor} {body}"
        );
    }
}

#[test]
fn missing_scopes_are_named() {
    let registry = connectors();
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", r#"{"error":{"message":"Principal user is missing prvReadUser privilege"}}"#, json!("prvReadUser")),
        ("outreach", r#"{"errors":[{"id":"unauthorizedOauthScope","detail":"Your authorization does not include the required scope 'users.read'."}]}"#, json!(["users.read"])),
        ("pipedrive", r#"{"success":false,"error":"Scope and URL mismatch"}"#, json!("users:read")),
        ("zendesksell", r#"{"errors":[{"error":{"code":"insufficient_scope"}}]}"#, json!("profile")),
        ("zohocrm", r#"{"code":"OAUTH_SCOPE_MISMATCH"}"#, json!("ZohoCRM.users.READ")),
        ("zohocrm", r#"{"code":"NO_PERMISSION","details":{"permissions":["Crm_Implied_View_Users"]}}"#, json!(["Crm_Implied_View_Users"])),
    ];
    for (vendor, body, scopes) in rows {
        let connector = connector(&registry, vendor);
        let body: Value = serde_json::from_str(body).unwrap();
        let found = connector
            .file
            .errors
            .missing_scopes
            .as_ref()
            .unwrap()
            .evaluate(&body);
        assert_eq!(found.unwrap(), Some(scopes), "{vendor}");
    }
}

#[test]
fn waits_are_read_from_where_vendors_put_them() {
    let registry = connectors();
    let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", &[("retry-after", "7")][..], Some(7)),
        ("outreach", &[("retry-after", "1772533230")], Some(30)),
        ("outreach", &[("x-ratelimit-reset", "1772533230")], Some(30)),
        ("outreach", &[("retry-after", "2026-03-03T10:21:00Z")], Some(60)),
        ("pipedrive", &[("x-ratelimit-reset", "2")], Some(2)),
        ("pipedrive", &[("retry-after", "5"), ("x-ratelimit-reset", "2")], Some(5)),
        ("planhat", &[], Some(15)),
        ("teamleader", &[("x-ratelimit-reset", "2026-03-03T11:20:23.035+0100")], Some(23)),
        ("wix", &[], None),
        ("zohocrm", &[], None),
    ];
    for (vendor, given, seconds) in rows {
        let connector = connector(&registry, vendor);
        let scope = answer_scope(Call::List, 429, &headers(given), b"{}");
        let wait = wait::asked(&connector.file.rate_limit, &scope, now);
        assert_eq!(
            wait.map(|wait| wait.time.as_secs()),
            seconds,
            "{vendor} {given:?}"
        );
    }
    // A spent day comes back with the next one.
    let spent = headers(&[
        ("x-daily-ratelimit-token-remaining", "0"),
        ("x-ratelimit-reset", "2"),
    ]);
    let scope = answer_scope(Call::List, 429, &spent, b"{}");
    let wait = wait::asked(&connector(&registry, "pipedrive").file.rate_limit, &scope, now).unwrap();
    assert!((1..=86_400).contains(&wait.time.as_secs()), "{wait:?}");
}

#[test]
fn addresses_are_taken_as_people_paste_them() {
    let registry = connectors();
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", "instance_url", "https://Fabrikam.crm4.dynamics.com/main.aspx?app=1", "https://fabrikam.crm4.dynamics.com"),
        ("dynamics365sales", "instance_url", "fabrikam.api.crm.dynamics.com", "https://fabrikam.api.crm.dynamics.com"),
        ("pipedrive", "api_domain", "northlane.pipedrive.com/", "https://northlane.pipedrive.com"),
        ("pipeliner", "service_url", "https://us-east.api.pipelinersales.com/api/v100/", "https://us-east.api.pipelinersales.com"),
        ("salesforce", "instance_url", "https://northlight-demo.lightning.force.com/lightning/page/home", "https://northlight-demo.my.salesforce.com"),
        ("salesforce", "instance_url", "https://northlight-demo--dev.sandbox.my.salesforce.com/", "https://northlight-demo--dev.sandbox.my.salesforce.com"),
        ("zohocrm", "api_domain", "https://www.zohoapis.com.au/", "https://www.zohoapis.com.au"),
        ("zohocrm", "accounts_server", "accounts.zohocloud.ca", "https://accounts.zohocloud.ca"),
    ];
    for (vendor, setting, pasted, kept) in rows {
        let connector = connector(&registry, vendor);
        assert_eq!(
            connector.check_setting(setting, pasted).unwrap(),
            kept,
            "{vendor}"
        );
    }
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", "instance_url", "https://fabrikam.crm4.dynamics.com.evil.example"),
        ("dynamics365sales", "instance_url", "https://evil.example@fabrikam.crm4.dynamics.com"),
        ("pipedrive", "api_domain", "https://pipedrive.com.evil.example"),
        ("pipeliner", "service_url", "http://us-east.api.pipelinersales.com"),
        ("salesforce", "instance_url", "https://salesforce.com.evil.example"),
        ("zohocrm", "api_domain", "https://zohoapis.evil.example"),
    ];
    for (vendor, setting, pasted) in rows {
        assert!(
            connector(&registry, vendor)
                .check_setting(setting, pasted)
                .is_err(),
            "{pasted}"
        );
    }
}

#[test]
fn maintenance_says_when_it_ends() {
    let connector = connector(&connectors(), "outreach");
    let given = headers(&[("retry-after", "2026-03-03T10:21:00Z")]);
    let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
    let scope = answer_scope(Call::List, 503, &given, b"{}");
    let fault = Fault::Answered {
        answer: Box::new(Answer {
            status: 503,
            headers: given,
            body: "{}".into(),
            class: Unavailable,
        }),
        wait: wait::asked(&connector.file.rate_limit, &scope, now),
    };
    let error = to_api_error(&connector, fault, false);
    assert_eq!((error.status, error.retry_after), (502, Some(60)));
}

#[test]
fn both_hosts_of_an_environment_are_its_own() {
    let connector = connector(&connectors(), "dynamics365sales");
    for host in ["fabrikam.crm4.dynamics.com", "fabrikam.api.crm4.dynamics.com"] {
        let settings = json!({ "settings": {
            "instance_url": format!("https://{host}"), "tenant_id": "organizations"
        }});
        let hosts = connector.hosts(&settings);
        let expected = [
            "fabrikam.api.crm4.dynamics.com",
            "fabrikam.crm4.dynamics.com",
            "login.microsoftonline.com",
        ];
        assert_eq!(hosts.as_ref(), expected.map(str::to_owned), "{host}");
    }
}

#[test]
fn a_data_centre_is_told_by_either_of_its_hosts() {
    let connector = connector(&connectors(), "zohocrm");
    for (given, base) in [
        (
            json!({"api_domain": "https://zohoapis.eu"}),
            "https://zohoapis.eu/crm/v8",
        ),
        (
            json!({"accounts_server": "https://accounts.zoho.com.au"}),
            "https://www.zohoapis.com.au/crm/v8",
        ),
        (
            json!({"accounts_server": "accounts.zohocloud.ca/"}),
            "https://www.zohoapis.ca/crm/v8",
        ),
    ] {
        let method = connector.default_method().unwrap();
        let kept = connector
            .check_settings(method, given.as_object().unwrap())
            .unwrap();
        let scope = json!({ "settings": kept });
        assert_eq!(connector.base_url(&scope).unwrap(), base);
        let token = connector.scheme(method).unwrap().token.as_ref().unwrap();
        let token = token
            .url
            .text(&scope, crosswalk_connector::Escape::Nothing)
            .unwrap()
            .unwrap();
        let hosts = connector.hosts(&scope);
        for url in [base, &token] {
            let host: http::Uri = url.parse().unwrap();
            assert!(
                hosts.iter().any(|known| Some(known.as_str()) == host.host()),
                "{url}"
            );
        }
        assert_eq!(token.contains("zohocloud.ca"), base.contains(".ca/"), "{token}");
    }
}
