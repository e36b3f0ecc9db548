//! From stored overrides to what the engine runs, compiled once for all accounts that say the same.

use std::sync::Arc;

use crosswalk_accounts::{EnvironmentOverride, StoredOverride};
use crosswalk_connector::{Connector, Layer, LayerOverride, Overridden, OverriddenCall, OverrideProblem};
use crosswalk_model::{ApiError, Insight, UnifiedModel};
use moka::sync::Cache;
use serde_json::{Map, Value, json};

use crate::error::Failure;

/// How many compiled overrides are held.
const HELD: u64 = 1000;
/// The largest override that is stored, in bytes.
const LARGEST: usize = 64 * 1024;

/// What decides on what is compiled: the connector, the model, the call, and what each layer says.
type Key = (String, String, OverriddenCall, Vec<[u8; 16]>);

/// Compiled overrides.
pub(crate) struct OverrideCache(Cache<Key, Arc<Overridden>>);

/// What is stored for one account, or for any account of one connector.
pub(crate) struct Layers<'a> {
    pub(crate) environment: Vec<&'a EnvironmentOverride>,
    pub(crate) account: Option<&'a StoredOverride>,
}

impl Default for OverrideCache {
    fn default() -> Self {
        Self(Cache::new(HELD))
    }
}

impl OverrideCache {
    /// The overrides of a model, compiled; `None` where nothing is overridden.
    pub(crate) fn get(
        &self,
        connector: &Connector,
        model: &UnifiedModel,
        call: OverriddenCall,
        layers: &Layers<'_>,
    ) -> Result<Option<Arc<Overridden>>, Failure> {
        let said = layers.of(model);
        if said.is_empty() {
            return Ok(None);
        }
        let stored = layers.environment.iter().map(|known| known.stored.digest);
        let digests = stored.chain(layers.account.map(|account| account.digest));
        let key = (
            connector.name().to_owned(),
            model.name.clone(),
            call,
            digests.collect(),
        );
        if let Some(known) = self.0.get(&key) {
            return Ok(Some(known));
        }
        let built = Overridden::build(connector, model, call, &said).map_err(|problems| {
            Failure::new(
                422,
                format!(
                    "what overrides the mapping of {} does not fit this version any more: {}",
                    connector.label(),
                    all(&problems)
                ),
            )
        })?;
        let built = Arc::new(built);
        self.0.insert(key, Arc::clone(&built));
        Ok(Some(built))
    }
}

impl Layers<'_> {
    /// What is said of one model.
    fn of(&self, model: &UnifiedModel) -> Vec<LayerOverride<'_>> {
        let (family, resource) = model.name.split_once('/').unwrap_or((&model.name, ""));
        let environment = self.environment.iter().filter_map(|known| {
            let said = known.of.model == family && known.of.resource == resource;
            let call = OverriddenCall::parse(&known.of.method).filter(|_| said)?;
            Some(LayerOverride {
                layer: Layer::Environment,
                call,
                value: known.stored.value.get(BODY)?,
                path: "override".to_owned(),
            })
        });
        let methods = self
            .account
            .and_then(|account| account.value.get(family)?.get(resource)?.as_object());
        let account = methods.into_iter().flatten().filter_map(|(method, value)| {
            Some(LayerOverride {
                layer: Layer::Account,
                call: OverriddenCall::parse(method)?,
                value,
                path: format!("{MEMBER}.{family}.{resource}.{method}"),
            })
        });
        environment.chain(account).collect()
    }
}

/// The account's member.
pub(crate) const MEMBER: &str = "unified_model_override";
/// The environment's member, under which the stored object holds it.
pub(crate) const BODY: &str = "override";

/// What layers would make of one model, compiled for nobody else; `None` where nothing is overridden.
pub(crate) fn build(
    connector: &Connector,
    model: &UnifiedModel,
    call: OverriddenCall,
    layers: &Layers<'_>,
) -> Result<Option<Arc<Overridden>>, Failure> {
    let said = layers.of(model);
    if said.is_empty() {
        return Ok(None);
    }
    Overridden::build(connector, model, call, &said)
        .map(|built| Some(Arc::new(built)))
        .map_err(|problems| refused(&problems))
}

/// A 400 that tells people and programs where it goes wrong.
fn refused(problems: &[OverrideProblem]) -> Failure {
    let told: Vec<Value> = problems
        .iter()
        .map(|problem| {
            json!({ "member": problem.path, "position": problem.position, "message": problem.message })
        })
        .collect();
    ApiError::new(400, all(problems))
        .with_insight(Insight::new(
            "override_problems",
            "What is wrong with the overrides: the member, and the character of its text, from 1, at which it goes wrong.",
            Value::Array(told),
        ))
        .into()
}

/// The problems in one sentence each.
fn all(problems: &[OverrideProblem]) -> String {
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    said.join("; ")
}

/// Checks what one layer would say, with the others as they are. The error is a 400 that names the member.
pub(crate) fn check(
    connector: &Connector,
    models: &[Arc<UnifiedModel>],
    layers: &Layers<'_>,
) -> Result<(), Failure> {
    for model in models {
        let said = layers.of(model);
        if !said.is_empty() {
            // The call for one record has all that both calls have.
            Overridden::build(connector, model, OverriddenCall::Get, &said)
                .map_err(|problems| refused(&problems))?;
        }
    }
    Ok(())
}

/// Checks the shape of an account's override: models, resources and methods that there are.
pub(crate) fn check_shape(models: &[Arc<UnifiedModel>], value: &Map<String, Value>) -> Result<(), Failure> {
    if Value::Object(value.clone()).to_string().len() > LARGEST {
        return Err(Failure::new(
            400,
            format!("`{MEMBER}` is larger than {LARGEST} bytes"),
        ));
    }
    for (family, resources) in value {
        let path = format!("{MEMBER}.{family}");
        let known: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        let Value::Object(resources) = resources else {
            return Err(Failure::new(
                400,
                format!("`{path}` must be an object of resources, as `users`"),
            ));
        };
        for (resource, methods) in resources {
            let path = format!("{path}.{resource}");
            if !known.contains(&format!("{family}/{resource}").as_str()) {
                return Err(Failure::new(
                    400,
                    format!("`{path}` is no unified resource; there is {}", known.join(", ")),
                ));
            }
            let Value::Object(methods) = methods else {
                return Err(Failure::new(
                    400,
                    format!("`{path}` must be an object of methods, as `list`"),
                ));
            };
            if let Some(method) = methods
                .keys()
                .find(|method| OverriddenCall::parse(method).is_none())
            {
                return Err(Failure::new(
                    400,
                    format!("`{path}.{method}` is no method; there is list, get"),
                ));
            }
        }
    }
    Ok(())
}
