//! What connector files say of scopes, waits and addresses, held to the vendors' documents.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crosswalk_connector::file::{ErrorClass, Method};
use crosswalk_connector::{Connector, Registry};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fault::{Answer, Call, Fault, answer_scope, to_api_error};
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

#[test]
fn missing_scopes_are_named() {
    let registry = connectors();
    #[rustfmt::skip]
    let rows = [
        ("dynamics365sales", r#"{"error":{"message":"Principal user is missing prvReadUser privilege"}}"#, json!("prvReadUser")),
        ("highlevel", r#"{"statusCode":401,"message":"The token is not authorized for this scope."}"#, json!("users.readonly")),
        ("hubspot", r#"{"category":"MISSING_SCOPES","context":{"missingScopes":["crm.objects.owners.read"]}}"#, json!(["crm.objects.owners.read"])),
        ("mondaycrm", r#"{"errors":[{"message":"x","extensions":{"code":"missingRequiredPermissions"}}]}"#, json!("users:read")),
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
fn a_spent_day_comes_back_with_the_next_one() {
    let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
    let connector = connector(&connectors(), "pipedrive");
    let spent = headers(&[
        ("x-daily-ratelimit-token-remaining", "0"),
        ("x-ratelimit-reset", "2"),
    ]);
    let scope = answer_scope(Call::List, 429, &spent, b"{}");
    let wait = wait::asked(&connector.file.rate_limit, &scope, now).unwrap();
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
fn accounts_are_asked_where_they_live() {
    let registry = connectors();
    #[rustfmt::skip]
    let rows = [
        ("pipedrive", "api_domain", "https://northlane.pipedrive.com", "https://northlane.pipedrive.com/api/v1"),
        ("pipedrive", "api_domain", "https://api.pipedrive.com", "https://api.pipedrive.com/v1"),
        ("zohocrm", "accounts_server", "https://accounts.zoho.uk", "https://www.zohoapis.uk/crm/v8"),
        ("zohocrm", "accounts_server", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca/crm/v8"),
    ];
    for (vendor, setting, value, base_url) in rows {
        let scope = json!({ "settings": { setting: value } });
        let found = connector(&registry, vendor).base_url(&scope).unwrap();
        assert_eq!(found, base_url, "{vendor}");
    }
    #[rustfmt::skip]
    let rows = [
        ("salesforce", "instance_url", "https://northlight-demo.my.salesforce.com", "login.salesforce.com"),
        ("salesforce", "instance_url", "https://northlight-demo--dev.sandbox.my.salesforce.com", "test.salesforce.com"),
        ("salesforce", "instance_url", "https://northlight-demo-dev-ed.scratch.my.salesforce.com", "test.salesforce.com"),
        ("zohocrm", "api_domain", "https://www.zohoapis.ae", "accounts.zoho.ae"),
    ];
    for (vendor, setting, value, host) in rows {
        let settings = [(setting.to_owned(), Value::from(value))].into_iter().collect();
        let found = connector(&registry, vendor).token_host(Method::Oauth2, &settings);
        assert_eq!(found.as_deref(), Some(host), "{value}");
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
            class: ErrorClass::Unavailable,
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
