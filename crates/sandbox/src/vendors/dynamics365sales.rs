//! Dynamics 365 Sales users: Dataverse's OData, page sizes in a header, paging cookies that are encoded twice,
//! texts for a 401, the token endpoint of Entra ID.

mod columns;
mod list;
mod paging;

use serde_json::{Map, json};

use self::columns::{id, object_id, record, truth};
use super::entra::Entra;
use super::odata::is_guid;
use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply};
use crate::consent::{Consent, Pkce};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Dynamics {
    /// The people in the order of the key.
    order: Vec<usize>,
    tokens: Tokens,
}

const HOST: &str = "northlight.crm4.dynamics.com";
const SAME_HOST: &str = "northlight.api.crm4.dynamics.com";
const LOGIN: &str = "login.microsoftonline.com";
const TENANT: &str = "6f1d7a0c-2b4e-4c1a-9d53-0e8f7a6b5c4d";

impl Dynamics {
    pub(super) fn new(users: usize) -> Self {
        // As SQL Server orders GUIDs: by their last group first.
        let mut order: Vec<usize> = (0..users).collect();
        order.sort_by_cached_key(|index| {
            let id = id(*index);
            (id[24..].to_owned(), id)
        });
        Self {
            order,
            tokens: Tokens::new("dynamics365sales", Rotation::Grows),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Reply {
        Self::typed(Reply::json(
            status,
            &json!({"error": {"code": code, "message": message}}),
        ))
    }

    fn typed(reply: Reply) -> Reply {
        let kind = "application/json; odata.metadata=minimal";
        Reply { kind, ..reply }.with("odata-version", "4.0")
    }

    fn get(&self, call: &Call, key: &str) -> Reply {
        let bad = |message: &str| Self::error(400, "0x80060888", message);
        let (given, of): (&str, fn(usize) -> String) = match key.strip_prefix("azureactivedirectoryobjectid=")
        {
            Some(given) => (given, object_id),
            None => (key, id),
        };
        if !is_guid(given) {
            return bad(&format!("Bad Request - Error in query syntax: '{key}'."));
        }
        if let Err(message) = Self::check(call, &["$select"]) {
            return bad(&message);
        }
        let select = match call.param("$select").map(Self::columns).transpose() {
            Ok(select) => select,
            Err(message) => return bad(&message),
        };
        let wanted = given.to_lowercase();
        let Some(index) = self.order.iter().find(|index| of(**index) == wanted) else {
            return Self::error(
                404,
                "0x80040217",
                &format!("Entity 'SystemUser' With Id = {wanted} Does Not Exist"),
            );
        };
        let columns = select
            .as_ref()
            .map_or_else(String::new, |names| format!("({})", names.join(",")));
        let entity = format!(
            "https://{}/api/data/v9.2/$metadata#systemusers{columns}/$entity",
            call.host
        );
        let before = Map::from_iter([("@odata.context".to_owned(), entity.into())]);
        let user = record(&Person::nth(*index), select.as_deref(), before);
        Self::typed(Reply::written(200, user))
    }

    fn api(&self, call: &Call) -> Reply {
        let here = call.host == HOST || call.host == SAME_HOST;
        if !here || !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Reply::text(401, "text/html", "HTTP Error 401 - Unauthorized: Access is denied").with(
                "www-authenticate",
                format!(
                    "Bearer authorization_uri=https://{LOGIN}/{TENANT}/oauth2/authorize, resource_id=https://{HOST}/"
                ),
            );
        }
        let segment = ["9.2", "9.1", "9.0"].iter().find_map(|version| {
            call.below(&format!("/api/data/v{version}"))
                .and_then(|rest| rest.strip_prefix('/').map(str::to_owned))
        });
        let segment = segment.as_deref();
        if segment.is_some() && call.method != http::Method::GET {
            return Self::error(405, "0x0", "The requested resource does not support that method.");
        }
        let context = format!("https://{}/api/data/v9.2/$metadata", call.host);
        match segment {
            Some("systemusers") => self
                .list(call)
                .unwrap_or_else(|message| Self::error(400, "0x80060888", &message)),
            Some("WhoAmI" | "WhoAmI()") => Self::typed(Reply::json(
                200,
                &json!({
                    "@odata.context": format!("{context}#Microsoft.Dynamics.CRM.WhoAmIResponse"),
                    "BusinessUnitId": "0b6f49d2-2d4a-e811-a95c-000d3ab9c1f0",
                    "UserId": id(0), "OrganizationId": "43a81e07-6c2d-4b95-8f10-9e7d5c3b2a16"
                }),
            )),
            Some("") => Self::typed(Reply::json(
                200,
                &json!({
                    "@odata.context": context,
                    "value": [{"name": "systemusers", "kind": "EntitySet", "url": "systemusers"}]
                }),
            )),
            other => {
                let key = other
                    .and_then(|segment| segment.strip_prefix("systemusers("))
                    .and_then(|rest| rest.strip_suffix(')'));
                match key {
                    Some(key) => self.get(call, key),
                    None => Self::error(
                        404,
                        "0x80060888",
                        &format!(
                            "Resource not found for the segment '{}'.",
                            other.unwrap_or_default()
                        ),
                    ),
                }
            }
        }
    }
}

const ENTRA: Entra = Entra {
    host: LOGIN,
    tenant: TENANT,
    instance: HOST,
};

impl Vendor for Dynamics {
    fn name(&self) -> &'static str {
        "dynamics365sales"
    }

    fn serves(&self, host: &str) -> bool {
        host == LOGIN || host.ends_with(".dynamics.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "dynamics365sales",
            &self.tokens,
            &[
                ("instance_url", &format!("https://{HOST}")),
                ("tenant_id", TENANT),
            ],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        self.order
            .iter()
            .map(|index| truth(&Person::nth(*index)))
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        ENTRA.is_token_call(call)
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return ENTRA.token(call, &self.tokens);
        }
        if call.raw_query.len() + call.path.len() > 32 * 1024 {
            return Reply::text(414, "text/html", "HTTP Error 414. The request URL is too long.");
        }
        self.api(call)
            .with("x-ms-ratelimit-burst-remaining-xrm-requests", 5999)
            .with("x-ms-ratelimit-time-remaining-xrm-requests", "1200.00")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        ENTRA.is_consent_call(call).then(|| Consent {
            title: "Microsoft Dynamics 365 Sales",
            pkce: Pkce::Optional,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(
            429,
            "0x80072322",
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        )
        .with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        Self::error(
            403,
            "0x80040220",
            "Principal user is missing prvReadUser privilege on OTC=8 for entity 'systemuser'.",
        )
    }
}
