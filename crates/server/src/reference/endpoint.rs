//! One endpoint: its route and what it is, told once.
//!
//! The router, the OpenAPI document and the reference pages are all made from one list of these, so that
//! a route that nobody described can't be written, nor a description of a route that is not there.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use crosswalk_model::UnifiedModel;
use http::Method;
use serde_json::{Map, Value, json};

use crate::app::App;

/// A route and its description.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// As the router writes it.
    pub(crate) path: &'static str,
    pub(crate) handler: MethodRouter<App>,
    pub(crate) told: Told,
}

/// How an endpoint is described.
pub(crate) enum Told {
    /// By one operation.
    Once(Box<Operation>),
    /// By one operation for each unified model, whose name stands for `{model}/{resource}`.
    EachModel(fn(&UnifiedModel) -> Operation),
}

impl Endpoint {
    fn new<H, T>(method: Method, path: &'static str, handler: H, told: Told) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        // Every method that is written here is one that axum can filter by.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self {
            method,
            path,
            handler: on(filter, handler),
            told,
        }
    }

    /// A GET.
    pub(crate) fn get<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        handler: H,
        told: impl Into<Told>,
    ) -> Self {
        Self::new(Method::GET, path, handler, told.into())
    }

    /// A POST.
    pub(crate) fn post<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        handler: H,
        told: impl Into<Told>,
    ) -> Self {
        Self::new(Method::POST, path, handler, told.into())
    }

    /// A PATCH.
    pub(crate) fn patch<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        handler: H,
        told: impl Into<Told>,
    ) -> Self {
        Self::new(Method::PATCH, path, handler, told.into())
    }

    /// A PUT.
    pub(crate) fn put<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        handler: H,
        told: impl Into<Told>,
    ) -> Self {
        Self::new(Method::PUT, path, handler, told.into())
    }

    /// A DELETE.
    pub(crate) fn delete<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        handler: H,
        told: impl Into<Told>,
    ) -> Self {
        Self::new(Method::DELETE, path, handler, told.into())
    }
}

impl From<Operation> for Told {
    fn from(operation: Operation) -> Self {
        Self::Once(Box::new(operation))
    }
}

/// A page of the reference, and a tag of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// The records of a unified model.
    Unified,
    /// The vendors' own resources.
    Proxy,
    /// The connections of customers.
    Accounts,
    /// Who may call.
    Tokens,
    /// How customers make them in a browser.
    Connecting,
    /// Where events go.
    Webhooks,
    /// The connectors, and what they make of a model.
    Connectors,
    /// How the server fares, and this reference.
    Server,
}

impl Group {
    /// In the order of the reference.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Unified,
        Self::Proxy,
        Self::Accounts,
        Self::Tokens,
        Self::Connecting,
        Self::Webhooks,
        Self::Connectors,
        Self::Server,
    ];

    /// Its name in addresses.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Unified => "unified",
            Self::Proxy => "proxy",
            Self::Accounts => "accounts",
            Self::Tokens => "tokens",
            Self::Connecting => "connecting",
            Self::Webhooks => "webhooks",
            Self::Connectors => "connectors",
            Self::Server => "server",
        }
    }

    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Unified => "Unified API",
            Self::Proxy => "Proxy",
            Self::Accounts => "Integrated accounts",
            Self::Tokens => "API tokens",
            Self::Connecting => "Connecting in a browser",
            Self::Webhooks => "Webhooks",
            Self::Connectors => "Connectors",
            Self::Server => "Server",
        }
    }

    /// What it is about.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Unified => {
                "Every CRM's records in one shape, with one set of filters, sorts, cursors and errors."
            }
            Self::Proxy => {
                "A CRM's own resources through its connector: its paging and credentials are taken care of, its records come as they are."
            }
            Self::Accounts => {
                "An integrated account is one customer's connection to their CRM. Its credentials are sealed at rest, refreshed here, and never come back out."
            }
            Self::Tokens => {
                "Who calls proves it with an API token. One of the whole environment makes the others: some that may only read, that reach some accounts, that end. The first is made with `crosswalk token create`."
            }
            Self::Connecting => {
                "Customers connect their CRM on a page of this server: with a link token that you make, by a form or through the CRM's consent page with your own OAuth app."
            }
            Self::Webhooks => {
                "Addresses that hear what happens to accounts. What is sent is signed by the Standard Webhooks scheme (`webhook-id`, `webhook-timestamp`, `webhook-signature`) and tried again for more than a day."
            }
            Self::Connectors => {
                "What each connector needs, can, and makes of a unified model. All of it is read from the connector files that run."
            }
            Self::Server => "Whether the server serves, how it fares, and this reference in other forms.",
        }
    }
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Open,
    /// Tokens of the environment.
    Environment,
    /// Tokens of the environment, and tokens of one account for that account.
    Account,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
}

/// One parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: String,
    pub(crate) schema: Value,
    pub(crate) required: bool,
    /// Whether members stand in brackets: `name[member]=value`.
    pub(crate) is_deep: bool,
    /// A value, as it is written into a query; empty when there is none to show.
    pub(crate) example: String,
    /// Which row of the support matrix it is.
    pub(crate) row: Option<String>,
}

/// A body that an operation takes.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) schema: Value,
    pub(crate) example: Value,
}

/// An answer that is no error.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    /// By media type; empty for an answer without a body.
    pub(crate) content: Vec<(&'static str, Value)>,
    pub(crate) example: Option<Value>,
    /// Headers that it may carry, with what they mean.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// What an endpoint does.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) group: Group,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) access: Access,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Vec<Answer>,
    /// The statuses of its errors, besides those that any call may end with.
    pub(crate) errors: Vec<u16>,
}

impl Operation {
    /// An operation for tokens of the environment.
    pub(crate) fn new(
        id: impl Into<String>,
        group: Group,
        summary: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            group,
            summary: summary.into(),
            description: description.into(),
            access: Access::Environment,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// A part of the path: a text.
    pub(crate) fn path(self, name: &str, description: &str, example: &str) -> Self {
        self.path_of(name, description, json!({ "type": "string" }), example)
    }

    /// A part of the path.
    pub(crate) fn path_of(mut self, name: &str, description: &str, schema: Value, example: &str) -> Self {
        self.parameters.push(Parameter {
            name: name.to_owned(),
            place: Place::Path,
            description: description.to_owned(),
            schema,
            required: true,
            is_deep: false,
            example: example.to_owned(),
            row: None,
        });
        self
    }

    /// A parameter of the query.
    pub(crate) fn query(self, name: &str, description: &str, schema: Value, example: &str) -> Self {
        self.parameter(Parameter {
            name: name.to_owned(),
            place: Place::Query,
            description: description.to_owned(),
            schema,
            required: false,
            is_deep: false,
            example: example.to_owned(),
            row: None,
        })
    }

    pub(crate) fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// A JSON body.
    pub(crate) fn body(mut self, schema: Value, example: Value) -> Self {
        self.body = Some(Body { schema, example });
        self
    }

    /// A JSON answer.
    pub(crate) fn answers(
        self,
        status: u16,
        description: &'static str,
        schema: Value,
        example: Value,
    ) -> Self {
        self.answer(Answer {
            status,
            description,
            content: vec![("application/json", schema)],
            example: Some(example),
            headers: Vec::new(),
        })
    }

    /// An answer without a body.
    pub(crate) fn answers_nothing(self, status: u16, description: &'static str) -> Self {
        self.answer(Answer {
            status,
            description,
            content: Vec::new(),
            example: None,
            headers: Vec::new(),
        })
    }

    /// An answer of other media types.
    pub(crate) fn answers_as(self, status: u16, description: &'static str, kinds: &[&'static str]) -> Self {
        self.answer(Answer {
            status,
            description,
            content: kinds
                .iter()
                .map(|kind| (*kind, json!({ "type": "string" })))
                .collect(),
            example: None,
            headers: Vec::new(),
        })
    }

    pub(crate) fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Statuses of its errors.
    pub(crate) fn fails(mut self, errors: &[u16]) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Every status of an error, in order: those that any call of this kind may end with are among them.
    pub(crate) fn all_errors(&self) -> Vec<u16> {
        let mut errors = self.errors.clone();
        if self.access != Access::Open {
            errors.extend([401, 429, 500]);
        }
        if self.access == Access::Environment {
            errors.push(403);
        }
        if self.body.is_some() {
            errors.extend([400, 413, 415]);
        }
        if !self.parameters.is_empty() {
            errors.push(400);
        }
        errors.sort_unstable();
        errors.dedup();
        errors
    }
}

/// A reference to a schema of the document's.
pub(crate) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these members, all of them required.
pub(crate) fn object(members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let mut schema = open_object(members);
    if let Value::Object(schema) = &mut schema {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// An object with these members, none of them required.
pub(crate) fn open_object(members: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "properties": properties })
}

/// A text with its meaning.
pub(crate) fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// A text or null.
pub(crate) fn text_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

/// A list of texts.
pub(crate) fn texts(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

/// An instant.
pub(crate) fn instant(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

/// An instant or null.
pub(crate) fn instant_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "format": "date-time", "description": description })
}

/// A list envelope around records of this schema.
pub(crate) fn page_of(items: &Value) -> Value {
    object(&[
        ("result", json!({ "type": "array", "items": items })),
        (
            "next_cursor",
            text_or_null("Where the next page begins; null when nothing follows."),
        ),
        (
            "prev_cursor",
            text_or_null("Always null: pages are walked forwards."),
        ),
        (
            "result_count",
            json!({ "type": "integer", "description": "How many records this page has." }),
        ),
        (
            "is_partial_response",
            json!({ "type": "boolean", "description": "Whether the page was cut short near the deadline." }),
        ),
    ])
}
