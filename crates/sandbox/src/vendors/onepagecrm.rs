//! OnePageCRM users: one answer without paging or parameters, each record wrapped, throttling that looks like a
//! refusal.

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct OnePageCrm {
    users: usize,
    tokens: Tokens,
}

/// A base64 text, with what that may hold.
const API_KEY: &str = "o2bF+8x/QmEXAMPLEsandboxKey0=";

impl OnePageCrm {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("onepagecrm", Rotation::Stays),
        }
    }

    /// 24 hexadecimal digits.
    fn id(index: usize) -> String {
        format!("5c1f8a3d9007ba6e{:08x}", 0x41d2_0b57 + index)
    }

    fn record(person: &Person) -> Value {
        let mut record = json!({
            "id": Self::id(person.index),
            "first_name": person.first.unwrap_or_default(),
            "last_name": person.last,
            "email": person.email.clone().unwrap_or_default(),
            "company_name": "Salthill Marine Supplies",
            "account_rights": if person.index == 0 { json!(["account_owner", "admin"]) } else { json!(["activity"]) },
            "photo_url": person.picture.clone().unwrap_or_default(),
            "country_code": "IE",
        });
        if let (0, Value::Object(members)) = (person.index, &mut record) {
            members.insert(
                "bcc_email".into(),
                "5c1f8a3d9007ba6e41d20b58@users.onepagecrm.com".into(),
            );
        }
        json!({ "user": record })
    }

    fn ok(data: &str) -> Reply {
        Reply::written(
            200,
            format!(r#"{{"status":0,"message":"OK","timestamp":1719830400,"data":{data}}}"#),
        )
    }

    fn error(status: u16, name: &str, message: &str) -> Reply {
        let body = json!({"status": status, "message": message, "error_name": name, "error_message": message, "errors": {}});
        Reply::json(status, &body)
    }

    fn get(&self, id: &str) -> Reply {
        let index = id
            .get(16..)
            .and_then(|digits| usize::from_str_radix(digits, 16).ok()?.checked_sub(0x41d2_0b57))
            .filter(|index| *index < self.users && Self::id(*index) == id);
        match index {
            Some(index) => Self::ok(&Self::record(&Person::nth(index)).to_string()),
            None => Self::error(
                404,
                "resource_not_found",
                "The requested resource could not be found.",
            ),
        }
    }
}

impl Vendor for OnePageCrm {
    fn name(&self) -> &'static str {
        "onepagecrm"
    }

    fn serves(&self, host: &str) -> bool {
        host == "app.onepagecrm.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "onepagecrm",
            "basic",
            &[("username", &Self::id(0)), ("password", API_KEY)],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                is_active: None,
                created_at: None,
                updated_at: None,
                urls: person.picture.iter().map(|url| ("avatar", url.clone())).collect(),
                ..TruthUser::of(&person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, _: &Call) -> bool {
        false
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.basic() != Some((Self::id(0), API_KEY.to_owned())) {
            return Self::error(
                401,
                "authorization_data_not_found",
                "Authorization data not found",
            );
        }
        if call.method != http::Method::GET {
            return Self::error(405, "method_not_allowed", "Method not allowed");
        }
        let path = call.path.strip_suffix(".json").unwrap_or(&call.path);
        match path {
            "/api/v3/users" => {
                let (all, _) = some(self.users, 0, self.users, |_| true);
                let written: Vec<String> = all
                    .iter()
                    .map(|person| Self::record(person).to_string())
                    .collect();
                Self::ok(&format!("[{}]", written.join(",")))
            }
            path => match path.strip_prefix("/api/v3/users/") {
                Some(id) => self.get(id),
                None => Self::error(404, "resource_not_found", "Unknown path"),
            },
        }
    }

    fn throttled(&self) -> Reply {
        Reply::text(
            403,
            "text/plain; charset=utf-8",
            "403 Forbidden (Rate Limit Exceeded)\n",
        )
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "forbidden", "You have no permission to see the team")
    }
}
