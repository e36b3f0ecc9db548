//! Every way in which an account may prove itself, beside the one that the other tests take: the list is all
//! there, the liveness call passes, a token that ended is had anew, and a wrong credential is found out.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_connector::file::Method::{self, ApiKey, Oauth2, Oauth2ClientCredentials};
use crosswalk_engine::Liveness;
use crosswalk_sandbox::{Fault, FaultRule};
use support::{House, users};

const CLIENT: [(&str, &str); 2] = [
    ("client_id", "sandbox-client"),
    ("client_secret", "sandbox-client-secret"),
];

/// A check that the vendor does not understand says nothing against the refresh token, which may count once.
#[tokio::test]
async fn a_check_that_finds_nothing_spends_no_token() {
    for code in [404, 421, 422] {
        let house = House::build("teamleader", 5).await;
        house.sandbox.inject(FaultRule {
            host: String::new(),
            path: String::new(),
            after: 0,
            times: 1,
            kind: Fault::Status {
                code,
                body: "{}".to_owned(),
            },
        });
        let alive = house.engine.check(&house.target).await;
        assert!(matches!(alive, Liveness::Dead(_)), "{code}: {alive:?}");
        assert_eq!(house.sandbox.stats("teamleader").token_requests, 0, "{code}");
        house.sandbox.clear_faults();
        assert_eq!(house.engine.check(&house.target).await, Liveness::Alive);
    }
}

async fn proves(vendor: &'static str, method: Method, given: &[(&str, &str)]) {
    let house = House::build(vendor, 130).await.proven_by(method, given);
    let query = house.query("limit=1000");
    let alive = house.engine.check(&house.target).await;
    assert_eq!(alive, Liveness::Alive, "{vendor} {method}");
    for _ in 0..2 {
        let answer = house.list(&query).await.unwrap_or_else(|error| {
            std::panic::panic_any(format!("{vendor} {method}: {} {}", error.status, error.message))
        });
        assert_eq!(users(&answer.body), house.expected(&query), "{vendor} {method}");
        house.sandbox.expire_tokens(vendor);
    }
    // The last letter of the credential that goes into the header is another one.
    let wrong: Vec<(String, String)> = given
        .iter()
        .filter(|(name, _)| *name != "refresh_token")
        .map(|(name, value)| {
            let is_it = matches!(*name, "api_key" | "access_token" | "client_secret");
            let value = if is_it {
                format!("{value}x")
            } else {
                (*value).to_owned()
            };
            ((*name).to_owned(), value)
        })
        .collect();
    let wrong: Vec<(&str, &str)> = wrong
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let house = house.proven_by(method, &wrong);
    let alive = house.engine.check(&house.target).await;
    assert!(matches!(alive, Liveness::Dead(_)), "{vendor} {method}: {alive:?}");
    let error = house.list(&query).await.unwrap_err();
    assert_eq!(error.status, 401, "{vendor} {method}: {}", error.message);
}

#[tokio::test]
async fn keys() {
    for (vendor, given) in [
        ("attio", &[("api_key", "attio-workspace-key")][..]),
        ("capsule", &[("api_key", "capsule-personal-access-token")]),
        ("close", &[("api_key", "api_sandbox.close")]),
        (
            "freshsales",
            &[
                ("api_key", "Fr3shs4lesApiKey_Xq"),
                ("subdomain", "harbour-34.freshsales.io"),
            ],
        ),
        (
            "highlevel",
            &[
                ("api_key", "pit-0b9d8c7e-6f5a-4e3d-8c2b-a1908f7e6d5c"),
                ("company_id", "Qb7YtVw3LmXc90RsKdEj"),
                ("location_id", "h3ZpTn6WvB1xLqSyUo8A"),
            ],
        ),
        ("hubspot", &[("api_key", "pat-na1-sandbox")]),
        ("keap", &[("api_key", "KeapAK-5b1f0c77e2d94a3c8e6f")]),
        ("pipedrive", &[("api_key", "pipedrive-personal-api-token")]),
        ("zendesksell", &[("api_key", "sell-personal-access-token")]),
        (
            "wix",
            &[
                ("api_key", "IST.wix-sandbox-key"),
                ("site_id", "0f3e9c1a-5b7d-4c28-9e46-a1d2c3b4e5f6"),
            ],
        ),
    ] {
        proves(vendor, ApiKey, given).await;
    }
}

#[tokio::test]
async fn tokens_of_people() {
    let harbour = [("subdomain", "harbour-34"), ("org_subdomain", "harbour")];
    for (vendor, prefix, settings) in [
        ("freshsales", "freshsales", &harbour[..]),
        ("mondaycrm", "monday", &[]),
        ("planhat", "planhat", &[]),
        ("wix", "wix", &[]),
    ] {
        let (access, refresh) = (format!("{prefix}-access-0"), format!("{prefix}-refresh-0"));
        let tokens = [
            ("access_token", access.as_str()),
            ("refresh_token", refresh.as_str()),
        ];
        let given = [settings, &tokens[..], &CLIENT[..]].concat();
        proves(vendor, Oauth2, &given).await;
    }
}

#[tokio::test]
async fn tokens_that_are_minted() {
    for (vendor, given) in [
        ("accelo", &[("deployment", "northbridge")][..]),
        (
            "salesforce",
            &[("instance_url", "https://northlight-demo.my.salesforce.com")],
        ),
        (
            "dynamics365sales",
            &[
                ("instance_url", "https://northlight.crm4.dynamics.com/"),
                ("tenant_id", "6f1d7a0c-2b4e-4c1a-9d53-0e8f7a6b5c4d"),
            ],
        ),
        ("wix", &[("instance_id", "7b1f2c3d-8e9a-4b5c-a6d7-e8f901234567")]),
    ] {
        let given = [given, &CLIENT[..]].concat();
        proves(vendor, Oauth2ClientCredentials, &given).await;
    }
}
