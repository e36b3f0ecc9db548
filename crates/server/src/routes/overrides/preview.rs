//! `POST /environment-unified-model-resource-method/preview`: what overrides would make of a real record. Nothing is
//! kept.

use std::sync::Arc;

use axum::extract::State;
use crosswalk_accounts::{AccountId, EnvironmentOverride, OverrideId, OverrideTarget, StoredOverride};
use crosswalk_connector::{Overridden, OverriddenCall, UnifiedResource, preview as project};
use crosswalk_engine::aside;
use crosswalk_model::{Endpoint as Call, Query, UnifiedModel};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::auth::{Caller, Reader};
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::glue::overrides::{self, BODY, Layers, MEMBER};
use crate::reference::endpoint::{Group, Operation, named};
use crate::routes::reach::{Reached, capabilities, scrub};

pub(super) fn told() -> Operation {
    let user = json!({ "id": "49817", "name": "Ann Lee", "email": "ann@example.com" });
    let mut after = user.clone();
    after["loyalty_tier"] = "gold".into();
    Operation::new(
        "previewOverride",
        Group::Accounts,
        "Preview overrides on a real record",
        "Shows what a record of an account is with the overrides that count now, and what it would be with others in their place: the environment's for a call, the account's own, or both. They are checked as when they are saved, and nothing is saved. The CRM is asked for the record unless you send one; a token that may only read is enough.",
    )
    .body(
        named("NewOverridePreview"),
        json!({
            "integrated_account_id": "4b6a31bb-6d67-4651-a509-13318e8e63a8",
            "method": "list",
            "override": { "response_mapping": { "loyalty_tier": "custom_fields.tier" } },
        }),
    )
    .answers(
        200,
        "The record before and after.",
        named("OverridePreview"),
        json!({
            "record": "{\"id\":49817,\"custom_fields\":{\"tier\":\"gold\"}}",
            "before": user,
            "after": after,
            "request": {},
        }),
    )
    .fails(&[404, 502, 504])
}

pub(super) async fn preview(State(app): State<App>, reader: Reader, body: JsonObject) -> Answer {
    let caller = Caller(reader.0);
    body.only(&[
        "integrated_account_id",
        "unified_model",
        "resource",
        "method",
        BODY,
        MEMBER,
        "id",
        "record",
    ])?;
    let account = body
        .text("integrated_account_id")?
        .filter(|account| !account.is_empty())
        .ok_or_else(|| {
            Failure::new(
                400,
                "`integrated_account_id` is missing: whose record is to be shown",
            )
        })?;
    // The mapping is the platform's, not the customer's program's.
    caller.manages(&AccountId::from(account.as_str()))?;
    let part = |name: &str, usual: &str| -> Result<String, Failure> {
        Ok(body.text(name)?.unwrap_or_else(|| usual.to_owned()))
    };
    let (family, resource) = (part("unified_model", "crm")?, part("resource", "users")?);
    let model = app
        .model(&family, &resource)
        .map_err(|failure| Failure::new(400, failure.0.message))?;
    let method = part("method", "list")?;
    let call =
        OverriddenCall::parse(&method).ok_or_else(|| Failure::new(400, "`method` must be list or get"))?;
    let given = body.text("record")?;
    let reached = match given {
        Some(_) => app.find(&caller, &AccountId::from(account.as_str())).await?,
        None => app.reach(&caller, Some(account)).await?,
    };
    let of = OverrideTarget {
        integration: reached.connector.name().to_owned(),
        model: family,
        resource,
        method,
    };
    let candidate = Candidate::read(&app, &caller, &reached, of, &body).await?;
    let after = candidate.build(&app, &reached, model, call)?;
    // What is stored may not fit this version any more: that is when somebody comes here to mend it.
    let before = app.overridden(&reached, model, call).await;

    let (changed, _) = laid_over(&reached, model, after.as_deref())?;
    let record = match given {
        Some(record) => record,
        None => {
            let id = body.text("id")?.filter(|id| !id.is_empty());
            fetch(&app, &reached, changed, after.as_ref(), id.as_deref()).await?
        }
    };
    let shown = |overridden: Option<&Overridden>| -> Result<Map<String, Value>, Failure> {
        let (model, compiled) = laid_over(&reached, model, overridden)?;
        aside(|| project(model, compiled, record.as_bytes()))
            .map_err(|problem| Failure::new(400, format!("the record can not be read: {problem}")))
    };
    let before = match before {
        Ok(before) => Some(shown(before.as_deref())?),
        Err(_) => None,
    };
    let request = after.as_ref().map_or_else(
        || json!({}),
        |after| match call {
            OverriddenCall::List => after.list.to_json(),
            OverriddenCall::Get => after.get.to_json(),
        },
    );
    Ok(json_value(
        StatusCode::OK,
        &json!({ "record": record, "before": before, "after": shown(after.as_deref())?, "request": request }),
    ))
}

/// The layers as they would be.
struct Candidate {
    environment: Vec<EnvironmentOverride>,
    account: Option<StoredOverride>,
}

impl Candidate {
    async fn read(
        app: &App,
        caller: &Caller,
        reached: &Reached,
        of: OverrideTarget,
        body: &JsonObject,
    ) -> Result<Self, Failure> {
        let known = app
            .inner
            .store
            .environment_overrides(caller.environment())
            .await?;
        let mut environment: Vec<EnvironmentOverride> = known
            .iter()
            .filter(|known| known.of.integration == of.integration)
            .cloned()
            .collect();
        if let Some(said) = said(body, BODY)? {
            caller.whole_environment()?;
            let value = Map::from_iter([(BODY.to_owned(), Value::Object(said))]);
            match environment.iter_mut().find(|known| known.of == of) {
                Some(known) => known.stored = unsaved(value),
                None => environment.push(EnvironmentOverride {
                    id: OverrideId::from(""),
                    of,
                    stored: unsaved(value),
                    created_at: 0,
                    updated_at: 0,
                }),
            }
        }
        let account = match said(body, MEMBER)? {
            None => reached.connection.account.unified_model_override.clone(),
            Some(said) if said.is_empty() => None,
            Some(said) => {
                overrides::check_shape(&app.inner.models, &said)?;
                Some(unsaved(said))
            }
        };
        Ok(Self { environment, account })
    }

    fn build(
        &self,
        app: &App,
        reached: &Reached,
        model: &UnifiedModel,
        call: OverriddenCall,
    ) -> Result<Option<Arc<Overridden>>, Failure> {
        let layers = Layers {
            environment: self.environment.iter().collect(),
            account: self.account.as_ref(),
        };
        aside(|| {
            overrides::check(&reached.connector, &app.inner.models, &layers)?;
            overrides::build(&reached.connector, model, call, &layers)
        })
    }
}

/// What a member says: an object, where null is an empty one.
fn said(body: &JsonObject, member: &str) -> Result<Option<Map<String, Value>>, Failure> {
    match body.0.get(member) {
        None => Ok(None),
        Some(_) => body.object(member).map(Some),
    }
}

/// As if it was stored. Nothing that is compiled of it is held, so that its digest is never asked for.
fn unsaved(value: Map<String, Value>) -> StoredOverride {
    StoredOverride {
        value,
        digest: [0; 16],
    }
}

/// The model and its mapping with overrides laid over them.
fn laid_over<'a>(
    reached: &'a Reached,
    model: &'a Arc<UnifiedModel>,
    overridden: Option<&'a Overridden>,
) -> Result<(&'a Arc<UnifiedModel>, &'a UnifiedResource), Failure> {
    if let Some(overridden) = overridden {
        return Ok((&overridden.model, &overridden.compiled));
    }
    let connector = &reached.connector;
    let (_, compiled) = connector.unified(&model.name).ok_or_else(|| {
        Failure::new(
            404,
            format!("{} has no unified {}", connector.label(), model.name),
        )
    })?;
    Ok((model, compiled))
}

/// A record as the account's CRM has it: the one of that unified id, or the first of the list.
async fn fetch(
    app: &App,
    reached: &Reached,
    model: &Arc<UnifiedModel>,
    overridden: Option<&Arc<Overridden>>,
    id: Option<&str>,
) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Shown {
        remote_data: Box<RawValue>,
    }
    #[derive(Deserialize)]
    struct Envelope {
        result: Vec<Shown>,
    }
    let account = reached.connection.account.id.as_str();
    let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
    let known = capabilities(&reached.connector, model, overridden.map(AsRef::as_ref))?;
    let target = app.target_with(reached, false, overridden.cloned());
    let engine = &app.inner.engine;
    let unreadable = |_| Failure::new(502, "the CRM's record can not be shown");
    if let Some(id) = id {
        let query = Query::parse(
            model,
            &known,
            Call::Get,
            &format!("integrated_account_id={account}"),
        )?;
        let body = engine
            .get(model, &target, id, &query)
            .await
            .map_err(|error| scrub(reached, error))?;
        let shown: Shown = serde_json::from_slice(&body).map_err(unreadable)?;
        return Ok(shown.remote_data.get().to_owned());
    }
    let query = format!("integrated_account_id={account}&limit=1");
    let query = Query::parse(model, &known, Call::List, &query)?;
    let answer = engine
        .list(model, &target, &query)
        .await
        .map_err(|error| scrub(reached, error))?;
    let envelope: Envelope = serde_json::from_slice(&answer.body).map_err(unreadable)?;
    let first = envelope.result.into_iter().next().ok_or_else(|| {
        Failure::new(
            404,
            "this account has no record to show it on; send one as `record`",
        )
    })?;
    Ok(first.remote_data.get().to_owned())
}
