//! The calls to the vendors' own resources.

use crosswalk_model::Endpoint as Call;
use crosswalk_model::query::shared_parameters;
use serde_json::json;

use super::endpoint::{Access, Group, Operation, named};
use super::unified::shared_parameter;

/// `GET /proxy/{resource}`
pub(crate) fn list() -> Operation {
    let operation = Operation::new(
        "listProxy",
        Group::Proxy,
        "List a CRM's own records",
        "The list of one of the CRM's own resources, in the envelope of every list, its records as the CRM has them. `GET /integration/{name}` tells the resources.",
    )
    .access(Access::Account)
    .path("resource", "The resource's name, as the connector has it.", "owners");
    with_shared(operation, Call::ProxyList)
        .answers(
            200,
            "A page.",
            named("ProxyPage"),
            json!({
                "result": [{ "id": "31018411", "email": "zoe.lindqvist@example.com", "archived": false }],
                "next_cursor": null,
                "prev_cursor": null,
                "result_count": 1,
                "is_partial_response": false,
            }),
        )
        .fails(&[403, 404, 502, 504])
}

/// `GET /proxy/{resource}/{id}`
pub(crate) fn get() -> Operation {
    let operation = Operation::new(
        "getProxy",
        Group::Proxy,
        "Get one of a CRM's own records",
        "The record as the CRM has it.",
    )
    .access(Access::Account)
    .path(
        "resource",
        "The resource's name, as the connector has it.",
        "owners",
    )
    .path("id", "The record's id.", "31018411");
    with_shared(operation, Call::ProxyGet)
        .answers(
            200,
            "The record.",
            json!({ "type": "object", "additionalProperties": true }),
            json!({ "id": "31018411", "email": "zoe.lindqvist@example.com", "archived": false }),
        )
        .fails(&[403, 404, 502, 504])
}

/// None of these is about a model.
fn with_shared(mut operation: Operation, call: Call) -> Operation {
    let shared = shared_parameters(call);
    operation
        .parameters
        .extend(shared.into_iter().map(|shared| shared_parameter(None, shared)));
    operation
}
