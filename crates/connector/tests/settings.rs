//! Settings as customers type them, and the addresses that come of them.

#![allow(clippy::unwrap_used)]

use crosswalk_connector::Registry;
use crosswalk_connector::file::Method;
use serde_json::{Map, Value, json};

fn settings(given: &Value) -> Map<String, Value> {
    given.as_object().unwrap().clone()
}

fn base_url(vendor: &str, method: Method, given: &Value) -> Result<String, String> {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let connector = registry.get(vendor).unwrap();
    let kept = connector
        .check_settings(method, &settings(given))
        .map_err(|problems| {
            let all: Vec<String> = problems.into_iter().map(|problem| problem.name).collect();
            all.join(",")
        })?;
    Ok(connector.base_url(&json!({ "settings": kept })).unwrap())
}

#[test]
fn addresses_are_taken_as_they_are_pasted() {
    let cases = [
        (
            "accelo",
            "deployment",
            "northbridge",
            "https://northbridge.api.accelo.com/api/v0",
        ),
        (
            "accelo",
            "deployment",
            "https://Northbridge.accelo.com/",
            "https://northbridge.api.accelo.com/api/v0",
        ),
        (
            "activecampaign",
            "api_url",
            "https://lindenworks1714.api-us1.com",
            "https://lindenworks1714.api-us1.com/api/3",
        ),
        (
            "activecampaign",
            "api_url",
            "https://lindenworks1714.api-us1.com/",
            "https://lindenworks1714.api-us1.com/api/3",
        ),
        (
            "activecampaign",
            "api_url",
            "LindenWorks.activehosted.com/api/3/",
            "https://lindenworks.activehosted.com/api/3",
        ),
        (
            "activecampaign",
            "api_url",
            "https://lindenworks.ac-region9.net",
            "https://lindenworks.ac-region9.net/api/3",
        ),
        (
            "freshsales",
            "subdomain",
            "acme-34",
            "https://acme-34.myfreshworks.com/crm/sales/api",
        ),
        (
            "freshsales",
            "subdomain",
            "acme-34.myfreshworks.com/crm/sales",
            "https://acme-34.myfreshworks.com/crm/sales/api",
        ),
        (
            "freshsales",
            "subdomain",
            "https://Acme-34.myfreshworks.com/crm/sales/",
            "https://acme-34.myfreshworks.com/crm/sales/api",
        ),
        (
            "freshsales",
            "subdomain",
            "https://acme.freshsales.io/",
            "https://acme.freshsales.io/api",
        ),
        ("insightly", "pod", "na1", "https://api.na1.insightly.com/v3.1"),
        (
            "insightly",
            "pod",
            "https://api.EU1.insightly.com/v3.1/",
            "https://api.eu1.insightly.com/v3.1",
        ),
    ];
    for (vendor, name, typed, expected) in cases {
        let url = base_url(vendor, Method::ApiKey, &json!({ name: typed }));
        assert_eq!(url.as_deref(), Ok(expected), "{vendor} {typed}");
    }
}

#[test]
fn no_setting_leads_to_an_address_that_is_no_public_name() {
    for (vendor, name, typed) in [
        ("accelo", "deployment", "evil.example#"),
        ("accelo", "deployment", "a@evil"),
        ("activecampaign", "api_url", "https://localhost/api"),
        ("activecampaign", "api_url", "https://169.254.169.254"),
        ("activecampaign", "api_url", "https://a.api-us1.com:8443"),
        ("activecampaign", "api_url", "https://user@a.api-us1.com"),
        ("freshsales", "subdomain", "a@evil"),
        ("insightly", "pod", "na1@evil"),
    ] {
        let url = base_url(vendor, Method::ApiKey, &json!({ name: typed }));
        let stays = url
            .as_ref()
            .is_ok_and(|url| url.ends_with(".api.accelo.com/api/v0") && !url.contains(['@', '#']));
        assert!(stays || url == Err(name.to_owned()), "{vendor} {typed}: {url:?}");
    }
}

#[test]
fn an_organisation_is_the_bundle_unless_it_is_named() {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let connector = registry.get("freshsales").unwrap();
    for (given, host) in [
        (json!({"subdomain": "acme-34"}), "acme-34.myfreshworks.com"),
        (
            json!({"subdomain": "acme-34", "org_subdomain": "https://acme-org.myfreshworks.com"}),
            "acme-org.myfreshworks.com",
        ),
    ] {
        let kept = connector
            .check_settings(Method::Oauth2, &settings(&given))
            .unwrap();
        let hosts = connector.hosts(&json!({ "settings": kept }));
        assert!(hosts.iter().any(|known| known == host), "{hosts:?}");
    }
}
